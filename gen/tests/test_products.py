"""Products of few bits in numbers: what dot products are more than the true ones, widths, and LUTs against Yosys'.

That levels and numbers are those of the RTL is tested with the RTL, in verif/test_mvtu_products.py.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from finn_rtl.ips.packing import Packing, dsp_excess, packed_luts
from finn_rtl.ips.products import Operands, columns, excess, group, planes, weight_digits
from finn_rtl.tools import synth
from finn_rtl.tools.eda import core_sources

pytestmark = pytest.mark.steady

BITS = range(1, 9)


def numbers(bits: int, narrow: bool = False) -> list[int]:
    """What a weight can be."""
    half = 1 << bits - 1
    return [-1, 1] if bits == 1 else list(range(-half + narrow, half))


@pytest.mark.parametrize("bits", BITS)
def test_digits_are_those_of_the_weight(bits: int) -> None:
    weights = np.array(numbers(bits))
    digits = weight_digits(weights, bits)
    assert (sum(digit << 2 * k for k, digit in enumerate(digits)) == weights).all()
    kind = Operands(4, bits)
    for k, digit in enumerate(digits):
        assert np.abs(digit).max() == kind.digit_high(k)
    if bits == 2:
        assert np.abs(weight_digits(weights[1:], bits)).max() == Operands(4, 2, narrow=True).digit_high(0) == 1


@pytest.mark.parametrize(("input_bits", "bits", "narrow"), list(product((1, 2, 3), BITS, (False, True))))
def test_excess_leaves_numbers_from_zero_to_the_largest(input_bits: int, bits: int, narrow: bool) -> None:
    """Over all inputs, for each weight alone: with two inputs the ends of a sum of products are those of each."""
    for signed, bipolar in ((False, False), (True, False), (False, True)):
        if (signed and input_bits == 1) or (bipolar and input_bits > 1):
            continue
        kind = Operands(input_bits, bits, signed, narrow, bipolar)
        half = 1 << input_bits - 1 if signed else 0
        inputs = np.array([-1, 1]) if bipolar else np.arange(1 << input_bits) - half
        weights = np.array(numbers(bits, narrow))[:, None]
        dots = weights * inputs + excess(weights, kind)[:, None]
        high = kind.product_high * (2 if bipolar else 1)
        assert dots.min() == 0 and dots.max() == high
        assert high.bit_length() == kind.sum_width(1) + int(bipolar)


def test_excess_adds_up() -> None:
    kind, weights = Operands(3, 4, signed=True), np.array([[1, -8, 7], [0, 3, -3]])
    each = [excess(weights[:, place:place + 1], kind) for place in range(3)]
    assert (excess(weights, kind) == sum(each)).all()


@pytest.mark.parametrize(("size", "number"), [(1, 1), (2, 8), (3, 8), (32, 2), (100, 3), (4095, 2)])
def test_columns_take_every_product(size: int, number: int) -> None:
    plan = columns(size, number)
    for column in range(number):
        adders = [level[column] for level in plan.adders]
        assert 3 * plan.leaves[column] + 2 * sum(adders) >= size
    assert not any(plan.leaves[number:]) and not any(any(level[number:]) for level in plan.adders)
    largest = size * ((1 << number) - 1)
    assert sum(height << column for column, height in enumerate(plan.heap)) >= largest


def test_group_fills_the_bits_of_four() -> None:
    assert [group(32, Operands(bits, 2)) for bits in (1, 2, 3, 4, 8)] == [7, 5, 4, 4, 4]
    assert group(3, Operands(4, 4)) == 3


@pytest.mark.parametrize(("input_bits", "bits", "factor", "lanes"), [
    (2, 2, 25, 8), (2, 3, 25, 6), (3, 3, 25, 5), (4, 4, 25, 4), (8, 8, 25, 2), (4, 8, 25, 2),
    (2, 2, 18, 6), (4, 4, 18, 3), (8, 8, 18, 1),
])
def test_lanes_of_a_multiplier(input_bits: int, bits: int, factor: int, lanes: int) -> None:
    """As many as there can be, and their factors fit."""
    packing = Packing(Operands(input_bits, bits), factor)
    assert packing.most_lanes == lanes
    low = -1 << bits - 1 + packing.spacing * (lanes - 1)
    high = (1 << bits - 1 + packing.spacing * (lanes - 1)) - 1
    assert -(1 << factor - 1) <= low and high < 1 << factor - 1


@pytest.mark.parametrize("packing", [
    Packing(Operands(2, 2)), Packing(Operands(4, 4)), Packing(Operands(4, 4), 25, 3), Packing(Operands(8, 8, True)),
    Packing(Operands(3, 5), 18),
])
def test_packed_excess(packing: Packing) -> None:
    """The ends of the range of every lane are in the bits of a dot product."""
    kind, rows, simd = packing.kind, packing.lanes + 1, 8
    half = 1 << kind.weight_bits - 1
    inputs = np.full(simd, kind.input_high - (1 << kind.input_bits - 1 if kind.signed else 0))
    for weight in (-half, half - 1):
        weights = np.full((rows, simd), weight)
        dots = weights @ inputs + dsp_excess(weights, packing, simd, rows)
        assert dots.min() >= 0 and int(dots.max()).bit_length() <= packing.dot_width(simd)
    twice = np.tile(weights, (1, 3))
    assert (dsp_excess(twice, packing, simd, rows) == 3 * dsp_excess(weights, packing, simd, rows)).all()


def test_mask_of_offset_weights() -> None:
    """The top bits of all weights but those of the topmost lanes: rows 1 and 2 here."""
    assert Packing(Operands(2, 2), 25, 2).weight_mask(2, 3) == 0b1010


@pytest.mark.parametrize(("simd", "kind"), [(32, Operands(2, 1)), (16, Operands(2, 2)), (8, Operands(4, 4))])
def test_luts_are_those_of_yosys(simd: int, kind: Operands, tmp_path: Path) -> None:
    parameters = {"SIMD": simd, "INPUT_W": kind.input_bits, "WEIGHT_W": kind.weight_bits}
    found = lut_and_dsp("mvtu_dot_planes", parameters, tmp_path)
    assert found[0] <= planes(simd, kind)[1] + 2 <= 1.1 * found[0] + 6


@pytest.mark.parametrize("lanes", [4, 3])
def test_multipliers_are_those_of_yosys(lanes: int, tmp_path: Path) -> None:
    packing = Packing(Operands(4, 4), 25, lanes)
    parameters = {"ROWS": lanes, "SIMD": 4, "LANES": lanes, "OFFSET_WEIGHTS": 1, "STAGES": packing.front(4)}
    lut, dsp = lut_and_dsp("mvtu_dot_dsp", parameters, tmp_path)
    assert dsp == 4
    assert lut <= packed_luts(packing, 4, lanes) + 2 <= 1.2 * lut + 10


def lut_and_dsp(module: str, parameters: dict[str, int], folder: Path) -> tuple[int, int]:
    """Yosys' figures of a module."""
    part = synth.Part(module, module, tuple((name, str(value)) for name, value in parameters.items()))
    job = synth.make_job(part, core_sources("finn:ip:mvtu"), {}, folder / "part")
    used = synth.usage(synth.run_yosys(job.commands, job.folder))
    return used.lut, used.dsp
