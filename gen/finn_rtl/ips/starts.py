"""Where the accumulators of an mvtu start, and how wide they are: thresholds, biases and borders cost no adder.

What a row adds up is more than its accumulator by a number that its weights tell (arithmetic.row_excess). A threshold
is taken off it and a bias added by the start value; so is what the sum exceeds, and what it lacks where a border of
true zeros comes as -1 (border).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import level_range
from finn_rtl.common.maps import held_bits
from finn_rtl.ips import arithmetic
from finn_rtl.ips.arithmetic import accumulator, leaves_signed, row_excess
from finn_rtl.ips.multiplied import Multiplied
from finn_rtl.ips.products import Operands


def leaves_numbers(kind: Operands, bias_bits: int = 0, has_zeros: bool = False) -> bool:
    """Whether accumulators that leave are dot products in two's complement, and no counts."""
    return bias_bits > 0 or has_zeros or leaves_signed(kind)


def is_counted(kind: Operands, bias_bits: int = 0, has_zeros: bool = False) -> bool:
    """Whether accumulators are dot products, and sums count places where bits agree."""
    return kind.is_bipolar and kind.counts_places and (bias_bits > 0 or has_zeros)


def counts_two(kind: Operands, thresholds: int, bias_bits: int = 0, has_zeros: bool = False) -> bool:
    """Whether such a place counts 2, so that the sum is as even or odd as the dot product.

    With one threshold half the number is enough.
    """
    return is_counted(kind, bias_bits, has_zeros) and thresholds != 1


def sum_width(columns: int, kind: Operands, thresholds: int, bias_bits: int = 0, has_zeros: bool = False,
              multiplied: Multiplied | None = None) -> int:
    """Bits of an accumulator; see arithmetic.sum_width.

    Args:
        columns: inputs of a row.
        kind: of inputs and weights.
        thresholds: of a row.
        bias_bits: of a bias of sums that leave, or 0.
        has_zeros: whether inputs -1/+1 may be 0, too.
        multiplied: rows with products in multipliers.
    """
    if thresholds == 0 and (bias_bits or has_zeros):
        low, high = dot_range(columns, kind)
        least, greatest = level_range(bias_bits, True) if bias_bits else (0, 0)
        return held_bits(low + least, high + greatest)
    assert not bias_bits, "a bias is that of sums that leave"
    if counts_two(kind, thresholds, 0, has_zeros):
        return (2 * columns + 1).bit_length()
    return arithmetic.sum_width(columns, kind, thresholds, multiplied)


def dot_range(columns: int, kind: Operands) -> tuple[int, int]:
    """Least and greatest dot product of a row."""
    sums = accumulator(columns, kind)
    return sums.dot(sums.low), sums.dot(sums.high)


def on_sums(thresholds: NDArray[np.int64], weight: NDArray[np.integer], kind: Operands, has_zeros: bool = False,
            multiplied: Multiplied | None = None) -> NDArray[np.int64]:
    """Thresholds on accumulators (rows, levels) as those on sums; see arithmetic.on_sums.

    Where accumulators are dot products and sums count, on the number of places that agree, twice.
    """
    if not is_counted(kind, 0, has_zeros):
        return arithmetic.on_sums(thresholds, weight, kind, multiplied)
    columns = weight.shape[1]
    found: NDArray[np.int64] = np.clip(thresholds, -columns, columns + 1) + columns
    return found


def start_fields(weight: NDArray[np.integer], thresholds: NDArray[np.int64] | None, kind: Operands,
                 bias: NDArray[np.int64] | None = None, lacking: NDArray[np.int64] | None = None,
                 multiplied: Multiplied | None = None) -> NDArray[np.int64]:
    """Where the accumulators of an mvtu start, (MH, 1).

    Below zero by the one threshold, where there is one, and by what their sums are more than they should be.

    Args:
        weight: (MH, MW), the numbers themselves.
        thresholds: (MH, 1), on the accumulators, or None.
        kind: of inputs and weights.
        bias: (MH,), of sums that leave as dot products, or None.
        lacking: (MH,), what dot products lack for a border of true zeros; None where there is none.
        multiplied: rows with products in multipliers.
    """
    has_zeros = lacking is not None
    more = np.zeros(len(weight), np.int64) if lacking is None else lacking
    if thresholds is not None:
        starts = more[:, None] - on_sums(thresholds, weight, kind, has_zeros, multiplied)
        # The sign of half of it, rounded down, is the same.
        return starts >> 1 if is_counted(kind, 0, has_zeros) else starts
    if bias is not None:
        more = more + bias
    # Twice the places that agree are as many as there are inputs, and the dot product.
    is_two = is_counted(kind, int(bias is not None), has_zeros)
    excess = np.int64(weight.shape[1]) if is_two else row_excess(weight, kind, multiplied)
    return np.asarray(more - excess, np.int64)[:, None]
