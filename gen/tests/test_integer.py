"""Trained parameters become integers that decide as the definition does, for every accumulator that there can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import load
from finn_rtl.common.integers import Accumulator, Elements, IntegerLayer, Sums
from finn_rtl.common.maps import Map
from finn_rtl.description.parameters import BatchNorm, LayerParameters, Raw, Ready, Scaling
from finn_rtl.meaning.integer import fold_layer
from finn_rtl.meaning.thresholds import Line, row_thresholds
from finn_rtl.operators.schema import Quantizer, WeightKind

SIGN = [(Fraction(0), True)]
ROUNDINGS = ("half_even", "half_up", "half_down", "up", "down", "floor", "ceil")


def binary(inputs: int) -> Map:
    return Map(1, 1, inputs)


def sign_threshold(gamma: float, beta: float, mean: float, spread: Fraction, sums: Sums) -> tuple[int, bool]:
    """Threshold of a unit with batch norm and sign, and whether its weights are negated."""
    line = Line(Fraction(gamma), -Fraction(gamma) * Fraction(mean), spread, Fraction(beta))
    (threshold,), negate, falls = row_thresholds(line, SIGN, sums, can_negate=True)
    assert not falls
    return threshold, negate


def popcount_threshold(gamma: float, beta: float, mean: float, spread: Fraction, inputs: int) -> tuple[int, bool]:
    return sign_threshold(gamma, beta, mean, spread, Accumulator(inputs, binary(inputs)))


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
        threshold, negate = sign_threshold(gamma, beta, mean, Fraction(var) + Fraction(eps), sums)
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
    raw = Raw(Scaling(np.ones(2)), np.zeros(2), norm)
    layer = fold_layer(LayerParameters(weight, raw), Accumulator(3, binary(3)))
    assert layer.weight.tolist() == [[-1, 1, -1], [1, 1, -1]]
    assert layer.thresholds is not None and layer.thresholds.tolist() == [[2], [2]]
    assert not layer.falling.any() and weight[0, 0] == 1, "the parameters stay as they are"


def test_unsigned_thresholds_do_not_wrap(document: dict[str, Any], arrays: dict[str, Any],
                                         write_net: Callable[..., Path]) -> None:
    arrays["fc1.threshold"] = np.full(6, 2**64 - 1, np.uint64)
    thresholds = load(str(write_net(document, arrays))).layers["fc1"].thresholds
    assert thresholds is not None and thresholds.tolist() == [[9]] * 6


def ready(*rows: list[int], falling: tuple[bool, ...] | None = None) -> Ready:
    return Ready(np.array(rows), np.array(falling if falling else [False] * len(rows)))


def test_ready_thresholds_are_limited_to_what_can_be_reached() -> None:
    weight = np.ones((3, 4), np.int8)
    layer = fold_layer(LayerParameters(weight, ready([-7], [3], [99])), Accumulator(4, binary(4)))
    assert layer.thresholds is not None and layer.thresholds.tolist() == [[0], [3], [5]]


# What follows compares with the definition, written down again and evaluated at every accumulator value.


def rounded(value: Fraction, rounding: str) -> int:
    """A number rounded, by the words of docs/topology.md."""
    size, down = abs(value), floor(abs(value))
    away = 1 if value > 0 else -1
    match rounding:
        case "floor":
            return floor(value)
        case "ceil":
            return ceil(value)
        case "up":
            return away * ceil(size)
        case "down":
            return away * down
    half = Fraction(1, 2)
    if size - down != half:
        return away * floor(size + half)
    is_up = {"half_even": down % 2 == 1, "half_up": True, "half_down": False}[rounding]
    return away * (down + is_up)


@dataclass(frozen=True)
class Unit:
    """A unit as trained; `deviation` is the square root of var + eps, a whole number, so that all is rational."""

    step: Fraction
    bias: Fraction = Fraction(0)
    gamma: Fraction = Fraction(1)
    beta: Fraction = Fraction(0)
    mean: Fraction = Fraction(0)
    deviation: int = 1

    def real(self, dot: int) -> Fraction:
        return self.gamma * (dot * self.step + self.bias - self.mean) / self.deviation + self.beta

    def level(self, dot: int, scale: Fraction, quantizer: Quantizer) -> int:
        low, high = quantizer.range
        return min(max(rounded(self.real(dot) / scale, quantizer.rounding), low), high)


def result(layer: IntegerLayer, row: int, value: int) -> int:
    """What a row makes of an accumulator, by the words of IntegerLayer."""
    assert layer.thresholds is not None
    reached = sum(int(threshold) <= value for threshold in layer.thresholds[row])
    return layer.lowest + (layer.thresholds.shape[1] - reached if layer.falling[row] else reached)


def drawn(rng: np.random.Generator, kind: str, least: float = 0.0) -> float:
    """A number of float32 as learned ones are, a short decimal one, or a power of two."""
    match kind:
        case "learned":
            return float(np.float32(rng.uniform(0.05, 2.0) + least))
        case "decimal":
            return float(rng.integers(1, 20)) / 10
        case _:
            return float(2.0 ** rng.integers(-3, 2))


def check_layer(quantizer: Quantizer, units: list[Unit], scale: float, weight: np.ndarray, kind: WeightKind,
                sums: Sums) -> tuple[IntegerLayer, int]:
    """Fold the units, and compare every accumulator value; returns the layer, and how many values lie on a tie."""
    parameters = LayerParameters(weight, Raw(
        Scaling(np.array([float(unit.step) for unit in units])), np.array([float(unit.bias) for unit in units]),
        BatchNorm(*(np.array([float(getattr(unit, key)) for unit in units]) for key in ("gamma", "beta", "mean")),
                  np.array([float(unit.deviation**2) for unit in units]), 0.0), scale))
    layer = fold_layer(parameters, sums, quantizer, kind)
    assert layer.thresholds is not None and layer.thresholds.shape == (len(units), quantizer.levels)
    assert (np.diff(layer.thresholds, axis=1) >= 0).all()
    assert layer.thresholds.min() >= sums.low and layer.thresholds.max() <= sums.high + 1
    ties = 0
    for row, unit in enumerate(units):
        # A slope that falls is made to rise, or marked.
        is_negated = unit.gamma < 0 and not layer.falling[row]
        assert np.array_equal(layer.weight[row], -weight[row].astype(int) if is_negated else weight[row])
        assert layer.falling[row] == (unit.gamma < 0 and (not weight.shape[1] or weight[row].min() < -kind.range[1]))
        for value in range(sums.low, sums.high + 1):
            dot = sums.dot(value)
            if is_negated and not sums.dot(sums.low) <= -dot <= sums.dot(sums.high):
                continue
            found = result(layer, row, sums.value(-dot) if is_negated else value)
            assert found == unit.level(dot, Fraction(scale), quantizer), (unit, scale, dot)
            ties += (unit.real(dot) / Fraction(scale) * 2).denominator == 1
    return layer, ties


QUANTIZERS = [Quantizer(bits=bits, signed=signed, narrow=narrow)
              for bits, signed, narrow in ((1, False, False), (2, False, False), (2, True, True), (2, False, True),
                                           (3, True, False), (4, False, False), (4, True, True), (8, True, False))]


@pytest.mark.parametrize("kind", ["learned", "decimal", "power"])
@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_levels_are_those_of_the_definition(rounding: str, kind: str) -> None:
    """Any scales, biases and batch norm, rising, falling and flat; the root of a square, so that all is rational."""
    seed = 100 * ROUNDINGS.index(rounding) + len(kind)
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    seen: set[str] = set()
    ties = 0
    for quantizer in QUANTIZERS:
        quantizer = quantizer.model_copy(update={"rounding": rounding})
        weights = WeightKind(bits=int(rng.integers(2, 5)))
        inputs = int(rng.integers(1, 4))
        ifm = Map(1, 1, inputs, int(rng.integers(2, 4)), bool(rng.integers(2)))
        sums = Accumulator(inputs, ifm, weights.bits)
        units = [Unit(Fraction(drawn(rng, kind)), Fraction(drawn(rng, kind) * rng.choice([-1, 0, 1])),
                      Fraction(drawn(rng, kind) * rng.choice([-1, -1, 0, 1, 1])),
                      Fraction(drawn(rng, kind) * rng.choice([-1, 0, 1])),
                      Fraction(drawn(rng, kind) * int(rng.integers(-3, 4))), int(rng.integers(1, 4)))
                 for _ in range(8)]
        weight = rng.integers(*weights.range, (len(units), inputs), endpoint=True, dtype=np.int8)
        weight[::3, 0] = weights.range[0]
        layer, found = check_layer(quantizer, units, drawn(rng, kind), weight, weights, sums)
        ties += found
        assert layer.thresholds is not None
        seen |= {"falling"} if layer.falling.any() else set()
        seen |= {"negated"} if (layer.weight != weight).any() else set()
        seen |= {"equal"} if (np.diff(layer.thresholds, axis=1) == 0).any() else set()
        seen |= {"flat"} if any(unit.gamma == 0 for unit in units) else set()
    assert seen == {"falling", "negated", "equal", "flat"}, "the random cases missed a kind"
    assert ties > 50 or kind != "power"


def test_popcounts_have_levels_too() -> None:
    """Bits on both sides, several levels: thresholds are on the popcount, as for signs."""
    rng = np.random.default_rng(5)
    inputs = 9
    sums = Accumulator(inputs, binary(inputs))
    for quantizer in QUANTIZERS:
        units = [Unit(Fraction(drawn(rng, kind)), gamma=Fraction(sign)) for kind in ("decimal", "power")
                 for sign in (-1, 1)]
        weight = rng.choice(np.array([-1, 1], np.int8), (len(units), inputs))
        layer, _ = check_layer(quantizer, units, drawn(rng, "power"), weight, WeightKind(bits=1), sums)
        assert not layer.falling.any(), "rows of -1/+1 can be negated always"


def test_numbers_by_themselves_fall_where_their_slope_does() -> None:
    """An activation without weights has none to negate."""
    rng = np.random.default_rng(6)
    sums = Elements(Map(1, 1, 4, 7, True))
    units = [Unit(Fraction(1), Fraction(1, 4), Fraction(gamma)) for gamma in (-2, -1, 0, 1)]
    for rounding in ROUNDINGS:
        quantizer = Quantizer(bits=3, signed=True, rounding=rounding)  # type: ignore[arg-type]
        layer, _ = check_layer(quantizer, units, drawn(rng, "decimal"), np.zeros((4, 0), np.int8), WeightKind(bits=1),
                               sums)
        assert layer.falling.tolist() == [True, True, False, False]


def reaches(s: int, bound: Fraction, spread: Fraction, is_reached: bool) -> bool:
    """Whether s >= bound * sqrt(spread), or > for not `is_reached`; both sides squared with their signs."""
    left, right = s * abs(s), bound * abs(bound) * spread
    return left >= right if is_reached else left > right


@pytest.mark.parametrize("spread", [Fraction(2), Fraction(3, 7), Fraction(4, 9), Fraction(float(np.float32(0.1)))])
@pytest.mark.parametrize("slope", [1, -1])
def test_roots_are_compared_by_squares(spread: Fraction, slope: int) -> None:
    """Where the root is no fraction floats may round either way; where it is one, ties are met."""
    rng = np.random.default_rng(8)
    sums = Elements(Map(1, 1, 1, 7, True))
    bounds = [(Fraction(int(n), 2), bool(rng.integers(2))) for n in range(-41, 42)]
    thresholds, negate, falls = row_thresholds(Line(Fraction(slope), Fraction(0), spread), bounds, sums, False)
    assert not negate and falls == (slope < 0)
    for s in range(sums.low, sums.high + 1):
        reached = sum(threshold <= s for threshold in thresholds)
        expected = sum(reaches(slope * s, bound, spread, is_reached) for bound, is_reached in bounds)
        assert (len(bounds) - reached if falls else reached) == expected


def test_the_sign_of_zero_and_of_negative_zero_is_plus() -> None:
    raw = Raw(Scaling(np.ones(2)), np.array([0.0, -0.0]), None)
    layer = fold_layer(LayerParameters(np.ones((2, 1), np.int8), raw), Accumulator(1, Map(1, 1, 1, 2, True)))
    assert layer.thresholds is not None and layer.thresholds.tolist() == [[0], [0]]


def test_numbers_of_any_size_are_taken_exactly() -> None:
    """The largest and the least floats, and integers beyond 2^53."""
    sums = Accumulator(3, Map(1, 1, 3, 4, False), 4)
    scales = np.array([5e-324, 1.7e308, 1.0, 1.0])
    bias = np.array([0, 0, 2**53 + 1, -2**53 - 1])
    raw = Raw(Scaling(scales), bias, None, 1.0)
    layer = fold_layer(LayerParameters(np.ones((4, 3), np.int8), raw), sums, Quantizer(bits=2), WeightKind(bits=4))
    assert layer.thresholds is not None
    assert layer.thresholds.tolist() == [[sums.high + 1] * 3, [1] * 3, [sums.low] * 3, [sums.high + 1] * 3]


@pytest.mark.parametrize("falling", [False, True])
def test_ready_thresholds_of_levels_are_on_the_dot_product(falling: bool) -> None:
    rng = np.random.default_rng(9)
    quantizer = Quantizer(bits=2)
    for sums, kind in ((Accumulator(6, binary(6)), WeightKind(bits=1)),
                       (Accumulator(3, Map(1, 1, 3, 2), 3), WeightKind(bits=3)),
                       (Elements(Map(1, 1, 3, 5, True)), WeightKind(bits=1))):
        inputs = getattr(sums, "inputs", 0)
        rows = np.sort(rng.integers(-12, 13, (40, 3)))
        rows[0] = -2**62, 0, 2**62
        weight = rng.integers(*kind.range, (40, inputs), endpoint=True, dtype=np.int8) if kind.bits > 1 else \
            rng.choice(np.array([-1, 1], np.int8), (40, inputs))
        parameters = LayerParameters(weight, Ready(rows, np.full(40, falling)))
        layer = fold_layer(parameters, sums, quantizer, kind)
        for row in range(40):
            sign = -1 if falling and not layer.falling[row] else 1
            assert np.array_equal(layer.weight[row], sign * weight[row].astype(int))
            for value in range(sums.low, sums.high + 1):
                dot = sums.dot(value)
                if not sums.dot(sums.low) <= sign * dot <= sums.dot(sums.high):
                    continue
                reached = sum(int(threshold) <= dot for threshold in rows[row])
                assert result(layer, row, sums.value(sign * dot)) == (3 - reached if falling else reached)


def test_ranges_follow_from_the_bits() -> None:
    """The largest sums that there can be, found by trying all products."""
    for bits, narrow in ((1, False), (2, False), (2, True), (5, False), (8, True)):
        kind = WeightKind(bits=bits, narrow=narrow)
        weights = (-1, 1) if bits == 1 else range(kind.range[0], kind.range[1] + 1)
        for ifm in (Map(1, 1, 1), Map(1, 1, 1, unipolar=True), Map(1, 1, 1, 3), Map(1, 1, 1, 3, True)):
            values = (-1, 1) if ifm.is_bipolar else range(ifm.low, ifm.high + 1)
            products = [weight * value for weight in weights for value in values]
            sums = Accumulator(5, ifm, bits, narrow)
            if sums.is_popcount:
                assert (sums.low, sums.high, sums.bits) == (0, 5, 3)
                continue
            assert (sums.low, sums.high) == (5 * min(products), 5 * max(products))
            assert -(1 << sums.bits - 1) <= sums.low and sums.high < 1 << sums.bits - 1
            assert sums.low < -(1 << sums.bits - 2) or sums.high >= 1 << sums.bits - 2
