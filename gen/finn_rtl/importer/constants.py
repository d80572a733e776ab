"""Nodes whose inputs are all constants: computed once, in the types that the file has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.schema import shown
from finn_rtl.importer import quantizers
from finn_rtl.importer.elementwise import along
from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.tensors import MOST_ELEMENTS, TYPES
from finn_rtl.importer.values import Constant

Array = NDArray[Any]
Inputs = Sequence[Constant | None]


def reshaped(node: GraphNode, array: Array, shape: Sequence[int]) -> Array:
    """An array in the shape that a Reshape says.

    Raises:
        FinnError: it does not fit.
    """
    sizes = [array.shape[at] if size == 0 and at < array.ndim and not node.whole("allowzero", 0) else int(size)
             for at, size in enumerate(shape)]
    try:
        return array.reshape(sizes)
    except ValueError:
        raise node.place.error(f"a tensor of shape {array.shape} cannot get shape {shown(tuple(sizes))}") from None


def axes_of(node: GraphNode, inputs: Inputs) -> tuple[int, ...] | None:
    """Axes, which are an attribute or a second input."""
    given = node.wholes("axes")
    if given is None and len(inputs) > 1 and (second := inputs[1]) is not None:
        return tuple(int(axis) for axis in second.array.reshape(-1))
    return given


def moved(node: GraphNode, array: Array, inputs: Inputs) -> Array:
    """What an operator that only moves elements makes of an array, a constant or the index of a stream.

    Raises:
        FinnError: it does not fit.
    """
    if node.op == "Reshape":
        shape = inputs[1]
        assert shape is not None
        return reshaped(node, array, [int(size) for size in shape.array.reshape(-1)])
    if node.op == "Flatten":
        axis = node.whole("axis", 1)
        axis = axis + array.ndim if axis < 0 else axis
        return array.reshape(int(np.prod(array.shape[:axis], dtype=np.int64)), -1)
    if node.op == "Transpose":
        return array.transpose(node.wholes("perm") or tuple(range(array.ndim))[::-1])
    axes = axes_of(node, inputs)
    if node.op == "Unsqueeze":
        return np.expand_dims(array, axes or ())
    if node.op == "Squeeze":
        return np.squeeze(array, axes if axes is None else tuple(axes))
    return array


MOVES = frozenset({"Reshape", "Flatten", "Transpose", "Unsqueeze", "Squeeze", "Identity", "Dropout"})


def _quant(node: GraphNode, inputs: Inputs) -> Constant:
    place = node.place
    is_bipolar = node.op == "BipolarQuant"
    parts = list(inputs[:2 if is_bipolar else 4])
    if any(part is None for part in parts) or len(parts) < (2 if is_bipolar else 4):
        raise place.error("an input is missing")
    values, scales, *others = (part for part in parts if part is not None)
    rule = quantizers.quant_of(node, None if is_bipolar else others[1])
    zero = np.zeros((), np.int64) if is_bipolar else quantizers.checked_whole(place, "zero point", others[0].array)
    array, scale = values.array.astype(np.float32), quantizers.checked_scale(place, scales.array)
    if np.isnan(array).any():
        raise place.error(f"a value in front of it is no number (NaN), the first at position"
                          f" {tuple(int(at) for at in np.argwhere(np.isnan(array))[0])}")
    q = rule.integers(rule.scaled(array, scale, zero.astype(np.float32)), zero)
    spread = np.broadcast_to(scale, q.shape)
    return Constant(q.astype(np.float32) * spread, q, spread)


def _quantize_linear(node: GraphNode, inputs: Inputs) -> Constant:
    array, scale, zeros = _linear(node, inputs)
    limits = np.iinfo(zeros.dtype)
    y = np.rint(array.astype(np.float32) / scale) + zeros.astype(np.int64)
    if np.isnan(y).any():
        raise node.place.error("a value in front of it is no number (NaN)")
    return Constant(np.clip(y, limits.min, limits.max).astype(zeros.dtype))


def _dequantize_linear(node: GraphNode, inputs: Inputs) -> Constant:
    array, scale, zeros = _linear(node, inputs)
    if array.dtype.kind not in "iu":
        raise node.place.error(f"reads numbers of type {array.dtype}: must be integers")
    q = array.astype(np.int64) - zeros.astype(np.int64)
    spread = np.broadcast_to(scale, q.shape)
    return Constant(q.astype(np.float32) * spread, q, spread)


def _linear(node: GraphNode, inputs: Inputs) -> tuple[Array, Array, Array]:
    """Values, scale and zero point, the latter two along the axis."""
    values, scales = inputs[0], inputs[1] if len(inputs) > 1 else None
    if values is None or scales is None:
        raise node.place.error("an input is missing")
    zero = inputs[2] if len(inputs) > 2 else None
    kind = values.array.dtype if values.array.dtype.kind in "iu" else np.dtype(np.uint8)
    zeros = np.zeros((), kind) if zero is None else zero.array
    ndim, axis = values.array.ndim, node.whole("axis", 1)
    if scales.array.size > 1 and not -ndim <= axis < ndim:
        raise node.place.error(f"axis {axis}: the tensor has {ndim}")
    return (values.array, along(quantizers.checked_scale(node.place, scales.array), axis, ndim),
            along(np.asarray(zeros), axis, ndim))


def _slice(node: GraphNode, inputs: Inputs) -> Constant:
    values = inputs[0]
    assert values is not None
    names = ("starts", "ends", "axes", "steps")
    parts: list[tuple[int, ...] | None] = [node.wholes(name) for name in names]
    for at, part in enumerate(inputs[1:5]):
        if part is not None:
            parts[at] = tuple(int(number) for number in part.array.reshape(-1))
    starts, ends, axes, steps = parts
    if starts is None or ends is None:
        raise node.place.error("has no begins and ends")
    where = [slice(None)] * values.array.ndim
    for at, axis in enumerate(axes or range(len(starts))):
        where[axis] = slice(starts[at], ends[at], steps[at] if steps else 1)
    return values.moved(lambda array: array[tuple(where)])


def _binary(function: Callable[..., Any]) -> Callable[[GraphNode, Inputs], Constant]:
    def compute(node: GraphNode, inputs: Inputs) -> Constant:
        first, second = inputs[0], inputs[1]
        assert first is not None and second is not None
        with np.errstate(all="ignore"):
            result = np.asarray(function(first.array, second.array))
        if result.dtype == np.float64 and np.float64 not in (first.array.dtype, second.array.dtype):
            result = result.astype(np.float32)
        for a, b in ((first, second), (second, first)):
            if function is not np.multiply or a.q is None or a.scale is None or b.q is not None:
                continue
            if (b.array > 0).all():
                # Integers that are worth something else.
                return Constant(result, np.broadcast_to(a.q, result.shape), a.scale * b.array.astype(np.float32))
        return Constant(result)
    return compute


def _unary(function: Callable[..., Any]) -> Callable[[GraphNode, Inputs], Constant]:
    def compute(node: GraphNode, inputs: Inputs) -> Constant:
        assert inputs[0] is not None
        with np.errstate(all="ignore"):
            return Constant(np.asarray(function(inputs[0].array)))
    return compute


def _divide(a: Array, b: Array) -> Array:
    return np.asarray(a // b if np.result_type(a, b).kind in "iu" else a / b)


def _constant(node: GraphNode, inputs: Inputs) -> Constant:
    for name, kind in (("value_float", np.float32), ("value_floats", np.float32), ("value_int", np.int64),
                       ("value_ints", np.int64)):
        if name in node.attributes:
            return Constant(np.asarray(node.attributes[name], kind))
    if not isinstance(node.attributes.get("value"), np.ndarray):
        raise node.place.error("has no value that is known here")
    return Constant(np.asarray(node.attributes["value"]))


def _cast(node: GraphNode, inputs: Inputs) -> Constant:
    assert inputs[0] is not None
    kind = TYPES.get(node.whole("to", 0))
    if kind is None:
        raise node.place.error(f"type number {node.whole('to', 0)}: is not known")
    with np.errstate(invalid="ignore"):
        return Constant(inputs[0].array.astype(kind), inputs[0].q, inputs[0].scale)


def _clip(node: GraphNode, inputs: Inputs) -> Constant:
    assert inputs[0] is not None
    ends = [inputs[at].array if len(inputs) > at and inputs[at] is not None  # type: ignore[union-attr]
            else node.attributes.get(name) for at, name in ((1, "min"), (2, "max"))]
    array = inputs[0].array
    return Constant(np.clip(array, ends[0], ends[1]).astype(array.dtype))


def _concat(node: GraphNode, inputs: Inputs) -> Constant:
    return Constant(np.concatenate([part.array for part in inputs if part is not None], node.whole("axis", 0)))


def _gather(node: GraphNode, inputs: Inputs) -> Constant:
    values, where = inputs[0], inputs[1]
    assert values is not None and where is not None
    return values.moved(lambda array: np.take(array, where.array, axis=node.whole("axis", 0)))


def _filled(node: GraphNode, inputs: Inputs) -> Constant:
    assert inputs[0] is not None
    shape = [int(size) for size in inputs[0].array.reshape(-1)]
    if any(size < 0 for size in shape) or np.prod(shape, dtype=np.float64) > MOST_ELEMENTS:
        raise node.place.error(f"shape {tuple(shape)}: at most {MOST_ELEMENTS} elements are taken")
    value = np.asarray(node.attributes.get("value", np.zeros(1, np.float32)))
    return Constant(np.full(shape, value.reshape(-1)[0], value.dtype))


def _moved(node: GraphNode, inputs: Inputs) -> Constant:
    assert inputs[0] is not None
    return inputs[0].moved(lambda array: moved(node, array, inputs))


def sizes_of(node: GraphNode, array: Array) -> Constant:
    """What Shape makes of a tensor: its sizes, or some of them."""
    end = node.attributes.get("end")
    return Constant(np.array(array.shape[node.whole("start", 0):None if end is None else int(end)], np.int64))


def _shape(node: GraphNode, inputs: Inputs) -> Constant:
    assert inputs[0] is not None
    return sizes_of(node, inputs[0].array)


COMPUTE: Mapping[str, Callable[[GraphNode, Inputs], Constant]] = {
    "Constant": _constant, "ConstantOfShape": _filled, "Shape": _shape, "Cast": _cast, "Concat": _concat,
    "Gather": _gather, "Slice": _slice, "Clip": _clip, **dict.fromkeys(MOVES, _moved),
    "Quant": _quant, "IntQuant": _quant, "BipolarQuant": _quant, "QuantizeLinear": _quantize_linear,
    "DequantizeLinear": _dequantize_linear, "Add": _binary(np.add), "Sub": _binary(np.subtract),
    "Mul": _binary(np.multiply), "Div": _binary(_divide), "Pow": _binary(np.power), "Sqrt": _unary(np.sqrt),
    "Neg": _unary(np.negative), "Abs": _unary(np.abs), "Sign": _unary(np.sign), "Floor": _unary(np.floor),
    "Ceil": _unary(np.ceil), "Reciprocal": _unary(np.reciprocal), "Relu": _unary(lambda x: np.maximum(x, 0))}


def computed(node: GraphNode, inputs: Inputs) -> Constant:
    """What a node makes of constants.

    Raises:
        FinnError: its operator does not work on constants here, or they do not fit it.
    """
    if node.op not in COMPUTE:
        raise node.place.error("reads constants alone: is not computed here; simplify the graph when it is exported")
    if node.op != "Constant" and (not inputs or inputs[0] is None):
        raise node.place.error("an input is missing")
    try:
        return COMPUTE[node.op](node, inputs)
    except (ValueError, IndexError, TypeError, AssertionError) as error:
        raise node.place.error(f"its constants do not fit one another ({' '.join(str(error).split())})") from None
