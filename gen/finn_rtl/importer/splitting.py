"""Functions of an integer that rise and fall: the sum of one that rises and one that falls, levels each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.maps import Added, Levels, Made, Reals
from finn_rtl.importer.numbers import Numbers, Whole
from finn_rtl.importer.tabulate import MOST_WILD, Kind, check_moves, evaluate, last_place, quantizer_of, range_of
from finn_rtl.importer.values import Stream


def _tables(stream: Stream, kind: Kind) -> list[Numbers] | None:
    """By channels, what the steps make of all integers; None where they rise or fall alone, or that cannot be told."""
    if all(step.is_monotone for step in stream.steps) or isinstance(stream.source, Reals):
        return None
    found, is_split = [], False
    for channel in range(stream.channels):
        span = range_of(stream, channel)
        if span.count > MOST_WILD:
            return None
        numbers = evaluate(stream, channel, span.at(np.arange(span.count)), kind, notes=True)
        if numbers.q is None or not numbers.is_quantized or not numbers.scale > 0:
            return None
        rises = np.diff(numbers.q)
        is_split |= bool((rises > 0).any() and (rises < 0).any())
        found.append(numbers)
    return found if is_split else None


def _levels(stream: Stream, counts: list[Whole], falls: bool) -> Levels:
    """Levels of counts that rise with the integers, by channels; of `falls`, what is left of the most."""
    quantizer, _ = quantizer_of(last_place(stream), 0, max(int(count[-1]) for count in counts))
    wanted = np.arange(1, quantizer.levels + 1)
    reach = np.stack([range_of(stream, channel).at(np.searchsorted(count, wanted))
                      for channel, count in enumerate(counts)])
    low, high = (np.array([count[at] for count in counts]) for at in (0, -1))
    if falls:
        low, high = quantizer.levels - high, quantizer.levels - low
    ones = np.ones(stream.channels, np.int64)
    return Levels(stream.source.shape, low, high, ones, list(dict.fromkeys(step.place for step in stream.steps)), 0,
                  stream.source.is_vector, source=stream.source, quantizer=quantizer, reach=reach,
                  falling=np.full(stream.channels, falls), lowest=0)


def split(stream: Stream, kind: Kind) -> tuple[list[Made], NDArray[np.float32]] | None:
    """The maps whose last one holds what the steps make, and what its integers are worth; None where none falls.

    Raises:
        FinnError: more levels than there are for either part.
    """
    tables = _tables(stream, kind)
    if tables is None:
        return None
    for channel in range(stream.channels):
        check_moves(stream, channel, kind)
    base = min(int(numbers.whole[0]) for numbers in tables)
    rising, falling = [], []
    for numbers in tables:
        steps = np.diff(numbers.whole)
        rising.append(np.cumsum(np.append(numbers.whole[0] - base, np.maximum(steps, 0))))
        falling.append(np.cumsum(np.append(0, np.maximum(-steps, 0))))
    up, down = _levels(stream, rising, False), _levels(stream, falling, True)
    up.near = sum(int(numbers.is_near.sum()) for numbers in tables if numbers.is_near is not None)
    up.pairs = sum(len(numbers.whole) for numbers in tables)
    assert down.quantizer is not None
    total = Added(stream.source.shape, np.array([numbers.whole.min() for numbers in tables]),
                  np.array([numbers.whole.max() for numbers in tables]), np.ones(stream.channels, np.int64), up.nodes,
                  down.quantizer.levels - base, stream.source.is_vector, terms=(up, down))
    return [up, down, total], np.array([numbers.scale for numbers in tables], np.float32)
