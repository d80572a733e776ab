"""Folding search: SIMD and PE of every layer from a frame rate.

Among the foldings that meet the rate the one with the least estimated LUTs, block RAMs counted as some, is found (the
frame guard's queue of flags apart) by dynamic programming over the layers, the state being the widths of the streams
that later layers read. Every IP's cycles are asked for as it is added, so that a cheaper beginning never hides one
that keeps the rate. Rates are searched over a list of intervals that holds every one a design can have.

Where the device is too small for the cheapest design, others are tried that take fewer block RAMs, and those of faster
rates: what meets a rate meets every slower one.

With a limit on latency, for chains of matrices, the state is the last layer's folding, and every pair of LUTs and
latency is kept that no other beats on both; that latency is a sum over layers, close to the schedule's but not always
equal, so the exact schedule decides which of the finished foldings is taken. In other networks every cycle of a
layer's work counts for some LUTs, for as many as the limit on latency asks for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

from finn_rtl.common.numbers import ceil_div, divisors
from finn_rtl.description.topology import Topology
from finn_rtl.ips.axis_frame_guard import Guard
from finn_rtl.ips.matrix import Matrix
from finn_rtl.ips.requant_fit import RequantShape
from finn_rtl.operators.schema import Fold, Requantized
from finn_rtl.operators.weights import Weights
from finn_rtl.plan.buffers import roomy
from finn_rtl.plan.devices import NO_DSP, USUAL, Device, Prices, fits, place, usual_prices
from finn_rtl.plan.latency import added_latency
from finn_rtl.plan.layers import Added, Layers, priced
from finn_rtl.plan.network import build_pipeline, folded_stages, fork, input_widths
from finn_rtl.plan.pipeline import Pipeline
from finn_rtl.plan.requants import with_requants
from finn_rtl.plan.schedule import simulate_schedule

# LUTs that a cycle of a layer's work counts for in the search, in the order tried: where latency matters.
HASTES = (0.0, *(2.0**step for step in range(-6, 11)))
# LUTs that a block RAM and a DSP count for in the search, in the order tried: as usual; where LUTs are short, where
# block RAMs are, where both are.
CHEAP_DSP = 4.0
PRICES = (USUAL, Prices(dsp=CHEAP_DSP), Prices(100.0), Prices(400.0), Prices(100.0, CHEAP_DSP))
# What sums of estimates may differ by.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Wish:
    """What a folding must meet: at most `interval` cycles a frame, and `latency` cycles from first beat to result."""

    interval: int
    latency: int | None = None


@dataclass(frozen=True)
class _Partial:
    """The layers so far; `widths` are those of the streams that later layers read, in the order of Space.open."""

    cost: float
    latency: int
    folds: tuple[Fold, ...]
    last: Matrix | None
    widths: tuple[int, ...]
    input_width: int


def _undominated(partials: list[_Partial]) -> list[_Partial]:
    partials.sort(key=lambda p: (p.cost, p.latency))
    kept: list[_Partial] = []
    for partial in partials:
        if not kept or partial.latency < kept[-1].latency:
            kept.append(partial)
    return kept


def objective(pipeline: Pipeline, prices: Prices = USUAL) -> float:
    """What the search makes small: LUTs, block RAMs and DSPs at their prices; of the guard without its queue of flags.
    """  # noqa: D200
    return sum(priced(ip.cost, prices) for ip in (replace(pipeline.guard, frames=2), *pipeline.ips[1:]))


def exact_latency(pipeline: Pipeline) -> int:
    """Latency of the first frame, from the exact schedule; with branches, as if all buffers had room enough."""
    return simulate_schedule(roomy(pipeline) if pipeline.has_branches else pipeline, frames=1).latency


class Space:
    """The designs of a network on a device: some layers folded by hand, the input stream as wide as asked for.

    `shapes` are of the layers whose levels `requant` can make, `reuses` of those whose weights come from DRAM.
    """

    def __init__(self, topology: Topology, fixed: Mapping[str, Fold], width: int | None, device: Device,
                 shapes: Mapping[str, RequantShape] | None = None, reuses: Mapping[str, int] | None = None) -> None:
        self.topology = topology
        self.width = width
        self.device = device
        self.choices: list[list[Fold | None]] = []
        for index, layer in enumerate(topology.layers):
            open_folds = list(layer.foldings(*topology.ifms(index))) if layer.is_folded else []
            folds = [fixed[layer.name]] if layer.name in fixed else open_folds
            if isinstance(layer, Weights) and reuses and layer.name in reuses:
                folds = [fold.model_copy(update={"reuse": reuses[layer.name]}) for fold in folds
                         if fold.pe < layer.rows and fold.pixels == 1]
            self.choices.append([*with_requants(layer, folds, (shapes or {}).get(layer.name))] or [None])
        # Producers (-1: the input) that are read by a layer behind the one at hand.
        reads = [(source, index) for index, sources in enumerate(topology.sources) for source in sources]
        self.open = [tuple(sorted({source for source, reader in reads if source < index <= reader}))
                     for index in range(len(topology.layers) + 1)]
        self.layers = Layers(topology, self.choices)
        self.optimum = cache(self._optimum)

    @cached_property
    def prices(self) -> tuple[Prices, ...]:
        """Prices to try; of DSPs one is enough where there are none, or no products to go there."""
        has_choice = self.device.dsp > 0 and any(
            ip.arithmetics for index, folds in enumerate(self.choices) for fold in folds if fold is not None
            for ip in folded_stages(self.topology, index, fold))
        usual = usual_prices(self.device)
        return tuple(dict.fromkeys(prices if has_choice else Prices(prices.bram36, usual.dsp) for prices in PRICES))

    @property
    def usual(self) -> Prices:
        """What designs are compared by."""
        return self.prices[0]

    def _input_widths(self, fold: Fold | None) -> list[int]:
        return input_widths(self.topology, fold, self.width)

    @cached_property
    def is_chain_of_matrices(self) -> bool:
        """Whether the latency is close to a sum over the layers."""
        return all(fold is not None and not fold.reuse and len(folded_stages(self.topology, index, fold)) == 1
                   and self.topology.sources[index] == (index - 1,)
                   and not any(isinstance(other, Requantized) for other in others)
                   for index, (fold, *others) in enumerate(self.choices))

    @cached_property
    def intervals(self) -> list[int]:
        """Every number of cycles that an IP of any design can take for a frame, ascending.

        Width converters are left out: they never take longer than what stands before or behind them, but where beats
        of several pixels are taken apart.
        """
        topology = self.topology
        most = max((fold.pixels for folds in self.choices for fold in folds if fold is not None), default=1)
        # Of several labels a score a cycle is looked at.
        found = {1 if topology.output != "label" else 2 if topology.labels == 1 else topology.maps[-1].channels}
        found |= {one.pixels for one in topology.maps if most > 1}
        found |= {ceil_div(topology.input.map.frame_bits, width)
                  for fold in self.choices[0] for width in self._input_widths(fold)}
        for index in sorted(set(self.layers.alike)):
            layer, choices, ifms = topology.layers[index], self.choices[index], topology.ifms(index)
            for fold in choices:
                if fold is not None:
                    found |= {ip.frame_cycles for ip in folded_stages(topology, index, fold)}
                    continue
                for elements in divisors(ifms[0].channels):
                    widths = tuple(elements * ifm.bits for ifm in ifms)
                    found |= {ip.frame_cycles for ip in layer.stages(ifms, widths, None)}
                for pixels in range(2, most + 1):
                    widths = layer.widths(ifms, [pixels * ifm.pixel_bits for ifm in ifms], None)
                    found |= {ip.frame_cycles for ip in layer.stages(ifms, widths, None)}
        return sorted(found)

    def upto(self, interval: int) -> list[int]:
        """Those of at most `interval`, the slowest first."""
        return self.intervals[:bisect_right(self.intervals, interval)][::-1]

    def _begun(self, fold: Fold | None, interval: int) -> list[_Partial]:
        """Nothing but the input stream, in the widths that keep the interval."""
        found = []
        for width in self._input_widths(fold):
            guard = Guard(width, ceil_div(self.topology.input.map.frame_bits, width), 2)
            split = fork(self.topology, -1, width)
            if guard.frame_cycles <= interval:
                cost = guard.cost.lut + (split.cost.lut if split else 0)
                found.append(_Partial(cost, 0, (), None, (width,), width))
        return found

    def _extended(self, index: int, partial: _Partial, added: Added, fold: Fold | None, haste: float) -> _Partial:
        """A partial folding with one more layer."""
        latency, last = partial.latency, partial.last
        if isinstance(added.last, Matrix):
            latency += added_latency(last, added.last)
            if last is None:
                beats = ceil_div(self.topology.input.map.frame_bits, partial.input_width)
                latency += max(beats, added.last.sf) + (1 if added.converts else 0)
            last = added.last
            if index == len(self.topology.layers) - 1 and self.topology.output == "label":
                latency += 1 if last.pe == 1 else 2 if self.topology.labels == 1 else 1 + last.pe
        return _Partial(self._cost(partial, added, haste), latency, (*partial.folds, fold) if fold else partial.folds,
                        last, self._widths_behind(index, partial, added), partial.input_width)

    @staticmethod
    def _cost(partial: _Partial, added: Added, haste: float) -> float:
        return partial.cost + added.cost + haste * added.work

    def _widths_behind(self, index: int, partial: _Partial, added: Added) -> tuple[int, ...]:
        """Widths of the streams that layers behind one of these read."""
        return tuple(added.width if at is None else partial.widths[at] for at in self._kept[index])

    @cached_property
    def _kept(self) -> list[tuple[int | None, ...]]:
        """For each layer, of the streams that layers behind it read: which of those read from it on; None: its own."""
        return [tuple(None if producer == index else self.open[index].index(producer)
                      for producer in self.open[index + 1]) for index in range(len(self.choices))]

    def _continuations(self, index: int, known: list[_Partial], interval: int, prices: Prices
                       ) -> Iterator[tuple[_Partial, Added, Fold | None]]:
        """Everything that a layer can add to the partial foldings in front of it and that keeps the interval."""
        where = [self.open[index].index(source) for source in self.topology.sources[index]]

        def offers(partials: list[_Partial]) -> list[tuple[_Partial, tuple[int, ...]]]:
            return [(partial, tuple(partial.widths[at] for at in where)) for partial in partials]
        following = offers(known)
        for choice, fold in enumerate(self.choices[index]):
            for partial, offered in following if index else offers(self._begun(fold, interval)):
                added = self.layers.added(index, choice, offered, prices)
                if added.cycles <= interval:
                    yield partial, added, fold

    def _cheapest(self, interval: int, prices: Prices, haste: float) -> list[_Partial]:
        """Whole foldings that keep the interval: the cheapest of every state, the quicker one of two as cheap."""
        known: list[_Partial] = []
        for index in range(len(self.choices)):
            best: dict[tuple[int, ...], tuple[float, _Partial, Added, Fold | None]] = {}
            for partial, added, fold in self._continuations(index, known, interval, prices):
                cost, widths = self._cost(partial, added, haste), self._widths_behind(index, partial, added)
                other = best.get(widths)
                if other is None or cost < other[0] or (cost == other[0] and (
                        self._extended(index, partial, added, fold, haste).latency
                        < self._extended(index, *other[1:], haste).latency)):
                    best[widths] = cost, partial, added, fold
            known = [self._extended(index, *found[1:], haste) for found in best.values()]
        return sorted(known, key=lambda p: (p.cost, p.latency))

    def _within(self, interval: int, latency: int, prices: Prices) -> list[_Partial]:
        """Whole foldings of a chain of matrices that keep the interval and, about, the latency."""
        known: list[_Partial] = []
        for index in range(len(self.choices)):
            following: dict[Matrix | None, list[_Partial]] = {}
            for partial, added, fold in self._continuations(index, known, interval, prices):
                extended = self._extended(index, partial, added, fold, 0.0)
                if extended.latency <= latency:
                    following.setdefault(extended.last, []).append(extended)
            known = [kept for partials in following.values() for kept in _undominated(partials)]
        return sorted(known, key=lambda p: (p.cost, p.latency))

    def _optimum(self, interval: int, prices: Prices, haste: float = 0.0) -> tuple[float, Pipeline] | None:
        """The least cost of all designs that keep an interval, and such a design; None where there is none."""
        finished = self._cheapest(interval, prices, haste)
        return (finished[0].cost, self._pipeline(finished[0])) if finished else None

    def _pipeline(self, partial: _Partial) -> Pipeline:
        names = [layer.name for layer in self.topology.layers if layer.is_folded]
        return build_pipeline(self.topology, dict(zip(names, partial.folds, strict=True)), partial.input_width)

    def designs(self, wish: Wish, prices: Prices) -> Iterator[Pipeline]:
        """Designs that meet a wish, the cheapest first where the wish is a rate alone."""
        if wish.latency is None:
            if found := self.optimum(wish.interval, prices):
                yield place(found[1], self.device)
        elif self.is_chain_of_matrices:
            for partial in self._within(wish.interval, wish.latency, prices):
                pipeline = place(self._pipeline(partial), self.device)
                if exact_latency(pipeline) <= wish.latency:
                    yield pipeline
                    return
        else:
            for haste in HASTES:
                if found := self.optimum(wish.interval, prices, haste):
                    pipeline = place(found[1], self.device)
                    if exact_latency(pipeline) <= wish.latency:
                        yield pipeline
                        return

    def may_fit(self, interval: int) -> bool:
        """False only where no design that keeps the interval is small enough: that is so for every faster one then."""
        # A design that fits costs at no price more than the whole device.
        found = self.optimum(interval, self.usual)
        if found is not None and fits(place(found[1], self.device), self.device):
            return True
        for prices in (Prices(0.0, 0.0 if self.device.dsp else NO_DSP), *self.prices):
            found = self.optimum(interval, prices)
            most = self.device.lut + prices.bram36 * self.device.bram36 + prices.dsp * self.device.dsp
            if found is None or found[0] > most + ROUNDING:
                return False
        return True
