"""Operators of onnxruntime and of qonnx's channels-last domain, for the evaluator, and how exporters write layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnx_nets import BipolarQuant, F, MultiThreshold, Net, Quant, Trunc

MS, LAST = "com.microsoft", "qonnx.custom_op.channels_last"


class Exported(Net):
    """A graph as an exporter writes it: integers beside scales."""

    def __init__(self, *shape: int, opset: int = 19) -> None:
        super().__init__(*shape, opset=opset)
        self.input_type = TensorProto.FLOAT

    def model(self, **kind: Any) -> onnx.ModelProto:
        found = super().model(**kind)
        found.graph.input[0].type.tensor_type.elem_type = self.input_type
        found.opset_import.extend([helper.make_opsetid(MS, 1), helper.make_opsetid(LAST, 1)])
        return found

    def point(self, zero: int, dtype: Any = np.uint8) -> str:
        return self.constant(zero, dtype)

    def linear(self, kind: str, scale: float, zero: int = 0, dtype: Any = np.uint8) -> str:
        return self.op(kind, self.at, self.constant(scale), self.constant(zero, dtype))

    def both(self, scale: float, zero: int = 0) -> str:
        """QuantizeLinear and DequantizeLinear."""
        self.linear("QuantizeLinear", scale, zero)
        return self.linear("DequantizeLinear", scale, zero)

    def integers(self, shape: Any, scale: Any, most: int = 127, dtype: Any = np.int8) -> str:
        """Random integers behind DequantizeLinear, with a scale for each of the first axis, or one."""
        at, values = self.at, self.constant(self.rng.integers(-most, most + 1, shape), dtype)
        scale = np.asarray(scale, F)
        axis = {"axis": 0} if scale.ndim else {}
        name = self.op("DequantizeLinear", values, self.constant(scale), self.constant(np.zeros(scale.shape), dtype),
                       **axis)
        self.at = at
        return name

    def scales(self, count: int) -> np.ndarray:
        return 2.0 ** self.rng.integers(-9, -6, count)

    def linear_conv(self, shape: tuple[int, ...], x: tuple[float, int], y: tuple[float, int], bias: bool = True,
                    **more: Any) -> str:
        """A QLinearConv of weights (units, channels, rows, columns); scale and zero point in front and behind."""
        inputs = [self.at, self.constant(x[0]), self.point(x[1]),
                  self.constant(self.rng.integers(-100, 101, shape), np.int8), self.constant(self.scales(shape[0])),
                  self.constant(np.zeros(shape[0]), np.int8), self.constant(y[0]), self.point(y[1])]
        if bias:
            inputs.append(self.constant(self.rng.integers(-300, 300, shape[0]), np.int32))
        return self.op("QLinearConv", *inputs, kernel_shape=list(shape[2:]), **more)

    def picture(self, *shape: int) -> str:
        """A tensor in another shape."""
        return self.op("Reshape", self.at, self.constant(shape, np.int64))


def _real(q: Any, scale: Any, zero: Any) -> Any:
    return (q.astype(np.int32) - zero.astype(np.int32)).astype(F) * scale


def _whole(x: Any, scale: Any, zero: Any) -> Any:
    limits = np.iinfo(zero.dtype)
    return np.clip(np.rint(x / scale) + zero, limits.min, limits.max).astype(zero.dtype)


class QLinearAdd(OpRun):
    op_domain = MS

    def _run(self, a: Any, sa: Any, za: Any, b: Any, sb: Any, zb: Any, sc: Any, zc: Any) -> tuple[Any, ...]:
        return (_whole(_real(a, sa, za) + _real(b, sb, zb), sc, zc),)


class QLinearMul(OpRun):
    op_domain = MS

    def _run(self, a: Any, sa: Any, za: Any, b: Any, sb: Any, zb: Any, sc: Any, zc: Any) -> tuple[Any, ...]:
        return (_whole(_real(a, sa, za) * _real(b, sb, zb), sc, zc),)


class QLinearLeakyRelu(OpRun):
    op_domain = MS

    def _run(self, a: Any, sa: Any, za: Any, sc: Any, zc: Any, alpha: Any = None) -> tuple[Any, ...]:
        x = _real(a, sa, za)
        return (_whole(np.where(x >= 0, x, x * F(alpha)), sc, zc),)


class QLinearGlobalAveragePool(OpRun):
    op_domain = MS

    def _run(self, a: Any, sa: Any, za: Any, sc: Any, zc: Any, channels_last: Any = None) -> tuple[Any, ...]:
        return (_whole(_real(a, sa, za).mean(axis=(2, 3), keepdims=True), sc, zc),)


class QLinearAveragePool(OpRun):
    """Of windows of 2x2, side by side."""

    op_domain = MS

    def _run(self, a: Any, sa: Any, za: Any, sc: Any, zc: Any, kernel_shape: Any = None, strides: Any = None
             ) -> tuple[Any, ...]:
        x = _real(a, sa, za)
        n, c, h, w = x.shape
        return (_whole(x.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5)), sc, zc),)


class QLinearConcat(OpRun):
    op_domain = MS

    def _run(self, sc: Any, zc: Any, *parts: Any, axis: Any = None) -> tuple[Any, ...]:
        found = [_whole(_real(*parts[k:k + 3]), sc, zc) for k in range(0, len(parts), 3)]
        return (np.concatenate(found, axis),)


class QGemm(OpRun):
    op_domain = MS

    def _run(self, a: Any, sa: Any, za: Any, b: Any, sb: Any, zb: Any, c: Any, sy: Any, zy: Any, alpha: Any = None,
             transA: Any = None, transB: Any = None) -> tuple[Any, ...]:  # noqa: N803 - ONNX's own name
        weights = b.astype(np.int64) - zb
        sums = (a.astype(np.int64) - za) @ (weights.T if transB else weights) + c
        return (_whole(sums.astype(F) * (sa * sb), sy, zy),)


class Conv(OpRun):
    """Of stride 1."""

    op_domain = LAST

    def _run(self, x: Any, w: Any, *, pads: Any = None, **others: Any) -> tuple[Any, ...]:
        top, left, bottom, right = pads
        x = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(1, 2))
        return (np.einsum("nyxcij,ocij->nyxo", windows, w).astype(F),)


class MaxPool(OpRun):
    """Of windows of 2x2, side by side."""

    op_domain = LAST

    def _run(self, x: Any, **others: Any) -> tuple[Any, ...]:
        n, h, w, c = x.shape
        return (x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4)),)


OPERATORS = [Quant, BipolarQuant, MultiThreshold, Trunc, QLinearAdd, QLinearMul, QLinearLeakyRelu,
             QLinearGlobalAveragePool, QLinearAveragePool, QLinearConcat, QGemm, Conv, MaxPool]


def evaluated(path: Any, inputs: np.ndarray) -> np.ndarray:
    """The graph's output for inputs (n, ...), one after the other."""
    session = ReferenceEvaluator(str(path), new_ops=OPERATORS)
    return np.concatenate([np.asarray(session.run(None, {session.input_names[0]: row[None]})[0]).reshape(1, -1)
                           for row in inputs])
