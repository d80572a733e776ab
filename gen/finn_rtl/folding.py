"""Folding search: SIMD and PE of every layer from a frame rate.

Among the foldings that meet the rate the one with the least estimated LUTs is found (the frame guard's few apart) by
dynamic programming over the layers, the state being the last layer's folding. With a limit on latency every pair of
LUTs and latency is kept that no other beats on both; that latency is a sum over layers, close to the schedule's but not
always equal, so the exact schedule decides which of the finished foldings is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isqrt

from finn_rtl.cost import Device, converter_cost, mvtu_cost, pipeline_cost, stage_cost
from finn_rtl.errors import FinnError
from finn_rtl.pipeline import LabelSelect, Mvtu, Pipeline, WidthConverter, build_pipeline, ceil_div, stream_width
from finn_rtl.schedule import simulate_schedule
from finn_rtl.topology import Fold, Topology


@dataclass(frozen=True)
class Wish:
    """What a folding must meet: at most `interval` cycles a frame, and `latency` cycles from first beat to result."""

    interval: int
    latency: int | None = None


def divisors(n: int) -> list[int]:
    """All divisors of n, ascending."""
    small = [d for d in range(1, isqrt(n) + 1) if n % d == 0]
    return small + [n // d for d in reversed(small) if d * d != n]


def layer_mvtu(topology: Topology, index: int, fold: Fold) -> Mvtu:
    """The MVTU of a layer in a given folding."""
    layer = topology.layers[index]
    return Mvtu(layer.name, topology.inputs_of(index), layer.units, fold.simd, fold.pe,
                int(layer.activation == "sign"))


def candidates(topology: Topology, index: int, wish: Wish, fixed: Mapping[str, Fold]) -> list[Mvtu]:
    """Legal foldings of a layer that meet the interval."""
    layer = topology.layers[index]
    if layer.name in fixed:
        return [layer_mvtu(topology, index, fixed[layer.name])]
    inputs = topology.inputs_of(index)
    return [layer_mvtu(topology, index, Fold(simd=simd, pe=pe))
            for simd in divisors(inputs) for pe in divisors(layer.units)
            if inputs // simd * (layer.units // pe) <= wish.interval]


def added_latency(before: Mvtu | None, mvtu: Mvtu) -> int:
    """Cycles from the last output of the layer before to the last output of this one, without back-pressure.

    `before` None stands for the input stream.
    """
    cycles = (mvtu.nf - 1) * mvtu.sf + 2 + mvtu.stages + (1 if mvtu.nf > 1 else 0)
    if before is None:
        return cycles
    width = before.pe * before.out_width
    if width != mvtu.simd:
        cycles += 1
        if width > mvtu.simd:
            cycles += width // mvtu.simd - 1
    # A burst that comes faster than one pass takes is followed at the pace of the pass.
    arrival = (before.nf - 1) * before.sf + 1
    return cycles + max(0, mvtu.sf - arrival - (width // mvtu.simd - 1 if width > mvtu.simd else 0))


def _joint_cost(s_width: int, mvtu: Mvtu, frame_bits: int) -> float:
    """LUTs of a layer and of the converter in front of it."""
    lut = mvtu_cost(mvtu).lut
    if s_width != mvtu.simd or frame_bits % s_width:
        lut += converter_cost(WidthConverter(mvtu.layer, s_width, mvtu.simd, mvtu.mw)).lut
    return lut


def _label_cost(topology: Topology, last: Mvtu) -> float:
    """LUTs of the label selection behind the last layer."""
    return stage_cost(LabelSelect(last.mh, last.pe, last.out_width)).lut if topology.output == "label" else 0.0


@dataclass(frozen=True)
class _Partial:
    lut: float
    latency: int
    folds: tuple[Fold, ...]


def _undominated(partials: list[_Partial]) -> list[_Partial]:
    partials.sort(key=lambda p: (p.lut, p.latency))
    kept: list[_Partial] = []
    for partial in partials:
        if not kept or partial.latency < kept[-1].latency:
            kept.append(partial)
    return kept


def search(topology: Topology, wish: Wish, fixed: Mapping[str, Fold], width: int | None) -> Pipeline | None:
    """The cheapest pipeline that meets the wish, None where there is none."""
    states: dict[Mvtu | None, list[_Partial]] = {None: [_Partial(0.0, 0, ())]}
    for index in range(len(topology.layers)):
        following: dict[Mvtu | None, list[_Partial]] = {}
        for mvtu in candidates(topology, index, wish, fixed):
            partials = []
            for before, known in states.items():
                if before is not None:
                    s_width = before.pe * before.out_width
                else:
                    s_width = width or topology.input.stream_width or stream_width(mvtu.mw, mvtu.simd, wish.interval)
                lut, latency = _joint_cost(s_width, mvtu, mvtu.mw), added_latency(before, mvtu)
                if before is None:
                    beats = ceil_div(mvtu.mw, s_width)
                    latency += max(beats, mvtu.sf) + (1 if s_width != mvtu.simd or mvtu.mw % s_width else 0)
                if index == len(topology.layers) - 1:
                    lut += _label_cost(topology, mvtu)
                    if topology.output == "label":
                        latency += 1 if mvtu.pe == 1 else 2
                partials += [_Partial(p.lut + lut, p.latency + latency,
                                      (*p.folds, Fold(simd=mvtu.simd, pe=mvtu.pe))) for p in known]
            if wish.latency is None:
                partials = [min(partials, key=lambda p: (p.lut, p.latency))] if partials else []
            following[mvtu] = _undominated([p for p in partials if wish.latency is None or p.latency <= wish.latency])
        states = following
    finished = sorted((p for known in states.values() for p in known), key=lambda p: (p.lut, p.latency))
    for partial in finished:
        pipeline = build_pipeline(topology, partial.folds, width)
        if pipeline.ideal_interval > wish.interval:
            continue
        if wish.latency is None or exact_latency(pipeline) <= wish.latency:
            return pipeline
    return None


def exact_latency(pipeline: Pipeline) -> int:
    """Latency of the first frame, from the exact schedule."""
    return simulate_schedule(pipeline, frames=1).latency


def fits(pipeline: Pipeline, device: Device) -> bool:
    """Whether the estimate stays within the device."""
    cost = pipeline_cost(pipeline)
    return cost.lut <= device.lut and cost.bram36 <= device.bram36


def intervals(topology: Topology) -> list[int]:
    """Every interval that some folding has, ascending; between two of them nothing changes."""
    least = 2 if topology.output == "label" else 1
    found = {least}
    for index, layer in enumerate(topology.layers):
        inputs = topology.inputs_of(index)
        found |= {inputs // simd * (layer.units // pe) for simd in divisors(inputs) for pe in divisors(layer.units)}
    return sorted(interval for interval in found if interval >= least)


def fastest(topology: Topology, device: Device, fixed: Mapping[str, Fold], width: int | None) -> Pipeline | None:
    """The folding with the smallest interval that the device holds, None where not even the smallest design fits."""
    choices = intervals(topology)
    low, high = 0, len(choices)
    best: Pipeline | None = None
    while low < high:
        middle = (low + high) // 2
        pipeline = search(topology, Wish(choices[middle]), fixed, width)
        if pipeline is not None and fits(pipeline, device):
            best, high = pipeline, middle
        else:
            low = middle + 1
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
    found = None if wish is None else search(topology, wish, held, width)
    if found is not None and fits(found, device):
        return found
    best = fastest(topology, device, held, width)
    if wish is None and best is not None:
        return best
    name = topology.name
    if best is None:
        raise FinnError(f"{name}: no folding fits {device.name} ({device.lut} LUT, {device.bram36} BRAM36);"
                        " choose a larger device, or fold the layers fixed by hand more")
    assert wish is not None
    limit = best.bottleneck()
    text = f"{name}: {wish.interval} cycles a frame cannot be met"
    if found is not None:
        cost = pipeline_cost(found)
        text += (f" on {device.name}: about {cost.lut:.0f} of {device.lut} LUT and {cost.bram36:g} of"
                 f" {device.bram36} BRAM36")
    elif wish.latency is not None and search(topology, replace(wish, latency=None), held, width) is not None:
        text = f"{name}: a latency of {wish.latency} cycles at {wish.interval} cycles a frame cannot be met"
    raise FinnError(f"{text}; the best that can is {best.ideal_interval} cycles a frame (latency"
                    f" {exact_latency(best)}), limited by layer {limit.layer!r} at SIMD {limit.simd}, PE {limit.pe}")


def interval_for(fps: float, clock_hz: float) -> int:
    """Largest whole number of cycles a frame that still gives `fps`, 0 where the clock is too slow for any."""
    interval = int(clock_hz // fps)
    return interval + 1 if clock_hz / (interval + 1) >= fps else interval
