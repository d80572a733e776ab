"""Random graphs: the imported network gives the integers of ONNX's own evaluator, and of qonnx where that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx_nets  # noqa: E402
from onnx_nets import F, Net  # noqa: E402

from finn_rtl.common.numbers import divisors  # noqa: E402

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]
SEEDS = range(60)
MODES = ("ROUND", "FLOOR", "CEIL", "HALF_UP")


class Draft:
    """A graph drawn at random; all its scales are powers of two, so that no executor rounds."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.is_flat = bool(self.rng.random() < 0.4)
        self.channels, self.size = (16, 1) if self.is_flat else (int(self.rng.integers(1, 4)), 6)
        self.net = Net(16, seed=seed) if self.is_flat else Net(self.channels, self.size, self.size, seed=seed)
        self.net.quant(4, 1)
        self.is_bipolar = False
        for _ in range(self.rng.integers(1, 4)):
            self.layer()
        self.end()

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def power(self, low: int, high: int) -> float:
        return 2.0 ** int(self.rng.integers(low, high + 1))

    def column(self, values: np.ndarray) -> np.ndarray:
        """A number a channel."""
        return values if self.is_flat else values.reshape(1, -1, 1, 1)

    def weighted(self, units: int) -> None:
        bits, scale = int(self.rng.integers(1, 5)), self.power(-3, 0)
        groups = 1
        if not self.is_flat and self.chance(0.5):
            groups = int(self.rng.choice(divisors(self.channels)))
            units = groups * max(1, units // groups)
        bias = self.rng.integers(-16, 17, units) / 8 if self.chance(0.4) else None
        if self.is_flat:
            self.net.fc(self.channels, units, bits, scale, bias)
        else:
            kernel, stride = int(self.rng.choice([1, 3])), int(self.rng.choice([1, 1, 2]))
            # A border of 0 is none of -1/+1: the one thing that is not drawn.
            pad = kernel // 2 if not self.is_bipolar and self.chance(0.6) else 0
            if self.size + 2 * pad < kernel:
                kernel, pad = 1, 0
            self.net.conv(self.channels, units, kernel, bits, scale, bias, (pad,) * 4, stride,
                          **({"group": groups} if groups > 1 else {}))
            self.size = (self.size + 2 * pad - kernel) // stride + 1
        self.channels = units

    def quantize(self) -> None:
        bits = int(self.rng.integers(1, 5))
        self.is_bipolar = bits == 1 and self.chance(0.5)
        if self.is_bipolar:
            self.net.bipolar(self.power(-1, 1))
            return
        signed = int(bits > 1 and self.chance(0.4))
        if not signed and self.chance(0.5):
            self.net.op("Relu")
        narrow = int(signed and self.chance(0.5))
        self.net.quant(bits, self.power(-1, 2), 0, signed, narrow, str(self.rng.choice(MODES)))

    def layer(self) -> None:
        self.weighted(int(self.rng.integers(2, 9)))
        if self.chance(0.5):
            self.net.norm(self.channels)
        if self.chance(0.3):
            factors = self.rng.choice([-2, -0.5, 0.5, 1], self.channels) if self.chance(0.5) else [self.power(-1, 1)]
            self.net.binary("Mul", self.column(np.asarray(factors)))
        if self.chance(0.3):
            self.net.binary("Add", self.column(self.rng.integers(-8, 9, self.channels) / 4))
        self.quantize()
        if not self.is_flat and self.size > 1 and self.chance(0.4):
            self.net.op("MaxPool", kernel_shape=[2, 2], strides=[2, 2])
            self.size //= 2
        if not self.is_flat and self.chance(0.3):
            self.branch()

    def branch(self) -> None:
        """A residual: what was, and what a convolution makes of it."""
        around, scale, channels = self.net.at, self.power(-1, 1), self.channels
        self.net.quant(3, scale, signed=1, of=around)
        short = self.net.at
        self.net.at = around
        self.net.conv(channels, channels, 1, 2, self.power(-2, 0))
        self.net.quant(3, scale, signed=1)
        self.net.op("Add", self.net.at, short)
        self.is_bipolar = False
        self.net.quant(4, self.power(-1, 1), signed=1)

    def end(self) -> None:
        if not self.is_flat:
            self.net.op("Flatten", axis=1)
            self.channels *= self.size * self.size
        self.net.fc(self.channels, int(self.rng.integers(2, 6)), int(self.rng.integers(1, 5)), self.power(-2, 0))


def by_qonnx(path: Path, inputs: np.ndarray) -> np.ndarray | None:
    """What qonnx computes; None where it is not there."""
    try:
        from qonnx.core.modelwrapper import ModelWrapper  # noqa: PLC0415
        from qonnx.core.onnx_exec import execute_onnx  # noqa: PLC0415
        from qonnx.transformation.infer_shapes import InferShapes  # noqa: PLC0415
    except ImportError:
        return None
    model = ModelWrapper(str(path)).transform(InferShapes())
    name = model.graph.output[0].name
    return np.concatenate([np.asarray(execute_onnx(model, {"x": row[None]})[name]).reshape(1, -1) for row in inputs])


@pytest.mark.parametrize("seed", SEEDS)
def test_random_graph(place: Path, seed: int) -> None:
    net = Draft(seed).net
    path = net.save(place / f"random{seed}.onnx")
    options: dict[str, Any] = {"input_scale": 1}
    found, network = onnx_nets.brought_in(path, place / "net", **options)
    images = net.images()
    inputs = onnx_nets.channels_first(images).astype(F)
    integers = onnx_nets.results(found, network, images.reshape(len(images), *network.topology.input.shape))
    assert found.scale is not None
    expected = integers * found.scale.astype(np.float64)
    np.testing.assert_array_equal(onnx_nets.evaluated(path, inputs), expected)
    told = by_qonnx(path, inputs)
    if told is not None:
        np.testing.assert_array_equal(told, expected)
