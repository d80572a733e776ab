"""Products bit by bit: where the plan has them, in how many cycles, with which memories, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finn_rtl import FinnError, Fold, write_mvtu_memories, write_precision_memories
from finn_rtl.common.integers import IntegerLayer, weight_range
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.ips.arithmetic import most_sum, row_excess, sum_width
from finn_rtl.ips.memory_text import start_words
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.products import Operands
from finn_rtl.plan.plan import make_plan
from finn_rtl.tools.synth import folded_part

pytestmark = pytest.mark.steady

FOLDS = {"a": Fold(simd=8, pe=12), "b": Fold(simd=12, pe=4)}


def network(weights: int, bits: int, arithmetic: str | None = None) -> Topology:
    """32 inputs of 8 bits, 24 units, 8 units: weights and the maps between them of few bits."""
    layers: list[dict[str, Any]] = [
        {"type": "fc", "name": "a", "units": 24, "weights": weights, "activation": {"bits": bits}},
        {"type": "fc", "name": "b", "units": 8, "weights": weights, "activation": "none"}]
    if arithmetic:
        layers[1]["arithmetic"] = arithmetic
    return parse_topology({"name": "few", "parameters": "x.npz", "output": "vector", "layers": layers, "input": {
        "shape": [32], "encoding": {"type": "integer", "bits": 8, "signed": False}},
        "scenarios": {"slow": {"cycles_per_frame": 32}}}, "few")


def test_a_layer_takes_as_many_cycles_as_there_are_pairs_of_bits() -> None:
    """With the same folding, and the schedule keeps that pace; nothing else is slower."""
    plans = [make_plan(network(2, 3, wish), "fit", folds=FOLDS) for wish in ("lut", "serial")]
    cycles = [[matrix.cycles for matrix in plan.pipeline.matrices] for plan in plans]
    assert cycles == [[8, 4], [8, 24]]
    assert [plan.schedule.interval for plan in plans] == [8, 24]


def test_the_search_folds_it_less() -> None:
    """At a rate that the layer keeps with more of its rows at once."""
    plan = make_plan(network(2, 2), "slow", arithmetic={"b": "serial"})
    matrix = plan.pipeline.matrices[1]
    assert plan.topology.layers[1].model_dump()["arithmetic"] == "serial"
    assert matrix.kind.serial
    assert matrix.cycles <= 32


def test_a_whole_matrix_is_no_constant() -> None:
    """One that takes all inputs and rows at once."""
    matrix = make_plan(network(2, 2, "serial"), "fit", folds={**FOLDS, "b": Fold(simd=24, pe=8)}).pipeline.matrices[1]
    assert isinstance(matrix, Mvtu)
    assert matrix.cycles == 4
    assert folded_part(matrix, "net").left_out == "mvtu_serial_pe"


@pytest.mark.parametrize("kind", [
    Operands(bits, weight_bits, signed, bipolar=False, serial=True)
    for bits, signed in ((1, False), (2, False), (8, False), (2, True), (5, True)) for weight_bits in (1, 2, 5)
    if bits * weight_bits > 1])
def test_sums_are_never_negative(kind: Operands) -> None:
    """They exceed the dot products by what the weights alone tell, and are within what is planned for."""
    rng = np.random.default_rng(1)
    bits, weight_bits = kind.input_bits, kind.weight_bits
    low, high = weight_range(weight_bits, False)
    weight = rng.integers(low, high, (50, 7), endpoint=True)
    weight[weight == 0] = 1 if weight_bits == 1 else 0
    weight[0], weight[1] = low, high
    least = -(1 << bits - 1) if kind.signed else 0
    inputs = rng.integers(least, least + (1 << bits), (40, 7))
    inputs[0], inputs[1] = least, least + (1 << bits) - 1
    sums = inputs @ weight.T + row_excess(weight, kind)
    assert sums.min() >= 0
    assert sums.max() <= most_sum(7, kind)


@pytest.mark.parametrize("weight_bits", [1, 3, 5])
def test_files_are_those_of_the_generator(tmp_path: Path, weight_bits: int) -> None:
    """Weights bit by bit, the top one first."""
    rng = np.random.default_rng(2)
    half = 1 << weight_bits - 1
    weight = 2 * rng.integers(0, 2, (4, 6)) - 1 if weight_bits == 1 else rng.integers(-half, half, (4, 6))
    thresholds = rng.integers(-9, 9, (4, 1))
    unit = Mvtu("x", 6, 4, 3, 2, 1, 1, 2, weight_bits=weight_bits, products="serial")
    write_mvtu_memories(tmp_path, weight, thresholds, simd=3, pe=2, input_w=2, weight_w=weight_bits, serial=True)
    files = unit.files("net", IntegerLayer(weight.astype(np.int8), thresholds.astype(np.int64)))
    assert [(tmp_path / name).read_text() for name in ("weights.mem", "thresholds.mem")] == list(files.values())
    words = [int(line, 16) for line in files["net__x_weights.mem"].split()]
    assert len(words) == unit.words == 4 * weight_bits
    top = weight < 0 if weight_bits > 1 else weight > 0
    assert words[0] == sum(int(top[p, s]) << p * 3 + s for p in range(2) for s in range(3))


@pytest.mark.parametrize("falls", [False, True])
def test_start_values_come_level_by_level(falls: bool) -> None:
    """Where a row doubles more than 3 times: its upper bits, and in the lowest place one bit after the other."""
    fields, falling = np.array([[-37], [90], [5], [-128]]), np.array([True, False, False, True])
    words = start_words(fields, falling if falls else None, 2, 9, 4)
    assert words.shape == (2 * 5, 2 * (5 + falls))
    for row, field in enumerate(fields[:, 0]):
        bits = words[row // 2 * 5:row // 2 * 5 + 5].reshape(5, 2, 5 + falls)[:, row % 2]
        for level, word in enumerate(bits):
            number = int(word[:5] @ (1 << np.arange(5)))
            assert number >> 1 == (int(field) & 0x1FF) >> 5
            assert number & 1 == int(field) >> 4 - level & 1
            assert not falls or word[5] == falling[row]


def test_so_do_those_of_more_bits() -> None:
    """As many words a fold as there are levels, narrower ones; of few folds they are little more in LUTs."""
    few, more = (Mvtu("x", 64, 64, 16, 16, 1, 1, bits, weight_bits=bits, products="serial") for bits in (2, 4))
    assert (few.starts, few.start_width) == (4, 16 * few.sum_width)
    assert (more.starts, more.start_width) == (4 * 7, 16 * (more.sum_width - 6))
    saved = {memory.field: memory.lut for memory in more.memories}["start_style"]
    assert 16 < saved < 32


@pytest.mark.parametrize(("topology", "given", "parts"), [
    (network(1, 1), {"arithmetic": {"b": "serial"}},
     ["few: layer 'b': arithmetic 'serial'", "weights of 1 bits and inputs of 1", "at most 8"]),
    (network(2, 2), {"arithmetic": {"c": "serial"}}, ["few: arithmetic: layer 'c' does not exist"])])
def test_refused(topology: Topology, given: dict[str, Any], parts: list[str]) -> None:
    """With the layer and what would do."""
    with pytest.raises(FinnError) as caught:
        make_plan(topology, "fit", **given)
    assert all(part in str(caught.value) for part in parts)


@pytest.mark.parametrize("given", [{"input_w": 9}, {"weight_w": 1, "input_w": 1}, {"dsp_rows": 1}])
def test_refused_memories(tmp_path: Path, given: dict[str, int]) -> None:
    """What the unit does not take."""
    weight = np.ones((2, 4), int)
    with pytest.raises(FinnError, match="serial: needs"):
        write_mvtu_memories(tmp_path, weight, simd=2, pe=2, serial=True, **{"input_w": 2, "weight_w": 2, **given})


def test_memories_go_by_the_planes() -> None:
    """More words of weights, which are narrower."""
    plain = Mvtu("x", 64, 64, 16, 16, 1, 1, 2, weight_bits=4)
    serial = replace(plain, products="serial")
    assert (plain.words, plain.word) == (16, 1024)
    assert (serial.words, serial.word) == (64, 256)
    assert serial.frames_held >= plain.frames_held - 1


def horner(words: list[int], start: int, vector: NDArray[np.int64], sizes: tuple[int, ...], lows: tuple[int, int]
           ) -> int:
    """What a row of one beat makes of a vector of so few bits: one weight word a plane, from the start value on."""
    weight_bits, bits, width = sizes
    total = start >> weight_bits + bits - 2
    for level in reversed(range(sum(lows), weight_bits + bits - 1)):
        if level < weight_bits + bits - 2:
            total = 2 * total + (start >> level & 1)
        for i in range(max(lows[0], level - bits + 1), min(weight_bits, level + 1)):
            if level - i >= lows[1]:
                inputs = [int(x) >> level - i & 1 for x in vector]
                inputs = [x ^ (weight_bits > 1 and i == weight_bits - 1) for x in inputs]
                word = words[weight_bits - 1 - i]
                ones = [word >> s & 1 for s in range(len(inputs))]
                total += sum(x & w if weight_bits > 1 else x == w for x, w in zip(inputs, ones, strict=True))
    return total & (1 << width) - 1


@pytest.mark.parametrize(("weight_bits", "bits"), [(3, 2), (1, 4), (4, 1)])
def test_start_values_are_those_of_every_precision(tmp_path: Path, weight_bits: int, bits: int) -> None:
    """With them a row ends at the dot product of that precision less its threshold."""
    rng = np.random.default_rng(3)
    low, high = weight_range(weight_bits, False)
    weight = rng.integers(low, high, (3, 5), endpoint=True)
    weight[weight == 0] = 1 if weight_bits == 1 else 0
    wanted = [(a, b) for a in range(1, weight_bits + 1) for b in range(1, bits + 1)]
    thresholds = {key: rng.integers(-3, 4, 3) for key in wanted}
    write_precision_memories(tmp_path, weight, thresholds, simd=5, pe=1, input_w=bits, weight_w=weight_bits,
                             bipolar=False)
    words, starts = ([int(line, 16) for line in (tmp_path / name).read_text().split()]
                     for name in ("weights.mem", "thresholds.mem"))
    width = sum_width(5, Operands(bits, weight_bits, bipolar=False, serial=True), 1) + 1
    for key in wanted:
        lows = weight_bits - key[0], bits - key[1]
        for row, vector in enumerate(rng.integers(0, 1 << bits, (3, 5))):
            few, inputs = weight[row] >> lows[0], vector >> lows[1]
            least, most = (int(few[few < 0].sum()), int(few[few > 0].sum()))
            top = (1 << key[1]) - 1
            threshold = int(np.clip(thresholds[key][row], least * top, most * top + 1))
            start = starts[((lows[0] << (bits - 1).bit_length()) + lows[1]) * 4 + row]
            start -= (start >> width - 1) << width
            found = horner(words[row * weight_bits:], start, vector, (weight_bits, bits, width), lows)
            assert found == (int(few @ inputs) - threshold) & (1 << width) - 1


@pytest.mark.parametrize(("given", "text"), [
    ({"thresholds": {(1, 1): [0, 0]}}, "each of the 4 precisions"), ({"input_w": 9}, "must be 1 to 8"),
    ({"simd": 3}, "divide the 4 columns"), ({"weights": [[5, 0, 0, 0], [0, 0, 0, 0]]}, "value 5 at row 0"),
    ({"thresholds": dict.fromkeys([(1, 1), (1, 2), (2, 1), (2, 2)], [0])}, "must be [(]2,[)]")])
def test_refused_precisions(tmp_path: Path, given: dict[str, Any], text: str) -> None:
    """What mvtu_precision does not take."""
    taken: dict[str, Any] = {"weights": np.zeros((2, 4), int), "simd": 4, "pe": 1, "input_w": 2, "weight_w": 2}
    with pytest.raises(FinnError, match=f"mvtu_precision: .*{text}"):
        write_precision_memories(tmp_path, **{**taken, **given})
