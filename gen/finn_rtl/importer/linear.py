"""The operators of onnxruntime that take and give integers, with a scale and a zero point each (QLinear...)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer import quantizers
from finn_rtl.importer.places import Place
from finn_rtl.importer.values import Constant, Step, Stream

Value = Constant | Stream | None


def _scale(place: Place, value: Value) -> float:
    if not isinstance(value, Constant):
        raise place.error("a scale is missing, or is no constant")
    return float(quantizers.checked_scale(place, np.asarray(quantizers.scalar(place, "scale", value))))


def _zero(place: Place, value: Value) -> tuple[int, tuple[int, int]]:
    """A zero point, and the least and greatest integer of its type."""
    if value is None:
        return 0, (0, 255)
    if not isinstance(value, Constant) or value.array.dtype.kind not in "iu" or value.array.dtype.itemsize > 2:
        raise place.error("a zero point is no constant integer of 8 or 16 bits")
    limits = np.iinfo(value.array.dtype.name)
    return int(quantizers.scalar(place, "zero point", value)), (int(limits.min), int(limits.max))


def dequantized(place: Place, value: Value, scale: Value, zero: Value) -> Constant | Stream:
    """Integers as the numbers that they stand for."""
    number, (point, _) = _scale(place, scale), _zero(place, zero)
    if isinstance(value, Stream):
        return value.then(Step(place, lambda x, c: quantizers.dequantized(place, x, number, point)))
    if value is None or value.array.dtype.kind not in "iu":
        raise place.error("an input is missing, or has no integers")
    q = value.array.astype(np.int64) - point
    spread: NDArray[np.float32] = np.full(q.shape, number, np.float32)
    return Constant(q.astype(np.float32) * spread, q, spread)


def quantized(place: Place, stream: Stream, scale: Value, zero: Value) -> Stream:
    """Numbers as integers."""
    number, (point, limits) = _scale(place, scale), _zero(place, zero)
    return stream.then(Step(place, lambda x, c: quantizers.quantized_linear(x, number, point, limits),
                            is_quantizer=True))


def at(inputs: Sequence[Value], number: int) -> Value:
    """An input that may be left out."""
    return inputs[number] if number < len(inputs) else None
