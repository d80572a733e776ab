"""Steps: the operators of a graph that work on each element alone, with constants a channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer import quantizers
from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.numbers import ROUNDINGS, Numbers, same_scale
from finn_rtl.importer.places import Place
from finn_rtl.importer.tensors import TYPES
from finn_rtl.importer.values import Constant, Step, Stream

Apply = Callable[[Numbers, int], Numbers]
#: Other operands of a node by their place, the stream's own being None; a left out one is not there.
Operands = Mapping[int, Constant]


def by_channel(place: Place, stream: Stream, array: NDArray[Any], what: str) -> NDArray[Any]:
    """A constant as one value a channel of the stream's map.

    Raises:
        FinnError: it does not fit the tensor, or differs within a channel.
    """
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), (stream.channels,))
    try:
        spread = np.broadcast_to(array, stream.index.shape)
    except ValueError:
        raise place.error(f"{what} of shape {array.shape} does not fit a tensor of shape"
                          f" {stream.index.shape}") from None
    channels = (stream.index % stream.channels).reshape(-1)
    values = spread.reshape(-1)
    found = np.full(stream.channels, values[0])
    found[channels] = values
    if (found[channels] != values).any():
        raise place.error(f"{what} differs from element to element of a channel: only one for each channel can be taken"
                          " into thresholds")
    return found


def finite(place: Place, what: str, array: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers, none of them infinite or no number."""
    values = np.asarray(array, np.float32)
    if not np.isfinite(values).all():
        raise place.error(f"{what}: value {values[~np.isfinite(values)].reshape(-1)[0]}: must be finite")
    return values


def along(array: NDArray[Any], axis: int, ndim: int) -> NDArray[Any]:
    """A vector along one axis of a tensor."""
    if array.size == 1:
        return array.reshape(())
    shape = [1] * ndim
    shape[axis] = -1
    return array.reshape(shape)


def _quant(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place = node.place
    bits = operands.get(3)
    if node.op != "BipolarQuant" and bits is None:
        raise place.error("has no bit width")
    rule = quantizers.quant_of(node, None if node.op == "BipolarQuant" else bits)
    scale = by_channel(place, stream, quantizers.checked_scale(place, operands[1].array), "the scale")
    zeros = np.zeros(stream.channels, np.int64)
    if node.op != "BipolarQuant":
        whole = quantizers.checked_whole(place, "zero point", operands[2].array)
        zeros = by_channel(place, stream, whole, "the zero point")
    return lambda x, c: quantizers.quantized(x, rule, float(scale[c]), int(zeros[c]))


def zero_points(node: GraphNode, operands: Operands, ndim: int) -> tuple[NDArray[Any], type[Any]]:
    """Zero points along the axis of a QuantizeLinear or DequantizeLinear, and their type."""
    if node.whole("block_size", 0):
        raise node.place.error(f"block_size {node.whole('block_size', 0)}: only one scale for all, or one a channel, is"
                               " supported")
    zero, kind = operands.get(2), node.whole("output_dtype", 0)
    if kind not in (0, 2, 3, 4, 5):
        raise node.place.error(f"type number {kind}: must be integers of 8 or 16 bits")
    array = np.zeros((), TYPES[kind or 2]) if zero is None else zero.array
    if array.dtype.kind not in "iu" or array.dtype.itemsize > 4:
        raise node.place.error(f"zero point of type {array.dtype}: must be integers of 8, 16 or 32 bits")
    return along(array, _axis(node, ndim), ndim), array.dtype.type


def _axis(node: GraphNode, ndim: int) -> int:
    axis = node.whole("axis", 1)
    if not -ndim <= axis < max(ndim, 2):
        raise node.place.error(f"axis {axis}: the tensor has {ndim}")
    return axis


def _quantize_linear(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place, ndim = node.place, stream.index.ndim
    zeros, kind = zero_points(node, operands, ndim)
    scale = along(quantizers.checked_scale(place, operands[1].array), _axis(node, ndim), ndim)
    scales, zero = (by_channel(place, stream, array, what)
                    for array, what in ((scale, "the scale"), (zeros, "the zero point")))
    limits = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    return lambda x, c: quantizers.quantized_linear(x, float(scales[c]), int(zero[c]), limits)


def _dequantize_linear(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place, ndim = node.place, stream.index.ndim
    zeros, _ = zero_points(node, operands, ndim)
    scale = along(quantizers.checked_scale(place, operands[1].array), _axis(node, ndim), ndim)
    scales, zero = (by_channel(place, stream, array, what)
                    for array, what in ((scale, "the scale"), (zeros, "the zero point")))
    return lambda x, c: quantizers.dequantized(place, x, float(scales[c]), int(zero[c]))


def _multi_threshold(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place, rows = node.place, finite(node.place, "thresholds", operands[1].array)
    if rows.ndim != 2 or not rows.size:
        raise place.error(f"thresholds of shape {rows.shape}: must be (channels, thresholds)")
    axis = -1 if node.text("data_layout", "NCHW") in ("NHWC", "NWC") else 1
    count = stream.index.shape[axis]
    if len(rows) not in (1, count):
        raise place.error(f"{len(rows)} rows of thresholds for {count} channels: must be one, or one for each")
    if (np.diff(rows, axis=1) < 0).any():
        raise place.error(f"row {int(np.argwhere(np.diff(rows, axis=1) < 0)[0, 0])}: thresholds must not fall: sort"
                          " them")
    number = along(np.arange(count) if len(rows) > 1 else np.zeros(1, np.int64), axis, stream.index.ndim)
    row = by_channel(place, stream, number, "the row of thresholds")
    out_scale, out_bias = node.number("out_scale", 1.0), node.number("out_bias", 0.0)
    if not np.isfinite([out_scale, out_bias]).all() or out_scale <= 0:
        raise place.error(f"out_scale {out_scale}, out_bias {out_bias}: must be finite, and the scale greater than 0")
    return lambda x, c: quantizers.counted(x, rows[int(row[c])], out_scale, out_bias)


def _sign(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    return lambda x, c: quantizers.signed(node.place, x)


def _trunc(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place = node.place
    scale = float(quantizers.checked_scale(place, np.asarray(quantizers.scalar(place, "scale", operands[1]))))
    if quantizers.scalar(place, "zero point", operands[2]):
        raise place.error("zero point: must be 0")
    widths = [np.asarray(quantizers.scalar(place, "bit width", operands[k]))
              for k in ((3, 4) if 5 not in operands else (3, 5))]
    bits = [int(quantizers.checked_whole(place, "bit width", width)) for width in widths]
    mode = node.text("rounding_mode", "FLOOR").upper()
    if mode not in ROUNDINGS:
        raise place.error(f"rounding mode {mode!r}: one of {', '.join(ROUNDINGS)} is known")
    out_scale, dropped, limits = scale, bits[0] - bits[1], None
    if 5 in operands:
        out_scale = float(quantizers.checked_scale(place, np.asarray(quantizers.scalar(place, "scale", operands[4]))))
        dropped = int(np.rint(np.log2(out_scale / scale)))
        limits = quantizers.Quant(bits[1], bool(node.whole("signed", 1)), bool(node.whole("narrow", 0)), mode).range
    return lambda x, c: quantizers.truncated(place, x, (scale, out_scale, dropped, mode, limits))


def _multiplied(x: Numbers, factor: float) -> Numbers:
    real = x.real * x.cast(factor)
    if x.q is None or factor == 0:
        return x.moved(real, factor)
    kept = x.exact(x.q if factor > 0 else -x.q, float(np.float32(x.scale) * np.float32(abs(factor))), factor)
    return Numbers(real, kept.q, kept.scale, x.is_quantized, kept.ulp, x.is_near)


def _divided(x: Numbers, divisor: float) -> Numbers:
    real = x.real / x.cast(divisor)
    if x.q is None:
        return x.moved(real, 1 / divisor)
    kept = x.exact(x.q if divisor > 0 else -x.q, float(np.float32(x.scale) / np.float32(abs(divisor))), 1 / divisor)
    return Numbers(real, kept.q, kept.scale, x.is_quantized, kept.ulp, x.is_near)


def _added(x: Numbers, value: float, whole: int | None, scale: float) -> Numbers:
    """With a number added; `whole` integers of a scale, if it is that."""
    if x.q is not None and whole is not None and same_scale(x.scale, scale):
        return x.exact(x.q + whole, x.scale)
    real = x.real + x.cast(value)
    steps = round(value / x.scale)
    if x.q is None or steps * x.scale != value or abs(steps) >= 2 ** 31:
        return x.moved(real)
    # A whole number of steps, exactly.
    return replace(x, real=real, q=x.q + steps, ulp=x.moved(real).ulp)


def added(place: Place, stream: Stream, constant: Constant) -> Apply:
    """A constant added to each element, as integers where it is some of the same scale."""
    values = by_channel(place, stream, finite(place, "a constant", constant.array), "a constant")
    if constant.q is None or constant.scale is None:
        return lambda x, c: _added(x, float(values[c]), None, 1.0)
    whole = by_channel(place, stream, constant.q, "a constant")
    scale = by_channel(place, stream, constant.scale, "a constant's scale")
    return lambda x, c: _added(x, float(values[c]), int(whole[c]), float(scale[c]))


def _negated(constant: Constant) -> Constant:
    return Constant(-constant.array, None if constant.q is None else -constant.q, constant.scale)


def _arithmetic(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    (at, constant), = operands.items()
    place = node.place
    if node.op == "Add" or (node.op == "Sub" and at == 1):
        return added(place, stream, constant if node.op == "Add" else _negated(constant))
    if node.op == "Sub":
        behind = added(place, stream, constant)
        return lambda x, c: behind(_multiplied(x, -1.0), c)
    values = by_channel(place, stream, finite(place, "a constant", constant.array), "a constant")
    if node.op == "Mul":
        return lambda x, c: _multiplied(x, float(values[c]))
    if at == 0:
        raise place.error("divides a constant by what comes: that is no order that thresholds could keep")
    if not values.all():
        raise place.error("divides by 0")
    return lambda x, c: _divided(x, float(values[c]))


def _norm(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place = node.place
    if node.whole("training_mode", 0) or not node.whole("spatial", 1):
        raise place.error("is in training mode, or not spatial: export the network for inference")
    names = ("scale", "bias", "mean", "variance")
    parts = []
    for at, name in enumerate(names, 1):
        array = finite(place, name, operands[at].array)
        if array.shape != stream.index.shape[1:2]:
            raise place.error(f"{name} of shape {array.shape}: must be {stream.index.shape[1:2]}, one for each channel")
        parts.append(by_channel(place, stream, along(array, 1, stream.index.ndim), name))
    eps = np.float32(node.number("epsilon", 1e-5))
    if not (parts[3] + eps > 0).all():
        channel = int(np.argmin(parts[3]))
        raise place.error(f"variance {parts[3][channel]} of channel {channel}, epsilon {eps}: their sum must be greater"
                          " than 0")

    def apply(x: Numbers, c: int) -> Numbers:
        gamma, beta, mean, var = (x.cast(float(part[c])) for part in parts)
        # The order of onnxruntime and PyTorch.
        factor = gamma / np.sqrt(var + x.cast(float(eps)))
        return x.moved(x.real * factor + (beta - mean * factor), float(factor))
    return apply


def _relu(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    def apply(x: Numbers, c: int) -> Numbers:
        real = np.maximum(x.real, x.cast(0.0))
        return Numbers(real, None if x.q is None else np.maximum(x.q, 0), x.scale, x.is_quantized, x.ulp, x.is_near)
    return apply


def _leaky(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    alpha = float(np.float32(node.number("alpha", 0.01)))
    if not 0 <= alpha <= 1:
        raise node.place.error(f"alpha {alpha}: must be from 0 to 1")
    return lambda x, c: x.moved(np.where(x.real >= 0, x.real, x.real * x.cast(alpha)))


def _clip(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    place = node.place
    ends = [quantizers.scalar(place, "a limit", operands[at]) if at in operands else node.number(name, default)
            for at, name, default in ((1, "min", -np.inf), (2, "max", np.inf))]
    if np.isnan(ends).any() or ends[0] > ends[1]:
        raise place.error(f"limits {ends[0]} and {ends[1]}: the first must be at most the second")

    def apply(x: Numbers, c: int) -> Numbers:
        if x.q is not None and x.scale == 1 and all(end == np.rint(end) for end in ends):
            q = np.clip(x.q.astype(np.float64), ends[0], ends[1]).astype(np.int64)
            return Numbers(q.astype(x.real.dtype), q, 1.0, x.is_quantized, x.ulp, x.is_near)
        return x.moved(np.clip(x.real, x.cast(ends[0]), x.cast(ends[1])))
    return apply


def _limited(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    """Min or Max of what comes and constants."""
    place, function = node.place, np.minimum if node.op == "Min" else np.maximum
    rows = [by_channel(place, stream, finite(place, "a constant", constant.array), "a constant")
            for constant in operands.values()]

    def apply(x: Numbers, c: int) -> Numbers:
        for row in rows:
            x = x.moved(function(x.real, x.cast(float(row[c]))))
        return x
    return apply


def _prelu(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    slopes = by_channel(node.place, stream, finite(node.place, "a slope", operands[1].array), "the slope")
    if not ((slopes >= 0) & (slopes <= 1)).all():
        raise node.place.error(f"slopes from {slopes.min()} to {slopes.max()}: must be from 0 to 1")
    return lambda x, c: x.moved(np.where(x.real >= 0, x.real, x.real * x.cast(float(slopes[c]))))


def _hard_sigmoid(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    if not np.isfinite([alpha, beta]).all() or alpha <= 0:
        raise node.place.error(f"alpha {alpha}, beta {beta}: must be finite, and alpha greater than 0")
    return lambda x, c: x.moved(np.clip(x.real * x.cast(alpha) + x.cast(beta), x.cast(0.0), x.cast(1.0)), alpha)


def _tanh(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    return lambda x, c: x.moved(np.tanh(x.real))


def _hard_swish(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    return lambda x, c: x.moved(x.real * np.clip(x.real * x.cast(1 / 6) + x.cast(0.5), x.cast(0.0), x.cast(1.0)))


def _neg(node: GraphNode, stream: Stream, operands: Operands) -> Apply:
    return lambda x, c: _multiplied(x, -1.0)


MAKERS: Mapping[str, Callable[[GraphNode, Stream, Operands], Apply]] = {
    "Quant": _quant, "IntQuant": _quant, "BipolarQuant": _quant, "QuantizeLinear": _quantize_linear,
    "DequantizeLinear": _dequantize_linear, "MultiThreshold": _multi_threshold, "Sign": _sign, "Trunc": _trunc,
    "Add": _arithmetic, "Sub": _arithmetic, "Mul": _arithmetic, "Div": _arithmetic, "Neg": _neg,
    "BatchNormalization": _norm, "Relu": _relu, "LeakyRelu": _leaky, "Clip": _clip, "HardSwish": _hard_swish,
    "PRelu": _prelu, "Min": _limited, "Max": _limited, "HardSigmoid": _hard_sigmoid, "Tanh": _tanh}
QUANTIZERS = frozenset({"Quant", "IntQuant", "BipolarQuant", "QuantizeLinear", "MultiThreshold", "Sign", "Trunc"})
#: Behind one of these a tensor with several readers is written as a layer of its own.
ENDS = QUANTIZERS | {"DequantizeLinear", "QLinearConv", "QLinearMatMul", "QGemm", "QLinearAdd", "QLinearMul",
                     "QLinearLeakyRelu", "QLinearConcat", "QLinearAveragePool", "QLinearGlobalAveragePool"}
#: How many constants these need.
NEEDED = {"Quant": (1, 2, 3), "IntQuant": (1, 2, 3), "BipolarQuant": (1,), "QuantizeLinear": (1,),
          "DequantizeLinear": (1,), "MultiThreshold": (1,), "Trunc": (1, 2, 3, 4), "BatchNormalization": (1, 2, 3, 4),
          "PRelu": (1,)}
WILD = frozenset({"HardSwish"})


def step_of(node: GraphNode, stream: Stream, operands: Operands) -> Step:
    """The step that a node is.

    Raises:
        FinnError: a constant is missing or wrong.
    """
    for at in NEEDED.get(node.op, ()):
        if at not in operands:
            raise node.place.error(f"input {at} is missing")
    return Step(node.place, MAKERS[node.op](node, stream, operands), node.op not in WILD, node.op in QUANTIZERS)
