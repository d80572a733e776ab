"""Sums of two maps, also where their steps are worth different numbers.

Integers p and q, worth s and t, add up to s p + t q, for which hardware has m p + n q with whole m and n. These order
all pairs of integers as the graph does where m / n lies between the same two fractions as s / t, of all that two
differences of such integers can make: then whatever rises or falls with the graph's number does so with the integer,
and what a quantizer makes of it is told by thresholds. The simplest such m / n is found in the tree of Stern and
Brocot.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.maps import Added, Made, Reach, Sums
from finn_rtl.importer.numbers import Whole, same_scale
from finn_rtl.importer.places import Place, later
from finn_rtl.importer.products import counts_places
from finn_rtl.importer.tabulate import evaluate
from finn_rtl.importer.values import Stream, stream_of

# Pairs of integers that are looked at, of a channel.
MOST_PAIRS = 1 << 22
# Of a ratio of decimal numbers.
MOST_SIMPLE = 256
# Bits of the sums.
MOST_BITS = 30
# What rounding can change in a slope.
ROUNDED = 1e-4


def factors_of(ratio: Fraction, spans: tuple[int, int]) -> tuple[int, int]:
    """The simplest m and n, m / n as good as `ratio`: m p + n q orders all pairs as ratio * p + q does.

    Args:
        ratio: > 0.
        spans: the greatest differences of two p, and of two q.
    """
    low, high = (0, 1), (1, 0)
    while True:
        m, n = low[0] + high[0], low[1] + high[1]
        # m p = -n q, for differences p and q, if these can be as large.
        if m > spans[1] or n > spans[0] or Fraction(m, n) == ratio:
            return m, n
        if Fraction(m, n) < ratio:
            low = m, n
        else:
            high = m, n


def term_of(place: Place, stream: Stream, kind: type[np.floating[Any]]) -> Stream:
    """Accumulators that no quantizer has seen, behind what makes more of more (a bias), as they can be added.

    Raises:
        FinnError: hardware's are others.
    """
    sums = stream.source
    assert isinstance(sums, Sums) and sums.ifm is not None
    rises = all((np.diff(_numbers(stream, channel, kind)[1]) > 0).all() for channel in range(stream.channels)
                ) if stream.steps and not stream.moves and _counts(stream).max() <= MOST_PAIRS else not stream.steps
    if not rises or stream.moves or counts_places(sums) or sums.ifm.shift:
        raise later(place, "a sum of accumulators that no quantizer has seen, behind operators that do not always rise,"
                           " or of bits alone")
    return stream


def _counts(stream: Stream) -> Whole:
    """Integers that each channel can have."""
    made = stream.source
    found: Whole = (made.high - made.low) // made.step + 1
    return found


def _numbers(stream: Stream, channel: int, kind: type[np.floating[Any]]) -> tuple[Whole, NDArray[Any]]:
    """All integers of a channel, and what they are in the graph."""
    made = stream.source
    integers = np.arange(made.low[channel], made.high[channel] + 1, made.step[channel])
    if not stream.steps:
        return integers, integers.astype(kind) * kind(stream.scale[channel])
    return integers, evaluate(stream, channel, integers, kind).real


def _slopes(stream: Stream, kind: type[np.floating[Any]]) -> list[Fraction]:
    """What a step of each channel is worth, behind the stream's own steps."""
    found = [Fraction(float(scale)) for scale in stream.scale]
    for channel in range(stream.channels) if stream.steps else ():
        integers, reals = _numbers(stream, channel, kind)
        slope = float(reals[-1] - reals[0]) / max(1, int(integers[-1] - integers[0]))
        # A bias leaves it what it was, but for rounding.
        if slope and abs(slope / float(stream.scale[channel]) - 1) > ROUNDED:
            found[channel] = Fraction(slope)
    return found


def _reach(a: Stream, b: Stream, factors: tuple[int, int], channel: int, kind: type[np.floating[Any]]) -> Reach | None:
    """What each sum of a channel is in the graph; None where that does not rise with it."""
    parts = []
    for stream in (a, b):
        parts.append(_numbers(stream, channel, kind))
    sums = (factors[0] * parts[0][0][:, None] + factors[1] * parts[1][0][None, :]).reshape(-1)
    reals: NDArray[Any] = (parts[0][1][:, None] + parts[1][1][None, :]).reshape(-1)
    order = np.lexsort((reals, sums))
    sums, reals = sums[order], reals[order]
    is_first = np.append(True, sums[1:] != sums[:-1])
    least, most = reals[is_first], reals[np.append(is_first[1:], True)]
    if (np.diff(least) < 0).any() or (np.diff(most) < 0).any():
        return None
    return Reach(sums[is_first], least, most)


def _pairs(a: Stream, b: Stream) -> Whole:
    found: Whole = _counts(a) * _counts(b)
    return found


def _uneven(place: Place, a: Stream, b: Stream, kind: type[np.floating[Any]]
            ) -> tuple[tuple[int, int], tuple[Reach, ...]]:
    """Factors for all channels, and what their sums are in the graph.

    Raises:
        FinnError: there are none, or too many pairs to look at.
    """
    pairs = int(_pairs(a, b).max())
    if pairs > MOST_PAIRS:
        raise place.error(f"a sum of two maps with {pairs} pairs of integers, whose steps are worth {a.scale[0]} and"
                          f" {b.scale[0]}: at most {MOST_PAIRS} are looked at; quantize to fewer bits")
    spans = tuple(int((made.high - made.low).max()) for made in (a.source, b.source))
    ratios = dict.fromkeys(one / other for one, other in zip(_slopes(a, kind), _slopes(b, kind), strict=True))
    # Of few digits, such as those of powers of two; or decimal numbers, whose ratios are that but for rounding.
    simple = {ratio: near for ratio in ratios if (near := ratio.limit_denominator(MOST_SIMPLE))
              and near.numerator <= MOST_SIMPLE and same_scale(float(near), float(ratio))}
    exact = [(ratio.numerator, ratio.denominator) for ratio, near in simple.items() if near == ratio]
    decimal = [(ratio.numerator, ratio.denominator) for ratio in simple.values()]
    for factors in (*exact, *(factors_of(ratio, (spans[0], spans[1])) for ratio in ratios), *decimal):
        if max(factors[0] * spans[0], factors[1] * spans[1]).bit_length() >= MOST_BITS:
            continue
        found = [_reach(a, b, factors, channel, kind) for channel in range(a.channels)]
        if all(reach is not None for reach in found):
            return factors, tuple(reach for reach in found if reach is not None)
    raise later(place, f"a sum of two maps whose steps are worth {a.scale[0]} and {b.scale[0]} (channel 0), which no"
                       " two whole numbers stand for in all channels")


def added(place: Place, a: Stream, b: Stream, kind: type[np.floating[Any]]) -> Stream:
    """The sum of two maps, which are held, or accumulators.

    Raises:
        FinnError: they do not fit one another.
    """
    if a.source.shape != b.source.shape or a.index.shape != b.index.shape or (a.index != b.index).any():
        raise place.error(f"its terms have shapes {a.index.shape} and {b.index.shape}, or their elements come in"
                          " different orders: they must be alike")
    has_steps = bool(a.steps or b.steps)
    is_even = not has_steps and all(same_scale(float(one), float(other))
                                    for one, other in zip(a.scale, b.scale, strict=True))
    factors, reach = ((1, 1), ()) if is_even else _uneven(place, a, b, kind)
    terms: tuple[Made, Made] = a.source, b.source
    m, n = factors
    total = Added(a.source.shape, m * terms[0].low + n * terms[1].low, m * terms[0].high + n * terms[1].high,
                  np.gcd(m * terms[0].step, n * terms[1].step), [place], m * terms[0].shift + n * terms[1].shift,
                  terms[0].is_vector, terms=terms, factors=factors, reach=reach)
    # Whether a sum is so many steps.
    scale = a.scale / np.float32(m)
    total.is_even = not has_steps and all(same_scale(float(one), float(other))
                                          for one, other in zip(scale, b.scale / np.float32(n), strict=True))
    return replace(stream_of(total, scale), index=a.index)
