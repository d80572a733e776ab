# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_unfolded: layers as the generator writes them, and groups of any number of rows, against numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cocotb_tests.bit_heap import CLOCK_AND_ENABLE, check_pipeline
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.arithmetic import LEVELS_PER_STAGE
from finn_rtl.ips.classes import make_group
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, render_unfolded
from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common import seeds
from finn_verif.testbench.instances import Instance, Port, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from finn_verif.testbench.instances import Value


@dataclass(frozen=True)
class Matrix:
    """A matrix with its thresholds, the same in pytest and in the simulator, and the model of it.

    ``inputs`` says whether the input elements are signed and how many bits they have; ``kind`` what the weights are
    like: random; all 1; equal rows; or opposite rows, each of which disagrees with row 0 everywhere. ``levels`` of
    logic lie between two registers of a layer.
    """

    mw: int
    mh: int
    thresholds: int = 1
    inputs: str = "u1"
    kind: str = "random"
    levels: int = LEVELS_PER_STAGE

    @property
    def name(self) -> str:
        """In the names of instances and modules."""
        fast = "_fast" if self.levels < LEVELS_PER_STAGE else ""
        return f"{self.mw}x{self.mh}_{self.inputs}_t{self.thresholds}_{self.kind}{fast}"

    @property
    def input_bits(self) -> int:
        """Bits of an input element."""
        return int(self.inputs[1:])

    @property
    def signed(self) -> bool:
        """Whether input elements are two's complement."""
        return self.inputs[0] == "s"

    @property
    def mvtu(self) -> MvtuUnfolded:
        """The layer as the generator knows it: its registers and widths."""
        return MvtuUnfolded("", self.mw, self.mh, self.mw, self.mh, self.thresholds, 1, self.input_bits, self.signed,
                            levels_per_stage=self.levels)

    @property
    def element_range(self) -> tuple[int, int]:
        """Smallest and largest input element; binary ones are bits."""
        half = 1 << self.input_bits - 1
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)

    @property
    def weights(self) -> np.ndarray:
        """Bits (mh, mw)."""
        rng = np.random.default_rng(seeds.generator("weights", self.name).getrandbits(64))
        weights = rng.integers(0, 2, (self.mh, self.mw), dtype=np.uint8)
        match self.kind:
            case "ones":
                weights[:] = 1
            case "equal":
                weights[:] = weights[0]
            case "opposite":
                weights[1:] = 1 - weights[0]
        return weights

    def accumulators(self, vectors: np.ndarray) -> np.ndarray:
        """What every row makes of every vector."""
        weights = self.weights.astype(int)
        if self.input_bits == 1:
            return np.asarray((vectors[:, None, :] == weights[None, :, :]).sum(axis=2))
        return np.asarray(vectors @ (2 * weights - 1).T)

    def extremes(self, row: int) -> np.ndarray:
        """The vectors that give the smallest and the largest accumulator of a row."""
        low, high = self.element_range
        weights = self.weights[row]
        return np.stack([np.where(weights, low, high), np.where(weights, high, low)])

    @property
    def limits(self) -> np.ndarray | None:
        """Thresholds, around the middle where accumulators fall; the first rows' always or never fire."""
        if not self.thresholds:
            return None
        rng = np.random.default_rng(seeds.generator("thresholds", self.name).getrandbits(64))
        some = self.accumulators(rng.integers(*self.element_range, (100, self.mw), endpoint=True))
        limits: np.ndarray = rng.normal(some.mean(axis=0), 0.7 * some.std(axis=0)).round().astype(np.int64)
        if self.mh >= 3:
            low, high = self.element_range
            largest = self.mw * max(high, -low)
            limits[0] = 0 if self.input_bits == 1 else -largest
            limits[1] = largest + 1
            # Only the largest accumulator of the row reaches it; only the smallest does not.
            limits[2] = self.accumulators(self.extremes(2))[1, 2]
            if self.mh >= 4:
                limits[3] = self.accumulators(self.extremes(3))[0, 3] + 1
        return limits

    def vectors(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Random vectors; among them all elements the smallest, all the largest, and extremes of rows."""
        low, high = self.element_range
        vectors = rng.integers(low, high, (count, self.mw), endpoint=True)
        rows = {0, min(2, self.mh - 1), min(3, self.mh - 1), self.mh - 1}
        special = [np.full((1, self.mw), low), np.full((1, self.mw), high), *map(self.extremes, sorted(rows))]
        for place, vector in zip(rng.permutation(count), np.concatenate(special), strict=False):
            vectors[place] = vector
        return vectors

    def results(self, vectors: np.ndarray) -> list[int]:
        """What comes out for every vector, as numbers."""
        accumulators = self.accumulators(vectors)
        if self.limits is None:
            return [pack(row, self.mvtu.element_bits) for row in accumulators]
        return [pack(row, 1) for row in accumulators >= self.limits]


def pack(elements: np.ndarray, width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((int(element) & (1 << width) - 1) << index * width for index, element in enumerate(elements))


class Literal(int):
    """A parameter as finn_rtl writes it, with its size: a number of a testbench has only 32 bits."""

    text: str

    def __new__(cls, text: str) -> Literal:
        """From a literal in SystemVerilog."""
        _, is_sized, digits = text.partition("'h")
        value = super().__new__(cls, int(digits, 16) if is_sized else int(text))
        value.text = text
        return value

    def __str__(self) -> str:
        return self.text


def layer_module(matrix: Matrix) -> str:
    """Name of the module of a layer."""
    return f"layer_{matrix.name}"


def layer_text(matrix: Matrix) -> str:
    """Module of a layer."""
    limits = matrix.limits
    layer = IntegerLayer(2 * matrix.weights.astype(np.int8) - 1, None if limits is None else limits[:, None])
    return render_unfolded(layer, matrix.mvtu, layer_module(matrix), "A layer to test.")


def make_layer(matrix: Matrix) -> Instance:
    """An instance of a layer's module."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", matrix.mvtu.s_width),
        *stream_out("m_axis", matrix.mvtu.m_width, has_last=True),
    )
    return Instance(f"u_{matrix.name}", layer_module(matrix), {}, ports)


def make_rows(matrix: Matrix, stages: int, extra_levels: int = 0) -> Instance:
    """All rows in one group; ``extra_levels`` behind the class sums beyond those that they need."""
    group = make_group(matrix.weights, matrix.limits, matrix.input_bits, matrix.signed)
    width = matrix.mvtu.element_bits
    parameters: dict[str, Value] = {
        "INPUTS": matrix.mw,
        "INPUT_W": matrix.input_bits,
        "SIGNED_INPUTS": int(matrix.signed),
        "THRESHOLDS": matrix.thresholds,
        "STAGES": min(stages, group.class_levels + group.sum_levels + extra_levels),
        "RESULT_W": width,
    }
    parameters |= {name: Literal(text) for name, text in group.literals().items()}
    parameters["SUM_LEVELS"] = group.sum_levels + extra_levels
    ports = (
        *CLOCK_AND_ENABLE,
        Port("inputs", matrix.mw * matrix.input_bits, True),
        Port("results", matrix.mh * width, False),
    )
    return Instance(f"rows_{matrix.name}_s{stages}_{extra_levels}", "mvtu_unfolded_rows", parameters, ports)


LAYERS = [
    Matrix(1, 1),
    Matrix(1, 4, 0),
    Matrix(2, 3),
    Matrix(7, 1),
    Matrix(7, 11, 0),
    Matrix(12, 20),
    Matrix(40, 13),
    Matrix(40, 1, 0),
    Matrix(100, 6),
    Matrix(100, 4, 0),
    Matrix(12, 6, 1, "u1", "equal"),
    Matrix(12, 6, 0, "u1", "opposite"),
    Matrix(40, 7, 1, "u1", "ones"),
    Matrix(7, 5, 1, "u2"),
    Matrix(1, 4, 1, "s2"),
    Matrix(9, 4, 0, "s4"),
    Matrix(27, 4, 1, "s8"),
    Matrix(12, 3, 0, "u8"),
    Matrix(12, 4, 1, "s3", "opposite"),
    Matrix(15, 3, 1, "s12"),
    # More registers than some groups of rows have levels.
    Matrix(12, 20, levels=1),
    Matrix(40, 13, 0, levels=1),
    Matrix(12, 6, 1, "u1", "equal", levels=1),
]
# STAGES beyond the levels of a group stand for a register behind every level.
ROWS: list[tuple[Matrix, int] | tuple[Matrix, int, int]] = [
    (Matrix(40, 1), 2),
    (Matrix(40, 2), 0),
    (Matrix(40, 3, 0), 1),
    (Matrix(21, 5), 99),
    (Matrix(21, 5, 0), 3),
    (Matrix(21, 8), 4),
    (Matrix(3, 8, 0), 99),
    (Matrix(21, 5, 1, "u1", "equal"), 2),
    (Matrix(21, 5, 1, "u1", "opposite"), 2),
    (Matrix(21, 3, 0, "u1", "ones"), 0),
    (Matrix(9, 1, 0, "s5"), 1),
    (Matrix(9, 2, 1, "u4"), 99),
    (Matrix(9, 3, 1, "s8"), 2),
    (Matrix(9, 5, 0, "u3"), 3),
    (Matrix(5, 5, 1, "s2", "opposite"), 1),
    # Wide elements and constants.
    (Matrix(1, 5, 1, "u15"), 1),
    # Levels of T that only pass on.
    (Matrix(12, 3), 1, 3),
    (Matrix(12, 4, 0, "u2"), 99, 2),
]
LAYER_INSTANCES = [make_layer(matrix) for matrix in LAYERS]
ROWS_INSTANCES = [make_rows(*row) for row in ROWS]
INSTANCES = [*LAYER_INSTANCES, *ROWS_INSTANCES]
MATRICES = dict(zip((instance.name for instance in INSTANCES), [*LAYERS, *(row[0] for row in ROWS)], strict=True))


def matrix_of(bench: Bench) -> Matrix:
    """The matrix of an instance."""
    return MATRICES[bench.instance.name]


def beats(bench: Bench, count: int) -> tuple[list[Beat], list[Beat]]:
    """Vectors to send to a layer, and what is to come."""
    matrix = matrix_of(bench)
    vectors = matrix.vectors(np.random.default_rng(bench.rng.getrandbits(64)), count)
    sent = [Beat(pack(vector, matrix.input_bits)) for vector in vectors]
    return sent, [Beat(result, 1) for result in matrix.results(vectors)]


@each(LAYER_INSTANCES)
async def computes_the_layer(bench: Bench) -> None:
    """Exactly what numpy says, under any traffic."""
    for kind in TRAFFIC:
        sent, expected = beats(bench, 30)
        await bench.run(sent, expected, *traffic(kind, bench.rng))


@each(LAYER_INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """One vector a cycle, and the latency that the header states."""
    sent, expected = beats(bench, 20)
    source, sink = await bench.run(sent, expected)
    latency = 2 + matrix_of(bench).mvtu.stages
    assert source.cycles == list(range(source.cycles[0], source.cycles[0] + len(sent)))
    assert sink.cycles == [cycle + latency for cycle in source.cycles]


@each(LAYER_INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked there is room for a vector in every register; afterwards all results are there."""
    sent, expected = beats(bench, 20)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in sent:
        source.append(beat)
    await bench.cycles(40)
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
    # The operand, the registers inside, and two in the register slice.
    assert len(source.cycles) == matrix_of(bench).mvtu.stages + 3
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(expected))
    assert sink.beats == expected


@each(LAYER_INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset leaves nothing of what was on its way."""
    for _ in range(5):
        await bench.interrupt(beats(bench, 8)[0])
        await bench.run(*beats(bench, 8))


@each(LAYER_INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()


@each(ROWS_INSTANCES)
async def computes_the_rows(bench: Bench) -> None:
    """Exactly what numpy says, STAGES enabled cycles later; nothing moves while enable is low."""
    matrix = matrix_of(bench)
    vectors = matrix.vectors(np.random.default_rng(bench.rng.getrandbits(64)), 300)
    steps = iter([(pack(v, matrix.input_bits), r) for v, r in zip(vectors, matrix.results(vectors), strict=True)])

    def drive() -> int:
        operand, result = next(steps)
        bench.signal("inputs").value = operand
        return result

    await check_pipeline(bench, bench.instance.int_of("STAGES"), drive, "results", len(vectors))
