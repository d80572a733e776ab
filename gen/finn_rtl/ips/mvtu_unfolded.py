"""mvtu_unfolded: the whole matrix of a layer, its weights constants.

Rows of -1/+1 share their sums (see classes); of others each adds up its terms (see terms).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from finn_rtl.common.integers import IntegerLayer, weight_range
from finn_rtl.common.numbers import ceil_div
from finn_rtl.common.text import environment, module_name, package_version
from finn_rtl.ips import terms
from finn_rtl.ips.arithmetic import accumulator
from finn_rtl.ips.base import Control, Cost, Kind, Parameters
from finn_rtl.ips.bit_heap import HEAP_COLUMNS, compressed
from finn_rtl.ips.classes import ROWS_RULES, Group, Shape, can_unfold, layer_shape, make_groups
from finn_rtl.ips.matrix import Matrix, stream_order
from finn_rtl.ips.rules import Rules, check, within
from finn_rtl.ips.starts import sum_width
from finn_rtl.ips.terms import MOST_TERMS, average_heap, digits, level_registers


@dataclass(frozen=True)
class MvtuUnfolded(Matrix):
    """A vector a cycle, or one in each of its lanes: `simd` is `mw`, `pe` is `mh`, and `fits` holds.

    Rows of -1/+1 share classes; all others, and those with several thresholds, add up their terms. `density` is the
    largest share of weights that are not 0. Each of the `groups` of rows has inputs of its own, of each pixel those of
    its number, and the layer has weights for these alone.
    """

    density: float = 1.0
    groups: int = 1

    @property
    def module(self) -> str:
        return "mvtu_unfolded"

    @property
    def sum_width(self) -> int:
        return sum_width(self.mw // self.groups, self.kind, self.thresholds, self.bias_bits, self.has_zeros)

    def own(self, layer: IntegerLayer) -> IntegerLayer:
        layer = super().own(layer)
        if self.groups == 1:
            return layer
        rows = np.arange(self.mh)
        own = layer.weight.reshape(self.mh, self.window, -1)
        whole = np.zeros((self.mh, self.window, self.groups, own.shape[2]), layer.weight.dtype)
        whole[rows, :, rows * self.groups // self.mh] = own
        return replace(layer, weight=whole.reshape(self.mh, self.mw))

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
        levels = self.shape.levels + 1
        if self.has_classes and self.levels_per_stage == 1:
            # Weights decide which classes are large: the deepest has a level more than most, or two. Where registers
            # are rarer there is room for it.
            levels += 1
        return max(0, ceil_div(levels, self.levels_per_stage) - 1)

    @property
    def weights_in(self) -> str:
        return "constants"

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(5 + self.stages, self.turns)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.PIPE, (self.stages, 1, 0, 1, 1, 1, 1, 1)),)

    @property
    def cost(self) -> Cost:
        biases = self.mh * self.sum_width if self.bias_bits and self.has_classes else 0
        return Cost(self.lanes * (self.shape.lut + biases) + self.m_width + self.stages + 8)

    @property
    def busy_scope(self) -> str:
        return f"u_{self.name}.u_control"

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}: {self.mh} x {self.mw}, unfolded" + (
            f", {self.lanes} vectors at once" if self.lanes > 1 else "")

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
        # A group of few levels keeps step with the others.
        group = replace(group, class_levels=max(group.class_levels, matrix.stages - group.sum_levels))
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
        lanes=matrix.lanes, groups=layer_rows(layer, matrix, description), constants=added_constants(layer, matrix),
        twice=matrix.counts_two)


CONTROL_RULES: Rules = {"check_stages": within("STAGES", 0)}
