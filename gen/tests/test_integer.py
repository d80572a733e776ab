from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import load
from finn_rtl.common.integers import Accumulator
from finn_rtl.common.maps import Map
from finn_rtl.description.parameters import BatchNorm, LayerParameters
from finn_rtl.meaning.integer import fold_layer, neuron_threshold


def binary(inputs: int) -> Map:
    return Map(1, 1, inputs)


def popcount_threshold(gamma: float, beta: float, mean: float, spread: Fraction, inputs: int) -> tuple[int, bool]:
    return neuron_threshold(gamma, beta, mean, spread, Accumulator(inputs, binary(inputs)))


def float_decision(gamma: float, beta: float, mean: float, var: float, eps: float, dot: np.ndarray) -> np.ndarray:
    return gamma * (dot - mean) / np.sqrt(var + eps) + beta


@pytest.mark.parametrize("inputs", [1, 2, 7, 64, 784])
def test_thresholds_decide_as_float64_batch_norm_over_the_whole_range(inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    popcount = np.arange(inputs + 1)
    always = never = negated = 0
    for _ in range(400):
        gamma = float(np.float32(rng.normal())) * rng.choice([0.0, 1.0, 1.0, 1.0])
        beta, mean = (float(np.float32(rng.normal() * scale)) for scale in (2.0, inputs))
        var, eps = float(np.float32(rng.uniform(0, inputs))), 1e-5
        threshold, negate = popcount_threshold(gamma, beta, mean, Fraction(var) + Fraction(eps), inputs)
        value = float_decision(gamma, beta, mean, var, eps, 2 * popcount - inputs)
        # With the row negated, places that agreed differ and the other way round.
        fires = (inputs - popcount if negate else popcount) >= threshold
        clear = np.abs(value) > 1e-9
        assert np.array_equal(fires[clear], (value >= 0)[clear])
        always += threshold == 0
        never += threshold == inputs + 1
        negated += negate
    assert always and never and negated, "the random cases missed a kind"


@pytest.mark.parametrize("ifm", [Map(1, 1, 5, 4, True), Map(1, 1, 9, 3, False), Map(1, 1, 27, 8, True)])
def test_thresholds_on_dot_products_of_numbers(ifm: Map) -> None:
    """Inputs of several bits: the accumulator is the dot product itself."""
    rng = np.random.default_rng(ifm.channels)
    sums = Accumulator(ifm.channels, ifm)
    dot = np.arange(sums.low, sums.high + 1)
    kinds = set()
    for _ in range(300):
        gamma = float(np.float32(rng.normal())) * rng.choice([0.0, 1.0, 1.0, 1.0])
        beta, mean = float(np.float32(rng.normal() * 2)), float(np.float32(rng.normal() * sums.high / 2))
        var, eps = float(np.float32(rng.uniform(0, sums.high**2))), 1e-5
        threshold, negate = neuron_threshold(gamma, beta, mean, Fraction(var) + Fraction(eps), sums)
        value = float_decision(gamma, beta, mean, var, eps, dot)
        fires = (-dot if negate else dot) >= threshold
        clear = np.abs(value) > 1e-9
        assert np.array_equal(fires[clear], (value >= 0)[clear])
        kinds |= {"always" if threshold == sums.low else "never" if threshold > sums.high else "sometimes", negate}
    assert kinds == {"always", "never", "sometimes", True, False}, "the random cases missed a kind"


def test_ties_fire_exactly() -> None:
    # gamma (s - mean) / sqrt(var) + beta = (s - 3) / 2 - 0.5 is zero at s = 4, where floats may round either way.
    threshold, negate = popcount_threshold(1.0, -0.5, 3.0, Fraction(4), 10)
    assert (threshold, negate) == (7, False)  # s = 2 * 7 - 10 = 4
    threshold, negate = popcount_threshold(-1.0, 0.5, 3.0, Fraction(4), 10)
    assert (threshold, negate) == (3, True)  # s <= 4, so -s >= -4: 2 p - 10 >= -4


def test_irrational_deviation_is_compared_exactly() -> None:
    # s >= sqrt(2): the smallest even s is 2.
    assert popcount_threshold(1.0, -1.0, 0.0, Fraction(2), 8) == (5, False)
    assert popcount_threshold(1.0, 1.0, 0.0, Fraction(2), 8) == (4, False)  # s >= -sqrt(2): s = 0


@pytest.mark.parametrize(("beta", "threshold"), [(0.0, 0), (1.0, 0), (-1e-30, 5)])
def test_zero_slope_fires_always_or_never(beta: float, threshold: int) -> None:
    assert popcount_threshold(0.0, beta, 2.0, Fraction(1), 4) == (threshold, False)


def test_negative_slope_negates_the_row_only() -> None:
    weight = np.array([[1, -1, 1], [1, 1, -1]], np.int8)
    norm = BatchNorm(np.array([-1.0, 1.0]), np.zeros(2), np.zeros(2), np.ones(2), 0.0)
    layer = fold_layer(LayerParameters(weight, norm), Accumulator(3, binary(3)))
    assert layer.weight.tolist() == [[0, 1, 0], [1, 1, 0]]
    assert layer.threshold is not None and layer.threshold.tolist() == [2, 2]


def test_unsigned_thresholds_do_not_wrap(document: dict[str, Any], arrays: dict[str, Any],
                                         write_net: Callable[..., Path]) -> None:
    arrays["fc1.threshold"] = np.full(6, 2**64 - 1, np.uint64)
    threshold = load(str(write_net(document, arrays))).layers["fc1"].threshold
    assert threshold is not None and threshold.tolist() == [9] * 6


def test_ready_thresholds_are_limited_to_what_can_be_reached() -> None:
    weight = np.ones((3, 4), np.int8)
    layer = fold_layer(LayerParameters(weight, np.array([-7, 3, 99])), Accumulator(4, binary(4)))
    assert layer.threshold is not None and layer.threshold.tolist() == [0, 3, 5]
