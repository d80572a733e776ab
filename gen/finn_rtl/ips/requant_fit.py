"""Scales and offsets with which requant gives the very levels that thresholds give.

A channel's level is lowest + the number of its thresholds t with x >= t (falling channels: not reached), and requant
gives clip((x * scale + offset) >> shift, lowest, lowest + count). Both never fall as x grows, or never rise: it is
enough to compare them at the least x, at the greatest, at each threshold t in between and at t - 1. From one of these
points to the next the level stays the same, or they are neighbours, and requant lies between its values at both.

For a channel, a shift and a scale each point bounds the offset: from below by what the level must reach, from above by
what it must not. The bounds are the largest of numbers that are linear in the scale, and the smallest of such: what is
left between them is a concave function of the scale, so that its maximum is found by halving. Where it is negative,
there is no offset for any scale. A shift that serves, serves with one more bit too, with scale and offset doubled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_SCALE_BITS = 25
MOST_OFFSET_BITS = 48
MOST_SHIFT = 47

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class RequantShape:
    """What hardware is planned for: the shift, and bits of scales and of offsets in two's complement."""

    shift: int
    scale_bits: int
    offset_bits: int


@dataclass(frozen=True)
class RequantFit:
    """`shift`, and of each channel `scale` and `offset` int64 (channels,)."""

    shift: int
    scale: Numbers
    offset: Numbers

    @property
    def scale_bits(self) -> int:
        """Bits of the scales in two's complement, at least 2; a falling channel's is found as a rising one's."""
        return max(2, signed_bits(np.abs(self.scale)))

    @property
    def offset_bits(self) -> int:
        """Bits of the offsets in two's complement."""
        return signed_bits(self.offset)

    @property
    def shape(self) -> RequantShape:
        """The numbers that hardware is planned for."""
        return RequantShape(self.shift, self.scale_bits, self.offset_bits)


def signed_bits(values: Numbers) -> int:
    """Bits that hold each of some numbers in two's complement."""
    return max(int(value if value >= 0 else ~value).bit_length() for value in (values.min(), values.max())) + 1


def row_reach(weight: NDArray[np.integer], values: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """The least and the greatest dot product of each row, both (rows,).

    Args:
        weight: (rows, inputs), the numbers themselves.
        values: the least and the greatest input.
    """
    above, below = (part(weight, 0).sum(axis=1, dtype=np.int64) for part in (np.maximum, np.minimum))
    low, high = values
    return above * low + below * high, above * high + below * low


def requantized(x: Numbers, fit: RequantFit, lowest: int, count: int) -> Numbers:
    """What requant gives: of numbers (n, channels), levels (n, channels)."""
    levels: Numbers = np.clip(x * fit.scale + fit.offset >> fit.shift, lowest, lowest + count)
    return levels


def fit_requant(thresholds: Numbers, reach: tuple[int | Numbers, int | Numbers], lowest: int = 0,
                falling: NDArray[np.bool_] | None = None, scale_bits: int = MOST_SCALE_BITS,
                offset_bits: int = MOST_OFFSET_BITS, shift: int | None = None) -> RequantFit | None:
    """The scales and offsets with the smallest shift that give exactly the levels of thresholds.

    Args:
        thresholds: int64 (channels, count), ascending in a row.
        reach: least and greatest number that comes, of at most 32 bits, of all channels or of each (channels,).
        lowest: the level below all thresholds.
        falling: (channels,), whose levels fall; None: none.
        scale_bits: most bits of a scale, two's complement.
        offset_bits: most bits of an offset, two's complement.
        shift: the only one to try; None: all.

    Returns:
        None where there are none, so that thresholds must be taken.
    """
    low, high = reach
    falls = np.zeros(len(thresholds), np.bool_) if falling is None else falling
    # A channel that falls is one that rises with -x: it does not reach t where -x >= 1 - t.
    rising = np.where(falls[:, None], 1 - thresholds[:, ::-1], thresholds)
    least, most = np.where(falls, -high, low), np.where(falls, -low, high)
    points = _Points.of(rising, least, most, lowest)
    most_scale, offsets = (1 << scale_bits - 1) - 1, 1 << offset_bits - 1
    # The channel that was the first to have no fit goes first.
    hard = 0
    for tried in range(MOST_SHIFT + 1) if shift is None else (shift,):
        if not points.only(hard).fit(tried, most_scale, offsets).serves.all():
            continue
        found = points.fit(tried, most_scale, offsets)
        if found.serves.all():
            return RequantFit(tried, np.where(falls, -found.scale, found.scale), found.offset)
        hard = int(found.serves.argmin())
    return None


@dataclass(frozen=True)
class _Found:
    """Of each channel scale and offset, and whether they serve."""

    scale: Numbers
    offset: Numbers
    serves: NDArray[np.bool_]


@dataclass(frozen=True)
class _Points:
    """Of each channel numbers x that come, and the level there less `lowest`, (channels, points)."""

    x: Numbers
    level: Numbers
    lowest: int
    count: int

    @classmethod
    def of(cls, thresholds: Numbers, least: Numbers, most: Numbers, lowest: int) -> _Points:
        """The points at which it is enough to look, for channels that rise."""
        ends = np.column_stack((least, most))
        x = np.column_stack((ends, thresholds, thresholds - 1))
        x = np.clip(x, least[:, None], most[:, None])
        level = np.array([np.searchsorted(row, points, "right") for row, points in zip(thresholds, x, strict=True)])
        return cls(x, level.astype(np.int64), lowest, thresholds.shape[1])

    def only(self, channel: int) -> _Points:
        """Those of one channel."""
        return _Points(self.x[channel:channel + 1], self.level[channel:channel + 1], self.lowest, self.count)

    def _bounds(self, shift: int, scale: Numbers) -> tuple[Numbers, Numbers]:
        """The least and the greatest offset for a scale of each channel, both (channels,).

        What is clipped has no bound.
        """
        product = self.x * scale[:, None]
        below = (self.lowest + self.level << shift) - product
        above = (self.lowest + self.level + 1 << shift) - 1 - product
        without = np.int64(1) << 61
        return (np.where(self.level > 0, below, -without).max(axis=1),
                np.where(self.level < self.count, above, without).min(axis=1))

    def _room(self, shift: int, scale: Numbers) -> Numbers:
        least, most = self._bounds(shift, scale)
        room: Numbers = most - least
        return room

    def fit(self, shift: int, most_scale: int, offsets: int) -> _Found:
        """The least scales from 0 on that leave an offset, and these, the nearest to 0."""
        channels = len(self.x)
        # The first scale from which on the room no longer grows.
        first, last = np.zeros(channels, np.int64), np.full(channels, most_scale, np.int64)
        while (first < last).any():
            middle = first + last >> 1
            grows = self._room(shift, middle + 1) > self._room(shift, middle)
            first, last = np.where(grows, np.minimum(middle + 1, last), first), np.where(grows, last, middle)
        serves = self._room(shift, first) >= 0
        # Up to there it grows: the first one that is enough.
        least, best = np.zeros(channels, np.int64), first
        while (least < best).any():
            middle = least + best >> 1
            enough = self._room(shift, middle) >= 0
            least, best = np.where(enough, least, middle + 1), np.where(enough, middle, best)
        lower, upper = self._bounds(shift, best)
        lower, upper = np.maximum(lower, -offsets), np.minimum(upper, offsets - 1)
        return _Found(best, np.clip(0, lower, upper), serves & (lower <= upper))
