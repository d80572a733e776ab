"""A folded network as the graph of IPs that the top level instantiates; read by emitter, schedule and search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from finn_rtl.ips.axis_frame_guard import Guard
from finn_rtl.ips.base import Cost, Ip
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.mvtu_stream import MvtuStream


@dataclass(frozen=True)
class Port:
    """Output `output` of node `node`."""

    node: int
    output: int = 0


@dataclass(frozen=True)
class Node:
    """An IP, and what each of its inputs is connected to."""

    ip: Ip
    sources: tuple[Port, ...]


@dataclass(frozen=True)
class Result:
    """How a result leaves: `beats` beats of `elements` values of `bits` bits, widened to `word` bits each."""

    beats: int
    elements: int
    bits: int
    word: int
    signed: bool

    @property
    def width(self) -> int:
        """Bits of a beat, before it is filled up to whole bytes."""
        return self.elements * self.word


@dataclass(frozen=True)
class Pipeline:
    """The nodes, each behind those that it reads; the first is the Guard, the last one's output is the result."""

    nodes: tuple[Node, ...]

    @cached_property
    def ips(self) -> tuple[Ip, ...]:
        """The IPs, in order."""
        return tuple(node.ip for node in self.nodes)

    @property
    def guard(self) -> Guard:
        """What takes the input."""
        first = self.nodes[0].ip
        assert isinstance(first, Guard)
        return first

    @cached_property
    def matrices(self) -> tuple[Matrix, ...]:
        """The layers with a matrix."""
        return tuple(ip for ip in self.ips if isinstance(ip, Matrix))

    @cached_property
    def streamed(self) -> tuple[MvtuStream, ...]:
        """The layers whose weights come over a stream."""
        return tuple(ip for ip in self.ips if isinstance(ip, MvtuStream))

    @property
    def result(self) -> Result:
        """The shape of a result."""
        node = self.nodes[-1]
        while node.ip.element is None:
            node = self.nodes[node.sources[0].node]
        element, (stream,) = node.ip.element, self.nodes[-1].ip.outputs
        return Result(stream.beats, stream.width // element.bits, element.bits, element.word, element.signed)

    @cached_property
    def ideal_interval(self) -> int:
        """Cycles between frames that no schedule can beat: the slowest IP's."""
        return max(ip.frame_cycles for ip in self.ips)

    def bottleneck(self) -> Matrix:
        """The layer with the most cycles, the first of several."""
        return max(self.matrices, key=lambda matrix: matrix.frame_cycles)

    def limited_by(self, interval: int, has_given_width: bool) -> str:
        """What keeps frames `interval` cycles apart.

        Of several the layer, which was folded for them; but the input stream where its width was given.
        """
        slowest = self.bottleneck()
        if has_given_width and self.guard.frame_cycles == interval:
            return self.guard.limit
        if slowest.frame_cycles == interval:
            return f"layer {slowest.layer}"
        return next((ip.limit for ip in self.ips if ip.frame_cycles == interval), "schedule")

    @property
    def links(self) -> Iterator[tuple[Port, Port]]:
        """Where every stream comes from, and the input (as the port of its node) to which it goes."""
        for index, node in enumerate(self.nodes):
            for number, source in enumerate(node.sources):
                yield source, Port(index, number)

    @cached_property
    def cost(self) -> Cost:
        """Sum over the IPs."""
        return sum((ip.cost for ip in self.ips), Cost(0.0))

    @property
    def has_branches(self) -> bool:
        """Whether any IP has several inputs or outputs."""
        return any(len(ip.inputs) > 1 or len(ip.outputs) > 1 for ip in self.ips)


class Builder:
    """Collects the nodes of a pipeline behind its guard."""

    def __init__(self, guard: Guard) -> None:
        self.nodes = [Node(guard, ())]

    def add(self, ip: Ip, sources: Sequence[Port]) -> Port:
        """Put an IP behind what it reads; its (first) output."""
        self.nodes.append(Node(ip, tuple(sources)))
        return Port(len(self.nodes) - 1)

    def chain(self, ips: Sequence[Ip], source: Port) -> Port:
        """Put IPs behind each other; the last one's output."""
        for ip in ips:
            source = self.add(ip, (source,))
        return source

    def width(self, port: Port) -> int:
        """Bits of a stream's beat."""
        return self.nodes[port.node].ip.outputs[port.output].width

    def finish(self) -> Pipeline:
        """The pipeline, its guard fit for all frames that the IPs can hold."""
        twice = [name for name, count in Counter(node.ip.name for node in self.nodes).items() if count > 1]
        assert not twice, f"instances share the names {twice}"
        return with_flags(Pipeline(tuple(self.nodes)))


def with_flags(pipeline: Pipeline) -> Pipeline:
    """The pipeline, its guard fit for all frames that the IPs can hold."""
    guard = replace(pipeline.guard, frames=sum(ip.frames_held for ip in pipeline.ips))
    return Pipeline((Node(guard, ()), *pipeline.nodes[1:]))
