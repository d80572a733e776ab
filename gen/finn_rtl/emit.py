"""From a plan to files: top level, memory contents, FuseSoC core, and the plan itself as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jinja2

from finn_rtl import processes
from finn_rtl.errors import FinnError
from finn_rtl.integer import IntegerLayer, Network
from finn_rtl.memory import slice_files, stream_order, threshold_memory, weight_words
from finn_rtl.pipeline import (
    Fifo,
    Guard,
    LabelSelect,
    Mvtu,
    Parameters,
    Pool,
    Result,
    Stage,
    Swu,
    WidthConverter,
    instance_name,
    memory_names,
)
from finn_rtl.plan import Plan
from finn_rtl.topology import Topology
from finn_rtl.unfolded import make_groups
from finn_rtl.vectors import render_vectors


def package_version() -> str:
    """Version of this package."""
    try:
        return version("finn-rtl")
    except PackageNotFoundError:
        return "0"


def whole_bytes(bits: int) -> int:
    """Bits rounded up to whole bytes."""
    return -(-bits // 8) * 8


def module_name(name: str) -> str:
    """Module of a network's top level."""
    return f"finn_{name}"


@dataclass(frozen=True)
class _Link:
    name: str
    width: int
    last: bool


@dataclass(frozen=True)
class _Instance:
    module: str
    name: str
    comment: str
    parameters: tuple[tuple[str, str], ...]
    source: str
    sink: str
    last: str


def literals(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    """Parameters as names and SystemVerilog literals."""
    return tuple((name, f'"{value}"' if isinstance(value, str) else str(value)) for name, value in parameters.items())


def unfolded_module(net: str, layer: str) -> str:
    """Module of an unfolded layer."""
    return f"{module_name(net)}_{layer}"


def render_unfolded(layer: IntegerLayer, mvtu: Mvtu, module: str, description: str) -> str:
    """Module of an unfolded layer: its weights and thresholds as constants."""
    groups, first = [], 0
    for group in make_groups(stream_order(layer, mvtu), layer.threshold, mvtu.input_bits, mvtu.signed):
        groups.append({"first": first, "rows": group.rows, "parameters": group.literals()})
        first += group.rows
    return environment().get_template("mvtu_unfolded.sv.j2").render(
        version=package_version(), module=module, description=description, mw=mvtu.mw, mh=mvtu.mh,
        input_w=mvtu.input_bits, signed=int(mvtu.signed), thresholds=mvtu.thresholds, stages=mvtu.stages,
        result_w=mvtu.element_bits, groups=groups)


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


def _connect(plan: Plan) -> tuple[list[_Link], list[_Instance], list[str]]:
    """Links between the stages, the stages behind the guard, and names of outputs that stay open."""
    net = plan.topology.name
    stages = plan.pipeline.stages[1:]
    links = [_Link("guarded", plan.pipeline.guard.width, False)]
    instances: list[_Instance] = []
    unused: list[str] = []
    for position, stage in enumerate(stages):
        source = links[-1].name
        is_final = position == len(stages) - 1
        module, parameters, comment = stage_module(stage, net)
        name = instance_name(stage)
        sink = "result" if is_final else name.removesuffix("_dwc") + "_in" if isinstance(stage, WidthConverter) \
            else f"{name}_out"
        last = "" if isinstance(stage, LabelSelect) else "result_tlast" if is_final else f"unused_{name}_tlast"
        if last and not is_final:
            unused.append(last)
        links.append(_Link(sink, stage.out_width, is_final and bool(last)))
        instances.append(_Instance(module, name, comment, literals(parameters), source, sink, last))
    return links, instances, unused


def _result_expression(result: Result) -> str:
    """The result's values, each widened to its word."""
    if result.word == result.bits:
        return "result_tdata"
    values = []
    for index in reversed(range(result.elements)):
        value = f"result_tdata[{index * result.bits}+:{result.bits}]"
        fill = result.word - result.bits
        top = f"{{{fill}{{result_tdata[{(index + 1) * result.bits - 1}]}}}}" if result.signed else f"{fill}'b0"
        values.append(f"{top}, {value}")
    return f"{{{', '.join(values)}}}"


def environment() -> jinja2.Environment:
    """Where the templates are."""
    return jinja2.Environment(loader=jinja2.PackageLoader("finn_rtl"), undefined=jinja2.StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)


def one_line(topology: Topology) -> str:
    """The description in one line, whatever the user wrote: it ends up in comments."""
    return " ".join(topology.description.split()).encode("utf-8", "replace").decode() or topology.name


def ips(plan: Plan) -> set[str]:
    """Names of the IPs that a network is made of."""
    net = plan.topology.name
    return {"mvtu_unfolded" if isinstance(stage, Mvtu) and stage.unfolded
            else stage_module(stage, net)[0].removesuffix("_parallel") for stage in plan.pipeline.stages}


def render_core(plan: Plan, files: Iterable[str], top: str, needs: Iterable[str]) -> str:
    """FuseSoC core of some generated files.

    Args:
        plan: of the network.
        files: their names; those that are no SystemVerilog go to the working folder of simulators.
        top: module at the top.
        needs: names of the IPs.
    """
    names = sorted(files)
    return environment().get_template("network.core.j2").render(
        version=package_version(), topology=plan.topology, description=one_line(plan.topology), top=top,
        sources=[name for name in names if name.endswith(".sv")],
        others=[name for name in names if name.endswith((".mem", "vectors.json"))], modules=sorted(needs))


def render(network: Network, plan: Plan) -> dict[str, str]:
    """All files of a network, by name: hardware, FuseSoC core, plan, test vectors.

    The same input always gives the same text.
    """
    topology, pipeline, result = plan.topology, plan.pipeline, plan.pipeline.result
    links, instances, unused = _connect(plan)
    module = module_name(topology.name)
    files: dict[str, str] = {}
    for layer, mvtu in zip(network.layers, pipeline.mvtus, strict=True):
        if mvtu.unfolded:
            name = unfolded_module(topology.name, mvtu.layer)
            description = f"Layer {mvtu.layer} of {topology.name}, a {mvtu.mh} x {mvtu.mw} matrix."
            files[f"{name}.sv"] = render_unfolded(layer, mvtu, name, description)
            continue
        weights, thresholds = memory_names(topology.name, mvtu.layer)
        files |= slice_files(weights, weight_words(layer, mvtu), mvtu.weight_slice)
        if mvtu.has_start:
            files[thresholds] = threshold_memory(layer, mvtu)
    files[f"{module}.sv"] = environment().get_template("network.sv.j2").render(
        version=package_version(), topology=topology, module=module, description=one_line(topology),
        guard=pipeline.guard, ifm=topology.input.map, result=result,
        label=isinstance(pipeline.stages[-1], LabelSelect), interval=plan.cycles_per_frame,
        latency=plan.latency_cycles, in_bits=whole_bytes(pipeline.guard.width), out_bits=whole_bytes(result.width),
        result_expression=_result_expression(result), links=links, instances=instances, unused=unused)
    files["vectors.json"] = render_vectors(network, plan)
    return {f"{module}.core": render_core(plan, files, module, ips(plan)),
            "plan.json": json.dumps(plan.report(), indent=2) + "\n", **files}


def write_files(files: dict[str, str], folder: Path) -> None:
    """Write files into a new or empty folder, all of them or none.

    Raises:
        FinnError: the folder is not empty or cannot be written.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise FinnError(f"{folder}: is a file; the output must be a folder")
        if folder.is_dir() and any(folder.iterdir()):
            raise FinnError(f"{folder}: is not empty; name a new folder, or empty this one first")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with processes.workspace(folder.parent, f".{folder.name}-") as work:
            staged = work / "files"
            staged.mkdir()
            for name, text in files.items():
                (staged / name).write_text(text, encoding="utf-8")
            # Renaming onto an empty folder replaces it in one step.
            staged.rename(folder)
    except OSError as error:
        raise FinnError(f"{folder}: cannot be written ({error.strerror or error})") from None
