"""The quantizers of QONNX, FINN's exports, and ONNX itself: rules from numbers to integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.numbers import ROUNDINGS, Numbers, Real, Whole, distance_to_boundary, rounded
from finn_rtl.importer.places import Place
from finn_rtl.importer.values import Constant

# A bias has up to 32 bits; its quantizer is a constant's.
MOST_BITS = 32
MOST_WHOLE = 2.0 ** 53
QUANT = ("Quant", "IntQuant", "BipolarQuant")


def scalar(place: Place, what: str, constant: Constant) -> float:
    """A constant of one element."""
    if constant.array.size != 1:
        raise place.error(f"{what} has shape {constant.array.shape}: must be one number")
    return float(constant.array.reshape(())[()])


def checked_scale(place: Place, array: NDArray[Any]) -> NDArray[np.float32]:
    """Scales: floating point, finite, and greater than 0."""
    if array.dtype.kind != "f":
        raise place.error(f"scale of type {array.dtype}: must be floating point")
    values = np.asarray(array, np.float32)
    wrong = values[~(np.isfinite(values) & (values > 0))]
    if wrong.size:
        raise place.error(f"scale {wrong.reshape(-1)[0]}: must be a finite number greater than 0")
    return values


def checked_whole(place: Place, what: str, array: NDArray[Any]) -> Whole:
    """Whole numbers."""
    values = np.asarray(array, np.float64)
    wrong = values[~((np.abs(values) < MOST_WHOLE) & (values == np.rint(values)))]
    if wrong.size:
        raise place.error(f"{what} {wrong.reshape(-1)[0]}: must be a whole number")
    return values.astype(np.int64)


@dataclass(frozen=True)
class Quant:
    """QONNX's Quant: clip(x / s + z), rounded, less z. `bits` 1 and signed: -1 or +1."""

    bits: int
    signed: bool
    narrow: bool
    mode: str

    @property
    def is_bipolar(self) -> bool:
        """Whether it is -1 or +1."""
        return self.bits == 1 and self.signed

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest integer, the zero point among it."""
        if self.signed:
            return -(1 << self.bits - 1) + self.narrow, (1 << self.bits - 1) - 1
        return 0, (1 << self.bits) - 1 - self.narrow

    def scaled(self, x: Real, scale: Any, zero: Any) -> Real:
        """What is rounded, in the order of the graph."""
        found: Real = x / scale + zero
        return found

    def integers(self, y: Real, zero: Whole | int) -> Whole:
        """What becomes of that, the zero point taken off."""
        if self.is_bipolar:
            return np.where(y >= 0, 1, -1).astype(np.int64)
        low, high = self.range
        found: Whole = rounded(np.clip(y, low, high), self.mode).astype(np.int64) - zero
        return found

    def distance(self, y: Real) -> Real:
        """How far from a boundary it is."""
        return np.abs(y) if self.is_bipolar else distance_to_boundary(y, self.mode, *self.range)


def quant_of(node: GraphNode, bits: Constant | None) -> Quant:
    """The rule of a Quant, IntQuant or BipolarQuant.

    Raises:
        FinnError: bits or rounding are not known.
    """
    if bits is None:
        return Quant(1, True, False, "ROUND")
    count = int(checked_whole(node.place, "bit width", np.asarray(scalar(node.place, "bit width", bits))))
    if not 1 <= count <= MOST_BITS:
        raise node.place.error(f"bit width {count}: must be 1 to {MOST_BITS}")
    mode = node.text("rounding_mode", "ROUND").upper()
    if mode not in ROUNDINGS:
        raise node.place.error(f"rounding mode {mode!r}: one of {', '.join(ROUNDINGS)} is known")
    flags = {name: node.whole(name, default) for name, default in (("signed", 1), ("narrow", 0))}
    wrong = next((name for name, value in flags.items() if value not in (0, 1)), None)
    if wrong is not None:
        raise node.place.error(f"{wrong} {flags[wrong]}: must be 0 or 1")
    return Quant(count, bool(flags["signed"]), bool(flags["narrow"]), mode)


def quantized(numbers: Numbers, rule: Quant, scale: float, zero: int) -> Numbers:
    """Numbers of one channel behind a Quant."""
    y = rule.scaled(numbers.real, numbers.cast(scale), numbers.cast(zero))
    seen = numbers.near(y, rule.distance(y), 1 / scale)
    return _marked(seen.exact(rule.integers(y, zero), scale), True)


def _marked(numbers: Numbers, is_quantized: bool) -> Numbers:
    return Numbers(numbers.real, numbers.q, numbers.scale, is_quantized, numbers.ulp, numbers.is_near)


def quantized_linear(numbers: Numbers, scale: float, zero: int, limits: tuple[int, int]) -> Numbers:
    """Numbers behind QuantizeLinear: rounded before the zero point is added, and limited; integers."""
    y = numbers.real / numbers.cast(scale)
    seen = numbers.near(y, distance_to_boundary(y, "ROUND", limits[0] - zero, limits[1] - zero), 1 / scale)
    q = np.clip(np.rint(y), limits[0] - zero, limits[1] - zero).astype(np.int64) + zero
    return _marked(seen.exact(q, 1.0), True)


def dequantized(place: Place, numbers: Numbers, scale: float, zero: int) -> Numbers:
    """Integers behind DequantizeLinear."""
    if numbers.q is None or numbers.scale != 1:
        raise place.error("reads what are no integers: QuantizeLinear must stand in front of it")
    return _marked(numbers.exact(numbers.q - zero, scale, scale), numbers.is_quantized)


def counted(numbers: Numbers, thresholds: Real, out_scale: float, out_bias: float) -> Numbers:
    """Numbers behind MultiThreshold: the count of thresholds reached, times a scale, and a bias."""
    own = thresholds.astype(numbers.real.dtype)
    count = np.searchsorted(own, numbers.real, "right").astype(np.int64)
    if numbers.ulp is not None and len(own):
        beside = np.stack([own[np.clip(count - 1, 0, len(own) - 1)], own[np.clip(count, 0, len(own) - 1)]])
        numbers = numbers.near(numbers.real, np.abs(beside - numbers.real).min(axis=0), 1.0)
    values = np.arange(len(own) + 1) * np.float64(out_scale) + out_bias
    if (values == np.rint(values)).all():
        return _marked(numbers.exact(values.astype(np.int64)[count], 1.0), True)
    offset = out_bias / out_scale
    if offset == round(offset):
        return _marked(numbers.exact(count + int(offset), out_scale), True)
    return numbers.moved(numbers.cast(out_bias) + count.astype(numbers.real.dtype) * numbers.cast(out_scale))


def signed(place: Place, numbers: Numbers) -> Numbers:
    """Numbers behind Sign, which makes 0 of 0.

    Raises:
        FinnError: one of them is 0.
    """
    if (numbers.real == 0).any():
        raise place.error("a 0 can stand in front of it, and the sign of 0 is 0, a third value: use BipolarQuant, or"
                          " move the bias")
    return _marked(numbers.near(numbers.real, np.abs(numbers.real), 1.0).exact(
        np.where(numbers.real > 0, 1, -1).astype(np.int64), 1.0), True)


def truncated(place: Place, numbers: Numbers, rule: tuple[float, float, int, str, tuple[int, int] | None]) -> Numbers:
    """Numbers behind Trunc: integers without low bits. `rule`: scale in and out, bits off, rounding, limits."""
    scale, out_scale, dropped, mode, limits = rule
    y = np.rint(numbers.real / numbers.cast(scale)) / numbers.cast(2.0 ** dropped)
    if limits is not None:
        y = np.clip(y, *limits)
    return _marked(numbers.exact(rounded(y, mode).astype(np.int64), out_scale, 2.0 ** -dropped), True)
