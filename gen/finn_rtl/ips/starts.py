"""Where the accumulators of an mvtu start, and how wide they are: thresholds and biases cost no adder.

What a row adds up is more than its accumulator by a number that its weights tell (arithmetic.row_excess). A threshold
is taken off it and a bias added by the start value; so is what the sum exceeds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import level_range
from finn_rtl.common.maps import held_bits
from finn_rtl.ips import arithmetic
from finn_rtl.ips.arithmetic import Form, accumulator, form, leaves_signed, on_sums, row_excess
from finn_rtl.ips.products import Operands


def leaves_numbers(kind: Operands, bias_bits: int = 0) -> bool:
    """Whether accumulators that leave are dot products in two's complement, and no counts."""
    return bias_bits > 0 or leaves_signed(kind)


def counts_two(kind: Operands, bias_bits: int = 0) -> bool:
    """Whether a place where bits agree counts 2, so that the sum is as even or odd as the dot product."""
    return kind.is_bipolar and form(kind) is Form.POPCOUNT and bias_bits > 0


def sum_width(columns: int, kind: Operands, thresholds: int, bias_bits: int = 0) -> int:
    """Bits of an accumulator; see arithmetic.sum_width. `bias_bits` are those of a bias of sums that leave, or 0."""
    if not bias_bits:
        return arithmetic.sum_width(columns, kind, thresholds)
    assert thresholds == 0, "a bias is that of sums that leave"
    low, high = dot_range(columns, kind)
    least, greatest = level_range(bias_bits, True)
    return held_bits(low + least, high + greatest)


def dot_range(columns: int, kind: Operands) -> tuple[int, int]:
    """Least and greatest dot product of a row."""
    sums = accumulator(columns, kind)
    return sums.dot(sums.low), sums.dot(sums.high)


def start_fields(weight: NDArray[np.integer], thresholds: NDArray[np.int64] | None, kind: Operands,
                 bias: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
    """Where the accumulators of an mvtu start, (MH, 1).

    Below zero by the one threshold, where there is one, and by what their sums are more than they should be.

    Args:
        weight: (MH, MW), the numbers themselves.
        thresholds: (MH, 1), on the accumulators, or None.
        kind: of inputs and weights.
        bias: (MH,), of sums that leave as dot products, or None.
    """
    if thresholds is not None:
        return -on_sums(thresholds, weight, kind)
    if bias is None:
        return -row_excess(weight, kind)[:, None]
    # Twice the places that agree are as many as there are inputs, and the dot product.
    excess = weight.shape[1] if counts_two(kind, 1) else row_excess(weight, kind)
    return np.asarray(bias - excess, np.int64)[:, None]
