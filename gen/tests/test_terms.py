"""Rows that add up their terms: parameters, evaluated as the RTL does, against the matrix; density."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from finn_rtl import FinnError, api
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.places import library
from finn_rtl.ips import terms
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_terms, render_unfolded

pytestmark = pytest.mark.steady


def fields(literal: str, width: int) -> list[int]:
    """The numbers of a parameter's literal, as the RTL takes them out."""
    size, digits = literal.split("'h")
    value = int(digits, 16)
    assert value < 1 << int(size) and int(size) % width == 0
    return [value >> start & (1 << width) - 1 for start in range(0, int(size), width)]


def results_of(group: terms.Group, bits: np.ndarray) -> np.ndarray:
    """What rows make of vectors of bits, from the literals alone."""
    literals = group.literals(group.levels, 0)
    count, width = int(literals["THRESHOLDS"]), int(literals["SUM_W"])
    heights = np.reshape(fields(literals["HEIGHTS"], 12), (-1, 24))
    picks, flips = fields(literals["PICKS"], 16), fields(literals["FLIPS"], 1)
    limits = np.reshape(fields(literals["LIMITS"], width + 1), (int(literals["ROWS"]), -1))
    turned = fields(literals["INVERT"], int(literals["RESULT_W"]))
    vectors = np.concatenate([bits, np.ones((len(bits), 1), np.int64)], axis=1)
    found = []
    for row, place in enumerate(fields(literals["FIRST"], 16)):
        total = np.zeros(len(bits), np.int64)
        for column in np.repeat(np.arange(24), heights[row]):
            total += (vectors[:, picks[place]] ^ flips[place]) << column
            place += 1
        total &= (1 << width) - 1
        level = (total[:, None] >= limits[row]).sum(axis=1) if count else total
        found.append(level ^ turned[row])
    return np.stack(found, axis=1)


@pytest.mark.parametrize("number", range(-130, 131))
def test_digits_are_the_number(number: int) -> None:
    """And no more of them than canonical ones: no two beside each other would do better."""
    found = terms.digits(number)
    assert sum(sign << power for power, sign in found) == number
    size = abs(number)
    assert len(found) <= bin(size ^ 3 * size).count("1")


@pytest.mark.parametrize(("weight_bits", "thresholds"), [*product((1, 2, 3, 5, 8), (0, 1, 3, 7))])
def test_rows_are_the_matrix(weight_bits: int, thresholds: int) -> None:
    rng = np.random.default_rng(weight_bits * 8 + thresholds)
    for inputs, narrow, signed_output in product(("u1", "z1", "u2", "s2", "s4"), (False, True), (False, True)):
        bits, signed, bipolar = int(inputs[1:]), inputs[0] == "s", inputs == "u1"
        if (narrow and weight_bits == 1) or (signed_output and thresholds < 2):
            continue
        columns, rows = (int(number) for number in rng.integers(1, 12, 2))
        matrix = MvtuUnfolded("", columns, rows, columns, rows, thresholds, 1, bits, signed, 1, inputs != "z1",
                              weight_bits, narrow, signed_output)
        if matrix.has_classes:
            continue
        assert matrix.fits
        half = 1 << weight_bits - 1
        weight = (rng.choice([-1, 1], (rows, columns)) if weight_bits == 1 else
                  rng.integers(narrow - half, half, (rows, columns)) * (rng.random((rows, columns)) < 0.7))
        values = rng.integers(-(1 << bits - 1) if signed else 0, 1 << bits - signed, (100, columns))
        places = (values[:, :, None] >> np.arange(bits) & 1).reshape(100, -1)
        sums = (2 * values - 1 if bipolar else values) @ weight.T
        if bipolar and weight_bits == 1:
            sums = (sums + columns) // 2
        if thresholds:
            levels = np.sort(rng.integers(sums.min() - 2, sums.max() + 4, (rows, thresholds)), axis=1)
            falling = rng.random(rows) < 0.5
            reached = (sums[:, :, None] >= levels).sum(axis=2)
            expected = np.where(falling, thresholds - reached, reached) ^ (thresholds + 1) // 2 * signed_output
            lowest = -(thresholds + 1) // 2 * signed_output
            layer = IntegerLayer(weight.astype(np.int8), levels, falling, lowest)
        else:
            layer, expected = IntegerLayer(weight.astype(np.int8), None), sums & (1 << matrix.element_bits) - 1
        found = [results_of(group, places) for group in layer_terms(layer, matrix)]
        assert np.array_equal(np.concatenate(found, axis=1), expected), (inputs, columns, rows)


def test_a_weight_of_zero_is_nothing() -> None:
    weight = np.zeros((3, 50), np.int8)
    weight[1, 7], weight[2, 9] = 1, -1
    matrix = MvtuUnfolded("", 50, 3, 50, 3, 1, weight_bits=2, narrow=True)
    (group,) = layer_terms(IntegerLayer(weight, np.zeros((3, 1), np.int64)), matrix)
    assert sorted(group.picks) == [7, 9] and group.luts == 0


def test_large_layers_are_cut_into_modules() -> None:
    """No literal is longer than any tool takes, and every row is in one module."""
    rng = np.random.default_rng(1)
    weight = rng.integers(-1, 2, (450, 60)).astype(np.int8)
    weight[200:] = 0
    matrix = MvtuUnfolded("", 60, 450, 60, 450, 1, weight_bits=2, narrow=True)
    layer = IntegerLayer(weight, np.zeros((450, 1), np.int64))
    groups = layer_terms(layer, matrix)
    assert sum(group.rows for group in groups) == 450
    assert any(len(group.picks) > 4000 for group in groups) and any(group.rows == 200 for group in groups)
    text = render_unfolded(layer, matrix, "large", "A large layer.")
    assert max(int(size) for size in re.findall(r"(\d+)'h", text)) < 65_536


def test_what_is_too_much_for_a_module_is_folded() -> None:
    assert MvtuUnfolded("", 4071, 1, 4071, 1, 1, weight_bits=2, narrow=True).fits
    assert not MvtuUnfolded("", 4072, 1, 4072, 1, 1, weight_bits=2, narrow=True).fits
    assert not MvtuUnfolded("", 300, 1, 300, 1, 1, input_bits=8, weight_bits=8).fits


@pytest.mark.parametrize("density", [0.01, 0.07999])
def test_more_weights_than_planned_for_are_told(density: float, tmp_path: Path) -> None:
    folder = library() / "cores" / "digits_sparse"
    text = (folder / "digits_sparse.json").read_text()
    (tmp_path / "digits_sparse.json").write_text(text.replace('"density": 0.08', f'"density": {density}'))
    (tmp_path / "digits_sparse.npz").write_bytes((folder / "digits_sparse.npz").read_bytes())
    with pytest.raises(FinnError, match=r"'fc0.weight'.*1966 of 24576 weights are not 0.* raise 'density'.* to 0.08"):
        api.load(str(tmp_path / "digits_sparse.json"))
