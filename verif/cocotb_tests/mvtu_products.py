# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Dot products of few bits by few bits against integer arithmetic."""

from __future__ import annotations

import numpy as np

from cocotb_tests.bit_heap import CLOCK_AND_ENABLE, check_pipeline
from finn_rtl.ips.products import Operands, excess, planes
from finn_verif.bench import Bench, each
from finn_verif.testbench import Instance, Port


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
    Operands(8, 1, signed=True), Operands(1, 2), Operands(1, 2, bipolar=False), Operands(1, 2, narrow=True),
    Operands(2, 2), Operands(2, 2, signed=True), Operands(2, 2, narrow=True), Operands(3, 2, True, True),
    Operands(4, 2), Operands(2, 3), Operands(3, 3), Operands(3, 3, True, True), Operands(4, 4), Operands(4, 4, True),
    Operands(2, 5), Operands(5, 5, True), Operands(6, 6, False, True), Operands(7, 7), Operands(8, 8, True),
    Operands(8, 8, False, True),
]
SIZES = (1, 2, 3, 4, 6)
PLANES = [make_planes(SIZES[place % len(SIZES)], 0, kind) for place, kind in enumerate(KINDS)]
# Every number of registers.
PLANES += [
    make_planes(simd, stages, kind)
    for simd, kind in ((9, Operands(2, 1)), (12, Operands(2, 2)), (4, Operands(4, 4, True)))
    for stages in range(1, planes(simd, kind)[0])
]
INSTANCES = [*PLANES]


def kind_of(instance: Instance) -> Operands:
    """What an instance multiplies."""
    names = ("INPUT_W", "WEIGHT_W", "SIGNED_INPUTS", "NARROW_WEIGHTS", "BIPOLAR")
    input_bits, weight_bits, signed, narrow, bipolar = (instance.int_of(name) for name in names)
    return Operands(input_bits, weight_bits, bool(signed), bool(narrow), bool(bipolar))


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


@each(PLANES)
async def planes_exceed_the_product_by_weights(bench: Bench) -> None:
    """The dot product of STAGES enabled cycles ago, and what the weights alone tell."""
    simd, kind = bench.instance.int_of("SIMD"), kind_of(bench.instance)
    weights, inputs = weight_numbers(kind), input_numbers(kind)
    width = next(port.width for port in bench.instance.ports if port.name == "dot")

    def drive() -> int:
        few = [bench.rng.choice(weights) for _ in range(2)]
        row = [bench.rng.choice(bench.rng.choice((weights, few, weights[:1]))) for _ in range(simd)]
        # The ends of both ranges too, as the weight's sign has it.
        ends = (inputs[0], inputs[-1]) if bench.rng.random() < 0.5 else (inputs[-1], inputs[0])
        is_wild = bench.rng.random() < 0.5
        vector = [bench.rng.choice(inputs) if is_wild else ends[weight > 0] for weight in row]
        bench.signal("inputs").value = packed(vector, kind.input_bits, kind.is_bipolar)
        bench.signal("weights").value = packed(row, kind.weight_bits, kind.weight_bits == 1)
        product = sum(a * b for a, b in zip(vector, row, strict=True)) + int(excess(np.array([row]), kind)[0])
        assert 0 <= product < 1 << width
        return product

    await check_pipeline(bench, bench.instance.int_of("STAGES"), drive, "dot")
