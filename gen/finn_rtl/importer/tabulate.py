"""From a chain of operators to levels: what it makes of every integer of a channel, as thresholds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.maps import Added
from finn_rtl.importer.numbers import Numbers, Whole, noted, same_scale
from finn_rtl.importer.places import Place
from finn_rtl.importer.values import Stream
from finn_rtl.operators.schema import Quantizer

# Of a channel: so many integers are tabulated, and so many where the chain may rise and fall. In longer ranges a chain
# of operators that keep order is searched by halves: a rounded sum with a number, or product with one, keeps it, too.
MOST_TABLE, MOST_WILD = 1 << 16, 1 << 22
MOST_LEVEL_BITS = 8

Kind = type[np.floating[Any]]


@dataclass(frozen=True)
class Range:
    """The integers that a channel of a map can have: `low`, and so many steps from there."""

    low: int
    step: int
    count: int

    def at(self, places: Whole) -> Whole:
        """Integers by place; behind the last one comes one more."""
        return np.where(places < self.count, self.low + self.step * places, self.low + self.step * (self.count - 1) + 1)


def range_of(stream: Stream, channel: int) -> Range:
    """Of a channel of a stream's map."""
    source = stream.source
    low, step = int(source.low[channel]), int(source.step[channel])
    return Range(low, step, (int(source.high[channel]) - low) // step + 1)


def evaluate(stream: Stream, channel: int, integers: Whole, kind: Kind, notes: bool = False,
             steps: slice = slice(None)) -> Numbers:
    """What the stream's steps make of integers of its map.

    Args:
        stream: map and steps.
        channel: of the map.
        integers: of the map.
        kind: of arithmetic.
        notes: whether those near a boundary are marked.
        steps: which of them.

    Raises:
        FinnError: an operator cannot take what stands in front of it.
    """
    numbers = stream.start(channel, integers, kind)
    with np.errstate(over="ignore", invalid="ignore"):
        if notes:
            numbers = noted(numbers)
        for step in stream.steps[steps]:
            numbers = step.apply(numbers, channel)
            if np.isnan(numbers.real).any():
                raise step.place.error(f"channel {channel}: its result can be no number (NaN)")
    return numbers


@dataclass(frozen=True)
class Channel:
    """A channel's levels: from `low` to `high`, falling or not, worth `scale` each."""

    range: Range
    low: int
    high: int
    falls: bool
    scale: float
    #: By levels, the place of the first integer with at least that one (with at most, where it falls).
    first: Callable[[Whole], Whole]


def last_place(stream: Stream) -> Place:
    """The operator whose result is looked at."""
    return stream.steps[-1].place


def _quantized(stream: Stream, numbers: Numbers) -> Numbers:
    if numbers.q is None or not numbers.is_quantized:
        raise last_place(stream).error("its result is no integer times a scale: a quantizer is missing behind it, or"
                                       " what stands behind the quantizer leaves its grid")
    if not numbers.scale > 0:
        raise last_place(stream).error(f"its result is worth {numbers.scale} a step: must be greater than 0")
    return numbers


def _searched(falls: bool, count: int, at: Callable[[Whole], Whole]) -> Callable[[Whole], Whole]:
    def first(levels: Whole) -> Whole:
        low, high = np.zeros(len(levels), np.int64), np.full(len(levels), count, np.int64)
        while (low < high).any():
            # Places that are found already are looked at once more, for nothing.
            is_open, middle = low < high, np.minimum((low + high) // 2, count - 1)
            found = at(middle)
            is_there = found <= levels if falls else found >= levels
            high = np.where(is_open & is_there, middle, high)
            low = np.where(is_open & ~is_there, middle + 1, low)
        return high
    return first


def _check_same_sums(stream: Stream, channel: int, kind: Kind) -> None:
    """See that pairs of integers with the same sum, which rounding tells apart, give the same level.

    Raises:
        FinnError: some do not.
    """
    source = stream.source
    if not isinstance(source, Added) or not source.reach:
        return
    reach = source.reach[channel]
    sums = reach.sums[reach.reals != reach.others]
    if not len(sums):
        return
    other = replace(source, reach=tuple(replace(item, reals=item.others) for item in source.reach))
    one, two = (evaluate(item, channel, sums, kind) for item in (stream, replace(stream, source=other)))
    wrong = np.flatnonzero(one.real != two.real)
    if len(wrong):
        raise last_place(stream).error(f"channel {channel}: pairs of integers that add up to {reach.sums[wrong[0]]}"
                                       " differ by rounding alone, and give two results: compute in more digits"
                                       " (--wide), or change a scale a little")


def _channel(stream: Stream, channel: int, kind: Kind) -> Channel:
    _check_same_sums(stream, channel, kind)
    span = range_of(stream, channel)
    is_monotone = all(step.is_monotone for step in stream.steps)
    if span.count > (MOST_TABLE if is_monotone else MOST_WILD):
        if not is_monotone:
            raise last_place(stream).error(f"channel {channel}: a chain that may rise and fall again, of"
                                           f" {span.count} integers: at most {MOST_WILD} are tabulated")
        ends = _quantized(stream, evaluate(stream, channel, span.at(np.array([0, span.count - 1])), kind))
        first, last = (int(level) for level in ends.whole)
        search = _searched(last < first, span.count,
                           lambda places: evaluate(stream, channel, span.at(places), kind).whole)
        return Channel(span, min(first, last), max(first, last), last < first, ends.scale, search)
    numbers = _quantized(stream, evaluate(stream, channel, span.at(np.arange(span.count)), kind))
    levels = numbers.whole
    rises = np.diff(levels)
    if (rises > 0).any() and (rises < 0).any():
        raise last_place(stream).error(f"channel {channel}: what is between the sums and its result rises and falls"
                                       " again: thresholds cannot do that; only operators that keep order, or turn it,"
                                       " can stand there")
    falls = bool((rises < 0).any())

    def first_in_table(wanted: Whole) -> Whole:
        return np.searchsorted(-levels, -wanted, "left") if falls else np.searchsorted(levels, wanted, "left")
    return Channel(span, int(levels.min()), int(levels.max()), falls, numbers.scale, first_in_table)


def is_turned(stream: Stream, channel: int, kind: Kind) -> bool:
    """Whether what stands behind a max pool falls, so that the result is a minimum of levels.

    Raises:
        FinnError: it rises and falls, or falls behind some pools of several alone.
    """
    span, found = range_of(stream, channel), set()
    for move in stream.moves:
        if move.kind != "maxpool" or move.behind == len(stream.steps):
            continue
        places = np.arange(span.count) if span.count <= MOST_TABLE else np.array([0, span.count - 1])
        pooled = evaluate(stream, channel, span.at(places), kind, steps=slice(move.behind)).real
        rises = np.diff(evaluate(stream, channel, span.at(places), kind).whole[np.argsort(pooled, kind="stable")])
        if rises.any():
            found.add(bool((rises < 0).any()))
        if len(found) > 1 or ((rises < 0).any() and (rises > 0).any()):
            raise move.place.error(f"channel {channel}: what stands between it and the next quantizer rises and falls,"
                                   " or falls behind one of several pools: move the quantizer in front of it")
    return found == {True}


def check_moves(stream: Stream, channel: int, kind: Kind) -> None:
    """See that what stands behind a max pool does not fall.

    Raises:
        FinnError: it does, in a channel.
    """
    if is_turned(stream, channel, kind):
        raise stream.moves[0].place.error(f"channel {channel}: what stands between it and the next quantizer falls, so"
                                          " that it would become a minimum: move the quantizer in front of it")


def _near(stream: Stream, channel: int, kind: Kind, places: Whole, span: Range) -> int:
    """How many integers beside the thresholds are near a boundary."""
    beside = np.unique(np.clip(np.concatenate([places - 1, places]), 0, span.count - 1))
    numbers = evaluate(stream, channel, span.at(beside), kind, notes=True)
    return 0 if numbers.is_near is None else int(numbers.is_near.sum())


@dataclass(frozen=True)
class Table:
    """Levels of all channels: see maps.Levels; `scale` (channels,) is what a level is worth."""

    quantizer: Quantizer | None
    lowest: int
    shift: int
    reach: Whole
    falling: NDArray[np.bool_]
    low: Whole
    high: Whole
    step: int
    scale: NDArray[np.float32]
    near: int
    pairs: int
    #: Channels whose levels fall behind a max pool: see is_turned.
    turned: NDArray[np.bool_]


def quantizer_of(place: Place, low: int, high: int) -> tuple[Quantizer, int]:
    """The least quantizer that has these levels, and what is added to them for that.

    Raises:
        FinnError: none has.
    """
    shift = 0
    if low < 0:
        bits = max(2, high.bit_length() + 1, (-low - 1).bit_length() + 1)
        if bits <= MOST_LEVEL_BITS:
            return Quantizer(bits=bits, signed=True, narrow=low > -(1 << bits - 1)), 0
        shift = -low
    bits = max(1, (high + shift).bit_length())
    if bits > MOST_LEVEL_BITS:
        raise place.error(f"its results are from {low} to {high}, levels of more than {MOST_LEVEL_BITS} bits: quantize"
                          " to fewer")
    return Quantizer(bits=bits, narrow=bits > 1 and high + shift == (1 << bits) - 2), shift


def levels_of(stream: Stream, kind: Kind = np.float32) -> Table:
    """What a stream's steps make of its map, or its sums, as thresholds on these.

    Raises:
        FinnError: they make no levels, or such as no thresholds make.
    """
    channels = [_channel(stream, channel, kind) for channel in range(stream.channels)]
    turned = np.array([is_turned(stream, channel, kind) for channel in range(stream.channels)])
    low, high = min(item.low for item in channels), max(item.high for item in channels)
    place = last_place(stream)
    quantizer, shift, lowest = None, 0, -1
    wanted = np.array([0])
    if not _is_bipolar(channels, low, high):
        quantizer, shift = quantizer_of(place, low, high)
        lowest = quantizer.range[0] - shift
        wanted = np.arange(lowest + 1, lowest + 1 + quantizer.levels)
    top = int(wanted[-1])
    reach, near = np.empty((len(channels), len(wanted)), np.int64), 0
    for channel, item in enumerate(channels):
        # Of a falling one the first threshold takes the highest level away.
        places = item.first(top - 1 - np.arange(len(wanted)) if item.falls else wanted)
        if quantizer is None and item.falls:
            places = item.first(np.array([-1]))
        near += _near(stream, channel, kind, places, item.range)
        reach[channel] = item.range.at(places)
    return Table(quantizer, lowest, shift, reach, np.array([item.falls for item in channels]),
                 np.array([item.low for item in channels]), np.array([item.high for item in channels]),
                 2 if quantizer is None else 1, np.array([item.scale for item in channels], np.float32), near,
                 sum(item.range.count for item in channels), turned)


def _is_bipolar(channels: list[Channel], low: int, high: int) -> bool:
    """Whether there are -1 and +1 alone, and both."""
    if (low, high) != (-1, 1):
        return False
    for item in channels:
        places = item.first(np.array([0, -1]) if item.falls else np.array([0, 1]))
        if places[0] != places[1]:
            return False
    return True


def is_even(scales: NDArray[np.float32]) -> bool:
    """Whether all channels are worth the same."""
    return all(same_scale(float(scales[0]), float(scale)) for scale in scales)
