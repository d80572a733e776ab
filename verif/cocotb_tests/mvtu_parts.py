# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The modules of which mvtu is made, each by itself."""

from __future__ import annotations

from collections import deque

import numpy as np
from cocotb.triggers import RisingEdge, Timer

from cocotb_tests.bit_heap import CLOCK_AND_ENABLE, check_pipeline
from finn_rtl.ips.bit_heap import dot
from finn_rtl.ips.parities import summed
from finn_verif.bench.bench import Bench, each
from finn_verif.common import memory_files
from finn_verif.common.matrices import Numbers, numbers_of
from finn_verif.testbench.instances import Instance, Port


def make_dot(simd: int, stages: int, is_and: int = 0) -> Instance:
    """A dot product."""
    ports = (
        *CLOCK_AND_ENABLE,
        Port("inputs", simd, True),
        Port("weights", simd, True),
        Port("dot", simd.bit_length(), False),
    )
    parameters = {"SIMD": simd, "STAGES": stages, "IS_AND": is_and}
    return Instance(f"{'and' if is_and else 'dot'}{simd}_{stages}", "mvtu_dot_binary", parameters, ports)


def make_pe(simd: int, stages: int, sum_width: int, inputs: str = "u1", weights: str = "w1", run: int = 0) -> Instance:
    """A processing element; ``inputs``, ``weights`` and ``run`` as in ``Numbers``."""
    numbers = Numbers(inputs, weights, run=run)
    ports = (
        *CLOCK_AND_ENABLE,
        Port("inputs", simd * numbers.input_width, True),
        Port("weights", simd * numbers.weight_width, True),
        Port("accumulate", 1, True),
        Port("first", 1, True),
        Port("start", sum_width, True),
        Port("sum", sum_width, False),
    )
    parameters = {"SIMD": simd, "STAGES": stages, "SUM_W": sum_width, **numbers.parameters}
    name = f"pe{simd}_{stages}_{sum_width}_{inputs}_{weights}" + (f"_{run}" if run else "")
    return Instance(name, "mvtu_pe", parameters, ports)


# No adder, one and several, a last leaf of every size, and all that an adder can find to take.
DOTS = [make_dot(simd, 0) for simd in (*range(1, 15), 22, 23, 33, 40, 64, 100)]
# Every number of registers for five heights.
DOTS += [make_dot(simd, stages) for simd in (1, 5, 12, 40, 100) for stages in range(1, dot(simd)[0] + 1)]
DOTS += [make_dot(simd, 0, 1) for simd in (1, 3, 4, 13, 33, 64)] + [make_dot(40, 2, 1)]
PES = [make_pe(1, 0, 3), make_pe(7, 2, 3), make_pe(16, 1, 9), make_pe(5, 0, 6), make_pe(64, 3, 7)]
PES += [make_pe(4, 0, 6, "u1", "w2"), make_pe(6, 1, 9, "s2", "w3"), make_pe(3, 0, 4, "z1", "n2")]
PES += [make_pe(9, 1, 5, "z1")]
PES += [make_pe(1, 0, 5, "s4"), make_pe(7, 3, 16, "u8"), make_pe(5, 0, 5, "u2"), make_pe(9, 2, 13, "s8")]
# One run, several, and a last one of each kind; every number of registers.
PES += [make_pe(simd, 0, 8, run=run) for simd, run in ((1, 3), (2, 3), (9, 3), (16, 15), (33, 33), (64, 19), (40, 7))]
PES += [make_pe(40, stages, 8, run=13) for stages in range(1, summed(40, Numbers().operands, 13)[0] + 1)]
PES += [make_pe(9, 1, 12, "s4", run=5), make_pe(16, 2, 8, "u2", run=15), make_pe(27, 0, 14, "u8", run=27),
        make_pe(5, 0, 4, "z1", run=3)]
# The same large heap in two elements.
PES += [make_pe(72, 2, sum_width, run=19) for sum_width in (8, 9)]
INSTANCES = [*DOTS, *PES]


@each(DOTS)
async def dot_counts_agreement(bench: Bench) -> None:
    """The number of places where inputs and weights agree, or are both 1, STAGES enabled cycles later."""
    simd, is_and = bench.instance.int_of("SIMD"), bench.instance.int_of("IS_AND")
    full = (1 << simd) - 1

    def drive() -> int:
        inputs = bench.rng.getrandbits(simd)
        weights = bench.rng.choice((bench.rng.getrandbits(simd), inputs, full ^ inputs))
        bench.signal("inputs").value, bench.signal("weights").value = inputs, weights
        return (inputs & weights).bit_count() if is_and else simd - (inputs ^ weights).bit_count()

    await check_pipeline(bench, bench.instance.int_of("STAGES"), drive, "dot")


@each(PES)
async def pe_accumulates(bench: Bench) -> None:
    """Start value or accumulator plus the dot product; the accumulator keeps it when enabled and told so."""
    simd, stages, sum_width = (bench.instance.int_of(p) for p in ("SIMD", "STAGES", "SUM_W"))
    numbers = numbers_of(bench.instance.parameters)
    edge = RisingEdge(bench.clock)
    # Dot products on their way, the oldest first.
    products: deque[int] = deque()
    accumulator: int | None = None
    rng = bench.rng
    drawn = np.random.default_rng(rng.getrandbits(64))
    for step in range(500):
        weights = numbers.draw(drawn, numbers.weight_range, (simd,))
        inputs = numbers.draw(drawn, numbers.input_range, (simd,))
        if rng.random() < 0.2:
            inputs = rng.choice(numbers.extremes(weights))
        start = rng.getrandbits(sum_width)
        is_enabled, accumulate, first = rng.random() < 0.8, rng.random() < 0.8, step < 8 or rng.random() < 0.3
        [word] = memory_files.weight_words(weights[None], simd, 1, numbers.weight_width)
        [operand] = memory_files.field_words(numbers.input_bits(inputs)[None], numbers.input_width)
        if numbers.run:
            [word] = memory_files.parity_words([word], simd, 1, numbers.run)
            [operand] = memory_files.parity_words([operand], simd, 1, numbers.run, numbers.input_width)
        for port, value in (("inputs", operand), ("weights", word), ("start", start)):
            bench.signal(port).value = value
        for port, flag in (("enable", is_enabled), ("accumulate", accumulate), ("first", first)):
            bench.signal(port).value = int(flag)
        await Timer(2, "ns")
        dot_product = numbers.accumulators(weights[None], inputs[None]) + numbers.excess(weights[None])
        products.append(int(dot_product[0, 0]))
        base = start if first else accumulator
        total: int | None = None
        if len(products) > stages and base is not None:
            total = (base + products[0]) & (1 << sum_width) - 1
            assert bench.integer("sum") == total
        await edge
        if not is_enabled:
            products.pop()
            continue
        if accumulate:
            accumulator = total
        if len(products) > stages:
            products.popleft()
