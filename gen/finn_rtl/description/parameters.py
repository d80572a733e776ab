"""Trained parameters of a network: the NPZ file, validated.

For every layer NAME with weights: `NAME.weight`, numbers that the bits of its weights hold, shape (units, inputs) or,
for a convolution, also one of four dimensions. `layout` tells the order of a layer's inputs, where there are two (see
reader.LAYOUTS). For a layer with an activation, and for an activation by itself, either ready thresholds:

`NAME.threshold`, integers (units,), of activation "sign": the neuron fires when its dot product is at least that; where
inputs and weights are both -1/+1, when at least so many inputs agree with their weights; by itself, when the number is.
`NAME.thresholds`, integers (units, levels), none less than the one before it, of a quantizer: its result is its lowest
level and the number of thresholds that the dot product, or the number, reaches; of units marked in `NAME.falling`
(units,), that of those not reached (of "sign" -1 where it is reached). `NAME.scale` may say what a level is worth
to the layers behind.

Or what was trained: `NAME.weight_scale`, `NAME.input_scale`, `NAME.bias`, `NAME.bn.gamma`, `.beta`, `.mean`, `.var`
(units,) and `.eps` (scalar), and `NAME.scale`; see `Raw`. Of scores that leave, `NAME.bias` is whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import level_range
from finn_rtl.common.schema import shown
from finn_rtl.description.matrices import read_weight
from finn_rtl.description.reader import Reader
from finn_rtl.description.topology import Topology
from finn_rtl.operators.activation import Activation
from finn_rtl.operators.schema import Quantizer
from finn_rtl.operators.weights import Weights

BATCH_NORM = ("gamma", "beta", "mean", "var")
# Nothing near the limit of int64 can be reached; an unsigned number beyond it must not wrap.
MOST_THRESHOLD = 1 << 62


@dataclass(frozen=True)
class BatchNorm:
    """gamma * (x - mean) / sqrt(var + eps) + beta, float64 arrays (units,) and a scalar."""

    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    mean: NDArray[np.float64]
    var: NDArray[np.float64]
    eps: float


@dataclass(frozen=True)
class Scaling:
    """What steps of the weights and of the inputs are worth, numbers (units,) greater than 0.

    None: what the layer in front says. Of scores that leave `bias` int64 (units,) is added to the sums, None: nothing.
    """

    weight: NDArray[np.generic]
    input: NDArray[np.generic] | None = None
    bias: NDArray[np.int64] | None = None


@dataclass(frozen=True)
class Raw:
    """As trained: of a dot product s the real number s * weight scale * input scale + bias, and batch norm of it.

    Its sign is the result, or, where `scale` is what a step of a quantizer is worth, what it is when divided by that,
    rounded, and limited to the levels. All numbers, floating point ones too, are taken as what they are exactly.
    """

    scaling: Scaling
    #: (units,)
    bias: NDArray[np.generic]
    norm: BatchNorm | None
    scale: float | None = None


@dataclass(frozen=True)
class Ready:
    """Thresholds int64 (units, levels), and which units fall, bool (units,); see IntegerLayer.

    They are on the dot product, but on the popcount for bipolar weights, inputs and results; `scale`, where it is
    known, is what a level is worth.
    """

    thresholds: NDArray[np.int64]
    falling: NDArray[np.bool_]
    scale: float | None = None


@dataclass(frozen=True)
class LayerParameters:
    """Weights int8 (units, inputs), and what makes results of dot products; a Scaling alone where scores leave.

    Of an activation by itself the weights are (channels, 0).
    """

    weight: NDArray[np.int8]
    activation: Raw | Ready | Scaling


def _integers(reader: Reader, name: str, key: str, shape: tuple[int, ...]) -> NDArray[np.int64]:
    array = reader.take(name, key, shape)
    if array.dtype.kind not in "iu":
        raise reader.error(name, key, f"has type {array.dtype}, must be integers")
    if array.dtype == np.uint64:
        array = np.minimum(array, np.uint64(MOST_THRESHOLD))
    return array.astype(np.int64)


def _ready(reader: Reader, name: str, units: int, quantizer: Quantizer | None) -> Ready:
    if quantizer is None:
        return Ready(_integers(reader, name, "threshold", (units,))[:, None], _falling(reader, name, units))
    thresholds = _integers(reader, name, "thresholds", (units, quantizer.levels))
    falls = np.argwhere(thresholds[:, 1:] < thresholds[:, :-1])
    if len(falls):
        row, column = (int(i) for i in falls[0])
        raise reader.error(name, "thresholds", f"value {thresholds[row, column + 1]} at row {row}, column {column + 1},"
                           f" behind {thresholds[row, column]}: thresholds of a row must not fall")
    return Ready(thresholds, _falling(reader, name, units), _scale(reader, name) if reader.has(name, "scale") else None)


def _falling(reader: Reader, name: str, units: int) -> NDArray[np.bool_]:
    if not reader.has(name, "falling"):
        return np.zeros(units, np.bool_)
    marks = reader.take(name, "falling", (units,))
    wrong = np.argwhere((marks != 0) & (marks != 1))
    if len(wrong):
        raise reader.error(name, "falling", f"value {marks[wrong[0, 0]]} at position {wrong[0, 0]}: must be 0 or 1")
    return np.asarray(marks != 0)


def _scale(reader: Reader, name: str) -> float:
    value: float = reader.take_positive(name, "scale", ()).item()
    return value


def _steps(reader: Reader, name: str, key: str, units: int) -> NDArray[np.generic]:
    """Numbers (units,), or one for all of them."""
    is_scalar = reader.shape(name, key) == ()
    return np.broadcast_to(reader.take_positive(name, key, () if is_scalar else (units,)), (units,))


def _scaling(reader: Reader, name: str, units: int, has_weights: bool) -> Scaling:
    is_weighted = has_weights and reader.has(name, "weight_scale")
    weight = _steps(reader, name, "weight_scale", units) if is_weighted else np.ones(units)
    if not reader.has(name, "input_scale"):
        return Scaling(weight)
    # The inputs of a sum are worth the same.
    step = np.broadcast_to(reader.take_positive(name, "input_scale", ()), (units,)) if has_weights else \
        _steps(reader, name, "input_scale", units)
    return Scaling(weight, step)


def _scores(reader: Reader, layer: Weights) -> Scaling:
    scaling = _scaling(reader, layer.name, layer.rows, True)
    if layer.bias is None:
        return scaling
    bias = _integers(reader, layer.name, "bias", (layer.rows,))
    low, high = level_range(layer.bias, True)
    wrong = np.argwhere((bias < low) | (bias > high))
    if len(wrong):
        row = int(wrong[0, 0])
        raise reader.error(layer.name, "bias", f"value {bias[row]} at position {row}: must be a whole number from"
                           f" {low} to {high}, which the {layer.bias} bits of the topology's 'bias' hold")
    return replace(scaling, bias=bias)


def _norm(reader: Reader, name: str, units: int, others: str) -> BatchNorm:
    arrays = {}
    for key in BATCH_NORM:
        if not reader.has(name, f"bn.{key}"):
            raise reader.error(name, f"bn.{key}", f"is missing; an activation needs {others}'bn.gamma', 'bn.beta',"
                               " 'bn.mean', 'bn.var' and 'bn.eps'")
        arrays[key] = reader.take(name, f"bn.{key}", (units,)).astype(np.float64)
    eps = float(reader.take(name, "bn.eps", ()).astype(np.float64))
    with np.errstate(over="ignore"):
        spread = arrays["var"] + eps
    if not (spread > 0).all():
        row = int(np.argmin(spread))
        raise reader.error(name, "bn.var", f"value {arrays['var'][row]} at position {row}:"
                           f" var + eps (eps is {eps}) must be greater than 0")
    return BatchNorm(arrays["gamma"], arrays["beta"], arrays["mean"], arrays["var"], eps)


def _activation(reader: Reader, name: str, units: int, quantizer: Quantizer | None, has_weights: bool) -> Raw | Ready:
    if reader.has(name, "threshold" if quantizer is None else "thresholds"):
        return _ready(reader, name, units, quantizer)
    if quantizer is not None and not reader.has(name, "scale"):
        raise reader.error(name, "scale", "is missing; a quantizer needs 'thresholds', or 'scale', what one of its"
                           " steps is worth")
    has_norm = any(reader.has(name, f"bn.{key}") for key in (*BATCH_NORM, "eps"))
    # A sign needs something that it is the sign of.
    needs_norm = has_norm or (quantizer is None and not reader.has(name, "bias"))
    others = "'threshold', or 'bias', or " if quantizer is None else "all of "
    norm = _norm(reader, name, units, others) if needs_norm else None
    bias = reader.take(name, "bias", (units,)) if reader.has(name, "bias") else np.zeros(units)
    return Raw(_scaling(reader, name, units, has_weights), bias, norm,
               None if quantizer is None else _scale(reader, name))


def load_parameters(path: Path, topology: Topology) -> dict[str, LayerParameters]:
    """Read the parameters of every layer of `topology` that has some, by its name.

    Raises:
        FinnError: the file cannot be read; an array is missing, unknown, or of the wrong shape, type or values.
    """
    reader = Reader(path)
    found: dict[str, LayerParameters] = {}
    for layer in topology.layers:
        name = layer.name
        if isinstance(layer, Weights):
            weight = read_weight(reader, layer, topology.ifm(layer))
            activation = _scores(reader, layer) if layer.leaves_scores else \
                _activation(reader, name, layer.rows, layer.quantizer, True)
            found[name] = LayerParameters(weight, activation)
        elif isinstance(layer, Activation):
            channels = topology.ifm(layer).channels
            weight = np.zeros((channels, 0), np.int8)
            found[name] = LayerParameters(weight, _activation(reader, name, channels, layer.quantizer, False))
    if reader.entries:
        unknown = min(reader.entries)
        raise FinnError(f"{path}: key {shown(unknown)}: belongs to no layer of the topology, or to none that needs it;"
                        f" those with parameters are {', '.join(found)}")
    return found
