"""Which design is taken: the cheapest for a rate, or the fastest that the device holds."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction

from finn_rtl.common.errors import FinnError
from finn_rtl.description.topology import Topology
from finn_rtl.ips.requant_fit import RequantShape
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.devices import NO_DSP, Device, Prices, fits, place, placed
from finn_rtl.plan.folding import HASTES, ROUNDING, Space, Wish, exact_latency, objective
from finn_rtl.plan.pipeline import Pipeline

# Share of LUTs more that the fastest folding may take to bring its latency down.
LATENCY_SHARE = 0.1


def search(space: Space, wish: Wish) -> Pipeline | None:
    """The cheapest design found that meets the wish and that the device holds, None where there is none.

    At the same interval block RAMs count for more and DSPs for less; then designs of faster intervals are tried, until
    these cost more than the best even where the device is large enough.
    """
    best: Pipeline | None = None
    for interval in space.upto(wish.interval):
        least = space.optimum(interval, space.usual)
        if least is None or not space.may_fit(interval):
            break
        if best is not None and (wish.latency is not None or objective(best) <= least[0] + ROUNDING):
            break
        for prices in space.prices:
            for pipeline in space.designs(Wish(interval, wish.latency), prices):
                if fits(pipeline, space.device) and (best is None or objective(pipeline) < objective(best)):
                    best = pipeline
            if best is not None and (wish.latency is not None or objective(best) <= least[0] + ROUNDING):
                return best
    return best


def fastest(space: Space) -> Pipeline | None:
    """The design with the smallest interval that the device holds, None where not even the smallest fits.

    From the smallest interval that might be held on, one after the other: a design for a slower one need not be held
    because that for a faster one is.
    """
    first = bisect_left(space.intervals, True, key=lambda interval: space.may_fit(interval))
    for interval in space.intervals[first:]:
        for prices in space.prices:
            for pipeline in space.designs(Wish(interval), prices):
                if fits(pipeline, space.device):
                    return pipeline
    return None


def quickened(space: Space, pipeline: Pipeline) -> Pipeline:
    """A pipeline as fast with less latency, for up to LATENCY_SHARE more LUTs."""
    best, most = pipeline, (1 + LATENCY_SHARE) * pipeline.cost.lut
    latency = exact_latency(pipeline)
    for haste in HASTES[1:]:
        found = space.optimum(pipeline.ideal_interval, space.usual, haste)
        other = None if found is None else place(found[1], space.device)
        if other is None or not fits(other, space.device) or other.cost.lut > most:
            break
        if (shorter := exact_latency(other)) < latency:
            best, latency = other, shorter
    return best


def fewest_dsps(space: Space) -> int:
    """DSPs of a design that has as few as there can be."""
    prices = Prices(dsp=NO_DSP)
    found = space.optimum(space.intervals[-1], prices)
    return sum(placed(ip, prices).cost.dsp for ip in found[1].ips) if found else 0


def fold_network(topology: Topology, wish: Wish | None, device: Device, fixed: Mapping[str, Fold] | None = None,
                 width: int | None = None, shapes: Mapping[str, RequantShape] | None = None) -> Pipeline:
    """Fold a network for a wish, or as fast as the device allows where there is none.

    Args:
        topology: the network; its own `folding` holds for layers that `fixed` does not name.
        wish: cycles a frame and latency; None for the fastest.
        device: what must not be exceeded.
        fixed: layers folded by hand.
        width: bits of the input stream, None to choose.
        shapes: of the layers whose levels `requant` can make.

    Raises:
        FinnError: the wish cannot be met; the message says what can be.
    """
    space = Space(topology, {**topology.folding, **(fixed or {})}, width, device, shapes)
    found = None if wish is None else search(space, wish)
    if found is not None:
        return found
    best = fastest(space)
    if wish is None and best is not None:
        return quickened(space, best)
    name = topology.name
    if best is None:
        least = fewest_dsps(space)
        why = f": arithmetic 'dsp' takes at least {least} DSP" if least > device.dsp else ""
        raise FinnError(f"{name}: no folding fits {device.name} ({device.lut} LUT, {device.bram36} BRAM36,"
                        f" {device.dsp} DSP){why}; choose a larger device, or fold the layers fixed by hand more")
    assert wish is not None
    has_given_width = (width or topology.input.stream_width) is not None
    slowest, limit = best.bottleneck(), best.limited_by(best.ideal_interval, has_given_width)
    if limit == f"layer {slowest.layer}":
        limit = f"layer {slowest.layer!r} at SIMD {slowest.simd}, PE {slowest.pe}"
    text = f"{name}: {wish.interval} cycles a frame cannot be met"
    possible = next(space.designs(wish, space.usual), None)
    if possible is not None:
        cost = possible.cost
        text += (f" on {device.name}: about {cost.lut:.0f} of {device.lut} LUT, {cost.bram36:g} of"
                 f" {device.bram36} BRAM36, {cost.dsp} of {device.dsp} DSP")
    elif wish.latency is not None and space.optimum(wish.interval, space.usual):
        text = f"{name}: a latency of {wish.latency} cycles at {wish.interval} cycles a frame cannot be met"
    raise FinnError(f"{text}; the best that can is {best.ideal_interval} cycles a frame (latency"
                    f" {exact_latency(best)}), limited by {limit}")


def interval_for(fps: float, clock_hz: float) -> int:
    """Largest whole number of cycles a frame that still gives `fps`, 0 where the clock is too slow for any."""
    interval = int(Fraction(clock_hz) // Fraction(fps))
    # A rate may be a rounded one.
    return interval + 1 if interval < 1 << 53 and clock_hz / (interval + 1) >= fps else interval
