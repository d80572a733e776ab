# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Dot products of few bits by few bits against integer arithmetic."""

from __future__ import annotations

import numpy as np

from cocotb_tests.bit_heap import CLOCK_AND_ENABLE, check_pipeline
from finn_rtl.ips.arithmetic import most_stages
from finn_rtl.ips.packing import Packing, dsp_excess
from finn_rtl.ips.products import Operands, excess
from finn_verif.bench.bench import Bench, each
from finn_verif.testbench.instances import Instance, Port


def make_planes(simd: int, stages: int, kind: Operands) -> Instance:
    """A mvtu_dot_planes."""
    ports = (
        *CLOCK_AND_ENABLE,
        Port("inputs", simd * kind.input_bits, True),
        Port("weights", simd * kind.weight_bits, True),
        Port("dot", kind.sum_width(simd) + int(kind.is_bipolar), False),
    )
    parameters = {
        "SIMD": simd,
        "STAGES": stages,
        "INPUT_W": kind.input_bits,
        "SIGNED_INPUTS": int(kind.signed),
        "WEIGHT_W": kind.weight_bits,
        "NARROW_WEIGHTS": int(kind.narrow),
        "BIPOLAR": int(kind.bipolar),
    }
    words = (f"{'s' if kind.signed else 'u'}{kind.input_bits}", f"{'n' if kind.narrow else 'w'}{kind.weight_bits}")
    name = f"planes{simd}_{stages}_{'_'.join(words)}{'' if kind.bipolar else '_01'}"
    return Instance(name, "mvtu_dot_planes", parameters, ports)


# Every kind of weight and of input; each number of bits of both once at least.
KINDS = [
    Operands(1, 1), Operands(1, 1, bipolar=False), Operands(2, 1), Operands(2, 1, signed=True), Operands(3, 1),
    Operands(8, 1, signed=True), Operands(16, 1, signed=True), Operands(1, 2), Operands(1, 2, bipolar=False),
    Operands(1, 2, narrow=True), Operands(2, 2), Operands(2, 2, signed=True), Operands(2, 2, narrow=True),
    Operands(3, 2, True, True),
    Operands(4, 2), Operands(2, 3), Operands(3, 3), Operands(3, 3, True, True), Operands(4, 4), Operands(4, 4, True),
    Operands(2, 5), Operands(5, 5, True), Operands(6, 6, False, True), Operands(7, 7), Operands(8, 8, True),
    Operands(8, 8, False, True),
]
SIZES = (1, 2, 3, 4, 5)
PLANES = [make_planes(SIZES[place % len(SIZES)], 0, kind) for place, kind in enumerate(KINDS)]
# Every number of registers.
PLANES += [
    make_planes(simd, stages, kind)
    for simd, kind in ((9, Operands(2, 1)), (27, Operands(8, 1, True)), (7, Operands(2, 2)), (5, Operands(4, 3, True)))
    for stages in range(1, most_stages(simd, kind) + 1)
]


def make_dsp(rows: int, simd: int, stages: int, packing: Packing) -> Instance:
    """A mvtu_dot_dsp."""
    kind = packing.kind
    ports = (
        *CLOCK_AND_ENABLE,
        Port("inputs", simd * kind.input_bits, True),
        Port("weights", rows * simd * kind.weight_bits, True),
        Port("dot", rows * packing.dot_width(simd), False),
    )
    parameters = {
        "ROWS": rows,
        "SIMD": simd,
        "STAGES": stages,
        "INPUT_W": kind.input_bits,
        "SIGNED_INPUTS": int(kind.signed),
        "WEIGHT_W": kind.weight_bits,
        "FACTOR_W": packing.factor_bits,
        "LANES": packing.lanes,
        "CHAIN": packing.most_chained,
        # As good as either.
        "OFFSET_WEIGHTS": simd % 2,
    }
    words = (rows, simd, stages, f"{'s' if kind.signed else 'u'}{kind.input_bits}", kind.weight_bits)
    more = (packing.factor_bits, packing.lanes, packing.most_chained)
    return Instance(f"dsp{'_'.join(map(str, (*words, *more)))}", "mvtu_dot_dsp", parameters, ports)


# Lanes that overlap, that touch, and with room for chains; groups that are full and others; one row, one element.
DSPS = [
    make_dsp(rows, simd, stages, packing)
    for rows, simd, stages, packing in (
        (4, 3, 0, Packing(Operands(4, 4))),
        (6, 2, 1, Packing(Operands(4, 4, True))),
        (8, 2, 2, Packing(Operands(2, 2))),
        (3, 5, 1, Packing(Operands(4, 4), 25, 3)),
        (4, 6, 2, Packing(Operands(4, 4, True), 25, 3)),
        (2, 4, 3, Packing(Operands(8, 8, True))),
        (3, 2, 0, Packing(Operands(8, 8), 25, 2, 1)),
        (2, 3, 1, Packing(Operands(8, 8), 18)),
        (5, 2, 0, Packing(Operands(4, 4), 18)),
        (1, 3, 2, Packing(Operands(3, 5))),
        (2, 1, 1, Packing(Operands(3, 3))),
        (2, 5, 0, Packing(Operands(5, 4), 25, 1, 3)),
    )
]
# Every number of registers.
DSPS += [
    make_dsp(rows, simd, stages, packing)
    for rows, simd, packing in ((3, 3, Packing(Operands(2, 3))), (2, 3, Packing(Operands(3, 2), 25, 2)))
    for stages in range(packing.front(simd) + packing.levels(simd, rows) + 1)
]
INSTANCES = [*PLANES, *DSPS]


def kind_of(instance: Instance) -> Operands:
    """What an instance multiplies."""
    input_bits, weight_bits = instance.int_of("INPUT_W"), instance.int_of("WEIGHT_W")
    others = ("SIGNED_INPUTS", "NARROW_WEIGHTS", "BIPOLAR")
    return Operands(input_bits, weight_bits, *(bool(instance.parameters.get(name, 0)) for name in others))


def weight_numbers(kind: Operands) -> range:
    """What a weight can be; -1 and +1 for one bit."""
    half = 1 << kind.weight_bits - 1
    return range(-1, 2, 2) if kind.weight_bits == 1 else range(-half + int(kind.narrow), half)


def input_numbers(kind: Operands) -> range:
    """What an input can be."""
    if kind.is_bipolar:
        return range(-1, 2, 2)
    half = 1 << kind.input_bits - 1 if kind.signed else 0
    return range(-half, (1 << kind.input_bits) - half)


def packed(numbers: list[int], bits: int, is_bipolar: bool) -> int:
    """Numbers as the bits of a port."""
    mask = (1 << bits) - 1
    fields = (int(n > 0) if is_bipolar else n & mask for n in numbers)
    return sum(field << place * bits for place, field in enumerate(fields))


def operands(bench: Bench, kind: Operands, rows: int, simd: int) -> tuple[list[list[int]], list[int]]:
    """Weights by row, and inputs; some with the largest products of a row, or the smallest."""
    weights, inputs, rng = weight_numbers(kind), input_numbers(kind), bench.rng
    few = [rng.choice(weights) for _ in range(2)]
    row = [[rng.choice(rng.choice((weights, few, weights[:1]))) for _ in range(simd)] for _ in range(rows)]
    ends = (inputs[0], inputs[-1]) if rng.random() < 0.5 else (inputs[-1], inputs[0])
    extreme = rng.randrange(rows)
    is_wild = rng.random() < 0.5
    return row, [rng.choice(inputs) if is_wild else ends[weight > 0] for weight in row[extreme]]


def product(row: list[int], vector: list[int]) -> int:
    """A dot product."""
    return sum(a * b for a, b in zip(row, vector, strict=True))


@each(PLANES)
async def planes_exceed_the_product_by_weights(bench: Bench) -> None:
    """The dot product of STAGES enabled cycles ago, and what the weights alone tell."""
    simd, kind = bench.instance.int_of("SIMD"), kind_of(bench.instance)
    width = next(port.width for port in bench.instance.ports if port.name == "dot")

    def drive() -> int:
        (row,), vector = operands(bench, kind, 1, simd)
        bench.signal("inputs").value = packed(vector, kind.input_bits, kind.is_bipolar)
        bench.signal("weights").value = packed(row, kind.weight_bits, kind.weight_bits == 1)
        total = product(row, vector) + int(excess(np.array([row]), kind)[0])
        assert 0 <= total < 1 << width
        return total

    await check_pipeline(bench, bench.instance.int_of("STAGES"), drive, "dot")


@each(DSPS)
async def dsp_exceeds_the_products_by_weights(bench: Bench) -> None:
    """The dot product of every row, STAGES enabled cycles later, and what weights and lane alone tell."""
    rows, simd, kind = bench.instance.int_of("ROWS"), bench.instance.int_of("SIMD"), kind_of(bench.instance)
    packing = Packing(kind, *(bench.instance.int_of(name) for name in ("FACTOR_W", "LANES", "CHAIN")))
    width = packing.dot_width(simd)

    def drive() -> int:
        matrix, vector = operands(bench, kind, rows, simd)
        bench.signal("inputs").value = packed(vector, kind.input_bits, False)
        word = packed([weight for row in matrix for weight in row], kind.weight_bits, False)
        if bench.instance.int_of("OFFSET_WEIGHTS"):
            word ^= packing.weight_mask(simd, rows)
        bench.signal("weights").value = word
        more = dsp_excess(np.array(matrix), packing, simd, rows)
        totals = [product(row, vector) + int(extra) for row, extra in zip(matrix, more, strict=True)]
        assert all(0 <= total < 1 << width for total in totals)
        return sum(total << place * width for place, total in enumerate(totals))

    await check_pipeline(bench, bench.instance.int_of("STAGES"), drive, "dot")
