"""The compiled kernels of the reference against numpy's."""

from __future__ import annotations

import ctypes
import random

import numpy as np
import pytest

from finn_rtl.common.integers import IntegerLayer, weight_range
from finn_rtl.common.libraries import load
from finn_rtl.common.maps import Map
from finn_rtl.meaning import compiled
from finn_rtl.meaning.compiled import Inputs
from finn_rtl.meaning.kernels import layer_output, numbers, windows


@pytest.fixture(params=["native", "portable"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ctypes.CDLL:
    """The kernels as built for this machine, and as for any."""
    options = compiled.OPTIONS if request.param == "native" else compiled.PORTABLE_OPTIONS
    found = load(compiled.SOURCE, options, request.param)
    monkeypatch.setattr(compiled, "library", lambda: found)
    return found


def _layer(choose: random.Random, units: int, elements: int, bits: int, levels: int, bound: int) -> IntegerLayer:
    numpy = np.random.default_rng(choose.getrandbits(32))
    low, high = weight_range(bits, choose.random() < 0.5)
    weight = numpy.integers(low, high + 1, (units, elements)).astype(np.int8)
    if bits == 1:
        weight = np.where(weight > 0, 1, -1).astype(np.int8)
    if not levels:
        return IntegerLayer(weight, None)
    thresholds = np.sort(numpy.integers(-bound, bound + 1, (units, levels)), axis=1).astype(np.int64)
    return IntegerLayer(weight, thresholds, numpy.random(units) < 0.3, choose.choice((0, -levels // 2)))


@pytest.mark.parametrize("seed", range(60))
def test_windows_are_computed_as_by_numpy(library: ctypes.CDLL, seed: int) -> None:
    choose = random.Random(seed)
    numpy = np.random.default_rng(seed)
    is_bipolar = choose.random() < 0.4
    bits, signed = (1, False) if is_bipolar else (choose.choice((1, 2, 3, 4, 8, 15)), choose.random() < 0.5)
    weight_bits = choose.choice((1, 1, 2, 3, 4, 8))
    is_popcount = is_bipolar and weight_bits == 1 and choose.random() < 0.7
    channels, units = choose.choice((1, 3, 16, 63, 64, 65, 128)), choose.choice((1, 5, 16, 17, 64))
    kernel = (choose.randint(1, 3), choose.randint(1, 3))
    height, width = (size + choose.randint(0, 5) for size in kernel)
    stride = (choose.randint(1, 3), choose.randint(1, 3))
    padding = tuple(choose.randrange(size) for size in (kernel[0], kernel[0], kernel[1], kernel[1]))
    if bits == 1:
        ifm, signed = Map(height, width, channels, unipolar=not is_bipolar), False
    else:
        ifm = Map(height, width, channels, bits, signed)
    low, high = (0, 1) if bits == 1 else ifm.held
    maps = numpy.integers(low, high + 1, (choose.randint(1, 3), height, width, channels)).astype(np.int32)
    elements = kernel[0] * kernel[1] * channels
    bound = elements if is_popcount else 2 * elements * ifm.largest
    layer = _layer(choose, units, elements, weight_bits, choose.choice((0, 1, 3, 15)), bound)
    found = compiled.matrix(layer, maps, Inputs(bits, signed, is_bipolar, is_popcount), kernel, stride, padding)
    held = windows(maps, kernel, stride, padding)
    vectors = held if is_popcount else numbers(held, ifm)
    wanted = layer_output(layer, vectors.reshape(-1, elements), is_popcount).reshape(*held.shape[:3], -1)
    assert found is not None and np.array_equal(found, wanted), f"seed {seed}"


def test_numpy_takes_over_where_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINN_NUMPY", "1")
    compiled.library.cache_clear()
    try:
        layer = _layer(random.Random(1), 4, 8, 1, 1, 4)
        assert compiled.matrix(layer, np.zeros((1, 1, 1, 8), np.int32), Inputs(1, False, True, True), (1, 1)) is None
    finally:
        compiled.library.cache_clear()
