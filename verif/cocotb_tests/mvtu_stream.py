# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_stream: every sum against numpy, whenever weights and vectors come, and every cycle against the header."""

from __future__ import annotations

import numpy as np

from cocotb_tests.mvtu import pack
from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common import memory_files
from finn_verif.common.matrices import Numbers, numbers_of
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out


def make(mw: int, mh: int, simd: int, pe: int, reuse: int, stages: int, inputs: str = "u1", weights: str = "w1",  # noqa: PLR0913
         blocks: int = 0, style: str = "auto") -> Instance:
    """An instance of one size; the bits of ``blocks``: vectors, words in block RAM."""
    numbers = Numbers(inputs, weights)
    parameters: dict[str, Value] = {
        "MW": mw, "MH": mh, "SIMD": simd, "PE": pe, "REUSE": reuse, "STAGES": stages, "INPUT_W": 1, "SIGNED_INPUTS": 0,
        "BIPOLAR": 1, "WEIGHT_W": 1, "NARROW_WEIGHTS": 0, **numbers.parameters, "VECTORS_IN_BLOCK": blocks & 1,
        "WORDS_IN_BLOCK": blocks >> 1, "RESULT_STYLE": style}
    ports = (*clock_and_reset(), *stream_in("s_axis", simd * numbers.input_width),
             *stream_in("s_axis_weights", pe * simd * numbers.weight_width),
             *stream_out("m_axis", pe * numbers.sum_width(mw, 3), has_last=True))
    return Instance(f"m{mw}_{mh}_{simd}_{pe}_{reuse}_{stages}_{inputs}_{weights}_{blocks}", "mvtu_stream", parameters,
                    ports)


INSTANCES = [
    make(16, 8, 4, 2, 4, 1),
    # Sizes of no power of two, numbers of few bits, all memories in block RAM.
    make(15, 6, 5, 3, 3, 1, "u3", "w1", 3, "block"),
    make(9, 10, 3, 2, 2, 0, "s4", "w3", 1, "distributed"),
    make(12, 6, 4, 2, 5, 2, "u2", "n2", 2),
    # A beat a vector; a synapse and a row at a time.
    make(6, 4, 6, 2, 2, 1, "z1", "w1"),
    make(1, 3, 1, 1, 2, 0, "u8", "w8"),
    make(3, 2, 1, 1, 7, 1, "u3", "w1"),
    # Words that are not kept.
    make(12, 6, 4, 2, 1, 1, "u2", "w3"),
    make(4, 6, 4, 1, 1, 0, "z1", "w1", 1),
]


class Blocks:
    """Vectors, the weights for each block of them, and sums."""

    def __init__(self, bench: Bench, count: int, *, has_one_matrix: bool = False) -> None:
        instance, numbers = bench.instance, numbers_of(bench.instance.parameters)
        mw, mh, simd, pe, self.reuse = (instance.int_of(name) for name in ("MW", "MH", "SIMD", "PE", "REUSE"))
        self.sf, self.nf = mw // simd, mh // pe
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        vectors = numbers.draw(rng, numbers.input_range, (count, self.reuse, mw))
        # Whether a block has weights of its own is up to who sends them.
        drawn = numbers.draw(rng, numbers.weight_range, (1 if has_one_matrix else count, mh, mw))
        matrices = np.broadcast_to(drawn, (count, mh, mw))
        matrices, vectors = matrices.copy(), vectors.copy()
        if not has_one_matrix:
            # The smallest and the largest sum of a row.
            vectors[0, 0], vectors[0, -1] = numbers.extremes(matrices[0, 0])
        self.vectors = [Beat(pack(part, numbers.input_width))
                        for part in numbers.input_bits(vectors).reshape(-1, simd)]
        self.words = [Beat(word) for matrix in matrices
                      for word in memory_files.weight_words(matrix, simd, pe, numbers.weight_width)]
        width = numbers.sum_width(mw, 3)
        self.sums = []
        for matrix, block in zip(matrices, vectors, strict=True):
            found = numbers.accumulators(matrix, block)
            if not numbers.is_popcount:
                found = found + numbers.excess(matrix).T
            self.sums += [Beat(pack(part, width), int(fold == self.nf - 1))
                          for row in found for fold, part in enumerate(row.reshape(self.nf, pe))]


@each(INSTANCES)
async def adds_up(bench: Bench) -> None:
    """Each sum of each vector, with other weights for each block, under any traffic of vectors, words and results."""
    kinds = [(kind, kind) for kind in TRAFFIC] + [(kind, bench.rng.choice(TRAFFIC)) for kind in TRAFFIC]
    for vectors, words in kinds:
        blocks = Blocks(bench, 4)
        pauses = {"s_axis": traffic(vectors, bench.rng)[0], "s_axis_weights": traffic(words, bench.rng)[0],
                  "m_axis": traffic(bench.rng.choice((vectors, words)), bench.rng)[1]}
        await bench.exchange({"s_axis": blocks.vectors, "s_axis_weights": blocks.words}, {"m_axis": blocks.sums},
                             pauses)


@each(INSTANCES)
async def keeps_its_pace(bench: Bench) -> None:
    """Blocks are REUSE * SF * NF cycles apart, or as many as its vectors or results have beats."""
    blocks = Blocks(bench, 6, has_one_matrix=True)
    sources, sinks = await bench.exchange({"s_axis": blocks.vectors, "s_axis_weights": blocks.words},
                                          {"m_axis": blocks.sums})
    first = sinks["m_axis"].cycles[::blocks.reuse * blocks.nf]
    assert [b - a for a, b in zip(first[1:], first[2:], strict=False)] == [blocks.reuse * blocks.sf * blocks.nf] * 4
    # No more words are taken than there is place for.
    assert len(sources["s_axis_weights"].cycles) == len(blocks.words)


@each(INSTANCES)
async def waits_for_words(bench: Bench) -> None:
    """Words that come slower than they are used set the pace: a vector takes as long as its share of them."""
    blocks, period = Blocks(bench, 5, has_one_matrix=True), 2 * bench.instance.int_of("REUSE") + 3

    def rarely() -> object:
        while True:
            yield from [True] * (period - 1)
            yield False
    _, sinks = await bench.exchange({"s_axis": blocks.vectors, "s_axis_weights": blocks.words},
                                    {"m_axis": blocks.sums}, {"s_axis_weights": rarely()})
    first = sinks["m_axis"].cycles[::blocks.reuse * blocks.nf]
    steps = [b - a for a, b in zip(first[1:], first[2:], strict=False)]
    assert steps == [period * blocks.sf * blocks.nf] * 3


@each(INSTANCES)
async def forgets_at_a_reset(bench: Bench) -> None:
    """What was inside is gone, on all sides."""
    for _ in range(5):
        blocks = Blocks(bench, 3)
        await bench.interrupt_all({"s_axis": blocks.vectors, "s_axis_weights": blocks.words}, ("m_axis",))
        blocks = Blocks(bench, 2)
        await bench.exchange({"s_axis": blocks.vectors, "s_axis_weights": blocks.words}, {"m_axis": blocks.sums},
                             {"m_axis": axis.random_pauses(bench.rng, 0.3)})
