"""What each layer of a network adds to a design: cost and cycles of its IPs behind streams of some widths.

The search asks for the same over and over: for every design of the layers in front, at every interval, at several
prices of block RAMs and DSPs. Everything is found once here, and once for all layers that differ by their names alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from finn_rtl.description.topology import Topology
from finn_rtl.ips.base import Arithmetic, Cost, Ip, Memory, Ram
from finn_rtl.ips.matrix import Matrix
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.devices import Prices, arithmetic_for, put_memories, ram_for, with_arithmetic
from finn_rtl.plan.network import ending, fork


@dataclass(frozen=True, slots=True)
class Added:
    """What a layer adds behind its streams.

    `cycles` are those of its slowest IP, `last` is its matrix, else its last IP, `work` the cycles of its matrix, 0
    without one; `width` leaves; `converts`: something stands between its streams and its first IP, or behind its last.
    """

    cost: float
    cycles: int
    last: Ip
    work: int
    width: int
    converts: bool


@dataclass(frozen=True)
class _Part:
    """An IP, its memories, and what it is with these in either kind of RAM, as far as it was asked for.

    Where its products can be computed in several `ways`, it has a part for each.
    """

    ip: Ip
    memories: tuple[Memory, ...]
    ways: tuple[Arithmetic, ...] = ()
    placed: dict[tuple[Ram, ...], tuple[Ip, Cost]] = field(default_factory=dict)
    computed: dict[tuple[tuple[str, int], ...], _Part] = field(default_factory=dict)

    def at(self, prices: Prices) -> tuple[Ip, Cost]:
        """The IP with its products and memories where they cost least, and its cost."""
        if self.ways:
            way = arithmetic_for(self.ways, prices.dsp)
            key = tuple(way.fields.items())
            part = self.computed.get(key)
            if part is None:
                ip = with_arithmetic(self.ip, way)
                part = self.computed[key] = _Part(ip, ip.memories)
            return part.at(prices)
        rams = tuple(ram_for(memory, prices.bram36) for memory in self.memories)
        found = self.placed.get(rams)
        if found is None:
            ip = put_memories(self.ip, self.memories, rams)
            found = self.placed[rams] = ip, ip.cost
        return found


@dataclass(frozen=True)
class _Body:
    """The IPs of a layer behind streams of the widths that it takes, what stands behind it, and a fork's cost."""

    parts: tuple[_Part, ...]
    own: int
    cycles: int
    width: int
    fork: tuple[Cost, ...]


def priced(cost: Cost, prices: Prices) -> float:
    """LUTs, with block RAMs and DSPs at their prices."""
    return cost.lut + prices.bram36 * cost.bram36 + prices.dsp * cost.dsp


class Layers:
    """What all layers of a network add; `choices` are the foldings of each, None where it has none."""

    def __init__(self, topology: Topology, choices: Sequence[Sequence[Fold | None]]) -> None:
        self.topology = topology
        self.choices = choices
        self.ifms = [topology.ifms(index) for index in range(len(topology.layers))]
        first: dict[object, int] = {}
        #: Of each layer the first one that is like it.
        self.alike = [first.setdefault(self._kind(index), index) for index in range(len(topology.layers))]
        self._added: dict[tuple[int, int, tuple[int, ...], Prices], Added] = {}
        self._bodies: dict[tuple[int, int, tuple[int, ...]], _Body] = {}
        self._priced: dict[tuple[int, int, tuple[int, ...], Prices], Added] = {}
        self._leads: dict[tuple[int, tuple[int, ...], tuple[int, ...]], tuple[float, int]] = {}

    def _kind(self, index: int) -> object:
        """What two layers have in common that add the same."""
        layer = self.topology.layers[index]
        return (repr(layer.model_copy(update={"name": "", "inputs": None})), self.ifms[index],
                tuple(self.choices[index]), self.topology.readers(index), index == len(self.topology.layers) - 1,
                self.topology.dense(index))

    def added(self, index: int, choice: int, offered: tuple[int, ...], prices: Prices) -> Added:
        """What a layer adds with one of its choices behind streams of the widths offered."""
        index = self.alike[index]
        key = index, choice, offered, prices
        found = self._added.get(key)
        if found is None:
            widths = self.topology.layers[index].widths(self.ifms[index], offered, self.choices[index][choice])
            body = self._at_price(index, choice, widths, prices)
            cost, cycles = self._converters(index, offered, widths)
            found = self._added[key] = Added(cost + body.cost, max(cycles, body.cycles), body.last, body.work,
                                             body.width, body.converts or cost > 0)
        return found

    def _at_price(self, index: int, choice: int, widths: tuple[int, ...], prices: Prices) -> Added:
        key = index, choice, widths, prices
        found = self._priced.get(key)
        if found is None:
            body = self._body(index, choice, widths)
            placed = [part.at(prices) for part in body.parts]
            last = next((ip for ip, _ in reversed(placed[:body.own]) if isinstance(ip, Matrix)),
                        placed[body.own - 1][0])
            found = self._priced[key] = Added(
                sum(priced(cost, prices) for cost in (*(cost for _, cost in placed), *body.fork)), body.cycles, last,
                last.frame_cycles if isinstance(last, Matrix) else 0, body.width, len(placed) > 1)
        return found

    def _body(self, index: int, choice: int, widths: tuple[int, ...]) -> _Body:
        key = index, choice, widths
        found = self._bodies.get(key)
        if found is None:
            topology = self.topology
            ips = list(topology.layers[index].stages(self.ifms[index], widths, self.choices[index][choice]))
            own = len(ips)
            if index == len(topology.layers) - 1:
                ips += ending(topology, ips[-1])
            width = ips[-1].outputs[0].width
            split = fork(topology, index, width)
            found = self._bodies[key] = _Body(tuple(_Part(ip, ip.memories, ip.arithmetics) for ip in ips), own,
                                              max(ip.frame_cycles for ip in ips), width,
                                              (split.cost,) if split else ())
        return found

    def _converters(self, index: int, offered: tuple[int, ...], widths: tuple[int, ...]) -> tuple[float, int]:
        """Cost and cycles of what stands between two widths."""
        key = index, offered, widths
        found = self._leads.get(key)
        if found is None:
            leads = [lead for way in self.topology.layers[index].converters(
                self.ifms[index], offered, widths, self.topology.dense(index)) for lead in way]
            found = self._leads[key] = (sum(lead.cost.lut for lead in leads),
                                        max((lead.frame_cycles for lead in leads), default=0))
        return found
