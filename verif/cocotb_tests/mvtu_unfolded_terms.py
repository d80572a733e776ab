# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_unfolded for weights of few bits: layers as the generator writes them, and rows with any registers, by numpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cocotb_tests.bit_heap import CLOCK_AND_ENABLE, check_pipeline
from cocotb_tests.mvtu_unfolded import Literal, pack
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded, layer_terms, render_unfolded
from finn_rtl.ips.terms import level_registers
from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses.axis import Beat
from finn_verif.common import seeds
from finn_verif.common.matrices import Numbers
from finn_verif.testbench.instances import Instance, Port, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from finn_verif.testbench.instances import Value


@dataclass(frozen=True)
class Terms:
    """A matrix with its thresholds, the same in pytest and in the simulator, and the model of it.

    ``inputs`` and ``weights`` as for Numbers; ``kind``: random weights, about half of them 0; dense ones; all 0; all
    the least. ``levels``: u or s, whether levels are two's complement; f: half of the rows fall.
    """

    mw: int
    mh: int
    thresholds: int = 1
    inputs: str = "u1"
    weights: str = "n2"
    kind: str = "random"
    levels: str = "u"

    @property
    def name(self) -> str:
        """In the names of instances and modules."""
        return f"{self.mw}x{self.mh}_{self.inputs}_{self.weights}_t{self.thresholds}_{self.kind}_{self.levels}"

    @property
    def numbers(self) -> Numbers:
        """What inputs and weights are."""
        return Numbers(self.inputs, self.weights)

    @property
    def input_bits(self) -> int:
        """Bits of an input element."""
        return self.numbers.input_width

    @property
    def is_signed(self) -> bool:
        """Whether levels are two's complement."""
        return "s" in self.levels

    @property
    def mvtu(self) -> MvtuUnfolded:
        """The layer as the generator knows it: its registers and widths."""
        kind = self.numbers.operands
        whole = MvtuUnfolded("", self.mw, self.mh, self.mw, self.mh, self.thresholds, 1, kind.input_bits, kind.signed)
        return replace(whole, bipolar=kind.bipolar, weight_bits=kind.weight_bits, narrow=kind.narrow,
                       signed_output=self.is_signed, density=0.5 if self.kind == "random" else 1.0)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Weights (mh, mw)."""
        rng = np.random.default_rng(seeds.generator("weights", self.name).getrandbits(64))
        low, high = self.numbers.weight_range
        drawn = self.numbers.draw(rng, (low, high), (self.mh, self.mw))
        match self.kind:
            case "random" if self.numbers.weight_width > 1:
                drawn[rng.random(drawn.shape) < 0.5] = 0
            case "zeros":
                drawn[:] = 0
            case "lowest":
                drawn[:] = low
        return drawn

    @property
    def extremes(self) -> np.ndarray:
        """The vectors that give the smallest and the largest sum of a row."""
        rows = sorted({0, min(1, self.mh - 1), self.mh - 1})
        return np.concatenate([np.stack(self.numbers.extremes(self.matrix[row])) for row in rows])

    @cached_property
    def limits(self) -> np.ndarray:
        """Thresholds (mh, thresholds), around the middle where accumulators fall; those of row 0 are at both ends."""
        rng = np.random.default_rng(seeds.generator("thresholds", self.name).getrandbits(64))
        some = self.numbers.accumulators(self.matrix, self.numbers.draw(rng, self.numbers.input_range, (100, self.mw)))
        drawn = rng.normal(some.mean(axis=0), some.std(axis=0) + 1, (self.thresholds, self.mh)).round().astype(np.int64)
        if self.mh >= 3 and self.thresholds:
            ends = self.numbers.accumulators(self.matrix, self.extremes)
            drawn[0, :2] = ends[0, 0], ends[1, 0] + 1
            drawn[-1, :2] = ends[1, 0], ends[3, 1]
        return np.sort(drawn.T, axis=1)

    @cached_property
    def layer(self) -> IntegerLayer:
        """What the generator is given."""
        if not self.thresholds:
            return IntegerLayer(self.matrix.astype(np.int8), None)
        lowest = -(self.thresholds + 1) // 2 if self.is_signed else 0
        return IntegerLayer(self.matrix.astype(np.int8), self.limits, self.falling, lowest)

    @property
    def falling(self) -> np.ndarray:
        """Rows that fall."""
        return (np.arange(self.mh) % 2 == 1) & ("f" in self.levels)

    def vectors(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Random vectors as their bits, and extremes of rows among them."""
        vectors = self.numbers.draw(rng, self.numbers.input_range, (count, self.mw))
        for place, vector in zip(rng.permutation(count), self.extremes, strict=False):
            vectors[place] = vector
        return self.numbers.input_bits(vectors)

    def results(self, vectors: np.ndarray) -> list[int]:
        """What comes out for every vector, as numbers."""
        values = vectors
        if self.numbers.is_bipolar:
            values = 2 * vectors - 1
        elif self.inputs[0] == "s":
            values = vectors - ((vectors >> self.input_bits - 1) << self.input_bits)
        sums = self.numbers.accumulators(self.matrix, values)
        if not self.thresholds:
            return [pack(row, self.mvtu.element_bits) for row in sums]
        reached = (sums[:, :, None] >= self.limits[None]).sum(axis=2)
        levels = np.where(self.falling, self.thresholds - reached, reached) + self.layer.lowest
        return [pack(row, self.mvtu.element_bits) for row in levels]


LAYERS = [
    Terms(1, 1),
    Terms(40, 12),
    Terms(40, 3, 0),
    Terms(12, 9, 3),
    Terms(21, 5, 1, "u1", "w2", "dense"),
    Terms(21, 5, 1, "u1", "n2", "zeros"),
    Terms(9, 4, 0, "u1", "n2", "zeros"),
    Terms(17, 4, 1, "u1", "w3", "lowest"),
    Terms(9, 5, 0, "u1", "w4", "dense"),
    Terms(16, 6, 1, "z1", "n2"),
    Terms(16, 6, 3, "z1", "w1"),
    # These share classes, with inputs of 0/1.
    Terms(16, 6, 1, "z1", "w1"),
    Terms(16, 6, 0, "z1", "w1"),
    Terms(14, 6, 3, "u1", "w1", "random", "f"),
    Terms(8, 4, 1, "z1", "w3", "dense", "f"),
    Terms(8, 5, 7, "u2", "n3", "random", "sf"),
    Terms(6, 4, 3, "s4", "w4", "dense", "s"),
    Terms(5, 4, 15, "u3", "w8", "dense", "f"),
    Terms(6, 3, 0, "s3", "w5"),
    Terms(4, 3, 0, "u8", "w8", "dense"),
]
# Registers beyond the levels of the deepest row stand for one behind every level.
ROWS: list[tuple[Terms, int, int]] = [
    (Terms(30, 6), 0, 0),
    (Terms(30, 6), 99, 0),
    (Terms(30, 4, 0), 1, 3),
    (Terms(9, 4, 3, "u2", "n3", "dense", "sf"), 2, 0),
    (Terms(1, 3, 1, "z1", "n2", "lowest"), 1, 2),
]


def layer_module(matrix: Terms) -> str:
    """Name of the module of a layer."""
    return f"layer_{matrix.name}"


def layer_text(matrix: Terms) -> str:
    """Module of a layer."""
    return render_unfolded(matrix.layer, matrix.mvtu, layer_module(matrix), "A layer to test.")


def make_layer(matrix: Terms) -> Instance:
    """An instance of a layer's module."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", matrix.mvtu.s_width),
        *stream_out("m_axis", matrix.mvtu.m_width, has_last=True),
    )
    return Instance(f"u_{matrix.name}", layer_module(matrix), {}, ports)


def make_rows(matrix: Terms, stages: int, extra_levels: int) -> Instance:
    """All rows in one module; ``extra_levels`` beyond those that they need."""
    (group,) = layer_terms(matrix.layer, matrix.mvtu)
    levels = group.levels + extra_levels
    registers = level_registers(levels, min(stages, levels))
    parameters: dict[str, Value] = {name: Literal(text) for name, text in group.literals(levels, registers).items()}
    ports = (
        *CLOCK_AND_ENABLE,
        Port("inputs", matrix.mvtu.s_width, True),
        Port("results", matrix.mvtu.m_width, False),
    )
    return Instance(f"rows_{matrix.name}_s{stages}_{extra_levels}", "mvtu_unfolded_terms", parameters, ports)


LAYER_INSTANCES = [make_layer(matrix) for matrix in LAYERS]
ROWS_INSTANCES = [make_rows(*row) for row in ROWS]
INSTANCES = [*LAYER_INSTANCES, *ROWS_INSTANCES]
MATRICES = dict(zip((instance.name for instance in INSTANCES), [*LAYERS, *(row[0] for row in ROWS)], strict=True))


def beats(bench: Bench, count: int) -> tuple[list[Beat], list[Beat]]:
    """Vectors to send to a layer, and what is to come."""
    matrix = MATRICES[bench.instance.name]
    vectors = matrix.vectors(np.random.default_rng(bench.rng.getrandbits(64)), count)
    sent = [Beat(pack(vector, matrix.input_bits)) for vector in vectors]
    return sent, [Beat(result, 1) for result in matrix.results(vectors)]


@each(LAYER_INSTANCES)
async def computes_the_layer(bench: Bench) -> None:
    """Exactly what numpy says, under any traffic."""
    for kind in TRAFFIC:
        sent, expected = beats(bench, 40)
        await bench.run(sent, expected, *traffic(kind, bench.rng))


@each(LAYER_INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """One vector a cycle, and the latency that the header states."""
    sent, expected = beats(bench, 20)
    source, sink = await bench.run(sent, expected)
    latency = 2 + MATRICES[bench.instance.name].mvtu.stages
    assert source.cycles == list(range(source.cycles[0], source.cycles[0] + len(sent)))
    assert sink.cycles == [cycle + latency for cycle in source.cycles]


@each(ROWS_INSTANCES)
async def computes_the_rows(bench: Bench) -> None:
    """Exactly what numpy says, as many enabled cycles later as there are registers."""
    matrix = MATRICES[bench.instance.name]
    vectors = matrix.vectors(np.random.default_rng(bench.rng.getrandbits(64)), 300)
    steps = iter([(pack(v, matrix.input_bits), r) for v, r in zip(vectors, matrix.results(vectors), strict=True)])

    def drive() -> int:
        operand, result = next(steps)
        bench.signal("inputs").value = operand
        return result

    await check_pipeline(bench, bench.instance.int_of("REGISTERS").bit_count(), drive, "results", len(vectors))
