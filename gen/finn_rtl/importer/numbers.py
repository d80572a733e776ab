"""Arithmetic of the graph: what a chain of operators makes of integers, in the graph's own float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.floating[Any]]
Whole = NDArray[np.int64]

#: Scales that differ by no more are equal: a bias stores the product of two as float32.
SAME_SCALE = 2.0 ** -22
#: What lies so many units in the last place from a boundary may fall elsewhere on another machine.
NEAR_ULPS = 4


@dataclass(frozen=True)
class Numbers:
    """Elements of a tensor: what the graph has, and the integers that they are.

    `real`: as the graph computes them. `q`: where they are not None, integers with real = q * scale, but for rounding.
    `is_quantized`: a quantizer made these, and not a sum alone. `ulp`: if wanted, what the last place of any number on
    the way is worth here; `is_near` then, which were within NEAR_ULPS of a boundary.
    """

    real: Real
    q: Whole | None = None
    scale: float = 1.0
    is_quantized: bool = False
    ulp: Real | None = None
    is_near: NDArray[np.bool_] | None = None

    @property
    def whole(self) -> Whole:
        """The integers."""
        assert self.q is not None
        return self.q

    def cast(self, value: float) -> Any:
        """A number in the arithmetic that is computed in."""
        return self.real.dtype.type(value)

    def moved(self, real: Real, factor: float = 1.0) -> Numbers:
        """Behind an operator that knows no integers; `factor` is its slope at most."""
        return replace(self, real=real, q=None, scale=1.0, is_quantized=False, ulp=self._ulp(real, factor))

    def exact(self, q: Whole, scale: float, factor: float = 1.0) -> Numbers:
        """The integers q, worth `scale` each."""
        real = q.astype(self.real.dtype) * self.cast(scale)
        return replace(self, real=real, q=q, scale=float(scale), ulp=self._ulp(real, factor))

    def _ulp(self, real: Real, factor: float) -> Real | None:
        if self.ulp is None:
            return None
        found: Real = np.maximum(self.ulp * abs(factor), np.spacing(np.abs(real).astype(np.float32)))
        return found

    def near(self, y: Real, distance: Real, factor: float) -> Numbers:
        """Notes which are near a boundary, `distance` away from y; y is the numbers times `factor`."""
        ulp = self._ulp(y, factor)
        if ulp is None or self.is_near is None:
            return self
        return replace(self, is_near=self.is_near | (distance <= NEAR_ULPS * ulp))


def noted(numbers: Numbers) -> Numbers:
    """The same, looking for boundaries."""
    return replace(numbers, ulp=np.spacing(np.abs(numbers.real).astype(np.float32)).astype(numbers.real.dtype),
                   is_near=np.zeros(numbers.real.shape, np.bool_))


def _away(x: Real, is_up: Callable[[Real], NDArray[np.bool_]]) -> Real:
    """Rounded away from 0 where a rest says so, else towards it."""
    below = np.trunc(x)
    result: Real = below + np.sign(x) * is_up(np.abs(x - below)).astype(x.dtype)
    return result


ROUNDINGS: dict[str, Callable[[Real], Real]] = {
    "ROUND": np.rint, "HALF_EVEN": np.rint, "FLOOR": np.floor, "CEIL": np.ceil, "DOWN": np.trunc,
    "UP": lambda x: _away(x, lambda rest: rest > 0),
    "HALF_UP": lambda x: _away(x, lambda rest: rest >= x.dtype.type(0.5)),
    "HALF_DOWN": lambda x: _away(x, lambda rest: rest > x.dtype.type(0.5))}
_NEAREST = ("ROUND", "HALF_EVEN", "HALF_UP", "HALF_DOWN")


def rounded(y: Real, mode: str) -> Real:
    """The integers that numbers are rounded to."""
    return ROUNDINGS[mode](y)


def distance_to_boundary(y: Real, mode: str, low: int, high: int) -> Real:
    """How far numbers are from where the rounding changes; infinitely far where they are limited."""
    away = np.abs(y - np.floor(y) - y.dtype.type(0.5)) if mode in _NEAREST else np.abs(y - np.rint(y))
    result: Real = np.where((y < low - 1) | (y > high + 1), y.dtype.type(np.inf), away)
    return result


def same_scale(a: float, b: float) -> bool:
    """Whether two scales are equal, but for rounding of a product."""
    return abs(a - b) <= SAME_SCALE * abs(a)
