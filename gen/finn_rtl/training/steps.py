"""Layers of few bits as they are trained, in numpy: whole numbers forward, straight-through gradients backward."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from finn_rtl.common.integers import level_range
from finn_rtl.common.maps import Map
from finn_rtl.operators.activation import Activation
from finn_rtl.operators.add import Add
from finn_rtl.operators.base import Operator
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.maxpool import MaxPool
from finn_rtl.operators.schema import Quantizer
from finn_rtl.operators.sumpool import SumPool
from finn_rtl.operators.weights import Weights

Array = NDArray[np.float32]

EPS = 1e-5
# Step of an activation's levels, for numbers of variance 1.
STEP = 0.55
# What a trained bias of 1 adds to sums, which are much larger than what is trained.
BIAS_STEP = 256


@dataclass
class Parameter:
    """What is trained, its gradient, and Adam's moments (Kingma & Ba, 2015)."""

    value: Array
    grad: Array = field(init=False)
    first: Array = field(init=False)
    second: Array = field(init=False)

    def __post_init__(self) -> None:
        self.grad, self.first, self.second = (np.zeros_like(self.value) for _ in range(3))

    def step(self, rate: float, count: int) -> None:
        """Step number `count`, from 1."""
        self.first += 0.1 * (self.grad - self.first)
        self.second += 0.001 * (self.grad**2 - self.second)
        mean, square = self.first / (1 - 0.9**count), self.second / (1 - 0.999**count)
        self.value -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(1e-8))


@dataclass(frozen=True)
class Windows:
    """The windows of a map."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def of(self, x: Array) -> Array:
        """Of maps (n, height, width, channels): (n, rows, columns, kernel's elements and channels)."""
        top, bottom, left, right = self.padding
        padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        found = sliding_window_view(padded, self.kernel, (1, 2))[:, ::self.stride[0], ::self.stride[1]]
        return np.ascontiguousarray(found.transpose(0, 1, 2, 4, 5, 3)).reshape(*found.shape[:3], -1)

    def back(self, grad: Array, shape: tuple[int, ...]) -> Array:
        """The gradient of maps of that shape, of that of their windows."""
        top, bottom, left, right = self.padding
        n, height, width, channels = shape
        rows, columns = grad.shape[1:3]
        parts = grad.reshape(n, rows, columns, *self.kernel, channels)
        found = np.zeros((n, top + height + bottom, left + width + right, channels), np.float32)
        down, across = self.stride
        for row in range(self.kernel[0]):
            for column in range(self.kernel[1]):
                places = slice(row, row + down * rows, down), slice(column, column + across * columns, across)
                found[:, places[0], places[1]] += parts[:, :, :, row, column]
        return found[:, top:top + height, left:left + width]


class Step(ABC):
    """A layer: what it makes of maps (n, height, width, channels), and the way back."""

    @property
    def parameters(self) -> Sequence[Parameter]:
        """What is trained."""
        return ()

    @abstractmethod
    def forward(self, xs: Sequence[Array], settle: bool) -> Array:
        """The map behind those; `settle`: their means and variances are kept, for later."""

    @abstractmethod
    def backward(self, grad: Array) -> Sequence[Array]:
        """Gradients of the maps of the last `forward`, and of the parameters."""

    def arrays(self) -> dict[str, Any]:
        """What the parameter file has, by the end of its key."""
        return {}


class Levels(Step):
    """Batch norm, and the levels that it rounds to; the gradient passes where nothing is limited."""

    def __init__(self, channels: int, quantizer: Quantizer) -> None:
        self.range = quantizer.range
        self.gamma, self.beta = Parameter(np.ones(channels, np.float32)), Parameter(np.zeros(channels, np.float32))
        self.mean = self.var = np.zeros(channels)
        self.is_settled = False

    @property
    def parameters(self) -> Sequence[Parameter]:
        return self.gamma, self.beta

    def forward(self, xs: Sequence[Array], settle: bool) -> Array:
        (x,) = xs
        if self.is_settled and not settle:
            mean, var = self.mean, self.var
        else:
            mean, var = x.mean((0, 1, 2), np.float64), x.var((0, 1, 2), np.float64)
        if settle:
            self.mean, self.var, self.is_settled = mean, var, True
        # In more digits than are trained: the results are those of exact arithmetic.
        self.spread = np.sqrt(var + EPS)
        normal = (x - mean) / self.spread
        steps = (normal * self.gamma.value + self.beta.value) / STEP
        self.normal, self.passes = normal.astype(np.float32), (steps >= self.range[0]) & (steps <= self.range[1])
        return np.rint(steps).clip(*self.range).astype(np.float32)

    def backward(self, grad: Array) -> Sequence[Array]:
        grad = np.where(self.passes, grad, 0).astype(np.float32) / np.float32(STEP)
        self.gamma.grad, self.beta.grad = (grad * self.normal).sum((0, 1, 2)), grad.sum((0, 1, 2))
        grad = grad * self.gamma.value
        inside = grad - grad.mean((0, 1, 2)) - self.normal * (grad * self.normal).mean((0, 1, 2))
        return ((inside / self.spread).astype(np.float32),)

    def arrays(self) -> dict[str, Any]:
        # What comes in front are whole numbers, not multiples of the step.
        return {"bn.gamma": self.gamma.value, "bn.beta": self.beta.value, "bn.mean": self.mean, "bn.var": self.var,
                "bn.eps": np.float64(EPS), "scale": np.float64(STEP), "input_scale": np.float64(1)}


class Matrix(Step):
    """Whole weights times windows, or times all of a map, and levels of the sums."""

    def __init__(self, layer: Weights, ifm: Map, rng: np.random.Generator) -> None:
        if layer.activation == "sign":
            raise ValueError(f"layer {layer.name!r}: activation 'sign' is not trained here; levels are")
        if layer.row_groups > 1:
            raise ValueError(f"layer {layer.name!r}: groups {layer.row_groups}: grouped convolutions are not trained"
                             " here")
        self.layer = layer
        self.range = layer.weights.range
        self.windows = (Windows(layer.kernel, layer.stride, layer.padding) if isinstance(layer, Convolution)
                        else Windows((ifm.height, ifm.width)))
        shape = layer.rows, layer.columns(ifm)
        self.weight = Parameter(rng.uniform(-0.3, 0.3, shape).astype(np.float32))
        self.levels = Levels(layer.rows, layer.quantizer) if layer.quantizer else None
        self.bias = Parameter(np.zeros(layer.rows, np.float32)) if layer.bias else None

    @property
    def parameters(self) -> Sequence[Parameter]:
        return (self.weight, *((self.bias,) if self.bias else ()),
                *(self.levels.parameters if self.levels else ()))

    def biases(self) -> Array:
        """The biases as whole numbers; what is trained are multiples of BIAS_STEP."""
        assert self.bias is not None and self.layer.bias is not None
        return np.rint(self.bias.value * BIAS_STEP).clip(*level_range(self.layer.bias, True)).astype(np.float32)

    def integers(self) -> Array:
        """The weights as whole numbers of a step in proportion to their mean magnitude; of one bit their signs."""
        if self.layer.weights.bits == 1:
            self.step = np.float32(1)
            np.clip(self.weight.value, -1, 1, out=self.weight.value)
            return np.where(self.weight.value >= 0, 1, -1).astype(np.float32)
        self.step = 2 * np.abs(self.weight.value).mean() / np.float32(self.range[1] ** 0.5)
        return np.rint((self.weight.value / self.step).clip(*self.range)).astype(np.float32)

    def forward(self, xs: Sequence[Array], settle: bool) -> Array:
        self.shape, self.inputs, self.whole = xs[0].shape, self.windows.of(xs[0]), self.integers()
        sums = self.inputs @ self.whole.T
        if self.bias is not None:
            sums += self.biases()
        return self.levels.forward([sums], settle) if self.levels else sums

    def backward(self, grad: Array) -> Sequence[Array]:
        if self.levels:
            (grad,) = self.levels.backward(grad)
        rows = self.whole.shape[0]
        if self.bias is not None:
            self.bias.grad = grad.sum((0, 1, 2)) * np.float32(BIAS_STEP)
        of_whole = grad.reshape(-1, rows).T @ self.inputs.reshape(-1, self.whole.shape[1])
        steps = self.weight.value / self.step
        passes = (steps >= self.range[0]) & (steps <= self.range[1])
        self.weight.grad = np.where(passes, of_whole, 0).astype(np.float32) / self.step
        return (self.windows.back(grad @ self.whole, self.shape),)

    def arrays(self) -> dict[str, Any]:
        bias = {} if self.bias is None else {"bias": self.biases().astype(np.int64)}
        return {"weight": self.integers().astype(np.int8), **bias, **(self.levels.arrays() if self.levels else {})}


class Sum(Step):
    """The sum of two maps."""

    def __init__(self, layer: Add) -> None:
        self.scale = [np.float32(factor) for factor in layer.scale]

    def forward(self, xs: Sequence[Array], settle: bool) -> Array:
        return xs[0] * self.scale[0] + xs[1] * self.scale[1]

    def backward(self, grad: Array) -> Sequence[Array]:
        return [grad * factor for factor in self.scale]


class Pool(Step):
    """Sums of windows."""

    def __init__(self, layer: SumPool) -> None:
        self.windows = Windows(layer.kernel, layer.step, layer.padding)
        if layer.border:
            raise ValueError(f"layer {layer.name!r}: a border of {layer.border} is not trained here")

    def forward(self, xs: Sequence[Array], settle: bool) -> Array:
        self.shape = xs[0].shape
        found = self.windows.of(xs[0])
        return found.reshape(*found.shape[:3], -1, self.shape[3]).sum(3)

    def backward(self, grad: Array) -> Sequence[Array]:
        repeated = np.tile(grad, int(np.prod(self.windows.kernel)))
        return (self.windows.back(repeated, self.shape),)


class Largest(Step):
    """The largest number of windows of numbers from 0 on."""

    def __init__(self, layer: MaxPool, ifm: Map) -> None:
        self.windows = Windows(layer.kernel, layer.step, layer.padding)
        if ifm.signed or ifm.is_bipolar:
            raise ValueError(f"layer {layer.name!r}: the largest of numbers below 0 is not trained here")

    def forward(self, xs: Sequence[Array], settle: bool) -> Array:
        self.shape = xs[0].shape
        found = self.windows.of(xs[0])
        self.parts = found.reshape(*found.shape[:3], -1, self.shape[3])
        # Of equal ones the first.
        self.place = self.parts.argmax(3)[:, :, :, None]
        return np.take_along_axis(self.parts, self.place, 3)[:, :, :, 0]

    def backward(self, grad: Array) -> Sequence[Array]:
        spread = np.zeros_like(self.parts)
        np.put_along_axis(spread, self.place, grad[:, :, :, None], 3)
        return (self.windows.back(spread, self.shape),)


def step_of(layer: Operator, ifm: Map, rng: np.random.Generator) -> Step:
    """What trains a layer.

    Raises:
        ValueError: nothing here does.
    """
    match layer:
        case Weights():
            if isinstance(layer, Convolution) and layer.border_of(ifm) != 0:
                raise ValueError(f"layer {layer.name!r}: a border of {layer.border_of(ifm)} is not trained here")
            return Matrix(layer, ifm, rng)
        case Activation() if layer.quantizer:
            return Levels(ifm.channels, layer.quantizer)
        case Add():
            return Sum(layer)
        case SumPool():
            return Pool(layer)
        case MaxPool():
            return Largest(layer, ifm)
    raise ValueError(f"layer {layer.name!r}: a layer of type {layer.kind!r} is not trained here")
