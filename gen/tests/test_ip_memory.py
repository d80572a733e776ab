"""Memory files for a single IP: words as its page has them, and what the IP would not take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, write_mvtu_memories, write_requant_memories, write_threshold_memory
from finn_rtl.ips.memory_text import read_words
from finn_verif.common import memory_files
from finn_verif.common.matrices import Numbers

pytestmark = pytest.mark.steady

RNG = np.random.default_rng(11)
SIGNS = RNG.choice([-1, 1], (6, 12))


def words(path: Path) -> list[int]:
    return [int(line, 16) for line in path.read_text().split()]


@pytest.mark.parametrize(("inputs", "weights"), [
    ("u1", "w1"), ("s8", "w1"), ("u3", "w1"), ("z1", "w1"), ("u1", "w2"), ("z1", "n2"), ("u2", "w2"), ("s4", "n3"),
    ("u8", "w8")])
@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize(("simd", "pe"), [(1, 1), (4, 3), (12, 6)])
@pytest.mark.parametrize("falls", [False, True])
def test_files_of_an_mvtu(tmp_path: Path, simd: int, pe: int, count: int, inputs: str, weights: str, falls: bool
                          ) -> None:
    """Against the writer of the testbenches, which knows nothing of this one."""
    numbers = Numbers(inputs, weights)
    matrix = numbers.draw(np.random.default_rng(count), numbers.weight_range, (6, 12))
    thresholds = np.sort(np.random.default_rng(count).integers(-20, 25, (6, count)), axis=1)
    falling = np.arange(6) % 2 == 1 if falls and count else None
    files = write_mvtu_memories(
        tmp_path, matrix, thresholds if count else None, simd=simd, pe=pe, input_w=numbers.input_width,
        signed_inputs=inputs[0] == "s", bipolar=inputs[0] != "z", weight_w=numbers.weight_width,
        narrow_weights=weights[0] == "n", falling=None if falling is None else falling.astype(int))
    expected = [("weights.mem", words) for _, words, _ in numbers.weight_slices(matrix, simd, pe)]
    if count or not numbers.is_popcount:
        low, high = numbers.sums(12)
        limited = np.clip(thresholds, low, high + 1)
        expected += [(f"thresholds.mem{end}", words)
                     for end, words, _ in numbers.threshold_files(matrix, limited, falling, pe)]
    assert [(file.name, words(file)) for file in files] == expected


@pytest.mark.parametrize(("inputs", "weights"), [("u1", "w1"), ("z1", "w1"), ("u1", "w2"), ("s4", "w1"), ("u2", "n3")])
def test_biases_of_an_mvtu(tmp_path: Path, inputs: str, weights: str) -> None:
    numbers = Numbers(inputs, weights)
    rng = np.random.default_rng(5)
    matrix, bias = numbers.draw(rng, numbers.weight_range, (6, 12)), rng.integers(-16, 16, 6)
    files = write_mvtu_memories(
        tmp_path, matrix, simd=4, pe=3, input_w=numbers.input_width, signed_inputs=inputs[0] == "s",
        bipolar=inputs[0] != "z", weight_w=numbers.weight_width, narrow_weights=weights[0] == "n", bias=bias, bias_w=5)
    (_, expected, _), = numbers.threshold_files(matrix, np.zeros((6, 0), int), None, 3, bias=bias, bias_width=5)
    assert files[-1].name == "thresholds.mem" and words(files[-1]) == expected


@pytest.mark.parametrize(("inputs", "weights", "packed"), [
    ("u2", "n2", (5, 5, 25, 4)), ("s4", "w4", (6, 4, 25, 4)), ("u8", "w8", (3, 2, 25, 2)), ("s3", "w3", (4, 3, 18, 1))])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_files_of_an_mvtu_with_multipliers(tmp_path: Path, count: int, inputs: str, weights: str,
                                           packed: tuple[int, int, int, int]) -> None:
    """Against the same writer, rows of a beat in multipliers being turned over as the IP's header has it."""
    numbers, rows = Numbers(inputs, weights, packed), 12
    matrix = numbers.draw(np.random.default_rng(count), numbers.weight_range, (rows, 8))
    thresholds = np.sort(np.random.default_rng(count).integers(-90, 95, (rows, count)), axis=1)
    files = write_mvtu_memories(
        tmp_path, matrix, thresholds if count else None, simd=4, pe=6, input_w=numbers.input_width,
        signed_inputs=inputs[0] == "s", weight_w=numbers.weight_width, narrow_weights=weights[0] == "n",
        dsp_rows=packed[0], lanes=packed[1], factor_w=packed[2], chain=packed[3])
    low, high = numbers.sums(8)
    expected = [("weights.mem", words) for _, words, _ in numbers.weight_slices(matrix, 4, 6)]
    expected += [(f"thresholds.mem{end}", words) for end, words, _ in numbers.threshold_files(
        matrix, np.clip(thresholds, low, high + 1), None, 6, 4)]
    assert [(file.name, words(file)) for file in files] == expected


def border_zeros(height: int, width: int, bottom: int) -> np.ndarray:
    """Which inputs are 0 in the 3 x 3 windows of a map of one channel, with `bottom` rows below it and 1 elsewhere."""
    inside = np.zeros((height + 1 + bottom, width + 2), bool)
    inside[1 : 1 + height, 1 : 1 + width] = True
    windows = np.lib.stride_tricks.sliding_window_view(inside, (3, 3))
    return ~windows.reshape(*windows.shape[:2], 9)


@pytest.mark.parametrize(("weights", "serial", "groups"), [("w1", False, 1), ("w1", False, 3), ("w2", False, 3),
                                                           ("n3", True, 1)])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_zeros_of_an_mvtu(tmp_path: Path, count: int, groups: int, weights: str, serial: bool) -> None:
    """Start values of each place that differs, in the order in which mvtu_places counts them."""
    numbers, rng = Numbers("u1", weights, serial=serial), np.random.default_rng(count)
    matrix, bias = numbers.draw(rng, numbers.weight_range, (6, 9)), rng.integers(-16, 16, 6)
    thresholds = np.sort(rng.integers(-8, 9, (6, count)), axis=1)
    falling = np.arange(6) % 2 == 1 if count else None
    zeros = border_zeros(4, 5, 2)
    files = write_mvtu_memories(
        tmp_path, matrix, thresholds if count else None, simd=3, pe=2, weight_w=numbers.weight_width, serial=serial,
        narrow_weights=weights[0] == "n", falling=falling, bias=None if count else bias, bias_w=0 if count else 5,
        groups=groups, zeros=zeros, edge_top=1, edge_bottom=2, edge_left=1, edge_right=1)
    places = [zeros[row, column] for row in (0, 1, 3, 4) for column in (0, 1, 4)]
    lacking = np.array([matrix[:, place].sum(axis=1) for place in places])
    expected = [("weights.mem", words) for _, words, _ in numbers.weight_slices(matrix, 3, 2)]
    expected += [(f"thresholds.mem{end}", words) for end, words, _ in numbers.threshold_files(
        matrix, thresholds, falling, 2, 3, None if count else bias, 0 if count else 5, lacking)]
    if count > 1:
        expected += [("starts.mem", words) for _, words, _ in numbers.start_files(9, lacking, 2)]
    assert [(file.name, words(file)) for file in files] == expected


@pytest.mark.parametrize(("pe", "groups"), [(1, 2), (3, 2), (6, 2), (3, 6)])
def test_groups_have_the_files_of_one_matrix(tmp_path: Path, pe: int, groups: int) -> None:
    """A part of a group of rows at once, a group, several."""
    alone, found = (write_mvtu_memories(tmp_path / str(number), SIGNS, np.arange(6), simd=4, pe=pe, groups=number)
                    for number in (1, groups))
    assert [file.read_text() for file in found] == [file.read_text() for file in alone]


def test_slices_of_an_mvtu(tmp_path: Path) -> None:
    files = write_mvtu_memories(tmp_path, SIGNS, simd=4, pe=3, weight_slice=5)
    expected = memory_files.slices(memory_files.weight_words(SIGNS, 4, 3), 12, 5)
    assert [(file.name, words(file)) for file in files] == [
        (f"weights.mem{suffix}", part) for suffix, part, _ in expected]


def test_worked_example_of_the_page(tmp_path: Path) -> None:
    """That of docs/ip/mvtu.md for numbers, and that of docs/ip/threshold.md."""
    write_mvtu_memories(tmp_path, [[1, -1, -1, 1, -1]], [10], simd=5, pe=1, input_w=8, signed_inputs=True)
    assert (tmp_path / "weights.mem").read_text() == "09\n"
    assert (tmp_path / "thresholds.mem").read_text() == "d79\n"
    levels = [[5, 10, 20], [15, 30, 60], [20, 40, 60], [4, 8, 12]]
    files = write_threshold_memory(tmp_path, levels, pe=2, input_w=8)
    assert {file.name: file.read_text() for file in files} == {
        "thresholds.mem": "1e0a\n0828\n", "thresholds.mem.1.000.mem": "05\n0f\n14\n3c\n14\n04\n3c\n0c\n"}


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize(("bits", "pe", "width", "wider", "signed"), [
    (1, 3, 5, 0, False), (2, 1, 8, 1, True), (3, 5, 6, 0, True), (4, 15, 9, 1, False), (8, 3, 70, 0, True)])
def test_files_of_a_threshold_unit(tmp_path: Path, bits: int, pe: int, width: int, wider: int, signed: bool,
                                   falls: bool) -> None:
    """Against the writer of the testbenches, which knows nothing of this one."""
    rng = np.random.default_rng(bits)
    low = -(1 << min(width + wider, 40) - 1) if signed else 0
    levels = np.sort(rng.integers(low, low + (1 << min(width + wider, 40)), (15, (1 << bits) - 1)), axis=1)
    falling = rng.integers(0, 2, 15) == 1 if falls else None
    files = write_threshold_memory(tmp_path, levels, pe=pe, input_w=width, signed_input=signed,
                                   threshold_w=width + wider, falling=falling)
    expected = memory_files.level_words("thresholds.mem", levels, falling, pe, width + wider)
    assert {file.name: words(file) for file in files} == {name: found for name, found, _ in expected}


def test_files_of_a_requant(tmp_path: Path) -> None:
    """That of docs/ip/requant.md."""
    scales, offsets = write_requant_memories(tmp_path, [3, -2, 1, 4], [8, 100, -6, 0], pe=2, scale_w=4, offset_w=8)
    assert scales.read_text() == "e3\n41\n" and offsets.read_text() == "6408\n00fa\n"


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.float16, np.float64])
def test_thresholds_out_of_reach_mean_always_and_never(tmp_path: Path, dtype: Any) -> None:
    low, high = (0, 120) if np.dtype(dtype).kind == "u" else (-100, 120)
    for values, expected in (([low, 0, 12, 13, high, 5], [0, 0, 12, 13, 13, 5]),):
        [_, file] = write_mvtu_memories(tmp_path, SIGNS, np.array(values, dtype), simd=12, pe=1)
        assert words(file) == [-value % 32 for value in expected]
    if np.dtype(dtype).itemsize == 8:
        limits = np.iinfo(dtype) if np.dtype(dtype).kind == "u" else np.finfo(dtype)
        [_, file] = write_mvtu_memories(tmp_path, SIGNS, np.full(6, limits.max, dtype), simd=12, pe=1)
        assert words(file) == [-13 % 32] * 6


def test_wide_thresholds(tmp_path: Path) -> None:
    [file] = write_threshold_memory(tmp_path, [[-3], [2**40]], pe=1, input_w=70, signed_input=True)
    assert words(file) == [2**70 - 3, 2**40]


@pytest.mark.parametrize(("write", "message"), [
    (lambda path: write_mvtu_memories(path, SIGNS * 2, simd=1, pe=1), "weights: value .* must be -1 or [+]1"),
    (lambda path: write_mvtu_memories(path, SIGNS > 0, simd=1, pe=1), "weights: has type bool"),
    (lambda path: write_mvtu_memories(path, [[1, -1], [1]], simd=1, pe=1), "rows of different lengths"),
    (lambda path: write_mvtu_memories(path, np.ones((2, 2, 2)), simd=1, pe=1), r"weights: has shape \(2, 2, 2\)"),
    (lambda path: write_mvtu_memories(path, np.ones((0, 2)), simd=1, pe=1), r"weights: has shape \(0, 2\)"),
    (lambda path: write_mvtu_memories(path, None, simd=1, pe=1), "weights: has shape"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=5, pe=1), "simd 5: must be at least 1 and divide the 12"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=0, pe=1), "simd 0"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd="4", pe=1), "simd '4': must be an integer"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=4), "pe 4: must be at least 1 and divide the 6 rows"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, input_w=17), "input_w 17: must be 1 to 16"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, weight_slice=-1), "weight_slice -1"),
    (lambda path: write_mvtu_memories(path, SIGNS, [1, 2], simd=1, pe=1), r"thresholds: has shape \(2, 1\)"),
    (lambda path: write_mvtu_memories(path, SIGNS, [[1, 3, 2]] * 6, simd=1, pe=1), "row 0: 2 behind 3: must"),
    (lambda path: write_mvtu_memories(path, SIGNS, [0.5] * 6, simd=1, pe=1), "value 0.5 at row 0, column 0: must be"),
    (lambda path: write_mvtu_memories(path, SIGNS, [np.nan] * 6, simd=1, pe=1), "value nan"),
    (lambda path: write_mvtu_memories(path, np.ones((1, 7)), [[3, 8]], simd=1, pe=1), r"or .1, one of 1, 3"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, weight_w=9), "weight_w 9: must be 1 to 8"),
    (lambda path: write_mvtu_memories(path, SIGNS * 2, simd=1, pe=1, weight_w=2), "must be -2 to 1"),
    (lambda path: write_mvtu_memories(path, -2 * (SIGNS > 0), simd=1, pe=1, weight_w=2, narrow_weights=True),
     "value -2 .* must be -1 to 1"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, bias=[1] * 6), "bias_w 0: must be 1 to 30 with"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, bias=[1] * 6, bias_w=31), "bias_w 31: must be 1"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, bias_w=3), "bias_w 3: there is no bias"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, bias=[4] * 6, bias_w=3), "bias: value 4: must be -4"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, bias=[1], bias_w=3), r"bias: has shape \(1, 1\)"),
    (lambda path: write_mvtu_memories(path, SIGNS, [1] * 6, simd=1, pe=1, bias=[1] * 6, bias_w=3), "are thresholds"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, weight_w=2, input_w=17), "input_w 17: must be"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, dsp_rows=1), "dsp_rows 1: must be 0 unless"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, weight_w=2, input_w=2, dsp_rows=2), "must be 0 to pe"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, weight_w=2, input_w=2, dsp_rows=1, lanes=9),
     "lanes 9: must be 1 to 8"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, weight_w=2, input_w=2, dsp_rows=1, chain=0),
     "chain 0: must be at least 1"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, falling=[0] * 6), "falling: there are no thresholds"),
    (lambda path: write_mvtu_memories(path, SIGNS, [1] * 6, simd=1, pe=1, falling=[0, 1]), r"falling: has shape"),
    (lambda path: write_mvtu_memories(path, SIGNS, [1] * 6, simd=1, pe=1, falling=[2] * 6), "falling: must be 0 or 1"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, groups=4), "groups 4: must be at least 1 and divide"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=2, groups=2), "pe 2: must divide, or be a multiple of"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, groups=2, weight_w=2, serial=True),
     "groups 2: must be 1 with serial"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=6, groups=2, weight_w=2, input_w=2, dsp_rows=1),
     "dsp_rows: must be 0 where pe 6 rows are several groups of 3"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, zeros=np.zeros((1, 1, 12)), bipolar=False),
     "zeros: input_w must be 1, and bipolar"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, zeros=np.zeros((1, 12))), r"zeros: has shape \(1, 12"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, zeros=np.full((1, 1, 12), 2)), "zeros: must be 0 or"),
    (lambda path: write_mvtu_memories(path, SIGNS, simd=1, pe=1, zeros=np.zeros((2, 1, 12)), edge_top=3),
     "edge_top 3 and edge_bottom 0: must be at least 0, and at most 2 together"),
    (lambda path: write_mvtu_memories(path, np.ones((1, 9)), simd=1, pe=1, zeros=border_zeros(4, 5, 1), edge_top=1,
                                      edge_left=1, edge_right=1),
     "zeros: input 7 at row 3, column 0: must be as at row 1, column 0, for the edges are smaller"),
    (lambda path: write_threshold_memory(path, np.ones((4, 2)), pe=1, input_w=8), "has 2 a channel, must be 1, 3, 7"),
    (lambda path: write_threshold_memory(path, [[1, 3, 2]], pe=1, input_w=8), "2 behind 3: must ascend"),
    (lambda path: write_threshold_memory(path, [[256]], pe=1, input_w=8), "value 256: must be 0 to 255"),
    (lambda path: write_threshold_memory(path, [[-1]], pe=1, input_w=8), "value -1: must be 0 to 255"),
    (lambda path: write_threshold_memory(path, [[128]], pe=1, input_w=8, signed_input=True), "must be -128 to 127"),
    (lambda path: write_threshold_memory(path, [[1]], pe=2, input_w=8), "pe 2: must be at least 1 and divide the 1"),
    (lambda path: write_threshold_memory(path, [[1]], pe=1, input_w=0), "input_w 0: must be at least 1"),
    (lambda path: write_threshold_memory(path, [[1]], pe=1, input_w=8, falling=[1, 0]), "falling: has shape"),
    (lambda path: write_threshold_memory(path, [[1], [2]], pe=1, input_w=8, falling=[1, 2]), "falling: must be 0 or 1"),
    (lambda path: write_threshold_memory(path, [[512]], pe=1, input_w=8, threshold_w=9), "value 512: must be 0 to 511"),
    (lambda path: write_threshold_memory(path, [[1]], pe=1, input_w=8, threshold_w=10), "threshold_w 10: must be"),
    (lambda path: write_threshold_memory(path, np.ones((2001, 3)), pe=2001, input_w=8), "pe 2001: must be at most"),
    (lambda path: write_requant_memories(path, [8], [0], pe=1, scale_w=4, offset_w=8), "scales: value 8: must be -8"),
    (lambda path: write_requant_memories(path, [1], [0], pe=1, scale_w=1, offset_w=8), "scale_w 1: must be 2 to 25"),
    (lambda path: write_requant_memories(path, [1], [0], pe=1, scale_w=2, offset_w=49), "offset_w 49: must be 1 to 48"),
    (lambda path: write_requant_memories(path, [1, 1], [0], pe=1, scale_w=2, offset_w=4), r"offsets: has shape"),
    (lambda path: write_requant_memories(path, [1, 1], [0, 0], pe=3, scale_w=2, offset_w=4), "pe 3: must be at least"),
    (lambda path: write_threshold_memory(path / "file" / "x", [[1]], pe=1, input_w=8), "cannot be written"),
])
def test_what_an_ip_would_not_take(tmp_path: Path, write: Callable[[Path], Any], message: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FinnError, match=message) as caught:
        write(tmp_path)
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_words_of_a_file() -> None:
    assert read_words("0a // ten\n/* 1\n2 */ B\n1_0") == {0: 10, 1: 11, 2: 16}
    assert read_words("@2 1 2\n@0\n3 4") == {2: 1, 3: 2, 0: 3, 1: 4}
    assert read_words("") == {}
    for text, message in (("1 x", "'x' is no hex"), ("1 -2", "'-2' is no"), ("@1 1 @1 2", "word 1 is given twice")):
        with pytest.raises(ValueError, match=message):
            read_words(text)
