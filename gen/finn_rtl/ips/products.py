"""Products of few bits by few bits: what mvtu_dot_planes adds up, and by what it exceeds the dot product.

A mirror of rtl/mvtu/mvtu_products_pkg.sv.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from finn_rtl.ips.bit_heap import HEAP_COLUMNS, Heap, compressed


@dataclass(frozen=True)
class Operands:
    """Kinds of an input and of a weight.

    Bits of an input, 1 to 8, and whether it is signed (two's complement, from 2 bits on); bits of a weight, 1 to 8,
    and whether the most negative one is left out. One bit of an input is -1/+1 or, if not bipolar, 0/1.
    """

    input_bits: int
    weight_bits: int = 1
    signed: bool = False
    narrow: bool = False
    bipolar: bool = True

    @property
    def is_bipolar(self) -> bool:
        """Whether an input is -1/+1."""
        return self.input_bits == 1 and self.bipolar

    @property
    def digits(self) -> int:
        """Digits of a weight."""
        return (self.weight_bits + 1) // 2

    def digit_width(self, digit: int) -> int:
        """Bits of an input times a digit."""
        is_two = 2 * digit + 1 < self.weight_bits and not (self.weight_bits == 2 and self.narrow)
        return self.input_bits + int(is_two)

    @property
    def product_high(self) -> int:
        """The largest number that a synapse adds."""
        lowest = 1 if self.weight_bits == 2 and self.narrow else 1 << self.weight_bits - 1
        # The lowest weight; with five bits or more, digits below the top two come on top of it.
        more = (0, 2, 8)[max(self.weight_bits - 3, 0) // 2]
        return ((1 << self.input_bits) - 1) * (lowest + more)

    def sum_width(self, simd: int) -> int:
        """Bits of the sum of `simd` products; of `dot` one more for bipolar inputs."""
        return (simd * self.product_high).bit_length()


def weight_digits(weight: NDArray[np.integer], weight_bits: int) -> NDArray[np.int64]:
    """Digits of weights, radix 4 and the lowest first: (digits, *shape).

    -1/+1 of one bit is its own digit. Others have Booth's: -2 b[2k+1] + b[2k] + b[2k-1], the top bit going on above.
    """
    number = np.asarray(weight, np.int64)
    if weight_bits == 1:
        return number[None]
    return np.stack([(number >> max(2 * k - 1, 0) & 1) * (k > 0) + (number >> 2 * k & 1) - 2 * (number >> 2 * k + 1 & 1)
                     for k in range((weight_bits + 1) // 2)])


def excess(weight: NDArray[np.integer], kind: Operands) -> NDArray[np.int64]:
    """What the sum of a row's dot products in mvtu_dot_planes is more than the true one: (rows,).

    Args:
        weight: integers that the bits hold, -1/+1 for one bit: (rows, inputs).
        kind: of inputs and weights.
    """
    factor, offset = 1, 0
    if kind.is_bipolar:
        factor, offset = 2, -1
    elif kind.signed:
        offset = -(1 << kind.input_bits - 1)
    below = np.maximum(-weight_digits(weight, kind.weight_bits), 0)
    scaled = sum((part << 2 * k for k, part in enumerate(below)), np.zeros_like(below[0]))
    largest = (1 << kind.input_bits) - 1
    total: NDArray[np.int64] = factor * largest * scaled.sum(axis=1) - offset * np.asarray(weight, np.int64).sum(axis=1)
    return total


def heights(simd: int, kind: Operands) -> Heap:
    """The heap of all products' bits."""
    columns = [0] * HEAP_COLUMNS
    for k in range(kind.digits):
        for j in range(kind.digit_width(k)):
            columns[2 * k + j] += simd
    return tuple(columns)


@cache
def planes(simd: int, kind: Operands) -> tuple[int, float]:
    """Levels of logic, and LUTs, of mvtu_dot_planes."""
    heap = heights(simd, kind)
    levels, luts = compressed(heap, kind.sum_width(simd))
    return 1 + levels, sum(heap) + luts
