"""Rows of -1/+1 that share their sums: parameters of mvtu_unfolded_rows.

Within a group, row r is T - 2 U(r) but for a constant: T counts all inputs as row 0 weighs them, U(r) those where row r
disagrees with row 0. The inputs are sorted into classes by the set of rows that disagree, and every class is summed
once. This is the method of the Four Russians turned on its side: there, the values of all sums of a few inputs are
tabulated; here, the sums over all patterns of a few rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips import terms
from finn_rtl.ips.bit_heap import HEAP_COLUMNS, Heap, compressed
from finn_rtl.ips.rules import Rules, within

# Most rows of a group.
MOST_ROWS = 8
# Most inputs of a matrix: one less than a column of a bit_heap takes, for a class may have a constant bit besides. The
# literals in the generated text stay below 65,536 bits.
MOST_INPUTS = 4094
# Bits of a number in the parameters SIZES, ORDER and OFFSETS.
FIELD = 16


def can_unfold(inputs: int, input_bits: int, signed: bool) -> bool:
    """Whether the parameters of classes have room for every matrix of so many inputs.

    Besides its inputs a class counts at most twice the largest accumulator, and one more.
    """
    largest = 1 << input_bits - 1 if signed else (1 << input_bits) - 1
    return inputs <= MOST_INPUTS and 2 * inputs * largest + 1 < 1 << FIELD


def class_heap(size: int, bits: int, offset: int) -> Heap:
    """Heap of a class of so many elements of so many bits, and of a constant."""
    columns = max(bits, offset.bit_length())
    return tuple((size if column < bits else 0) + (offset >> column & 1) for column in range(columns))


def sum_levels(rows: int, class_width: int, total_width: int) -> int:
    """Levels of adders behind the class sums: folding, and summing what disagrees."""
    folds = rows - 1
    levels = folds
    for fold in range(folds):
        numbers, width = 1 << folds - fold - 1, min(class_width + fold, total_width)
        levels = max(levels, fold + compressed((numbers,) * width, total_width)[0])
    return levels


@dataclass(frozen=True)
class Shape:
    """Nominal shape of a layer's groups, before the weights are known: every class of the same size."""

    rows: int
    levels: int
    lut: float


@cache
def group_shape(inputs: int, input_bits: int, rows: int, has_thresholds: bool) -> Shape:
    """A group of rows with classes of the same size."""
    folds, largest = rows - 1, (1 << input_bits) - 1
    size = ceil_div(inputs, 1 << folds)
    class_width, total_width = (size * largest).bit_length() + 1, (inputs * largest).bit_length() + 1
    class_levels, class_luts = compressed((size,) * input_bits, class_width)
    # Classes of bits often have a multiple of seven, or leave bits that a later adder takes in.
    lut = (class_luts << folds) * (0.86 if input_bits == 1 else 1.0)
    for fold in range(folds):
        numbers, width = 1 << folds - fold - 1, min(class_width + fold, total_width)
        lut += compressed((numbers,) * width, total_width)[1] + numbers * (width + (0 if input_bits == 1 else 1))
    # What is left of the rows: a comparison, of a number with a constant in the first, of two numbers in the others.
    lut += 3 + folds * total_width if has_thresholds else rows * total_width
    if input_bits == 1:
        # Narrow sums and their comparisons meet in LUTs of six inputs.
        lut *= min(1.0, 0.72 + 0.004 * inputs)
    return Shape(rows, class_levels + sum_levels(rows, class_width, total_width), lut)


def group_sizes(units: int, rows: int) -> list[int]:
    """Rows of every group of a layer: as equal as can be, at most `rows`."""
    groups = ceil_div(units, rows)
    return [units // groups + (1 if group < units % groups else 0) for group in range(groups)]


@cache
def layer_shape(inputs: int, units: int, input_bits: int, has_thresholds: bool) -> Shape:
    """The groups that a layer is best cut into, with the levels of the deepest and the LUTs of all."""
    best: Shape | None = None
    for rows in range(1, min(MOST_ROWS, units) + 1):
        groups = [group_shape(inputs, input_bits, size, has_thresholds) for size in group_sizes(units, rows)]
        shape = Shape(rows, max(group.levels for group in groups), sum(group.lut for group in groups))
        if best is None or shape.lut < best.lut:
            best = shape
    assert best is not None
    return best


@dataclass(frozen=True)
class Group:
    """Parameters of one mvtu_unfolded_rows, under the names that they have there in lower case."""

    rows: int
    sizes: tuple[int, ...]
    order: tuple[int, ...]
    flips: tuple[int, ...]
    offsets: tuple[int, ...]
    round: tuple[int, ...]
    base: int
    total_w: int
    class_w: int
    class_levels: int
    sum_levels: int

    def values(self) -> dict[str, int | tuple[int, ...]]:
        """The parameters as numbers."""
        return {field.name.upper(): getattr(self, field.name) for field in fields(self)}

    def literals(self) -> dict[str, str]:
        """The parameters as SystemVerilog literals."""
        packed = terms.packed
        return {
            "ROWS": str(self.rows), "SIZES": packed(self.sizes, FIELD), "ORDER": packed(self.order, FIELD),
            "FLIPS": packed(self.flips, 1), "OFFSETS": packed(self.offsets, FIELD), "ROUND": packed(self.round, 1),
            "BASE": str(self.base), "TOTAL_W": str(self.total_w), "CLASS_W": str(self.class_w),
            "CLASS_LEVELS": str(self.class_levels), "SUM_LEVELS": str(self.sum_levels),
        }


def spread(members: NDArray[np.int64], flips: NDArray[np.bool_], ones: int) -> list[int]:
    """Order of the inputs of a class: inverted ones where an inversion is free.

    In a counter of seven bits five are computed in LUTs, where an inversion costs nothing, and two are taken as they
    are. `ones` constant bits stand in front of the inputs.
    """
    places = np.arange(ones, ones + len(members))
    whole = (ones + len(members)) // 7 * 7
    # Places that an inverted input should rather not have last.
    ranks = np.where(places >= whole, 1, np.where(places % 7 >= 5, 2, 0))
    order = np.empty(len(members), np.int64)
    order[np.argsort(ranks, kind="stable")] = members[np.argsort(~flips[members], kind="stable")]
    return [int(member) for member in order]


def offsets_for(needed: list[int], total: int) -> tuple[int, ...]:
    """Constants of the classes so that the sum of those where row r disagrees gains needed[r - 1], that of all `total`.

    The rows are gone through by what they need: each class of this chain serves all rows that need more.
    """
    offsets = [0] * (1 << len(needed))
    rows = (1 << len(needed)) - 1
    reached = 0
    for row in sorted(range(len(needed)), key=lambda r: needed[r]):
        offsets[rows] += needed[row] - reached
        reached = needed[row]
        rows &= ~(1 << row)
    offsets[0] += total - reached
    return tuple(offsets)


def make_group(weight: NDArray[np.uint8], threshold: NDArray[np.int64] | None, input_bits: int, signed: bool,
               bipolar: bool = True) -> Group:
    """Parameters of a group of rows.

    Args:
        weight: 0/1 (rows, inputs) in the order of the elements of the stream.
        threshold: (rows,), on the accumulators; None where accumulators leave.
        input_bits: bits of an input element.
        signed: whether they are two's complement.
        bipolar: whether one bit is -1/+1, and accumulators count places that agree; else it is 0/1.
    """
    rows, inputs = weight.shape
    largest, low = (1 << input_bits) - 1, 1 << input_bits - 1 if signed else 0
    disagree = weight[1:] != weight[0]
    flips = weight[0] == 0
    pattern = (disagree.astype(np.int64) << np.arange(rows - 1)[:, None]).sum(axis=0)
    sizes = np.bincount(pattern, minlength=1 << rows - 1)
    # Everything at inputs of all zeros: accumulators, T and U. What is missing from T - 2 U is a constant of the row.
    if input_bits == 1 and bipolar:
        accumulators = (weight == 0).sum(axis=1, dtype=np.int64)
    else:
        accumulators = -low * (2 * weight.astype(np.int64) - 1).sum(axis=1)
    values = flips * largest
    sums = values.sum() - 2 * (disagree * values).sum(axis=1)
    constants = [int(c) for c in accumulators - np.array([values.sum(), *sums])]
    if threshold is not None:
        constants = [c - int(t) for c, t in zip(constants, threshold, strict=True)]
    total = max(0, *constants[1:], *(-c for c in constants[1:])) if rows > 1 else 0
    needed = [(total - c) // 2 for c in constants[1:]]
    offsets = offsets_for(needed, total)
    most = inputs * largest + total
    base = total - constants[0]
    if threshold is not None:
        base = min(max(base, 0), most + 1)
    total_width = max(most, base if threshold is not None else 0).bit_length()
    class_width = max(1, *(int(size * largest + offset) for size, offset in zip(sizes, offsets, strict=True))
                      ).bit_length()
    heaps = [class_heap(int(size), input_bits, offset) for size, offset in zip(sizes, offsets, strict=True)]
    order: list[int] = []
    for index, offset in enumerate(offsets):
        order += spread(np.flatnonzero(pattern == index), flips, offset & 1)
    return Group(
        rows, tuple(int(s) for s in sizes), tuple(order), tuple(int(flips[i]) for i in order), offsets,
        (0, *((total - c) % 2 for c in constants[1:])), base, total_width, class_width,
        max(compressed(heap, class_width)[0] for heap in heaps), sum_levels(rows, class_width, total_width))


def make_groups(weight: NDArray[np.uint8], threshold: NDArray[np.int64] | None, input_bits: int, signed: bool,
                bipolar: bool = True) -> list[Group]:
    """Groups of all rows of a layer; arguments as for make_group."""
    shape = layer_shape(weight.shape[1], len(weight), input_bits, threshold is not None)
    groups, start = [], 0
    for size in group_sizes(len(weight), shape.rows):
        rows = slice(start, start + size)
        groups.append(make_group(weight[rows], None if threshold is None else threshold[rows], input_bits, signed,
                                 bipolar))
        start += size
    return groups


ROWS_RULES: Rules = {
    "check_rows": within("ROWS", 1, 8), "check_inputs": within("INPUTS", 1, 4095),
    "check_sizes": lambda p: sum(p["SIZES"]) == p["INPUTS"],
    "check_stages": lambda p: 0 <= p["STAGES"] <= p["CLASS_LEVELS"] + p["SUM_LEVELS"],
    "check_levels": lambda p: p["SUM_LEVELS"] >= p["ROWS"] - 1,
    "bit_heap.check_width": lambda p: 1 <= p["CLASS_W"] <= HEAP_COLUMNS and 1 <= p["TOTAL_W"] <= HEAP_COLUMNS}
