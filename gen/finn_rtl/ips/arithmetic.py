"""How an mvtu multiplies and adds up: forms of the dot product, widths of sums, and what these exceed.

A mirror of rtl/mvtu/mvtu_pkg.sv.
"""

from __future__ import annotations

from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import Accumulator
from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips import products
from finn_rtl.ips.bit_heap import HEAP_COLUMNS, dot
from finn_rtl.ips.multiplied import Multiplied
from finn_rtl.ips.products import Operands, planes

# Levels of logic between two registers: a level is a LUT with the carry chain behind it.
LEVELS_PER_STAGE = 2
# Most inputs of a dot product in the forms that have a limit: of a popcount, and of products by bits and by digits.
MOST_BINARY_SIMD = 8190
MOST_PLANES_SIMD = 4095
MOST_DIGITS_SIMD = 1023


class Form(Enum):
    """Of a dot product: agreeing places; a tree of adders of inputs -1/+1 times; one heap of all products' bits."""

    POPCOUNT = auto()
    ADDERS = auto()
    PLANES = auto()


def form(kind: Operands) -> Form:
    """The form for inputs and weights of a kind."""
    if kind.weight_bits > 1:
        return Form.PLANES
    return Form.ADDERS if kind.input_bits > 1 else Form.POPCOUNT


def accumulator(columns: int, kind: Operands) -> Accumulator:
    """The accumulator of a row."""
    ifm = Map(1, 1, columns, kind.input_bits, kind.signed, None, kind.input_bits == 1 and not kind.bipolar)
    return Accumulator(columns, ifm, kind.weight_bits, kind.narrow)


def leaves_signed(kind: Operands) -> bool:
    """Whether accumulators that leave are two's complement."""
    return not accumulator(1, kind).is_popcount


def most_sum(columns: int, kind: Operands) -> int:
    """The largest sum of a row, in forms in which none is negative."""
    if kind.weight_bits == 1:
        return columns
    return columns * kind.product_high * (2 if kind.is_bipolar else 1)


def sum_width(columns: int, kind: Operands, thresholds: int, multiplied: Multiplied | None = None) -> int:
    """Bits of an accumulator.

    Without thresholds of the number that leaves, with one of what remains above it, of either sign; for several of sums
    none of which is negative, besides those of adders.
    """
    if multiplied is not None and thresholds > 1:
        return max(sum_width(columns, kind, thresholds), (multiplied.most_sum(columns) + 1).bit_length())
    sums = accumulator(columns, kind)
    if thresholds == 0:
        return sums.bits
    if form(kind) is Form.ADDERS:
        return (-sums.low).bit_length() + 2 if thresholds == 1 else (-sums.low + columns).bit_length() + 1
    most = most_sum(columns, kind)
    return most.bit_length() + 1 if thresholds == 1 else (most + 1).bit_length()


def row_excess(weight: NDArray[np.integer], kind: Operands, multiplied: Multiplied | None = None) -> NDArray[np.int64]:
    """What the sum of a row is more than its accumulator: (rows,).

    Places that agree are as many as the dot product of 0/1 with the weights, and one more for each weight -1. An input
    that is inverted where it should be negated is one less.

    Args:
        weight: (rows, inputs), the numbers themselves.
        kind: of inputs and weights.
        multiplied: rows with products in multipliers.
    """
    if multiplied is not None:
        return multiplied.excess(weight, is_started=False)
    if form(kind) is Form.PLANES:
        return products.excess(weight, kind)
    negative: NDArray[np.int64] = (weight < 0).sum(axis=1, dtype=np.int64)
    if kind.is_bipolar:
        return np.zeros_like(negative)
    return negative if form(kind) is Form.POPCOUNT else -negative


def on_sums(thresholds: NDArray[np.int64], weight: NDArray[np.integer], kind: Operands,
            multiplied: Multiplied | None = None) -> NDArray[np.int64]:
    """Thresholds on accumulators (rows, levels) as thresholds on sums, and limited to what tells always from never."""
    columns, excess = weight.shape[1], row_excess(weight, kind)[:, None]
    if multiplied is not None:
        # Sums that start so are 0 or more, as those in LUTs are for these weights.
        is_started = thresholds.shape[1] > 1
        others = on_sums(thresholds, weight, kind) - excess
        found: NDArray[np.int64] = others + multiplied.excess(weight, is_started)[:, None]
        most = max(multiplied.most_sum(columns), most_sum(columns, kind))
        return np.clip(found, 0, most + 1) if is_started else found
    sums = accumulator(columns, kind)
    limited = np.maximum(np.minimum(thresholds, sums.high + 1), sums.low) + excess
    return limited if form(kind) is Form.ADDERS else np.minimum(np.maximum(limited, 0), most_sum(columns, kind) + 1)


def most_simd(kind: Operands) -> int | None:
    """Most inputs that a row adds up at once, as far as their number limits it, and not the bits of the sum."""
    match form(kind):
        case Form.POPCOUNT:
            return MOST_BINARY_SIMD
        case Form.ADDERS:
            return None
        case Form.PLANES:
            return MOST_PLANES_SIMD if kind.has_planes else MOST_DIGITS_SIMD


def is_summed(simd: int, kind: Operands) -> bool:
    """Whether a row adds up so many inputs at once."""
    most = most_simd(kind)
    fits = form(kind) is not Form.PLANES or kind.sum_width(simd) <= HEAP_COLUMNS
    return fits and (most is None or simd <= most)


def levels(simd: int, kind: Operands) -> int:
    """Levels of logic that registers can cut, of a dot product and the accumulator behind it."""
    match form(kind):
        case Form.POPCOUNT:
            return dot(simd)[0] + 1
        case Form.ADDERS:
            # An adder is about as slow as two levels of logic.
            return 2 * ((simd - 1).bit_length() + 1)
        case Form.PLANES:
            return planes(simd, kind)[0] + 1


def stages(simd: int, kind: Operands, multiplied: Multiplied | None = None) -> int:
    """Registers inside the dot product, which cut it and the accumulator evenly."""
    found = max(0, ceil_div(levels(simd, kind), LEVELS_PER_STAGE) - 1)
    return found if multiplied is None else min(multiplied.stages(LEVELS_PER_STAGE, found), multiplied.most_stages)


def most_stages(simd: int, kind: Operands) -> int:
    """Most registers that the dot product takes."""
    match form(kind):
        case Form.POPCOUNT:
            return dot(simd)[0] - 1
        case Form.ADDERS:
            return (simd - 1).bit_length()
        case Form.PLANES:
            return planes(simd, kind)[0] - 1


def element_luts(simd: int, kind: Operands, width: int) -> float:
    """LUTs of one processing element with an accumulator of `width` bits."""
    if form(kind) is Form.PLANES:
        return planes(simd, kind)[1] + width + 1
    if form(kind) is Form.POPCOUNT:
        return dot(simd)[1] + width + 1 - 0.03 * simd
    lut, parts, bits = float(width), simd, kind.input_bits + (0 if kind.signed else 1)
    # A number without another to be added to is inverted by itself.
    lut += bits if parts % 2 else 0
    while parts > 1:
        lut += parts // 2 * (bits + 1)
        parts, bits = ceil_div(parts, 2), bits + 1
    return lut + 1


def rows_luts(simd: int, pe: int, kind: Operands, width: int, multiplied: Multiplied | None = None) -> float:
    """LUTs of all processing elements."""
    if multiplied is None:
        return pe * element_luts(simd, kind, width)
    return multiplied.product_luts + pe * (width + 1)
