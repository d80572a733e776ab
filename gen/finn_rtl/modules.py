"""Which module, with which parameters, stands for a stage."""

from __future__ import annotations

from finn_rtl.pipeline import Fifo, Guard, LabelSelect, Mvtu, Parameters, Pool, Stage, Swu, WidthConverter


def module_name(name: str) -> str:
    """Module of a network's top level."""
    return f"finn_{name}"


def unfolded_module(net: str, layer: str) -> str:
    """Module of an unfolded layer; names have no double underscore."""
    return f"{module_name(net)}__{layer}"


def stage_module(stage: Stage, net: str) -> tuple[str, Parameters, str]:
    """Module of a stage, its parameters, and a comment."""
    match stage:
        case Guard():
            return "axis_frame_guard", {"WIDTH": stage.width, "BEATS": stage.beats, "FRAMES": stage.frames}, ""
        case WidthConverter():
            return "axis_dwc", {"S_WIDTH": stage.s_width, "M_WIDTH": stage.m_width, "FRAME_BITS": stage.frame_bits}, ""
        case Fifo():
            return "axis_fifo", {"WIDTH": stage.width, "DEPTH": stage.depth, "STYLE": stage.style}, ""
        case Swu():
            kernel = "x".join(map(str, stage.kernel))
            return "swu_parallel" if stage.parallel else "swu", stage.parameters, \
                f"Windows of layer {stage.layer}: {kernel} of {stage.ifm}"
        case Pool():
            return "maxpool", stage.parameters, f"Layer {stage.layer}"
        case Mvtu() if stage.unfolded:
            return unfolded_module(net, stage.layer), {}, f"Layer {stage.layer}: {stage.mh} x {stage.mw}, unfolded"
        case Mvtu():
            return "mvtu", stage.parameters(net), \
                f"Layer {stage.layer}: {stage.mh} x {stage.mw}, {stage.cycles} cycles a vector"
        case LabelSelect():
            parameters: Parameters = {"CLASSES": stage.classes, "PE": stage.pe, "SCORE_W": stage.score_width}
            if stage.signed:
                parameters["SIGNED_SCORES"] = 1
            return "label_select", parameters, ""
