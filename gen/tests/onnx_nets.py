"""Small ONNX graphs, and what they mean by ONNX's own reference evaluator.

Scales and constants are powers of two, or few bits, unless a test says otherwise: then sums of floating point are
exact, and in whatever order the evaluator computes, its result is the graph's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

from finn_rtl import encode_images, import_onnx, infer, load, scores, write_imported
from finn_rtl.importer.emit import Imported
from finn_rtl.meaning.integer import Network

QONNX = "qonnx.custom_op.general"
F = np.float32


class Net:
    """A graph in the making; `at` is the tensor that the next node reads."""

    def __init__(self, *shape: int, seed: int = 0, opset: int = 17, qonnx: int = 1) -> None:
        self.shape, self.at, self.opset, self.qonnx = (1, *shape), "x", opset, qonnx
        self.rng = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: Any, dtype: Any = F) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """A node behind `at`, which its result becomes."""
        names = [f"t{len(self.nodes)}"] + [f"t{len(self.nodes)}_{k}" for k in range(1, outputs)]
        self.nodes.append(helper.make_node(kind, [*inputs] or [self.at], names, name=f"{kind}_{len(self.nodes)}",
                                           domain=domain, **attributes))
        self.at = names[0]
        return self.at

    def binary(self, kind: str, value: Any) -> str:
        return self.op(kind, self.at, self.constant(value))

    def quant(self, bits: float, scale: Any, zero: Any = 0, signed: int = 0, narrow: int = 0, mode: str = "ROUND",
              kind: str = "Quant", of: str | None = None) -> str:
        parameters = (self.constant(value) for value in (scale, zero, bits))
        return self.op(kind, of or self.at, *parameters, domain=QONNX, signed=signed, narrow=narrow,
                       rounding_mode=mode)

    def bipolar(self, scale: Any = 1, of: str | None = None) -> str:
        return self.op("BipolarQuant", of or self.at, self.constant(scale), domain=QONNX)

    def weights(self, shape: tuple[int, ...], bits: int, scale: Any, narrow: int = 1, signed: int = 1) -> str:
        """Random weights that a quantizer makes."""
        at = self.at
        spread = np.broadcast_to(scale, shape) * (1 << bits - 1)
        raw = self.constant(self.rng.normal(0, 0.6, shape) * spread)
        name = self.bipolar(scale, raw) if bits == 1 and signed else self.quant(bits, scale, 0, signed, narrow, of=raw)
        self.at = at
        return name

    def fc(self, inputs: int, units: int, bits: int = 3, scale: Any = 0.25, bias: Any = None, **kind: Any) -> str:
        at = self.op("MatMul", self.at, self.weights((inputs, units), bits, scale, **kind))
        return at if bias is None else self.binary("Add", bias)

    def conv(self, channels: int, units: int, kernel: int = 3, bits: int = 3, scale: Any = 0.25, bias: Any = None,
             pads: tuple[int, ...] = (0, 0, 0, 0), stride: int = 1, narrow: int = 1, **attributes: Any) -> str:
        shape = (units, channels // attributes.get("group", 1), kernel, kernel)
        weights = self.weights(shape, bits, scale, narrow)
        inputs = [self.at, weights] + ([] if bias is None else [self.constant(bias)])
        return self.op("Conv", *inputs, kernel_shape=[kernel, kernel], pads=pads, strides=[stride, stride],
                       **attributes)

    def norm(self, channels: int, gamma: Any = None, **attributes: Any) -> str:
        """Batch norm of dyadic numbers: the root of the variance is one, too."""
        gamma = self.rng.choice([-2, -1, -0.5, 0.5, 1, 2], channels) if gamma is None else gamma
        beta, mean = (self.rng.integers(-16, 17, channels) / 8 for _ in range(2))
        var = self.rng.choice([0.25, 1, 4], channels)
        return self.op("BatchNormalization", self.at, *map(self.constant, (gamma, beta, mean, var)), epsilon=0.0,
                       **attributes)

    def model(self, output: str | None = None, kind: int = TensorProto.FLOAT) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes, "net", [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output or self.at, kind, None)], self.constants)
        return helper.make_model(graph, ir_version=8, opset_imports=[
            helper.make_opsetid("", self.opset), helper.make_opsetid(QONNX, self.qonnx)])

    def save(self, path: Path, **kind: Any) -> Path:
        onnx.save(self.model(**kind), path)
        return path

    def images(self, count: int = 12, high: int = 16) -> NDArray[np.uint8]:
        """Random pictures, channels last."""
        _, *sizes = self.shape
        shape = sizes if len(sizes) == 1 else [sizes[1], sizes[2], sizes[0]]
        return np.random.default_rng(99).integers(0, high, (count, *shape)).astype(np.uint8)


# ---- the custom operators, for the evaluator
def _round(x: Any, mode: str) -> Any:
    low, size = np.floor(x), np.abs(x)
    away = np.where(size - np.floor(size) == 0.5, np.ceil(size), np.round(size))
    near = np.where(size - np.floor(size) == 0.5, np.floor(size), np.round(size))
    return {"ROUND": np.round(x), "HALF_EVEN": np.round(x), "FLOOR": low, "CEIL": -np.floor(-x),
            "UP": np.copysign(np.ceil(size), x), "DOWN": np.copysign(np.floor(size), x),
            "HALF_UP": np.copysign(away, x), "HALF_DOWN": np.copysign(near, x)}[mode]


class Quant(OpRun):
    op_domain = QONNX

    def _run(self, x: Any, scale: Any, zero: Any, bits: Any, signed: Any = 1, narrow: Any = 0,
             rounding_mode: Any = "ROUND") -> tuple[Any, ...]:
        count = int(bits)
        if signed and count == 1:
            return (np.where(x / scale + zero >= 0, F(1), F(-1)) * scale,)
        low, high = (narrow - (1 << count - 1), (1 << count - 1) - 1) if signed else (0, (1 << count) - 1 - narrow)
        held = _round(np.clip(x / scale + zero, low, high), rounding_mode.upper())
        return (((held - zero) * scale).astype(F),)


class IntQuant(Quant):
    pass


class BipolarQuant(OpRun):
    op_domain = QONNX

    def _run(self, x: Any, scale: Any) -> tuple[Any, ...]:
        return (np.where(x >= 0, scale, -scale).astype(F),)


class MultiThreshold(OpRun):
    op_domain = QONNX

    def _run(self, x: Any, thresholds: Any, out_dtype: Any = "", out_scale: Any = 1.0, out_bias: Any = 0.0,
             data_layout: Any = "NCHW") -> tuple[Any, ...]:
        last = np.moveaxis(x, 1, -1) if data_layout.startswith("NC") else x
        reached = (last[..., None] >= np.broadcast_to(thresholds, (last.shape[-1], thresholds.shape[1]))).sum(-1)
        found = (reached * F(out_scale) + F(out_bias)).astype(F)
        return (np.moveaxis(found, -1, 1) if data_layout.startswith("NC") else found,)


class Trunc(OpRun):
    op_domain = QONNX

    def _run(self, x: Any, scale: Any, zero: Any, bits: Any, out_bits: Any, rounding_mode: Any = "FLOOR"
             ) -> tuple[Any, ...]:
        dropped = F(2) ** (bits - out_bits)
        return (((_round(np.round(x / scale + zero) / dropped, rounding_mode) - zero) * scale).astype(F),)


def evaluated(path: Path, inputs: NDArray[np.float32]) -> NDArray[Any]:
    """The graph's output for inputs (n, ...), one after the other."""
    session = ReferenceEvaluator(str(path), new_ops=[Quant, IntQuant, BipolarQuant, MultiThreshold, Trunc])
    return np.concatenate([np.asarray(session.run(None, {session.input_names[0]: row[None]})[0]).reshape(1, -1)
                           for row in inputs])


# ---- what is imported
def brought_in(path: Path, folder: Path, **options: Any) -> tuple[Imported, Network]:
    """A network imported, written and read again."""
    found = import_onnx(path, **options)
    write_imported(found, folder)
    return found, load(str(folder / "topology.json"))


def results(found: Imported, network: Network, images: NDArray[Any]) -> NDArray[np.int64]:
    """The integers that leave, in the graph's own order (n, elements), and with its own zero."""
    topology = network.topology
    told = scores(network, infer(network, encode_images(topology.input, images))).astype(np.int64)
    last = topology.maps[-1]
    if last.is_bipolar and topology.scores == "sums":
        told = 2 * told - 1
    shaped = told.reshape(len(told), last.height, last.width, last.channels)
    return shaped.transpose(0, 3, 1, 2).reshape(len(told), -1) - found.shift


def channels_first(images: NDArray[Any]) -> NDArray[Any]:
    """Pictures as the graph takes them."""
    return images.transpose(0, 3, 1, 2) if images.ndim == 4 else images
