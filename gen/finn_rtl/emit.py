"""From a plan to files: top level, memory contents, FuseSoC core, and the plan itself as JSON."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jinja2

from finn_rtl.errors import FinnError
from finn_rtl.integer import Network
from finn_rtl.memory import threshold_memory, weight_memory
from finn_rtl.pipeline import Guard, LabelSelect, Mvtu, WidthConverter, memory_names
from finn_rtl.plan import Plan
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


def _mvtu_instance(net: str, stage: Mvtu, source: str, sink: str, last: str) -> _Instance:
    parameters = stage.literals(net)
    comment = f"Layer {stage.layer}: {stage.mh} x {stage.mw}, {stage.cycles} cycles a vector"
    return _Instance("mvtu", stage.layer, comment, parameters, source, sink, last)


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
        match stage:
            case WidthConverter():
                sink, last = f"{stage.layer}_in", f"unused_{stage.layer}_dwc_tlast"
                links.append(_Link(sink, stage.m_width, False))
                unused.append(last)
                parameters = (("S_WIDTH", str(stage.s_width)), ("M_WIDTH", str(stage.m_width)),
                              ("FRAME_BITS", str(stage.frame_bits)))
                instances.append(_Instance("axis_dwc", f"{stage.layer}_dwc", "", parameters, source, sink, last))
            case Mvtu():
                sink = "result" if is_final else f"{stage.layer}_out"
                last = "result_tlast" if is_final else f"unused_{stage.layer}_tlast"
                links.append(_Link(sink, stage.pe * stage.out_width, is_final))
                if not is_final:
                    unused.append(last)
                instances.append(_mvtu_instance(net, stage, source, sink, last))
            case LabelSelect():
                links.append(_Link("result", stage.label_width, False))
                parameters = (("CLASSES", str(stage.classes)), ("PE", str(stage.pe)),
                              ("SCORE_W", str(stage.score_width)))
                instances.append(_Instance("label_select", "label", "", parameters, source, "result", ""))
            case Guard():
                raise AssertionError("only the first stage is a guard")
    return links, instances, unused


def _environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.PackageLoader("finn_rtl"), undefined=jinja2.StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)


def render(network: Network, plan: Plan) -> dict[str, str]:
    """All files of a network, by name: hardware, FuseSoC core, plan, test vectors.

    The same input always gives the same text.
    """
    topology, pipeline = plan.topology, plan.pipeline
    links, instances, unused = _connect(plan)
    module = module_name(topology.name)
    memories: dict[str, str] = {}
    for layer, mvtu in zip(network.layers, pipeline.mvtus, strict=True):
        weights, thresholds = memory_names(topology.name, mvtu.layer)
        memories[weights] = weight_memory(layer, mvtu)
        if mvtu.thresholds:
            memories[thresholds] = threshold_memory(layer, mvtu)
    # One line, whatever the user wrote: it ends up in a comment.
    description = " ".join(topology.description.split()).encode("utf-8", "replace").decode() or topology.name
    common = {"version": package_version(), "topology": topology, "module": module, "description": description}
    top = _environment().get_template("network.sv.j2").render(
        **common, pipeline=pipeline, guard=pipeline.guard, last=pipeline.mvtus[-1],
        label=isinstance(pipeline.stages[-1], LabelSelect), interval=plan.cycles_per_frame,
        latency=plan.latency_cycles, in_bits=whole_bytes(pipeline.guard.width),
        out_bits=whole_bytes(pipeline.output_width), result_width=pipeline.output_width, links=links,
        instances=instances, unused=unused)
    core = _environment().get_template("network.core.j2").render(**common, memories=sorted(memories))
    return {f"{module}.sv": top, f"{module}.core": core, "plan.json": json.dumps(plan.report(), indent=2) + "\n",
            "vectors.json": render_vectors(network, plan), **memories}


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
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as work:
            staged = Path(work) / "files"
            staged.mkdir()
            for name, text in files.items():
                (staged / name).write_text(text, encoding="utf-8")
            # Renaming onto an empty folder replaces it in one step.
            staged.rename(folder)
    except OSError as error:
        raise FinnError(f"{folder}: cannot be written ({error.strerror or error})") from None
