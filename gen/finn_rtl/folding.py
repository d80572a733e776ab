"""Folding search: SIMD and PE of every layer from a frame rate.

Among the foldings that meet the rate the one with the least estimated LUTs, block RAMs counted as some, is found (the
frame guard's few apart) by dynamic programming over the layers, the state being the width of the stream behind the last
layer. With a limit on
latency, for networks without windows, the state is the last layer's folding, and every pair of LUTs and latency is kept
that no other beats on both; that latency is a sum over layers, close to the schedule's but not always equal, so the
exact schedule decides which of the finished foldings is taken. In networks with windows every cycle of a layer's work
counts for some LUTs, for as many as the limit on latency asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isqrt

from finn_rtl.cost import BLOCK_RAM_PRICE, Device, pipeline_cost, place, placed, stage_cost
from finn_rtl.errors import FinnError
from finn_rtl.pipeline import (
    Mvtu,
    Pipeline,
    Stage,
    Step,
    build_pipeline,
    ceil_div,
    end_stages,
    input_width,
    matrix_stages,
    step_stages,
    steps,
)
from finn_rtl.schedule import simulate_schedule
from finn_rtl.topology import Convolution, Fold, Matrix, Topology, window_channels

# LUTs that a cycle of a layer's work counts for in the search, in the order tried: where latency matters.
HASTES = (0.0, *(2.0**step for step in range(-6, 11)))
# Share of LUTs more that the fastest folding may take to bring its latency down.
LATENCY_SHARE = 0.1
# An interval that every folding meets.
UNLIMITED = 1 << 62


# LUTs that a block RAM counts for in the search, in the order tried.
PRICES = (BLOCK_RAM_PRICE, 100.0, 400.0)


@dataclass(frozen=True)
class Wish:
    """What a folding must meet: at most `interval` cycles a frame, and `latency` cycles from first beat to result."""

    interval: int
    latency: int | None = None


def divisors(n: int) -> list[int]:
    """All divisors of n, ascending."""
    small = [d for d in range(1, isqrt(n) + 1) if n % d == 0]
    return small + [n // d for d in reversed(small) if d * d != n]


def foldings(topology: Topology, layer: Matrix) -> Iterator[Fold]:
    """Foldings of a layer that are worth a look.

    A convolution's SIMD is a part of a pixel or whole pixels, so that its windows need no conversion with a remainder;
    or a part of a whole window.
    """
    channels = topology.ifm(layer).channels
    for simd in divisors(topology.inputs(layer)):
        modes = [False] if channels % simd == 0 or simd % channels == 0 or not isinstance(layer, Convolution) else []
        if window_channels(topology, layer, simd):
            modes.append(True)
        for pe in divisors(layer.units):
            yield from (Fold(simd=simd, pe=pe, window=window) for window in modes)


def candidates(topology: Topology, layer: Matrix, wish: Wish, fixed: Mapping[str, Fold]) -> list[Fold]:
    """Legal foldings of a layer that meet the interval."""
    if layer.name in fixed:
        return [fixed[layer.name]]
    return [fold for fold in foldings(topology, layer)
            if all(stage is None or stage.frame_cycles <= wish.interval
                   for stage in matrix_stages(topology, layer, fold))]


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
class _Partial:
    cost: float
    latency: int
    folds: tuple[Fold, ...]
    last: Stage | None
    width: int


def _undominated(partials: list[_Partial]) -> list[_Partial]:
    partials.sort(key=lambda p: (p.cost, p.latency))
    kept: list[_Partial] = []
    for partial in partials:
        if not kept or partial.latency < kept[-1].latency:
            kept.append(partial)
    return kept


def _extended(topology: Topology, step: Step, partial: _Partial, fold: Fold | None, width: int, is_last: bool,
              price: float, haste: float) -> _Partial:
    """A partial folding with one more step."""
    stages = [placed(stage, price) for stage in step_stages(topology, step, fold, width)]
    mvtu = stages[-1]
    latency = partial.latency
    if isinstance(mvtu, Mvtu):
        before = partial.last if isinstance(partial.last, Mvtu) else None
        latency += added_latency(before, mvtu)
        if partial.last is None:
            beats = ceil_div(topology.input.map.frame_bits, width)
            latency += max(beats, mvtu.sf) + (1 if len(stages) > 1 else 0)
    if is_last:
        stages = [*stages, *end_stages(topology, stages[-1])]
        if topology.output == "label":
            assert isinstance(mvtu, Mvtu)
            latency += 1 if mvtu.pe == 1 else 2
    costs = [stage_cost(stage) for stage in stages]
    cost = partial.cost + sum(cost.lut + price * cost.bram36 for cost in costs)
    return _Partial(cost + haste * (mvtu.frame_cycles if isinstance(mvtu, Mvtu) else 0), latency,
                    (*partial.folds, fold) if fold else partial.folds, mvtu, stages[-1].out_width)


def _search(topology: Topology, wish: Wish, fixed: Mapping[str, Fold], width: int | None, device: Device,
            price: float, haste: float) -> Pipeline | None:
    """The cheapest pipeline that meets the wish; its latency only where the network has no windows."""
    known = [_Partial(0.0, 0, (), None, 0)]
    chain = steps(topology)
    for index, step in enumerate(chain):
        following: dict[object, list[_Partial]] = {}
        choices = [None] if step.matrix is None else candidates(topology, step.matrix, wish, fixed)
        for fold in choices:
            for partial in known:
                s_width = partial.width
                if partial.last is None:
                    assert fold is not None
                    s_width = input_width(topology, fold, wish.interval, width)
                extended = _extended(topology, step, partial, fold, s_width, index == len(chain) - 1, price, haste)
                if wish.latency is not None and extended.latency > wish.latency:
                    continue
                key = extended.width if wish.latency is None else extended.last
                following.setdefault(key, []).append(extended)
        if wish.latency is None:
            known = [min(partials, key=lambda p: (p.cost, p.latency)) for partials in following.values()]
        else:
            known = [kept for partials in following.values() for kept in _undominated(partials)]
    for partial in sorted(known, key=lambda p: (p.cost, p.latency)):
        names = [layer.name for layer in topology.matrices]
        pipeline = place(build_pipeline(topology, dict(zip(names, partial.folds, strict=True)), width), device)
        if pipeline.ideal_interval > wish.interval:
            continue
        if wish.latency is None or exact_latency(pipeline) <= wish.latency:
            return pipeline
    return None


def _hastier(topology: Topology, wish: Wish, fixed: Mapping[str, Fold], width: int | None, device: Device,
             price: float) -> Pipeline | None:
    """The same with a limit on latency for any network."""
    if wish.latency is None or all(matrix_stages(topology, layer, next(foldings(topology, layer)))[0] is None
                                   for layer in topology.matrices):
        return _search(topology, wish, fixed, width, device, price, 0.0)
    for haste in HASTES:
        pipeline = _search(topology, Wish(wish.interval), fixed, width, device, price, haste)
        if pipeline is None or exact_latency(pipeline) <= wish.latency:
            return pipeline
    return None


def search(topology: Topology, wish: Wish, fixed: Mapping[str, Fold], width: int | None, device: Device
           ) -> Pipeline | None:
    """The cheapest pipeline that meets the wish, None where there is none; one that the device holds if possible.

    Block RAMs count as a few LUTs, more of them as long as there are too few.
    """
    first: Pipeline | None = None
    for price in PRICES:
        pipeline = _hastier(topology, wish, fixed, width, device, price)
        if pipeline is None or fits(pipeline, device):
            return pipeline
        first = first or pipeline
    return first


def exact_latency(pipeline: Pipeline) -> int:
    """Latency of the first frame, from the exact schedule."""
    return simulate_schedule(pipeline, frames=1).latency


def fits(pipeline: Pipeline, device: Device) -> bool:
    """Whether the estimate stays within the device."""
    cost = pipeline_cost(pipeline)
    return cost.lut <= device.lut and cost.bram36 <= device.bram36


def intervals(topology: Topology, fixed: Mapping[str, Fold], width: int | None) -> list[int]:
    """Intervals that foldings of single layers have, ascending; at the end one that holds up nothing."""
    found = {2 if topology.output == "label" else 1}
    if width is not None:
        found.add(ceil_div(topology.input.map.frame_bits, width))
    for layer in topology.matrices:
        for fold in [fixed[layer.name]] if layer.name in fixed else foldings(topology, layer):
            found |= {stage.frame_cycles for stage in matrix_stages(topology, layer, fold) if stage is not None}
    return [*sorted(found), UNLIMITED]


def fastest(topology: Topology, device: Device, fixed: Mapping[str, Fold], width: int | None) -> Pipeline | None:
    """The folding with the smallest interval that the device holds, None where not even the smallest design fits."""
    choices = intervals(topology, fixed, width)
    low, high = 0, len(choices)
    best: Pipeline | None = None
    while low < high:
        middle = (low + high) // 2
        pipeline = search(topology, Wish(choices[middle]), fixed, width, device)
        if pipeline is not None and fits(pipeline, device):
            best, high = pipeline, middle
        else:
            low = middle + 1
    return best


def quickened(topology: Topology, pipeline: Pipeline, fixed: Mapping[str, Fold], width: int | None, device: Device
              ) -> Pipeline:
    """A pipeline as fast with less latency, for up to LATENCY_SHARE more LUTs."""
    best, most = pipeline, (1 + LATENCY_SHARE) * pipeline_cost(pipeline).lut
    latency = exact_latency(pipeline)
    for haste in HASTES[1:]:
        other = _search(topology, Wish(pipeline.ideal_interval), fixed, width, device, BLOCK_RAM_PRICE, haste)
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
    held = {**topology.folding, **(fixed or {})}
    found = None if wish is None else search(topology, wish, held, width, device)
    if found is not None and fits(found, device):
        return found
    best = fastest(topology, device, held, width)
    if wish is None and best is not None:
        return quickened(topology, best, held, width, device)
    name = topology.name
    if best is None:
        raise FinnError(f"{name}: no folding fits {device.name} ({device.lut} LUT, {device.bram36} BRAM36);"
                        " choose a larger device, or fold the layers fixed by hand more")
    assert wish is not None
    limit = best.limited_by(best.ideal_interval, (width or topology.input.stream_width) is not None)
    slowest = best.bottleneck()
    if limit == f"layer {slowest.layer}":
        limit = f"layer {slowest.layer!r} at SIMD {slowest.simd}, PE {slowest.pe}"
    text = f"{name}: {wish.interval} cycles a frame cannot be met"
    if found is not None:
        cost = pipeline_cost(found)
        text += (f" on {device.name}: about {cost.lut:.0f} of {device.lut} LUT and {cost.bram36:g} of"
                 f" {device.bram36} BRAM36")
    elif wish.latency is not None and search(topology, replace(wish, latency=None), held, width, device) is not None:
        text = f"{name}: a latency of {wish.latency} cycles at {wish.interval} cycles a frame cannot be met"
    raise FinnError(f"{text}; the best that can is {best.ideal_interval} cycles a frame (latency"
                    f" {exact_latency(best)}), limited by {limit}")


def interval_for(fps: float, clock_hz: float) -> int:
    """Largest whole number of cycles a frame that still gives `fps`, 0 where the clock is too slow for any."""
    interval = int(clock_hz // fps)
    return interval + 1 if clock_hz / (interval + 1) >= fps else interval
