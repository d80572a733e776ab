"""Products of few bits by few bits: what mvtu_dot_planes adds up, and by what it exceeds the dot product.

A mirror of rtl/mvtu/mvtu_products_pkg.sv.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from finn_rtl.ips.bit_heap import HEAP_COLUMNS, Heap, compressed, cut, dot

# Doublings of a sum, of whose bits of a start value a LUT chooses one.
ONE_LUT_DOUBLINGS = 3


@dataclass(frozen=True)
class Operands:
    """Kinds of an input and of a weight.

    Bits of an input, 1 to 16, and whether it is signed (two's complement, from 2 bits on); bits of a weight, 1 to 8,
    and whether the most negative one is left out. One bit of an input is -1/+1 or, if not bipolar, 0/1. `serial`: bits
    are multiplied in several passes (mvtu_serial), a bit of each number at a time.
    """

    input_bits: int
    weight_bits: int = 1
    signed: bool = False
    narrow: bool = False
    bipolar: bool = True
    serial: bool = False

    @property
    def passes(self) -> int:
        """Cycles in which an input is multiplied with a weight."""
        return self.input_bits * self.weight_bits if self.serial else 1

    @property
    def is_bipolar(self) -> bool:
        """Whether an input is -1/+1."""
        return self.input_bits == 1 and self.bipolar

    @property
    def counts_places(self) -> bool:
        """Whether a dot product counts the places where bits of inputs and weights agree, without products."""
        return self.input_bits == self.weight_bits == 1

    @property
    def has_planes(self) -> bool:
        """Whether weights are taken by their bits and not by digits."""
        is_digit = self.weight_bits == 2 and self.narrow
        return self.serial or self.weight_bits == 1 or (self.input_bits == 1 and not is_digit)

    @property
    def input_high(self) -> int:
        """The largest number that an input stands for."""
        return (1 << self.input_bits) - 1

    @property
    def start_steps(self) -> int:
        """Words that a start value has besides the first: bit by bit one for each bit that a doubling brings.

        None where to choose among the bits of one word takes no more than a LUT (mvtu_pkg.sv).
        """
        doublings = self.input_bits + self.weight_bits - 2
        return doublings if self.serial and doublings > ONE_LUT_DOUBLINGS else 0

    @property
    def digits(self) -> int:
        """Digits of a weight."""
        return (self.weight_bits + 1) // 2

    def digit_high(self, digit: int) -> int:
        """The largest number that a digit is, below zero or above."""
        return 2 if 2 * digit + 1 < self.weight_bits and not (self.weight_bits == 2 and self.narrow) else 1

    def digit_width(self, digit: int) -> int:
        """Bits of an input times a digit."""
        return self.input_bits + self.digit_high(digit) - 1

    @property
    def product_high(self) -> int:
        """The largest number that a synapse adds."""
        lowest = 1 if self.weight_bits == 2 and self.narrow and not self.serial else 1 << self.weight_bits - 1
        # The lowest weight; in digits, with five bits or more, others from the second below the top on.
        more = 0 if self.has_planes else (0, 2, 8)[max(self.weight_bits - 3, 0) // 2]
        return self.input_high * (lowest + more)

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
    """What the sum of a row's dot products in mvtu_dot_planes or mvtu_serial is more than the true one: (rows,).

    Args:
        weight: integers that the bits hold, -1/+1 for one bit: (rows, inputs).
        kind: of inputs and weights.
    """
    factor, offset = 1, 0
    if kind.is_bipolar:
        factor, offset = 2, -1
    elif kind.signed:
        offset = -(1 << kind.input_bits - 1)
    number = np.asarray(weight, np.int64)
    if kind.has_planes:
        below = (number < 0) << kind.weight_bits - 1
    else:
        digits = np.maximum(-weight_digits(number, kind.weight_bits), 0)
        below = sum((digit << 2 * k for k, digit in enumerate(digits)), np.zeros_like(number))
    total: NDArray[np.int64] = factor * kind.input_high * below.sum(axis=1) - offset * number.sum(axis=1)
    return total


# Levels of adders that take products.
ADDING_LEVELS = 3


@dataclass(frozen=True)
class Columns:
    """How mvtu_sum_planes adds up: leaves of every column, adders of every level and column, and the heap left."""

    leaves: Heap
    adders: tuple[Heap, ...]
    heap: Heap

    @property
    def levels(self) -> int:
        """Levels that have adders."""
        return max((level + 1 for level, adders in enumerate(self.adders) if any(adders)), default=0)


def _adders(products: int, leaves: int, heights: list[int], below: list[int]) -> tuple[list[int], int, int]:
    """Adders of a column in each level, bits left in it, and products left over.

    Args:
        products: of the column.
        leaves: of the column.
        heights: bits in the column before each level and behind the last, of lower columns.
        below: adders of the column below in each level.
    """
    left = products - min(3 * leaves, products)
    height, found = heights[0] + leaves, []
    for level, taken in enumerate(below):
        height = max(height - taken, 0)
        count = min((height + 1) // 3, (left + 1) // 2)
        left = max(left - 2 * count, 0)
        height = max(height - 3 * count, 0) + count + heights[level + 1]
        found.append(count)
    return found, height, left


@cache
def columns(products: int, number: int) -> Columns:
    """Leaves and adders for `number` columns of `products` products each."""
    places = number + 4
    heights = [[0] * places for _ in range(ADDING_LEVELS + 1)]
    leaves, adders = [0] * places, [[0] * places for _ in range(ADDING_LEVELS)]
    for column in range(places):
        here = [level[column] for level in heights]
        below = [level[column - 1] if column else 0 for level in adders]
        own = products if column < number else 0
        # The most leaves that are too few.
        lacking = -1
        for step in (1 << bit for bit in reversed(range(13))):
            if _adders(own, lacking + step, here, below)[2]:
                lacking += step
        leaves[column] = (lacking + 1) * (own > 0)
        found, heights[-1][column], _ = _adders(own, leaves[column], here, below)
        if own:
            heights[0][column + 1] += (min(3 * leaves[column], own) + 1) // 3
            for level, count in enumerate(found):
                adders[level][column] = count
                heights[level + 1][column + 1] += count
                heights[level + 1][column + 2] += count
    return Columns(tuple(leaves), tuple(map(tuple, adders)), cut(tuple(heights[-1]), places))


def group(simd: int, kind: Operands) -> int:
    """Synapses that are added one to the other, a digit each, before the heap."""
    bits = (4 * kind.input_high).bit_length()
    return min(simd, ((1 << bits) - 1) // kind.input_high)


def digits_heap(simd: int, kind: Operands) -> Heap:
    """The heap of the sums of all groups."""
    size, heights = group(simd, kind), [0] * HEAP_COLUMNS
    for k in range(kind.digits):
        for few in (*[size] * (simd // size), simd % size):
            for j in range((few * kind.input_high * kind.digit_high(k)).bit_length()):
                heights[2 * k + j] += 1
    return tuple(heights)


@cache
def planes(simd: int, kind: Operands) -> tuple[int, int]:
    """Levels of logic, and LUTs, of mvtu_dot_planes."""
    width = kind.sum_width(simd)
    if kind.has_planes:
        plan = columns(simd, max(kind.input_bits, kind.weight_bits))
        levels, luts = compressed(plan.heap, width)
        for leaves in plan.leaves:
            taken = min(3 * leaves, simd)
            luts += leaves + (taken + 1) // 3
        return 1 + plan.levels + levels, luts + 2 * sum(map(sum, plan.adders))
    levels, luts = compressed(digits_heap(simd, kind), width)
    return group(simd, kind) + levels, luts + simd * sum(map(kind.digit_width, range(kind.digits)))


def dot_product(simd: int, kind: Operands) -> tuple[int, float]:
    """Levels of logic, and LUTs, of mvtu_dot_binary or mvtu_dot_planes, whichever has such operands."""
    if not (kind.counts_places or kind.serial):
        return planes(simd, kind)
    levels, luts = dot(simd)
    return levels, luts - 0.03 * simd
