"""Rows of constant weights as sums of bits (mvtu_unfolded_terms): what counts in them, and nothing else.

A weight is written with as few signed powers of two as can be. Each adds the bits of its input so many columns higher;
one with a negative sign adds them inverted, which is more than it should be by a constant. So a row is a heap of bits
and one constant, and a weight 0 costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.bit_heap import HEAP_COLUMNS, Heap, compressed
from finn_rtl.ips.levels import filled
from finn_rtl.ips.products import Operands
from finn_rtl.ips.rules import Rules, within

# Bits of a number in the parameters FIRST and PICKS; of a column in HEIGHTS.
FIELD, HEIGHT = 16, 12
# Bits that a module adds up, and rows of it: its literals stay below 65,536 bits.
MOST_TERMS, MOST_ROWS = 4095, 200


@cache
def digits(number: int) -> tuple[tuple[int, int], ...]:
    """Powers of two and their signs, as few as can be, whose sum is a number: plain binary where that has no more."""
    size, sign = abs(number), 1 if number >= 0 else -1
    plain = [(power, sign) for power in range(size.bit_length()) if size >> power & 1]
    canonical, power = [], 0
    while size:
        if size & 1:
            digit = 2 - (size & 3)
            canonical.append((power, sign * digit))
            size -= digit
        size, power = size >> 1, power + 1
    return tuple(plain if len(plain) <= len(canonical) else canonical)


@dataclass(frozen=True)
class Element:
    """A number in a vector of bits: the place of its lowest one, its bits, and whether it is two's complement."""

    first: int
    bits: int
    signed: bool = False

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest value."""
        return (-(1 << self.bits - 1), (1 << self.bits - 1) - 1) if self.signed else (0, (1 << self.bits) - 1)


@dataclass(frozen=True)
class Term:
    """A bit of the vector, the column in which it counts, and whether it does so inverted."""

    bit: int
    column: int
    flip: bool


@dataclass(frozen=True)
class Sum:
    """The bits of a row. Together with `constant` they are its number, which lies from `low` to `high`."""

    terms: tuple[Term, ...]
    constant: int
    low: int
    high: int

    @property
    def most(self) -> int:
        """Largest sum of the bits."""
        return self.high - self.constant

    @property
    def negated(self) -> Sum:
        """Its bits inverted: `constant` less minus the number."""
        all_ones = sum(1 << term.column for term in self.terms)
        flipped = tuple(Term(term.bit, term.column, not term.flip) for term in self.terms)
        return Sum(flipped, -self.constant - all_ones, -self.high, -self.low)

    def more(self, number: int) -> Sum:
        """The sum and a number."""
        return Sum(self.terms, self.constant + number, self.low + number, self.high + number)

    @property
    def inverted(self) -> int:
        """How many of its bits are inverted."""
        return sum(term.flip for term in self.terms)


def scaled(element: Element, weight: int, shift: int = 0) -> tuple[list[Term], int]:
    """A weight times an element times 2^shift: bits, and the constant that they lack."""
    terms, constant, top = [], 0, element.bits - 1
    for power, sign in digits(weight):
        for bit in range(element.bits):
            flip = (sign < 0) != (element.signed and bit == top)
            terms.append(Term(element.first + bit, bit + power + shift, flip))
        # All bits, as they are or inverted, are the element or minus it but for the least value of either.
        low, high = element.range
        constant += (low if sign > 0 else -high) << power + shift
    return terms, constant


def weighted(parts: Iterable[tuple[Element, int]], shift: int = 0, constant: int = 0) -> Sum:
    """Sum of elements times weights, times 2^shift, and a constant."""
    terms: list[Term] = []
    low = high = constant
    for element, weight in parts:
        more, lacking = scaled(element, weight, shift)
        terms += more
        constant += lacking
        ends = sorted((end * weight) << shift for end in element.range)
        low, high = low + ends[0], high + ends[1]
    return Sum(tuple(terms), constant, low, high)


def elements(count: int, bits: int, signed: bool) -> list[Element]:
    """The elements of an input vector."""
    return [Element(bits * index, bits, signed) for index in range(count)]


def dot(weight: NDArray[np.integer], vector: Sequence[Element], bipolar: bool) -> Sum:
    """A row's dot product; bits of a bipolar vector are 2 b - 1.

    Args:
        weight: (inputs,).
        vector: its elements.
        bipolar: whether they are bits that stand for -1 and +1.
    """
    parts = [(vector[int(index)], int(weight[index])) for index in np.flatnonzero(weight).tolist()]
    return weighted(parts, int(bipolar), -int(weight.sum()) if bipolar else 0)


def placed(terms: Sequence[Term], width: int) -> list[list[Term]]:
    """The bits of every column below `width`, in an order in which few inversions cost LUTs.

    In a counter of seven bits five are computed in LUTs, where an inversion costs nothing, and two are taken as they
    are.
    """
    found = []
    for column in range(width):
        here = sorted((term for term in terms if term.column == column), key=lambda term: not term.flip)
        places = np.arange(len(here))
        ranks = np.where(places >= len(here) // 7 * 7, 1, np.where(places % 7 >= 5, 2, 0))
        order = [here[0]] * len(here) if here else []
        for place, term in zip(np.argsort(ranks, kind="stable"), here, strict=True):
            order[place] = term
        found.append(order)
    return found


def packed(values: Sequence[int], width: int) -> str:
    """Numbers of `width` bits as one SystemVerilog literal, the first in the least significant bits."""
    assert all(0 <= value < 1 << width for value in values), "a number does not fit its field"
    return f"{len(values) * width}'h{sum(value << index * width for index, value in enumerate(values)):x}"


@dataclass(frozen=True)
class Group:
    """Parameters of one mvtu_unfolded_terms, under the names that they have there in lower case.

    `heaps` are the heights of the columns of each row, `limits` its least sums of each level, `inputs` the bits of the
    vector.
    """

    inputs: int
    thresholds: int
    sum_w: int
    result_w: int
    first: tuple[int, ...]
    heaps: tuple[Heap, ...]
    picks: tuple[int, ...]
    flips: tuple[bool, ...]
    limits: tuple[int, ...]
    invert: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Rows."""
        return len(self.heaps)

    @property
    def levels(self) -> int:
        """Levels of adders of the deepest row."""
        return max(compressed(heap, self.sum_w)[0] for heap in self.heaps)

    @property
    def luts(self) -> int:
        """Estimated LUTs of the sums."""
        return sum(compressed(heap, self.sum_w)[1] for heap in self.heaps)

    def literals(self, levels: int, registers: int) -> dict[str, str]:
        """The parameters as SystemVerilog literals, with registers behind some of `levels` levels."""
        heights = [heap[column] if column < len(heap) else 0 for heap in self.heaps for column in range(HEAP_COLUMNS)]
        return {
            "INPUTS": str(self.inputs), "ROWS": str(self.rows), "TERMS": str(len(self.picks)),
            "THRESHOLDS": str(self.thresholds), "SUM_W": str(self.sum_w), "RESULT_W": str(self.result_w),
            "LEVELS": str(levels), "REGISTERS": str(registers), "FIRST": packed(self.first, FIELD),
            "HEIGHTS": packed(heights, HEIGHT), "PICKS": packed(self.picks, FIELD), "FLIPS": packed(self.flips, 1),
            "LIMITS": packed(self.limits, self.sum_w + 1), "INVERT": packed(self.invert, self.result_w),
        }


def _group(inputs: int, thresholds: int, widths: tuple[int, int], rows: Sequence[Sequence[Term]],
           limits: Sequence[int], invert: Sequence[int]) -> Group:
    """Parameters of rows; `widths` are bits of a sum and of a result."""
    first: list[int] = []
    heaps: list[Heap] = []
    terms: list[Term] = []
    for row in rows:
        columns = placed(row, widths[0])
        first.append(len(terms))
        heaps.append(tuple(len(column) for column in columns))
        terms += [term for column in columns for term in column]
    # A module adds up something, even where no row does.
    terms = terms or [Term(inputs, 0, True)]
    return Group(inputs, thresholds, *widths, tuple(first), tuple(heaps), tuple(term.bit for term in terms),
                 tuple(term.flip for term in terms), tuple(limits), tuple(invert))


def cut_rows(rows: Sequence[Sequence[Term]]) -> list[slice]:
    """Rows that go into one module each."""
    found, start, taken = [], 0, 0
    for index, row in enumerate(rows):
        if index > start and (taken + len(row) > MOST_TERMS or index - start == MOST_ROWS):
            found.append(slice(start, index))
            start, taken = index, 0
        taken += len(row)
    return [*found, slice(start, len(rows))]


def number_groups(sums: Sequence[Sum], inputs: int, width: int) -> list[Group]:
    """Rows whose numbers leave, modulo 2^width.

    Args:
        sums: the rows.
        inputs: bits of the vector, above which the constant 1 stands.
        width: bits of a result.
    """
    rows = []
    for row in sums:
        constant = row.constant & (1 << width) - 1
        ones = [Term(inputs, column, False) for column in range(width) if constant >> column & 1]
        rows.append([*row.terms, *ones])
    return [_group(inputs, 0, (width, width), rows[part], [0] * len(rows[part]), [0] * len(rows[part]))
            for part in cut_rows(rows)]


def level_groups(sums: Sequence[Sum], inputs: int, thresholds: NDArray[np.int64], falling: NDArray[np.bool_],
                 signed: bool) -> list[Group]:
    """Rows whose levels leave.

    Args:
        sums: the rows.
        inputs: bits of the vector.
        thresholds: (rows, 2^bits - 1), none less than the one before it, on the rows' numbers.
        falling: (rows,): the level is the number of thresholds that are not reached.
        signed: whether a level's upper bit is turned over.
    """
    count = thresholds.shape[1]
    bits = count.bit_length()
    assert count == (1 << bits) - 1, "levels fill their bits"
    rows, limits, invert = [], [], []
    for row, levels, falls in zip(sums, thresholds.tolist(), falling.tolist(), strict=True):
        if 2 * row.inverted > len(row.terms):
            # s >= t unless -s >= 1 - t.
            row, levels, falls = row.negated, [1 - level for level in reversed(levels)], not falls
        rows.append(row)
        limits.append([min(max(level - row.constant, 0), row.most + 1) for level in levels])
        invert.append(((1 << bits) - 1 if falls else 0) ^ (1 << bits - 1 if signed else 0))
    found = []
    for part in cut_rows([row.terms for row in rows]):
        width = max(1, max(row.most for row in rows[part]).bit_length())
        found.append(_group(inputs, count, (width, bits), [row.terms for row in rows[part]],
                            [limit for row in limits[part] for limit in row], invert[part]))
    return found


def layer_groups(layer: IntegerLayer, weight: NDArray[np.int64], kind: Operands, bits: int, signed: bool
                 ) -> list[Group]:
    """Modules of all rows of a layer.

    Args:
        layer: its thresholds.
        weight: (rows, inputs) in the order of the elements of the stream.
        kind: of inputs and weights.
        bits: of a result.
        signed: whether levels are two's complement.
    """
    vector, inputs = elements(weight.shape[1], kind.input_bits, kind.signed), weight.shape[1] * kind.input_bits
    if layer.thresholds is None:
        biases = [0] * len(weight) if layer.bias is None else layer.bias.tolist()
        return number_groups([dot(row, vector, kind.is_bipolar).more(bias)
                              for row, bias in zip(weight, biases, strict=True)], inputs, bits)
    # With levels, bits count 1 and not 2.
    sums = [dot(row, vector, False) for row in weight]
    levels = filled(layer, bits, signed)
    if kind.is_bipolar and kind.weight_bits == 1:
        # Places that agree: bits of weights +1, and those of weights -1 that are 0.
        levels = levels - (weight < 0).sum(axis=1, keepdims=True)
    elif kind.is_bipolar:
        levels = -(-(levels + weight.sum(axis=1, keepdims=True)) // 2)
    return level_groups(sums, inputs, levels, layer.falling, signed)


def level_registers(levels: int, stages: int) -> int:
    """Mirror of finn_pkg::level_registers: bit l puts a register behind level l."""
    return sum(1 << index * levels // stages - 1 for index in range(1, stages + 1))


def average_heap(inputs: int, input_bits: int, weights: tuple[int, int], density: float) -> Heap:
    """Heap of a row whose weights are 0 but for a share, and these drawn evenly from a range without 0."""
    drawn = [number for number in range(weights[0], weights[1] + 1) if number]
    heights = [0.0] * (weights[1] - weights[0] + 1).bit_length() + [0.0] * (input_bits + 1)
    for number in drawn:
        for power, _ in digits(number):
            for bit in range(input_bits):
                heights[power + bit] += density * inputs / len(drawn)
    found = [round(height) for height in heights]
    while len(found) > 1 and not found[-1]:
        found.pop()
    return (max(1, found[0]), *found[1:])


RULES: Rules = {
    "check_inputs": within("INPUTS", 1, 65_535), "check_rows": within("ROWS", 1, 255),
    "check_terms": within("TERMS", 1, 4095),
    "check_result": lambda p: (p["RESULT_W"] == p["SUM_W"] if p["THRESHOLDS"] == 0
                               else p["THRESHOLDS"] == (1 << p["RESULT_W"]) - 1),
    "bit_heap.check_width": within("SUM_W", 1, HEAP_COLUMNS)}
