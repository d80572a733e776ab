"""Folding search: SIMD and PE of every layer from a frame rate.

Among the foldings that meet the rate the one with the least estimated LUTs, block RAMs counted as some, is found (the
frame guard's queue of flags apart) by dynamic programming over the layers, the state being the width of the stream
behind the last layer. Every stage's cycles are asked for as it is added, so that a cheaper beginning never hides one
that keeps the rate. Rates are searched over a list of intervals that holds every one a design can have.

Where the device is too small for the cheapest design, others are tried that take fewer block RAMs, and those of faster
rates: what meets a rate meets every slower one.

With a limit on latency, for networks without windows, the state is the last layer's folding, and every pair of LUTs and
latency is kept that no other beats on both; that latency is a sum over layers, close to the schedule's but not always
equal, so the exact schedule decides which of the finished foldings is taken. In networks with windows every cycle of a
layer's work counts for some LUTs, for as many as the limit on latency asks for.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, cached_property

from finn_rtl.cost import BLOCK_RAM_PRICE, Device, pipeline_cost, place, placed, stage_cost
from finn_rtl.errors import FinnError
from finn_rtl.pipeline import (
    Guard,
    Mvtu,
    Pipeline,
    Stage,
    build_pipeline,
    ceil_div,
    divisors,
    end_stages,
    input_widths,
    matrix_stages,
    pool_cycles,
    step_stages,
    steps,
)
from finn_rtl.schedule import simulate_schedule
from finn_rtl.topology import Convolution, Fold, Matrix, MaxPool, Topology, exceeds_popcount, window_channels

# LUTs that a cycle of a layer's work counts for in the search, in the order tried: where latency matters.
HASTES = (0.0, *(2.0**step for step in range(-6, 11)))
# Share of LUTs more that the fastest folding may take to bring its latency down.
LATENCY_SHARE = 0.1
# LUTs that a block RAM counts for in the search, in the order tried.
PRICES = (BLOCK_RAM_PRICE, 100.0, 400.0)
# What sums of estimates may differ by.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Wish:
    """What a folding must meet: at most `interval` cycles a frame, and `latency` cycles from first beat to result."""

    interval: int
    latency: int | None = None


def foldings(topology: Topology, layer: Matrix) -> Iterator[Fold]:
    """Foldings of a layer that are worth a look.

    A convolution's SIMD is a part of a pixel or whole pixels, so that its windows need no conversion with a remainder;
    or a part of a whole window. Of binary inputs a row counts so many at once.
    """
    channels = topology.ifm(layer).channels
    for simd in divisors(topology.inputs(layer)):
        if exceeds_popcount(topology, layer, simd):
            continue
        modes = [False] if channels % simd == 0 or simd % channels == 0 or not isinstance(layer, Convolution) else []
        if window_channels(topology, layer, simd):
            modes.append(True)
        for pe in divisors(layer.units):
            yield from (Fold(simd=simd, pe=pe, window=window) for window in modes)


def added_latency(before: Mvtu | None, mvtu: Mvtu) -> int:
    """Cycles from the last output of the layer before to the last output of this one, without back-pressure.

    `before` None stands for the input stream.
    """
    cycles = (mvtu.nf - 1) * mvtu.sf + 2 + mvtu.delay + (1 if mvtu.nf > 1 else 0)
    if before is None:
        return cycles
    width = before.out_width
    if width != mvtu.simd:
        cycles += 1
        if width > mvtu.simd:
            cycles += width // mvtu.simd - 1
    # A burst that comes faster than one pass takes is followed at the pace of the pass.
    arrival = (before.nf - 1) * before.sf + 1
    return cycles + max(0, mvtu.sf - arrival - (width // mvtu.simd - 1 if width > mvtu.simd else 0))


@dataclass(frozen=True)
class _Added:
    """What a step adds behind a stream: cost, cycles of its slowest stage, its last layer, the stream that leaves."""

    cost: float
    cycles: int
    last: Stage
    width: int
    converts: bool


@dataclass(frozen=True)
class _Partial:
    cost: float
    latency: int
    folds: tuple[Fold, ...]
    last: Stage | None
    width: int
    input_width: int


def _undominated(partials: list[_Partial]) -> list[_Partial]:
    partials.sort(key=lambda p: (p.cost, p.latency))
    kept: list[_Partial] = []
    for partial in partials:
        if not kept or partial.latency < kept[-1].latency:
            kept.append(partial)
    return kept


def objective(pipeline: Pipeline, price: float = BLOCK_RAM_PRICE) -> float:
    """What the search makes small: LUTs, with block RAMs at a price; of the guard without its queue of flags."""
    stages = (replace(pipeline.guard, frames=2), *pipeline.stages[1:])
    return sum(cost.lut + price * cost.bram36 for cost in map(stage_cost, stages))


class Space:
    """The designs of a network: some layers folded by hand, the input stream as wide as asked for."""

    def __init__(self, topology: Topology, fixed: Mapping[str, Fold], width: int | None) -> None:
        self.topology = topology
        self.steps = steps(topology)
        self.width = width
        self._choices = [[None] if step.matrix is None else self._foldings(step.matrix, fixed) for step in self.steps]
        # What is asked for again at every interval.
        self._add = cache(self._step)
        self.optimum = cache(self._optimum)

    def _foldings(self, layer: Matrix, fixed: Mapping[str, Fold]) -> list[Fold | None]:
        return [fixed[layer.name]] if layer.name in fixed else list(foldings(self.topology, layer))

    def _input_widths(self, fold: Fold | None) -> list[int]:
        assert fold is not None
        return input_widths(self.topology, fold, self.width)

    @property
    def has_windows(self) -> bool:
        """Whether any layer looks at more than a pixel."""
        topology = self.topology
        return any(matrix_stages(topology, layer, next(foldings(topology, layer)))[0] for layer in topology.matrices)

    @cached_property
    def intervals(self) -> list[int]:
        """Every number of cycles that a stage of any design can take for a frame, ascending.

        Width converters are left out: they never take longer than what stands before or behind them.
        """
        topology = self.topology
        found = {2 if topology.output == "label" else 1}
        found |= {ceil_div(topology.input.map.frame_bits, width)
                  for fold in self._choices[0] for width in self._input_widths(fold)}
        for layer in topology.layers:
            if isinstance(layer, MaxPool):
                channels = topology.ifm(layer).channels
                found |= {pool_cycles(layer, topology.ifm(layer), pe) for pe in divisors(channels)}
        for step, choices in zip(self.steps, self._choices, strict=True):
            for fold in choices:
                if step.matrix is not None and fold is not None:
                    found |= {stage.frame_cycles for stage in matrix_stages(topology, step.matrix, fold) if stage}
        return sorted(found)

    def upto(self, interval: int) -> list[int]:
        """Those of at most `interval`, the slowest first."""
        return self.intervals[:bisect_right(self.intervals, interval)][::-1]

    def _step(self, index: int, fold: Fold | None, width: int, price: float) -> _Added:
        """A step behind a stream of `width` bits."""
        stages = [placed(stage, price) for stage in step_stages(self.topology, self.steps[index], fold, width)]
        last, converts = stages[-1], len(stages) > 1
        if index == len(self.steps) - 1:
            stages = [*stages, *end_stages(self.topology, last)]
        cost = sum(cost.lut + price * cost.bram36 for cost in map(stage_cost, stages))
        return _Added(cost, max(stage.frame_cycles for stage in stages), last, stages[-1].out_width, converts)

    def _begun(self, fold: Fold | None, interval: int) -> list[_Partial]:
        """Nothing but the input stream, in the widths that keep the interval."""
        bits = self.topology.input.map.frame_bits
        guards = [Guard(width, ceil_div(bits, width), 2) for width in self._input_widths(fold)]
        return [_Partial(stage_cost(guard).lut, 0, (), None, guard.width, guard.width)
                for guard in guards if guard.frame_cycles <= interval]

    def _extended(self, partial: _Partial, added: _Added, fold: Fold | None, is_last: bool, haste: float) -> _Partial:
        """A partial folding with one more step."""
        latency, last, cost = partial.latency, added.last, partial.cost + added.cost
        if isinstance(last, Mvtu):
            latency += added_latency(partial.last if isinstance(partial.last, Mvtu) else None, last)
            if partial.last is None:
                beats = ceil_div(self.topology.input.map.frame_bits, partial.width)
                latency += max(beats, last.sf) + (1 if added.converts else 0)
            if is_last and self.topology.output == "label":
                latency += 1 if last.pe == 1 else 2
            cost += haste * last.frame_cycles
        return _Partial(cost, latency, (*partial.folds, fold) if fold else partial.folds, last, added.width,
                        partial.input_width)

    def _finished(self, wish: Wish, price: float, haste: float) -> list[_Partial]:
        """Whole foldings that keep the interval: the cheapest of every width, or all that the latency may ask for."""
        known: list[_Partial] = []
        for index, choices in enumerate(self._choices):
            following: dict[object, list[_Partial]] = {}
            for fold in choices:
                for partial in known if index else self._begun(fold, wish.interval):
                    added = self._add(index, fold, partial.width, price)
                    if added.cycles > wish.interval:
                        continue
                    extended = self._extended(partial, added, fold, index == len(self.steps) - 1, haste)
                    if wish.latency is not None and extended.latency > wish.latency:
                        continue
                    following.setdefault(extended.width if wish.latency is None else extended.last, []).append(extended)
            if wish.latency is None:
                known = [min(partials, key=lambda p: (p.cost, p.latency)) for partials in following.values()]
            else:
                known = [kept for partials in following.values() for kept in _undominated(partials)]
        return sorted(known, key=lambda p: (p.cost, p.latency))

    def _optimum(self, interval: int, price: float, haste: float = 0.0) -> tuple[float, Pipeline] | None:
        """The least cost of all designs that keep an interval, and such a design; None where there is none."""
        finished = self._finished(Wish(interval), price, haste)
        return (finished[0].cost, self._pipeline(finished[0])) if finished else None

    def _pipeline(self, partial: _Partial) -> Pipeline:
        names = [layer.name for layer in self.topology.matrices]
        return build_pipeline(self.topology, dict(zip(names, partial.folds, strict=True)), partial.input_width)

    def designs(self, wish: Wish, price: float, device: Device) -> Iterator[Pipeline]:
        """Designs that meet a wish, the cheapest first where the wish is a rate alone."""
        if wish.latency is None:
            if found := self.optimum(wish.interval, price):
                yield place(found[1], device)
        elif self.has_windows:
            for haste in HASTES:
                if found := self.optimum(wish.interval, price, haste):
                    pipeline = place(found[1], device)
                    if exact_latency(pipeline) <= wish.latency:
                        yield pipeline
                        return
        else:
            for partial in self._finished(wish, price, 0.0):
                pipeline = place(self._pipeline(partial), device)
                if exact_latency(pipeline) <= wish.latency:
                    yield pipeline
                    return

    def may_fit(self, interval: int, device: Device) -> bool:
        """False only where no design that keeps the interval is small enough: that is so for every faster one then."""
        for price in (0.0, *PRICES):
            found = self.optimum(interval, price)
            if found is None or found[0] > device.lut + price * device.bram36 + ROUNDING:
                return False
        return True


def search(space: Space, wish: Wish, device: Device) -> Pipeline | None:
    """The cheapest design found that meets the wish and that the device holds, None where there is none.

    At the same interval block RAMs count for more and more; then designs of faster intervals are tried, until these
    cost more than the best even where the device is large enough.
    """
    best: Pipeline | None = None
    for interval in space.upto(wish.interval):
        least = space.optimum(interval, BLOCK_RAM_PRICE)
        if least is None or not space.may_fit(interval, device):
            break
        if best is not None and (wish.latency is not None or objective(best) <= least[0] + ROUNDING):
            break
        for price in PRICES:
            for pipeline in space.designs(Wish(interval, wish.latency), price, device):
                if fits(pipeline, device) and (best is None or objective(pipeline) < objective(best)):
                    best = pipeline
            if best is not None and (wish.latency is not None or objective(best) <= least[0] + ROUNDING):
                return best
    return best


def exact_latency(pipeline: Pipeline) -> int:
    """Latency of the first frame, from the exact schedule."""
    return simulate_schedule(pipeline, frames=1).latency


def fits(pipeline: Pipeline, device: Device) -> bool:
    """Whether the estimate stays within the device."""
    cost = pipeline_cost(pipeline)
    return cost.lut <= device.lut and cost.bram36 <= device.bram36


def fastest(space: Space, device: Device) -> Pipeline | None:
    """The design with the smallest interval that the device holds, None where not even the smallest fits.

    From the smallest interval that might be held on, one after the other: a design for a slower one need not be held
    because that for a faster one is.
    """
    first = bisect_left(space.intervals, True, key=lambda interval: space.may_fit(interval, device))
    for interval in space.intervals[first:]:
        for price in PRICES:
            for pipeline in space.designs(Wish(interval), price, device):
                if fits(pipeline, device):
                    return pipeline
    return None


def quickened(space: Space, pipeline: Pipeline, device: Device) -> Pipeline:
    """A pipeline as fast with less latency, for up to LATENCY_SHARE more LUTs."""
    best, most = pipeline, (1 + LATENCY_SHARE) * pipeline_cost(pipeline).lut
    latency = exact_latency(pipeline)
    for haste in HASTES[1:]:
        found = space.optimum(pipeline.ideal_interval, BLOCK_RAM_PRICE, haste)
        other = None if found is None else place(found[1], device)
        if other is None or not fits(other, device) or pipeline_cost(other).lut > most:
            break
        if (shorter := exact_latency(other)) < latency:
            best, latency = other, shorter
    return best


def fold_network(topology: Topology, wish: Wish | None, device: Device, fixed: Mapping[str, Fold] | None = None,
                 width: int | None = None) -> Pipeline:
    """Fold a network for a wish, or as fast as the device allows where there is none.

    Args:
        topology: the network; its own `folding` holds for layers that `fixed` does not name.
        wish: cycles a frame and latency; None for the fastest.
        device: what must not be exceeded.
        fixed: layers folded by hand.
        width: bits of the input stream, None to choose.

    Raises:
        FinnError: the wish cannot be met; the message says what can be.
    """
    space = Space(topology, {**topology.folding, **(fixed or {})}, width)
    found = None if wish is None else search(space, wish, device)
    if found is not None:
        return found
    best = fastest(space, device)
    if wish is None and best is not None:
        return quickened(space, best, device)
    name = topology.name
    if best is None:
        raise FinnError(f"{name}: no folding fits {device.name} ({device.lut} LUT, {device.bram36} BRAM36);"
                        " choose a larger device, or fold the layers fixed by hand more")
    assert wish is not None
    slowest, limit = best.bottleneck(), best.limited_by(best.ideal_interval)
    if slowest.frame_cycles == best.ideal_interval:
        limit = f"layer {slowest.layer!r} at SIMD {slowest.simd}, PE {slowest.pe}"
    text = f"{name}: {wish.interval} cycles a frame cannot be met"
    possible = next(space.designs(wish, BLOCK_RAM_PRICE, device), None)
    if possible is not None:
        cost = pipeline_cost(possible)
        text += (f" on {device.name}: about {cost.lut:.0f} of {device.lut} LUT and {cost.bram36:g} of"
                 f" {device.bram36} BRAM36")
    elif wish.latency is not None and space.optimum(wish.interval, BLOCK_RAM_PRICE):
        text = f"{name}: a latency of {wish.latency} cycles at {wish.interval} cycles a frame cannot be met"
    raise FinnError(f"{text}; the best that can is {best.ideal_interval} cycles a frame (latency"
                    f" {exact_latency(best)}), limited by {limit}")


def interval_for(fps: float, clock_hz: float) -> int:
    """Largest whole number of cycles a frame that still gives `fps`, 0 where the clock is too slow for any."""
    interval = int(Fraction(clock_hz) // Fraction(fps))
    # A rate may be a rounded one.
    return interval + 1 if interval < 1 << 53 and clock_hz / (interval + 1) >= fps else interval
