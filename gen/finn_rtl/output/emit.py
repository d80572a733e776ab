"""From a plan to files: top level, memory contents, FuseSoC core, and the plan itself as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.files import check_new_folder
from finn_rtl.common.numbers import whole_bytes
from finn_rtl.common.text import environment, module_name, package_version
from finn_rtl.description.topology import Topology
from finn_rtl.ips.base import Ip, Parameters, Stream
from finn_rtl.meaning.integer import Network
from finn_rtl.output.identity import parameters_digest, shape_digest
from finn_rtl.output.vectors import render_vectors
from finn_rtl.plan.pipeline import Pipeline, Port, Result
from finn_rtl.plan.plan import Plan

Content = TypeVar("Content", str, str | bytes)
# Bits of the chain of loads (finn_pkg::LOAD_W).
CHAIN_BITS = 35


@dataclass(frozen=True)
class _Link:
    """A stream between two instances."""

    name: str
    width: int
    last: bool


@dataclass(frozen=True)
class _Bundle:
    """The ports of an instance with one prefix; several streams stand side by side in them, the first one lowest."""

    prefix: str
    streams: tuple[str, ...]
    last: str

    def joined(self, signal: str) -> str:
        """All streams' signal of that name."""
        names = [f"{stream}_{signal}" for stream in reversed(self.streams)]
        return names[0] if len(names) == 1 else f"{{{', '.join(names)}}}"


@dataclass(frozen=True)
class _Instance:
    """What the template writes of an IP."""

    module: str
    name: str
    comment: str
    parameters: tuple[tuple[str, str], ...]
    inputs: tuple[_Bundle, ...]
    outputs: tuple[_Bundle, ...]
    # The chain of loads in front of it and behind it, where it goes through it.
    load_in: str = ""
    load_out: str = ""


@dataclass(frozen=True)
class _Unused:
    """An output that nothing needs."""

    name: str
    width: int


def literals(parameters: Parameters) -> tuple[tuple[str, str], ...]:
    """Parameters as names and SystemVerilog literals."""
    return tuple((name, f'"{value}"' if isinstance(value, str) else str(value)) for name, value in parameters.items())


def _link_names(pipeline: Pipeline) -> dict[Port, str]:
    """Name of the stream behind every output."""
    names = {Port(0): "guarded"}
    for index, ip in enumerate(pipeline.ips[1:], 1):
        for number in range(len(ip.outputs)):
            names[Port(index, number)] = ip.link if len(ip.outputs) == 1 else f"{ip.link}{number}"
    names[Port(len(pipeline.nodes) - 1)] = "result"
    return names


def _bundles(streams: Sequence[Stream], names: Sequence[str], last: str) -> tuple[_Bundle, ...]:
    """The ports of one side of an instance."""
    pairs = zip(streams, names, strict=True)
    return tuple(_Bundle(prefix, tuple(name for _, name in group), last)
                 for prefix, group in groupby(pairs, lambda pair: pair[0].prefix))


def _instances(plan: Plan) -> tuple[list[_Instance], list[_Unused]]:
    """What stands behind the guard, and the outputs that stay open."""
    net, pipeline, names = plan.topology.name, plan.pipeline, _link_names(plan.pipeline)
    instances: list[_Instance] = []
    unused: list[_Unused] = []
    chain = 0
    for index, node in enumerate(pipeline.nodes[1:], 1):
        ip, is_final = node.ip, index == len(pipeline.nodes) - 1
        last = ""
        if ip.marks_last:
            last = "result_tlast" if is_final else f"unused_{ip.name}_tlast"
            if not is_final:
                unused.append(_Unused(last, len(ip.outputs)))
        sources = [names[source] for source in node.sources]
        sinks = [names[Port(index, number)] for number in range(len(ip.outputs))]
        load_in, load_out = ("'0", f"unused_{ip.name}_load") if ip.is_chained else ("", "")
        if ip.banks:
            load_in, load_out = f"guard__load{chain}", f"guard__load{chain + 1}"
            chain += 1
        elif ip.is_chained:
            unused.append(_Unused(load_out, CHAIN_BITS))
        instances.append(_Instance(
            ip.module_in(net), ip.name, ip.comment, literals(ip.parameters(net)),
            (*_bundles(ip.inputs, sources, "1'b0" if ip.takes_last else ""),
             *(_Bundle(stream.prefix, (f"{stream.prefix}_{ip.name}",), "") for stream in ip.external)),
            _bundles(ip.outputs, sinks, last), load_in, load_out))
    return instances, unused


def _links(pipeline: Pipeline) -> list[_Link]:
    """The streams between the instances."""
    final = pipeline.nodes[-1].ip
    return [_Link(name, pipeline.ips[port.node].outputs[port.output].width, name == "result" and final.marks_last)
            for port, name in _link_names(pipeline).items()]


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


def one_line(topology: Topology) -> str:
    """The description in one line, whatever the user wrote: it ends up in comments."""
    return " ".join(topology.description.split()).encode("utf-8", "replace").decode() or topology.name


def cores(plan: Plan) -> set[str]:
    """Names of the IPs' cores that a network is made of."""
    return {ip.core for ip in plan.pipeline.ips} | ({"parameter_loader"} if plan.changeable else set())


def working_place(name: str, net: str) -> str:
    """Where a file goes in the working folder of tools: memories where $readmemh looks, all else to the network's own.

    So several networks in one design keep theirs.
    """
    return name if name.endswith(".mem") else f"{module_name(net)}/{name}"


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
        others=[name for name in names if name.endswith((".mem", "vectors.json"))], modules=sorted(needs),
        places={name: working_place(name, plan.topology.name) for name in names})


def joined(*parts: Mapping[str, Content]) -> dict[str, Content]:
    """Files of several writers by name, small letters and capitals being the same.

    Raises:
        FinnError: two write one file.
    """
    files: dict[str, Content] = {}
    taken: set[str] = set()
    for part in parts:
        for name, text in part.items():
            if name.lower() in taken:
                raise FinnError(f"{name}: would be written twice; give the network or its layers other names")
            taken.add(name.lower())
            files[name] = text
    return files


def render(network: Network, plan: Plan) -> dict[str, str]:
    """All files of a network, by name: hardware, FuseSoC core, plan, test vectors.

    The same input always gives the same text.
    """
    files = render_parts(network, plan)
    module = module_name(plan.topology.name)
    return joined({f"{module}.core": render_core(plan, files, module, cores(plan))}, files)


def ip_files(network: Network, plan: Plan, ip: Ip) -> dict[str, str]:
    """Files that an IP of a network needs."""
    return ip.files(plan.topology.name, network.layers.get(ip.integers))


def loaded_words(network: Network, plan: Plan) -> list[str]:
    """The words that a load brings to the memories of a fitted plan, in hexadecimal digits, in the chain's order."""
    return [word for ip in plan.pipeline.ips if ip.banks for text in ip_files(network, plan, ip).values()
            for word in text.split()]


def loader_parameters(network: Network, plan: Plan) -> dict[str, str]:
    """Parameters of the parameter_loader of a fitted plan, as SystemVerilog literals."""
    guard = plan.pipeline.guard
    return {"SIGNATURE": f"32'h{shape_digest(plan):08x}", "WORDS": str(len(loaded_words(network, plan))),
            "SET": f"32'h{parameters_digest(network):08x}", "BANKS": str(plan.changeable), "BEATS": str(guard.beats),
            # More than there are flags for: one has begun, and the queue has registers.
            "FRAMES": str(guard.frames + 4)}


def fitted(network: Network, plan: Plan) -> Plan:
    """The plan with its IPs as the integers of their layers want them."""
    nodes = (replace(node, ip=node.ip.fitted(network.layers.get(node.ip.integers))) for node in plan.pipeline.nodes)
    return replace(plan, pipeline=replace(plan.pipeline, nodes=tuple(nodes)))


def external_streams(plan: Plan) -> list[tuple[str, Stream]]:
    """Streams that come from outside of the network, beside its frames, and the names of those that take them."""
    return [(ip.name, stream) for ip in plan.pipeline.ips for stream in ip.external]


def render_parts(network: Network, plan: Plan) -> dict[str, str]:
    """The same without a core."""
    plan = fitted(network, plan)
    files = joined(*(ip_files(network, plan, ip) for ip in plan.pipeline.ips))
    topology, pipeline, result = plan.topology, plan.pipeline, plan.pipeline.result
    instances, unused = _instances(plan)
    module = module_name(topology.name)
    top = environment().get_template("network.sv.j2").render(
        version=package_version(), topology=topology, module=module, description=one_line(topology),
        guard=pipeline.guard, ifm=topology.input.map, result=result, label=topology.output == "label",
        interval=plan.cycles_per_frame, latency=plan.latency_cycles, in_bits=whole_bytes(pipeline.guard.width),
        out_bits=whole_bytes(result.width), result_expression=_result_expression(result), links=_links(pipeline),
        instances=instances, unused=unused, loader=loader_parameters(network, plan) if plan.changeable else None,
        chained=sum(ip.banks > 0 for ip in pipeline.ips), streams=external_streams(plan))
    return joined({"plan.json": json.dumps(plan.report(), indent=2) + "\n"}, files,
                  {f"{module}.sv": top, "vectors.json": render_vectors(network, plan)})


def write_files(files: Mapping[str, str | bytes], folder: Path) -> None:
    """Write files into a new or empty folder, all of them or none.

    Raises:
        FinnError: two have one name, or the folder is not empty or cannot be written.
    """
    check_new_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with processes.workspace(folder.parent, f".{folder.name}-") as work:
            staged = work / "files"
            staged.mkdir()
            for name, content in joined(files).items():
                if isinstance(content, bytes):
                    (staged / name).write_bytes(content)
                else:
                    (staged / name).write_text(content, encoding="utf-8")
            # Renaming onto an empty folder replaces it in one step.
            staged.rename(folder)
    except OSError as error:
        raise FinnError(f"{folder}: cannot be written ({error.strerror or error})") from None
