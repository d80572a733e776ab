"""mvtu_unfolded: the whole matrix of a layer, its weights constants, as groups of rows.

Rows of -1/+1 share their sums; of others each adds up its terms (see terms).

Within a group of the former, row r is T - 2 U(r) but for a constant: T counts all inputs as row 0 weighs them, U(r)
those where row r disagrees with row 0. The inputs are sorted into classes by the set of rows that disagree, and every
class is summed once. This is the method of the Four Russians turned on its side: there, the values of all sums of a few
inputs are tabulated; here, the sums over all patterns of a few rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer, weight_range
from finn_rtl.common.numbers import ceil_div
from finn_rtl.common.text import environment, module_name, package_version
from finn_rtl.ips import terms
from finn_rtl.ips.arithmetic import LEVELS_PER_STAGE, accumulator
from finn_rtl.ips.base import Control, Cost, Kind, Parameters
from finn_rtl.ips.bit_heap import HEAP_COLUMNS, Heap, compressed
from finn_rtl.ips.matrix import Matrix, stream_order
from finn_rtl.ips.rules import Rules, check, within
from finn_rtl.ips.terms import MOST_TERMS, average_heap, digits, level_registers

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


@dataclass(frozen=True)
class MvtuUnfolded(Matrix):
    """A vector a cycle: `simd` is `mw`, `pe` is `mh`, and `fits` holds.

    Rows of -1/+1 share classes; all others, and those with several thresholds, add up their terms. `density` is the
    largest share of weights that are not 0.
    """

    density: float = 1.0

    @property
    def module(self) -> str:
        return "mvtu_unfolded"

    @property
    def has_classes(self) -> bool:
        """Whether rows share classes of inputs."""
        return self.weight_bits == 1 and self.thresholds <= 1

    @property
    def fits(self) -> bool:
        """Whether there is room for every matrix of this kind."""
        if self.has_classes:
            return can_unfold(self.mw, self.input_bits, self.signed)
        most = max(len(digits(weight)) for weight in range(1, (1 << self.weight_bits - 1) + 1))
        terms = self.mw * self.input_bits * most + HEAP_COLUMNS
        # A sum of all terms, and constants that take part in it, are below 2^(bits of an accumulator + 1).
        return terms <= MOST_TERMS and max(accumulator(self.mw, self.kind).bits, self.sum_width) + 1 < HEAP_COLUMNS

    @cached_property
    def shape(self) -> Shape:
        """Groups of rows."""
        if self.has_classes:
            return layer_shape(self.mw, self.mh, self.input_bits, self.thresholds == 1)
        return terms_shape(self)

    @property
    def stages(self) -> int:
        return max(0, ceil_div(self.shape.levels + 1, LEVELS_PER_STAGE) - 1)

    @property
    def weights_in(self) -> str:
        return "constants"

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(5 + self.stages, self.vectors)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.PIPE, (self.stages, 1, 0, 1, 1, 1, 1, 1)),)

    @property
    def cost(self) -> Cost:
        biases = self.mh * self.sum_width if self.bias_bits and self.has_classes else 0
        return Cost(self.shape.lut + self.m_width + self.stages + 8 + biases)

    @property
    def busy_scope(self) -> str:
        return f"u_{self.name}.u_control"

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}: {self.mh} x {self.mw}, unfolded"

    def parameters(self, net: str) -> Parameters:
        return {}

    def module_in(self, net: str) -> str:
        return f"{module_name(net)}__{self.layer}"

    def files(self, net: str, layer: IntegerLayer | None) -> dict[str, str]:
        assert layer is not None
        name = self.module_in(net)
        description = f"Layer {self.layer} of {net}, a {self.mh} x {self.mw} matrix."
        return {f"{name}.sv": render_unfolded(self.own(layer), self, name, description)}


def terms_shape(matrix: MvtuUnfolded) -> Shape:
    """A layer of rows that add up their terms, before the weights are known: all rows alike."""
    weights = weight_range(matrix.weight_bits, matrix.narrow)
    heap = average_heap(matrix.mw, matrix.input_bits, weights, matrix.density)
    width = HEAP_COLUMNS - 1
    lut = float(compressed(heap, width)[1])
    # Constants are bits of a number that leaves; a level is a few LUTs behind each threshold.
    bits = sum(heap[column] << column for column in range(len(heap))).bit_length()
    lut += 0.35 * matrix.sum_width if matrix.thresholds == 0 else matrix.thresholds * ceil_div(bits, 5)
    # Rows are of all sizes: the deepest has a level more than most.
    deepest = tuple(2 * height for height in heap)
    return Shape(1, compressed(deepest, width)[0], lut * matrix.mh)


@dataclass(frozen=True)
class Rows:
    """Some rows of a layer: a module that computes them, and its parameters as they are written."""

    module: str
    first: int
    rows: int
    parameters: Mapping[str, str]


def layer_groups(layer: IntegerLayer, matrix: MvtuUnfolded) -> list[Group]:
    """Groups of all rows of a layer of classes."""
    bits = (stream_order(layer, matrix) > 0).astype(np.uint8)
    threshold = None if layer.thresholds is None else layer.thresholds[:, 0]
    return make_groups(bits, threshold, matrix.input_bits, matrix.signed, matrix.bipolar)


def layer_terms(layer: IntegerLayer, matrix: MvtuUnfolded) -> list[terms.Group]:
    """Modules of all rows of a layer that add up their terms."""
    weight = stream_order(layer, matrix).astype(np.int64)
    return terms.layer_groups(layer, weight, matrix.kind, matrix.element_bits, matrix.signed_output)


def layer_rows(layer: IntegerLayer, matrix: MvtuUnfolded, where: str) -> list[Rows]:
    """The modules that compute the rows of a layer.

    Args:
        layer: weights and thresholds.
        matrix: its hardware.
        where: what a message begins with.

    Raises:
        FinnError: a module would refuse its parameters.
    """
    found, first = [], 0
    if not matrix.has_classes:
        added = layer_terms(layer, matrix)
        levels = max(matrix.stages, *(group.levels for group in added))
        registers = level_registers(levels, matrix.stages)
        for rows in added:
            values = {"INPUTS": rows.inputs, "ROWS": rows.rows, "TERMS": len(rows.picks), "SUM_W": rows.sum_w,
                      "THRESHOLDS": rows.thresholds, "RESULT_W": rows.result_w}
            check("mvtu_unfolded_terms", terms.RULES, {}, values, where)
            found.append(Rows("mvtu_unfolded_terms", first, rows.rows, rows.literals(levels, registers)))
            first += rows.rows
        return found
    common = {"INPUTS": matrix.mw, "INPUT_W": matrix.input_bits, "SIGNED_INPUTS": int(matrix.signed),
              "THRESHOLDS": matrix.thresholds, "STAGES": matrix.stages, "RESULT_W": matrix.element_bits}
    for group in layer_groups(layer, matrix):
        check("mvtu_unfolded_rows", ROWS_RULES, {}, {**common, **group.values()}, where)
        parameters = {name: str(value) for name, value in common.items()} | group.literals()
        found.append(Rows("mvtu_unfolded_rows", first, group.rows, parameters))
        first += group.rows
    return found


def added_constants(layer: IntegerLayer, matrix: MvtuUnfolded) -> list[int]:
    """What is added to the sums of rows that share classes, modulo 2^element_bits; empty where nothing is.

    Where the sums are counts, to twice these: the dot product is twice the places that agree less all of them.
    """
    biases = matrix.biases(layer)
    if biases is None or not matrix.has_classes:
        return []
    less = matrix.mw if matrix.counts_two else 0
    return [(int(bias) - less) % (1 << matrix.element_bits) for bias in biases]


def render_unfolded(layer: IntegerLayer, matrix: MvtuUnfolded, module: str, description: str) -> str:
    """Module of an unfolded layer: its weights and thresholds as constants."""
    return environment().get_template("mvtu_unfolded.sv.j2").render(
        version=package_version(), module=module, description=description, mw=matrix.mw, mh=matrix.mh,
        input_w=matrix.input_bits, stages=matrix.stages, result_w=matrix.element_bits,
        groups=layer_rows(layer, matrix, description), constants=added_constants(layer, matrix),
        twice=matrix.counts_two)


CONTROL_RULES: Rules = {"check_stages": within("STAGES", 0)}
ROWS_RULES: Rules = {
    "check_rows": within("ROWS", 1, 8), "check_inputs": within("INPUTS", 1, 4095),
    "check_sizes": lambda p: sum(p["SIZES"]) == p["INPUTS"],
    "check_stages": lambda p: 0 <= p["STAGES"] <= p["CLASS_LEVELS"] + p["SUM_LEVELS"],
    "check_levels": lambda p: p["SUM_LEVELS"] >= p["ROWS"] - 1,
    "bit_heap.check_width": lambda p: 1 <= p["CLASS_W"] <= HEAP_COLUMNS and 1 <= p["TOTAL_W"] <= HEAP_COLUMNS}
