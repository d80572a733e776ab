"""Which layers have their weights on chip, and which take them from DRAM."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from finn_rtl.common.errors import FinnError
from finn_rtl.common.numbers import divisors
from finn_rtl.description.topology import Topology
from finn_rtl.ips.requant_fit import RequantShape
from finn_rtl.operators.schema import Fold
from finn_rtl.plan.devices import Device
from finn_rtl.plan.folding import Space, Wish, exact_latency
from finn_rtl.plan.pipeline import Pipeline
from finn_rtl.plan.search import fold_network, search
from finn_rtl.plan.streams import with_periods

# Most vectors that a word is used for: more take more room than the weights of most layers.
MOST_REUSE = 1024
# A design is worth more layers from DRAM where it is so much faster.
WORTH = 0.97


@dataclass(frozen=True)
class Dram:
    """A memory beside the device: what it gives, and whether the search may take weights from there."""

    bytes_per_second: float
    clock_mhz: float
    is_searched: bool = False
    #: Layers whose weights come from there, whatever that costs.
    layers: tuple[str, ...] = ()

    @property
    def bytes_a_cycle(self) -> Fraction:
        """What it gives in a cycle of the plan's clock."""
        return Fraction(self.bytes_per_second) / Fraction(self.clock_mhz * 1e6)


@dataclass(frozen=True)
class Candidate:
    """A layer whose weights can come from DRAM: their bytes, and the vectors of a frame."""

    name: str
    size: Fraction
    vectors: int

    @property
    def reuses(self) -> list[int]:
        """How many vectors a word can be used for."""
        return [reuse for reuse in divisors(self.vectors) if reuse <= MOST_REUSE]


def candidates(topology: Topology, fixed: Mapping[str, Fold], wanted: Collection[str] = ()) -> list[Candidate]:
    """Layers whose weights can come from DRAM: those wanted, then those that free most memory for what they take."""
    found = []
    for layer in topology.matrices:
        ifm = topology.ifm(layer)
        if layer.name not in fixed and layer.why_on_chip(ifm) is None:
            size = Fraction(layer.rows * layer.columns(ifm) * layer.weights.bits, 8)
            found.append(Candidate(layer.name, size, topology.ofm(layer).pixels))
    # Of a byte on chip, bytes a frame: the passes, with as much reuse as there can be.
    return sorted(found, key=lambda one: (one.name not in wanted, one.vectors // one.reuses[-1], -one.size))


def _reuses(chosen: list[Candidate], most: Fraction) -> Iterator[dict[str, int]]:
    """Reuse of each layer with which so many bytes a frame are enough, the least room first."""
    steps = dict.fromkeys((one.name for one in chosen), 0)

    def bytes_of(one: Candidate) -> Fraction:
        return one.size * one.vectors / one.reuses[steps[one.name]]
    while True:
        if sum(map(bytes_of, chosen)) <= most:
            yield {one.name: one.reuses[steps[one.name]] for one in chosen}
        open_ones = [one for one in chosen if steps[one.name] < len(one.reuses) - 1]
        if not open_ones:
            return
        steps[max(open_ones, key=bytes_of).name] += 1


class _Search:
    """Designs with the weights of some layers from DRAM."""

    def __init__(self, topology: Topology, device: Device, fixed: Mapping[str, Fold], width: int | None,
                 shapes: Mapping[str, RequantShape] | None, dram: Dram) -> None:
        self.topology = topology
        self.device = device
        self.fixed = fixed
        self.width = width
        self.shapes = shapes
        self.dram = dram
        self.spaces: dict[tuple[tuple[str, int], ...], Space] = {}

    def space(self, reuses: Mapping[str, int]) -> Space:
        """All designs with some reuse."""
        key = tuple(reuses.items())
        if key not in self.spaces:
            self.spaces[key] = Space(self.topology, self.fixed, self.width, self.device, self.shapes, reuses)
        return self.spaces[key]

    def design(self, chosen: list[Candidate], wish: Wish) -> Pipeline | None:
        """The cheapest design that meets a wish with the least reuse that is enough, None where there is none."""
        for reuses in _reuses(chosen, self.dram.bytes_a_cycle * wish.interval):
            found = search(self.space(reuses), wish)
            if found is None:
                return None
            paced = with_periods(found, self.dram.bytes_a_cycle)
            if paced.ideal_interval <= wish.interval and (
                    wish.latency is None or exact_latency(paced) <= wish.latency):
                return found
        return None

    def fastest(self, chosen: list[Candidate], most: int) -> Pipeline | None:
        """The fastest design of at most so many cycles a frame, about."""
        best = self.design(chosen, Wish(most))
        if best is None:
            return None
        intervals = self.space({one.name: one.reuses[-1] for one in chosen}).upto(most)[::-1]
        low, high = -1, len(intervals) - 1  # too fast, known
        while high - low > 1:
            middle = (low + high) // 2
            found = self.design(chosen, Wish(intervals[middle]))
            if found is None:
                low = middle
            else:
                best, high = found, middle
        return best


def fold_streamed(topology: Topology, wish: Wish | None, device: Device, fixed: Mapping[str, Fold] | None,
                  width: int | None, shapes: Mapping[str, RequantShape], dram: Dram) -> Pipeline:
    """Fold a network for a wish, or as fast as the device allows, with weights from DRAM where these do not fit.

    As few layers as the wish allows take their weights from there, first those that free most memory for what they
    take of it. Without a wish more of them do where that makes the network faster.

    Args:
        topology: the network.
        wish: see fold_network.
        device: see fold_network.
        fixed: see fold_network; layers among these are as they say.
        width: see fold_network.
        shapes: see fold_network.
        dram: the memory.

    Returns:
        The design, with the words of each layer as often as the memory gives them.

    Raises:
        FinnError: the wish cannot be met; the message says what can be.
    """
    def finished(pipeline: Pipeline) -> Pipeline:
        return with_periods(pipeline, dram.bytes_a_cycle)

    by_hand = {**topology.folding, **(fixed or {})}
    known = candidates(topology, by_hand, dram.layers)
    least = len(dram.layers)
    if not dram.is_searched:
        known = known[:least]
    best: Pipeline | None = None
    reason: FinnError | None = None
    try:
        if not least:
            best = finished(fold_network(topology, wish, device, fixed, width, shapes))
    except FinnError as error:
        reason = error
    if best is not None and wish is not None and (
            best.ideal_interval > wish.interval or _is_late(best, wish)):
        reason, best = _too_slow(topology, wish, best), None
    if best is not None and wish is None and best.streamed and not known:
        # What waits for words anyway need not be fast.
        return _slower(topology, best, device, fixed, width, shapes, dram)
    one = _Search(topology, device, by_hand, width, shapes, dram)
    if best is None or wish is None:
        for count in range(max(1, least), len(known) + 1):
            chosen = known[:count]
            if wish is not None:
                found = one.design(chosen, wish)
                if found is not None:
                    return finished(found)
                continue
            slowest = one.space({item.name: item.reuses[-1] for item in chosen}).intervals[-1]
            found = one.fastest(chosen, slowest if best is None else int(WORTH * best.ideal_interval))
            if found is not None:
                best = finished(found)
    if best is not None:
        return best
    if reason is None:
        names = ", ".join(map(repr, dram.layers))
        if wish is not None:
            needed = sum(one.size * one.vectors / one.reuses[-1] for one in known[:least]) / wish.interval
            if needed > dram.bytes_a_cycle:
                least_rate = float(needed) * dram.clock_mhz * 1e6
                raise FinnError(f"{topology.name}: {wish.interval} cycles a frame cannot be met: the weights of {names}"
                                f" take {least_rate:g} bytes a second at least, and the DRAM gives"
                                f" {dram.bytes_per_second:g}; ask for less, or choose a faster memory")
        raise FinnError(f"{topology.name}: no folding that meets the wish fits {device.name} with the weights of"
                        f" {names} from a DRAM of {dram.bytes_per_second:g} bytes a second; ask for less, or choose a"
                        " larger device or a faster memory")
    if known:
        raise FinnError(f"{reason}; nor is there any that meets it with weights from a DRAM of"
                        f" {dram.bytes_per_second:g} bytes a second")
    raise reason


def _too_slow(topology: Topology, wish: Wish, found: Pipeline) -> FinnError:
    names = ", ".join(repr(matrix.layer) for matrix in found.streamed)
    if found.ideal_interval <= wish.interval:
        return FinnError(f"{topology.name}: a latency of {wish.latency} cycles at {wish.interval} cycles a frame cannot"
                         f" be met while the weights of {names} come from DRAM; choose a faster memory, or ask for"
                         " less")
    return FinnError(f"{topology.name}: {wish.interval} cycles a frame cannot be met: the weights of {names} come from"
                     f" DRAM, which brings those of a frame in {found.ideal_interval} cycles; choose a larger reuse, or"
                     " a faster memory")


def _is_late(found: Pipeline, wish: Wish) -> bool:
    return bool(found.streamed) and wish.latency is not None and exact_latency(found) > wish.latency


def _slower(topology: Topology, best: Pipeline, device: Device, fixed: Mapping[str, Fold] | None, width: int | None,
            shapes: Mapping[str, RequantShape], dram: Dram) -> Pipeline:
    """A cheaper design that is as fast as one that waits for its words."""
    try:
        other = with_periods(fold_network(topology, Wish(best.ideal_interval), device, fixed, width, shapes),
                             dram.bytes_a_cycle)
    except FinnError:
        return best
    return other if other.ideal_interval <= best.ideal_interval else best

