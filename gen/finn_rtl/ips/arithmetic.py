"""How an mvtu multiplies and adds up: limits and levels of the dot product, widths of sums, and what these exceed.

A mirror of rtl/mvtu/mvtu_pkg.sv.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import Accumulator
from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div, index_bits
from finn_rtl.ips import products
from finn_rtl.ips.bit_heap import HEAP_COLUMNS
from finn_rtl.ips.multiplied import Multiplied
from finn_rtl.ips.parities import recoding_luts, summed
from finn_rtl.ips.products import Operands, dot_product

# Levels of logic between two registers, where no clock asks for fewer: a level is a LUT with the carry chain behind it.
LEVELS_PER_STAGE = 2
# Most inputs of a dot product: of a popcount, and of products by bits and by digits.
MOST_BINARY_SIMD = 8190
MOST_PLANES_SIMD = 4095
MOST_DIGITS_SIMD = 1023
# Most bits of numbers that are multiplied bit by bit.
MOST_SERIAL_BITS = 8


def accumulator(columns: int, kind: Operands) -> Accumulator:
    """The accumulator of a row."""
    ifm = Map(1, 1, columns, kind.input_bits, kind.signed, None, kind.input_bits == 1 and not kind.bipolar)
    return Accumulator(columns, ifm, kind.weight_bits, kind.narrow)


def leaves_signed(kind: Operands) -> bool:
    """Whether accumulators that leave are two's complement."""
    return not accumulator(1, kind).is_popcount


def most_sum(columns: int, kind: Operands) -> int:
    """The largest sum of a row; none is negative."""
    if kind.counts_places:
        return columns
    return columns * kind.product_high * (2 if kind.is_bipolar else 1)


def sum_width(columns: int, kind: Operands, thresholds: int, multiplied: Multiplied | None = None) -> int:
    """Bits of an accumulator.

    Without thresholds of the number that leaves, with one of what remains above it, of either sign; for several of
    sums none of which is negative.
    """
    if multiplied is not None and thresholds > 1:
        return max(sum_width(columns, kind, thresholds), (multiplied.most_sum(columns) + 1).bit_length())
    if thresholds == 0:
        return accumulator(columns, kind).bits
    most = most_sum(columns, kind)
    return most.bit_length() + 1 if thresholds == 1 else (most + 1).bit_length()


def row_excess(weight: NDArray[np.integer], kind: Operands, multiplied: Multiplied | None = None) -> NDArray[np.int64]:
    """What the sum of a row is more than its accumulator: (rows,).

    Places that agree are as many as the dot product of 0/1 with the weights, and one more for each weight -1.

    Args:
        weight: (rows, inputs), the numbers themselves.
        kind: of inputs and weights.
        multiplied: rows with products in multipliers.
    """
    if multiplied is not None:
        return multiplied.excess(weight, is_started=False)
    if not kind.counts_places:
        return products.excess(weight, kind)
    negative: NDArray[np.int64] = (weight < 0).sum(axis=1, dtype=np.int64)
    return np.zeros_like(negative) if kind.is_bipolar else negative


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
    return np.minimum(np.maximum(limited, 0), most_sum(columns, kind) + 1)


def fits_serial(kind: Operands) -> bool:
    """Whether such numbers can be multiplied bit by bit."""
    return max(kind.input_bits, kind.weight_bits) <= MOST_SERIAL_BITS and not kind.counts_places


def most_simd(kind: Operands) -> int:
    """Most inputs that a row adds up at once, as far as their number limits it, and not the bits of the sum."""
    if kind.counts_places or kind.serial:
        return MOST_BINARY_SIMD
    return MOST_PLANES_SIMD if kind.has_planes else MOST_DIGITS_SIMD


def is_summed(simd: int, kind: Operands) -> bool:
    """Whether a row adds up so many inputs at once."""
    is_counted = kind.counts_places or kind.serial
    return simd <= most_simd(kind) and (is_counted or kind.sum_width(simd) <= HEAP_COLUMNS)


def _dot(simd: int, kind: Operands, run: int) -> tuple[int, float]:
    """Levels of logic, and LUTs, of a dot product."""
    return summed(simd, kind, run) if run else dot_product(simd, kind)


def levels(simd: int, kind: Operands, run: int = 0) -> int:
    """Levels of logic that registers can cut, of a dot product and the accumulator behind it.

    Args:
        simd: inputs.
        kind: of numbers.
        run: lanes of a run, where these are recoded as parities (`parities`); 0: they are not.
    """
    return _dot(simd, kind, run)[0] + 1


def stages(simd: int, kind: Operands, multiplied: Multiplied | None = None,
           levels_per_stage: int = LEVELS_PER_STAGE, run: int = 0) -> int:
    """Registers inside the dot product, which cut it and the accumulator evenly.

    Of one level a stage it has as many as it takes.
    """
    found = min(max(0, ceil_div(levels(simd, kind, run), levels_per_stage) - 1), most_stages(simd, kind, run))
    return found if multiplied is None else min(multiplied.stages(levels_per_stage, found), multiplied.most_stages)


def most_stages(simd: int, kind: Operands, run: int = 0) -> int:
    """Most registers that the dot product takes: one behind each level, but for the first of products by digits."""
    is_digits = not (kind.counts_places or kind.serial or kind.has_planes)
    return _dot(simd, kind, run)[0] - int(is_digits)


def element_luts(simd: int, kind: Operands, width: int, run: int = 0) -> float:
    """LUTs of one processing element with an accumulator of `width` bits."""
    return _dot(simd, kind, run)[1] + width + 1 + int(kind.serial)


def plane_luts(simd: int, kind: Operands, in_block: bool = False) -> float:
    """LUTs of what gives one bit of each of so many inputs after the other to rows that multiply bit by bit.

    Args:
        simd: inputs.
        kind: of numbers.
        in_block: the inputs are in block RAM, whose address chooses the bit; what is left is to invert it.
    """
    ways = kind.input_bits + index_bits(kind.input_bits) * (kind.input_bits > 1) + (kind.weight_bits > 1)
    if in_block:
        ways = 1 + (kind.weight_bits > 1 or (kind.signed and kind.input_bits > 1))
    return simd * (ceil_div(ways, 6) if ways > 1 else 0) + 12.0


def rows_luts(simd: int, pe: int, kind: Operands, width: int, multiplied: Multiplied | None = None,  # noqa: PLR0913
              run: int = 0) -> float:
    """LUTs of all processing elements, and of what recodes their inputs."""
    if multiplied is None:
        shared = kind.input_bits * recoding_luts(simd, run) if run else 0
        return pe * element_luts(simd, kind, width, run) + shared
    return multiplied.product_luts + pe * (width + 1)
