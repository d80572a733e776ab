"""Unfolded layers: the parameters of a group of rows, evaluated as the RTL does, against the matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips import classes
from finn_rtl.ips.bit_heap import compressed
from finn_rtl.ips.classes import Group
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_rows

pytestmark = pytest.mark.steady

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ip" / "mvtu_unfolded.md"


def field(literal: str, index: int, width: int) -> int:
    """A number of a parameter's literal, as the RTL takes it out."""
    size, digits = literal.split("'h")
    assert int(digits, 16) < 1 << int(size) and (index + 1) * width <= int(size)
    return int(digits, 16) >> index * width & (1 << width) - 1


def rows_of(group: Group, vectors: np.ndarray, input_bits: int, signed: bool) -> np.ndarray:
    """T - BASE and T - 2 U - ROUND of every vector, from the literals alone."""
    literals, largest = group.literals(), (1 << input_bits) - 1
    inputs = vectors & largest
    if signed:
        inputs = inputs ^ 1 << input_bits - 1
    totals, first = [], 0
    for index in range(1 << group.rows - 1):
        size = field(literals["SIZES"], index, 16)
        total = np.full(len(vectors), field(literals["OFFSETS"], index, 16))
        for place in range(first, first + size):
            values = inputs[:, field(literals["ORDER"], place, 16)]
            total = total + (largest - values if field(literals["FLIPS"], place, 1) else values)
        assert total.max() < 1 << group.class_w
        totals.append(total)
        first += size
    assert first == vectors.shape[1]
    sums = np.stack(totals)
    total = sums.sum(axis=0)
    assert total.max() < 1 << group.total_w
    results = [total - group.base]
    for row in range(1, group.rows):
        disagree = np.arange(len(sums)) >> row - 1 & 1 == 1
        results.append(total - 2 * sums[disagree].sum(axis=0) - field(literals["ROUND"], row, 1))
    return np.stack(results, axis=1)


def random_cases(count: int) -> Iterator[tuple[np.ndarray, np.ndarray, int, bool]]:
    """Weights, vectors, bits of an input, and whether it is signed: random matrices and those with few classes."""
    rng = np.random.default_rng(1)
    for case in range(count):
        rows, inputs = int(rng.integers(1, 9)), int(rng.integers(1, 41))
        input_bits = int(rng.choice([1, 1, 1, 2, 3, 8]))
        signed = input_bits > 1 and bool(rng.integers(2))
        weight = rng.integers(0, 2, (rows, inputs), dtype=np.uint8)
        match case % 5:
            case 0:
                weight[:] = weight[0]
            case 1:
                weight[1:] = 1 - weight[0]
            case 2:
                weight[:] = case % 2
        low = -(1 << input_bits - 1) if signed else 0
        high = low + (1 << input_bits) - 1
        vectors = rng.integers(low, high, (30, inputs), endpoint=True)
        vectors[0], vectors[1] = low, high
        vectors[2] = np.where(weight[-1], high, low)
        vectors[3] = np.where(weight[-1], low, high)
        yield weight, vectors, input_bits, signed


def accumulators(weight: np.ndarray, vectors: np.ndarray, input_bits: int) -> np.ndarray:
    if input_bits == 1:
        return (vectors[:, None, :] == weight[None]).sum(axis=2)
    return vectors @ (2 * weight.astype(np.int64) - 1).T


def test_accumulators_are_those_of_the_matrix() -> None:
    for weight, vectors, input_bits, signed in random_cases(200):
        group = classes.make_group(weight, None, input_bits, signed)
        expected = accumulators(weight, vectors, input_bits)
        assert (rows_of(group, vectors, input_bits, signed) == expected).all(), weight


def test_rows_fire_at_their_thresholds() -> None:
    rng = np.random.default_rng(2)
    for weight, vectors, input_bits, signed in random_cases(300):
        sums = accumulators(weight, vectors, input_bits)
        largest = weight.shape[1] * (1 << input_bits - 1 if signed else (1 << input_bits) - 1)
        least = 0 if input_bits == 1 else -largest
        # The sums of one vector, then as little and as much as a threshold can be, then any.
        for threshold in (sums[2], sums[3] + 1, np.full(len(weight), least), np.full(len(weight), largest + 1),
                          rng.integers(least, largest + 2, len(weight))):
            group = classes.make_group(weight, threshold, input_bits, signed)
            assert ((rows_of(group, vectors, input_bits, signed) >= 0) == (sums >= threshold)).all(), weight
            # One more than the largest sum never fires, and takes no more bits than that needs.
            most = sum(group.sizes) * ((1 << input_bits) - 1) + sum(group.offsets)
            assert 0 <= group.base <= most + 1 and group.total_w == max(most, group.base).bit_length()


def test_widths_and_levels_are_enough_and_no_more() -> None:
    """The largest number a class can count takes all bits, and the deepest class all levels."""
    for weight, _, input_bits, signed in random_cases(100):
        group = classes.make_group(weight, None, input_bits, signed)
        pairs = list(zip(group.sizes, group.offsets, strict=True))
        most = [size * ((1 << input_bits) - 1) + offset for size, offset in pairs]
        assert group.class_w == max(1, max(most).bit_length())
        assert group.total_w == sum(most).bit_length()
        levels = [compressed(classes.class_heap(size, input_bits, offset), group.class_w)[0]
                  for size, offset in pairs]
        assert group.class_levels == max(levels) and group.sum_levels >= group.rows - 1


def test_class_heap_has_a_column_a_bit() -> None:
    assert classes.class_heap(5, 3, 0) == (5, 5, 5)
    assert classes.class_heap(5, 1, 0b1010) == (5, 1, 0, 1)
    assert classes.class_heap(5, 2, 0b1) == (6, 5)
    assert classes.class_heap(0, 2, 0) == (0, 0)


def test_sum_levels() -> None:
    assert classes.sum_levels(1, 4, 8) == 0
    assert classes.sum_levels(2, 4, 8) == 1
    # Row 1 of three sums what is left after one fold, row 2 the two upper numbers before it: two numbers, one level.
    assert classes.sum_levels(3, 4, 8) == 2
    # The 64 numbers that disagree with row 7 of eight take longer than the folding.
    assert classes.sum_levels(8, 1, 8) == max(7, compressed((64,), 8)[0])


def test_offsets_give_every_row_what_it_needs() -> None:
    rng = np.random.default_rng(3)
    assert classes.offsets_for([], 7) == (7,)
    assert classes.offsets_for([2, 5], 6) == (1, 0, 3, 2)
    for _ in range(300):
        total = int(rng.integers(0, 50))
        needed = [int(n) for n in rng.integers(0, total + 1, rng.integers(1, 8))]
        offsets = classes.offsets_for(needed, total)
        assert len(offsets) == 1 << len(needed) and min(offsets) >= 0 and sum(offsets) == total
        for row, wanted in enumerate(needed):
            assert sum(offset for index, offset in enumerate(offsets) if index >> row & 1) == wanted


def inverted_for_free(flips: list[bool], ones: int) -> int:
    """Inverted inputs of a class at places where that costs nothing: the first five of a counter of seven."""
    whole = (ones + len(flips)) // 7
    return sum(flip and place // 7 < whole and place % 7 < 5 for place, flip in enumerate(flips, ones))


def test_spread_puts_inverted_inputs_where_that_is_free() -> None:
    rng = np.random.default_rng(4)
    for _ in range(300):
        inputs, ones = int(rng.integers(1, 60)), int(rng.integers(0, 2))
        members = np.flatnonzero(rng.integers(0, 2, inputs))
        flips = rng.random(inputs) < rng.random()
        order = classes.spread(members, flips, ones)
        assert sorted(order) == list(members)
        inverted = [bool(flips[member]) for member in order]
        free = inverted_for_free([True] * len(order), ones)
        assert inverted_for_free(inverted, ones) == min(sum(inverted), free)


def test_inputs_of_a_group_are_spread_behind_the_constants() -> None:
    rng = np.random.default_rng(8)
    for weight, vectors, input_bits, signed in random_cases(300):
        sums = accumulators(weight, vectors, input_bits)
        group = classes.make_group(weight, rng.integers(sums.min(), sums.max() + 2, len(weight)), input_bits, signed)
        assert sorted(group.order) == list(range(weight.shape[1]))
        assert list(group.flips) == [int(weight[0, member] == 0) for member in group.order]
        first = 0
        for size, offset in zip(group.sizes, group.offsets, strict=True):
            inverted = [bool(flip) for flip in group.flips[first:first + size]]
            free = inverted_for_free([True] * size, offset & 1)
            assert inverted_for_free(inverted, offset & 1) == min(sum(inverted), free)
            first += size


def test_groups_are_of_about_the_same_size() -> None:
    assert classes.group_sizes(10, 4) == [4, 3, 3]
    assert classes.group_sizes(10, 5) == [5, 5]
    assert classes.group_sizes(1, 8) == [1]
    for units in range(1, 40):
        for rows in range(1, 9):
            sizes = classes.group_sizes(units, rows)
            assert sum(sizes) == units and max(sizes) <= rows and max(sizes) - min(sizes) <= 1
            assert len(sizes) == -(-units // rows)


@pytest.mark.parametrize(("inputs", "units", "input_bits"), [
    (1, 1, 1), (2, 3, 1), (12, 20, 1), (64, 64, 1), (256, 256, 1), (784, 10, 1), (4094, 5, 1), (27, 64, 8),
    (100, 1, 1)])
@pytest.mark.parametrize("has_thresholds", [True, False])
def test_layer_takes_the_cheapest_number_of_rows(inputs: int, units: int, input_bits: int,
                                                 has_thresholds: bool) -> None:
    shape = classes.layer_shape(inputs, units, input_bits, has_thresholds)
    costs = {}
    for rows in range(1, min(8, units) + 1):
        groups = [classes.group_shape(inputs, input_bits, size, has_thresholds)
                  for size in classes.group_sizes(units, rows)]
        costs[rows] = sum(group.lut for group in groups), max(group.levels for group in groups)
    assert (shape.lut, shape.levels) == costs[shape.rows]
    assert shape.lut == min(lut for lut, _ in costs.values())


def test_more_inputs_share_among_more_rows() -> None:
    rows = [classes.layer_shape(inputs, 64, 1, True).rows for inputs in (4, 16, 64, 256, 1024)]
    assert rows == sorted(rows) and rows[0] < rows[-1] <= classes.MOST_ROWS


@pytest.mark.parametrize("kind", ["random", "equal", "opposite"])
def test_largest_layer_is_within_all_limits(kind: str) -> None:
    """Icarus takes no literal of 65,536 bits, and a column of a heap has up to 4095 bits."""
    rng = np.random.default_rng(5)
    weight = rng.integers(0, 2, (8, classes.MOST_INPUTS), dtype=np.uint8)
    if kind == "equal":
        weight[:] = weight[0]
    if kind == "opposite":
        weight[1:] = 1 - weight[0]
    vectors = rng.integers(0, 2, (3, weight.shape[1]))
    for threshold in (rng.integers(0, weight.shape[1] + 2, 8), np.full(8, 0), np.full(8, weight.shape[1] + 1)):
        group = classes.make_group(weight, threshold, 1, False)
        assert max(int(literal.split("'h")[0]) for literal in group.literals().values() if "'h" in literal) < 65536
        heaps = [classes.class_heap(size, 1, offset) for size, offset in zip(group.sizes, group.offsets, strict=True)]
        assert max(map(max, heaps)) <= 4095
        if kind == "random":
            expected = accumulators(weight, vectors, 1) >= threshold
            assert ((rows_of(group, vectors, 1, False) >= 0) == expected).all()


@pytest.mark.parametrize(("inputs", "input_bits", "signed"), [
    (1, 1, False), (2, 1, False), (12, 1, False), (64, 1, False), (300, 1, False), (27, 8, True), (27, 8, False),
    (9, 3, True), (1, 12, False), (128, 8, False)])
def test_groups_fit_the_registers_of_their_layer(inputs: int, input_bits: int, signed: bool) -> None:
    """Registers come from the nominal shape, before the weights are known: no group may have fewer levels."""
    rng = np.random.default_rng(6)
    for units in (1, 2, 5, 9, 20):
        mvtu = MvtuUnfolded("fc", inputs, units, inputs, units, 1, 1, input_bits, signed)
        assert classes.can_unfold(inputs, input_bits, signed)
        random = rng.integers(0, 2, (units, inputs), dtype=np.uint8)
        for weight in (random, random[:1].repeat(units, 0), np.ones_like(random)):
            limit = inputs * ((1 << input_bits) - 1) // 2
            threshold = rng.integers(-limit if input_bits > 1 else 0, limit + 2, units)
            groups = classes.make_groups(weight, threshold, input_bits, signed)
            assert [group.rows for group in groups] == classes.group_sizes(units, mvtu.shape.rows)
            for group in groups:
                assert mvtu.stages <= group.class_levels + group.sum_levels
                # A number of the parameter OFFSETS, and a sum of the compressor, hold it.
                assert max(group.offsets) < 1 << classes.FIELD and group.total_w <= 24


@pytest.mark.parametrize("seed", range(4))
def test_all_groups_have_the_registers_of_a_fast_clock(seed: int) -> None:
    """Of one level a register there are more than some groups have levels: these keep step with the others."""
    rng = np.random.default_rng(seed)
    inputs, units = int(rng.integers(2, 200)), int(rng.integers(1, 30))
    weight = 2 * rng.integers(0, 2, (units, inputs)) - 1
    layer = IntegerLayer(weight.astype(np.int8), rng.integers(0, inputs + 1, (units, 1)))
    slow = MvtuUnfolded("fc", inputs, units, inputs, units, 1, 1)
    fast = replace(slow, levels_per_stage=1)
    assert fast.stages > slow.stages
    for rows in layer_rows(layer, fast, "fc"):
        levels = [int(rows.parameters[name]) for name in ("CLASS_LEVELS", "SUM_LEVELS")]
        assert int(rows.parameters["STAGES"]) == fast.stages <= sum(levels)


def test_layers_whose_sums_are_too_wide_are_folded() -> None:
    """What a class counts besides its inputs has 16 bits, whatever the thresholds."""
    rng = np.random.default_rng(7)
    for input_bits in range(1, 17):
        for signed in {False, input_bits > 1}:
            fitting = [inputs for inputs in range(1, classes.MOST_INPUTS + 1)
                       if classes.can_unfold(inputs, input_bits, signed)]
            assert fitting == list(range(1, len(fitting) + 1))
            if not fitting:
                assert input_bits == 16
                continue
            largest = fitting[-1] * (1 << input_bits - 1 if signed else (1 << input_bits) - 1)
            for weight in (rng.integers(0, 2, (2, fitting[-1]), dtype=np.uint8), np.ones((2, fitting[-1]), np.uint8),
                           np.zeros((2, fitting[-1]), np.uint8)):
                for limit in (largest + 1, 0 if input_bits == 1 else -largest):
                    group = classes.make_group(weight, np.array([limit, limit]), input_bits, signed)
                    assert max(group.offsets) < 1 << 16 and group.total_w <= 24


def test_layer_of_the_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(program, {})
    text = (tmp_path / "my_layer.sv").read_text(encoding="utf-8")
    assert "module my_layer (" in text and "mvtu_unfolded_control #(" in text
