"""Requantization that gives the levels of thresholds: found, exact, and none where there is none."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import floor
from typing import Any

import numpy as np
import pytest

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.ips.catalog import check
from finn_rtl.ips.requant import Requant, fitted_requant
from finn_rtl.ips.requant_fit import RequantFit, fit_requant, requantized, row_reach

pytestmark = pytest.mark.steady


def levels(x: np.ndarray, thresholds: np.ndarray, lowest: int, falling: np.ndarray) -> np.ndarray:
    """By counting: of numbers (n,), (n, channels)."""
    reached = (x[:, None, None] >= thresholds[None]).sum(axis=2)
    return lowest + np.where(falling, thresholds.shape[1] - reached, reached)


def same(fit: RequantFit, thresholds: np.ndarray, reach: tuple[int, int], lowest: int, falling: np.ndarray) -> bool:
    """Over every number that can come."""
    x = np.arange(reach[0], reach[1] + 1)
    wanted = levels(x, thresholds, lowest, falling)
    return bool((requantized(x[:, None], fit, lowest, thresholds.shape[1]) == wanted).all())


def quantizer(slope: Fraction, offset: Fraction, count: int) -> list[int]:
    """Thresholds of floor(slope * x + offset): the least x that gives 1, 2 and so on."""
    return [-floor(-(k - offset) / slope) for k in range(1, count + 1)]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("lowest", [0, -8])
def test_linear_quantizers_are_found(bits: int, lowest: int) -> None:
    rng = np.random.default_rng(bits)
    count, reach = (1 << bits) - 1, (-3000, 2999)
    rows = []
    for _ in range(40):
        slope = Fraction(int(rng.integers(400, 4000)), 4000) * count / 255
        rows.append(quantizer(slope, Fraction(int(rng.integers(-9999, 9999)), 100), count))
    thresholds, falling = np.array(rows), rng.integers(0, 2, 40) == 1
    fit = fit_requant(thresholds, reach, lowest, falling)
    assert fit is not None and same(fit, thresholds, reach, lowest, falling)
    assert fit.scale_bits <= 25 and fit.offset_bits <= 48
    assert ((fit.scale <= 0) == falling)[fit.scale != 0].all()
    # One bit less does not serve, one more does.
    if fit.shift:
        assert fit_requant(thresholds, reach, lowest, falling, shift=fit.shift - 1) is None
    more = fit_requant(thresholds, reach, lowest, falling, shift=fit.shift + 1, scale_bits=26, offset_bits=49)
    assert more is not None and same(more, thresholds, reach, lowest, falling)


def search(thresholds: np.ndarray, reach: tuple[int, int], bits: int, shift: int) -> bool:
    """Whether any scale and offset of so many bits serve, all tried."""
    x = np.arange(reach[0], reach[1] + 1)
    count = thresholds.size
    wanted = (x[:, None] >= thresholds).sum(axis=1)
    scales = np.arange(0, 1 << bits - 1)
    offsets = np.arange(-(1 << 9), 1 << 9)
    found = np.clip(x[:, None, None] * scales[:, None] + offsets >> shift, 0, count)
    return bool((found == wanted[:, None, None]).all(axis=0).any())


def test_it_finds_what_there_is_and_nothing_else() -> None:
    """Against all scales and offsets, for thresholds of any kind."""
    rng = np.random.default_rng(7)
    seen = set()
    for number in range(300):
        reach = (int(rng.integers(-12, 1)), int(rng.integers(1, 12)))
        thresholds = np.sort(rng.integers(reach[0] - 2, reach[1] + 3, (1, int(rng.choice((1, 3, 7))))), axis=1)
        if number % 3 == 0:
            # About equal steps.
            thresholds = np.sort(rng.integers(-3, 3) + np.arange(3)[None] * rng.integers(1, 4) + rng.integers(0, 2, 3))
        shift = int(rng.integers(0, 5))
        fit = fit_requant(thresholds, reach, scale_bits=6, offset_bits=10, shift=shift)
        assert (fit is not None) == search(thresholds[0], reach, 6, shift), (thresholds, reach, shift)
        if fit is not None:
            assert same(fit, thresholds, reach, 0, np.zeros(1, bool))
        seen.add(fit is not None)
    assert seen == {True, False}


def test_no_line_goes_through_uneven_steps() -> None:
    assert fit_requant(np.array([[0, 1, 100]]), (-200, 200)) is None
    assert fit_requant(np.array([[0, 50, 100], [0, 1, 100]]), (-200, 200)) is None
    # What nothing reaches does not matter.
    fit = fit_requant(np.array([[0, 1, 100]]), (-200, 2))
    assert fit is not None and same(fit, np.array([[0, 1, 100]]), (-200, 2), 0, np.zeros(1, bool))


def test_bounds_of_bits_are_kept() -> None:
    thresholds = np.array([quantizer(Fraction(1, 1000), Fraction(-7, 3), 15)])
    fit = fit_requant(thresholds, (-40000, 40000))
    assert fit is not None
    assert fit_requant(thresholds, (-40000, 40000), scale_bits=fit.scale_bits, offset_bits=fit.offset_bits) is not None
    assert fit_requant(thresholds, (-40000, 40000), scale_bits=2) is None
    assert fit_requant(thresholds, (-40000, 40000), offset_bits=2) is None


def test_the_widest_numbers_do_not_wrap() -> None:
    reach = (-(1 << 31), (1 << 31) - 1)
    thresholds = np.array([quantizer(Fraction(1, 1 << 24), Fraction(1, 3), 255),
                           quantizer(Fraction(3 << 21, 1 << 47), Fraction(100), 255)])
    fit = fit_requant(thresholds, reach)
    assert fit is not None
    points = np.concatenate([np.clip(thresholds.ravel() + d, *reach) for d in (-1, 0, 1)] + [np.array(reach)])
    wanted = levels(points, thresholds, 0, np.zeros(2, bool))
    got = np.array([[min(255, max(0, (int(x) * int(m) + int(b)) >> fit.shift))
                     for m, b in zip(fit.scale, fit.offset, strict=True)] for x in points])
    assert (got == wanted).all()


def test_a_channel_that_never_changes() -> None:
    thresholds, falling = np.array([[50, 60, 70], [-90, -80, -70], [50, 60, 70]]), np.array([False, False, True])
    fit = fit_requant(thresholds, (-10, 10), -2, falling)
    assert fit is not None and same(fit, thresholds, (-10, 10), -2, falling)
    assert fit.shift == 0 and not fit.scale.any()


def unit(fit: RequantFit, ifm: Map, lowest: int, count: int, **more: Any) -> Requant:
    return Requant("a", ifm, 2, count.bit_length(), lowest, count, fit.shape, **more)


@pytest.mark.parametrize(("lowest", "count"), [(0, 15), (-8, 15), (-7, 14), (0, 1)])
def test_the_ip_of_a_fit(lowest: int, count: int) -> None:
    ifm = Map(3, 2, 6, 12, True, (-1500, 1400))
    thresholds = np.array([quantizer(Fraction(count, 2000 + 100 * i), Fraction(i - 3), count) for i in range(6)])
    fit = fit_requant(thresholds, (ifm.low, ifm.high), lowest)
    assert fit is not None
    ip = unit(fit, ifm, lowest, count)
    check("requant", ip.parameters("net"), "net")
    assert ip.element is not None and ip.element.signed == (lowest < 0)
    files = ip.files("net", IntegerLayer(np.zeros((6, 0), np.int8), thresholds, lowest=lowest))
    for what, numbers, width in (("scales", fit.scale, fit.scale_bits), ("offsets", fit.offset, fit.offset_bits)):
        words = [int(line, 16) for line in files[f"net__a_{what}.mem"].split()]
        assert len(words) == 3
        for channel, number in enumerate(numbers):
            assert words[channel // 2] >> channel % 2 * width & (1 << width) - 1 == int(number) % (1 << width)


def test_where_its_numbers_go_and_what_multiplies() -> None:
    fit = RequantFit(20, np.full(512, 1 << 14), np.full(512, 1 << 25))
    ifm = Map(1, 1, 512, 16, True)
    ip = unit(fit, ifm, 0, 255, use_dsp=1)
    in_luts = replace(ip, scale_style="distributed", offset_style="distributed")
    assert ip.cost.bram36 > 0 == in_luts.cost.bram36 and ip.cost.lut < in_luts.cost.lut
    assert [memory.field for memory in ip.memories] == ["scale_style", "offset_style"]
    assert ip.parameters("net")["SCALE_STYLE"] == "block"
    assert in_luts.parameters("net")["OFFSET_STYLE"] == "distributed"
    by_luts, by_slices = ip.arithmetics
    assert by_slices.fields == {"use_dsp": 1} and by_slices.dsp == 2 == ip.cost.dsp and by_slices.lut == ip.cost.lut
    assert by_luts.fields == {"use_dsp": 0} and by_luts.dsp == 0 and by_luts.lut > ip.cost.lut + 2 * 16 * 16
    assert [replace(ip, **way.fields).parameters("net")["USE_DSP"] for way in ip.arithmetics] == ["no", "yes"]
    assert not replace(ip, ifm=Map(1, 1, 2, 16, True)).memories
    assert ip.frames_held == 1 + 1


def test_each_row_has_a_reach_of_its_own() -> None:
    """What no accumulator of a row comes to need not be met."""
    rng = np.random.default_rng(3)
    weight = rng.integers(-8, 8, (5, 3)).astype(np.int8)
    low, high = row_reach(weight, (-1, 3))
    every = np.array(list(product(range(-1, 4), repeat=3))) @ weight.T.astype(np.int64)
    assert (low == every.min(axis=0)).all() and (high == every.max(axis=0)).all()
    # Uneven steps beyond the reach of the first row, within that of the second.
    uneven, rows = np.array([[0, 2, 4, 100]]), np.array([[1, 1], [20, 20]], np.int8)
    ifm = Map(1, 1, 1, 9, True)
    fits = [fitted_requant(IntegerLayer(row[None], uneven), ifm, (-3, 3)) for row in rows]
    assert [fit is not None for fit in fits] == [True, False]
    assert fitted_requant(IntegerLayer(rows[:1], uneven), ifm, None) is None


@pytest.mark.parametrize("seed", range(6))
def test_layers_of_any_kind(seed: int) -> None:
    """Every accumulator that inputs can give, of rows that rise and fall: levels as counted, or no fit."""
    rng = np.random.default_rng(seed)
    bits, values = int(rng.integers(2, 6)), ((0, 3), (-2, 1), (-1, 1))[seed % 3]
    weight = rng.integers(-7, 8, (6, 4)).astype(np.int8)
    rows = [quantizer(Fraction(int(rng.integers(1, 99)), 100), Fraction(int(rng.integers(-500, 500)), 100),
                      (1 << bits) - 1) for _ in weight]
    layer = IntegerLayer(weight, np.array(rows), rng.integers(0, 2, 6) == 1, -(1 << bits - 1))
    fit = fitted_requant(layer, Map(1, 1, 6, 12, True), values)
    assert fit is not None
    assert layer.thresholds is not None
    sums = np.array(list(product(range(values[0], values[1] + 1), repeat=4))) @ weight.T.astype(np.int64)
    wanted = np.column_stack([levels(sums[:, i], layer.thresholds[i:i + 1], layer.lowest, layer.falling[i:i + 1])
                              for i in range(6)])
    assert (requantized(sums, fit, layer.lowest, layer.thresholds.shape[1]) == wanted).all()
    # The shape that was found is enough to find the same again.
    again = fitted_requant(layer, Map(1, 1, 6, 12, True), values, fit.shape)
    assert again is not None and (again.scale == fit.scale).all() and (again.offset == fit.offset).all()


def test_the_shape_of_a_fit_finds_it_again() -> None:
    """Scales that fall too: of -2 the bits of +2 are asked for, for it is found as one that rises."""
    falling = np.array([True])
    fit = fit_requant(np.array([[14, 14, 15]]), (0, 40), falling=falling)
    assert fit is not None and fit.scale[0] == -2
    again = fit_requant(np.array([[14, 14, 15]]), (0, 40), 0, falling, *(fit.scale_bits, fit.offset_bits, fit.shift))
    assert again == fit or (again is not None and (again.scale == fit.scale).all())
