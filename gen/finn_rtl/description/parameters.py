"""Trained parameters of a network: the NPZ file, validated.

For every layer NAME with weights: `NAME.weight`, -1/+1, shape (units, inputs) or, for a convolution, also one of four
dimensions. `layout` tells the order of a layer's inputs, where there are two: LAYOUTS. For a layer with activation
"sign", and for an activation by itself, one of `NAME.threshold`, integers (units,): the neuron fires when at least so
many of its inputs agree with their weights (inputs of several bits: when its dot product is at least that; by itself:
when the number is); or `NAME.bn.gamma`, `.beta`, `.mean`, `.var` (units,) and `.eps` (scalar): batch norm of the signed
dot product (or of the number), raw as trained.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.maps import Map
from finn_rtl.common.schema import shown
from finn_rtl.description.archive import entries, read_array
from finn_rtl.description.topology import Topology
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.weights import Weights

BATCH_NORM = ("gamma", "beta", "mean", "var")
LAYOUT = "layout"
# Orders of a layer's inputs, and the dimensions of weights (0 units, 1 rows, 2 columns, 3 channels) in each: the
# hardware's own, and PyTorch's. The inputs of a fully connected layer are a map's, in the same order.
LAYOUTS: Mapping[str, tuple[int, int, int, int]] = {"ohwi": (0, 1, 2, 3), "oihw": (0, 3, 1, 2)}


@dataclass(frozen=True)
class BatchNorm:
    """gamma * (x - mean) / sqrt(var + eps) + beta, float64 arrays (units,) and a scalar."""

    gamma: NDArray[np.float64]
    beta: NDArray[np.float64]
    mean: NDArray[np.float64]
    var: NDArray[np.float64]
    eps: float


@dataclass(frozen=True)
class LayerParameters:
    """Weights int8 -1/+1 (units, inputs), and what decides whether a neuron fires; None where scores leave.

    Of an activation by itself the weights are (channels, 0).
    """

    weight: NDArray[np.int8]
    activation: BatchNorm | NDArray[np.int64] | None


class _Reader:
    """Takes arrays out of the archive one by one, checking each; what is left at the end is unknown.

    An array is read when its shape and type are known to be right: a small file can hold a huge one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = entries(path)
        self.layout = self._layout()
        # A layer whose shape tells its layout, and that.
        self.witness: tuple[str, str] | None = None

    def _layout(self) -> str | None:
        entry = self.entries.pop(LAYOUT, None)
        if entry is None:
            return None
        value = read_array(self.path, entry).tolist() if not entry.shape else f"an array of shape {entry.shape}"
        name = value.decode("latin-1") if isinstance(value, bytes) else value
        if not isinstance(name, str) or name not in LAYOUTS:
            raise FinnError(f"{self.path}: key {LAYOUT!r}: value {shown(name)}: must be the string 'oihw' (PyTorch's"
                            " own: channels first) or 'ohwi' (channels last); see docs/topology.md")
        return name

    def error(self, layer: str, key: str, text: str) -> FinnError:
        return FinnError(f"{self.path}: layer {layer!r}: key '{layer}.{key}': {text}")

    def has(self, layer: str, key: str) -> bool:
        return f"{layer}.{key}" in self.entries

    def shape(self, layer: str, key: str) -> tuple[int, ...]:
        entry = self.entries.get(f"{layer}.{key}")
        return () if entry is None else entry.shape

    def take(self, layer: str, key: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        entry = self.entries.pop(f"{layer}.{key}", None)
        if entry is None:
            raise self.error(layer, key, f"is missing; must be an array of shape {shape}")
        if entry.shape != shape:
            raise self.error(layer, key, f"has shape {shown(entry.shape)}, must be {shape} by the topology")
        if entry.dtype.kind not in "iufb":
            raise self.error(layer, key, f"has type {shown(str(entry.dtype))}, must be numbers")
        array = read_array(self.path, entry)
        if array.dtype.kind == "f":
            # Wider floats may hold numbers that are infinite here.
            with np.errstate(over="ignore"):
                array = array.astype(np.float64)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array.reshape(-1)))[0, 0])
            raise self.error(layer, key, f"value {array.reshape(-1)[row]} at position {row}: must be finite")
        return array


def _fitting(reader: _Reader, layer: Weights, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """The layouts that a layer's weights may be in, of those with the shapes `shapes`."""
    known = [reader.layout] if reader.layout else list(LAYOUTS)
    if not isinstance(layer, Convolution) or len(reader.shape(layer.name, "weight")) != 4:
        return known
    shape = reader.shape(layer.name, "weight")
    fitting = [layout for layout in known if shape == shapes[layout]]
    if not fitting:
        texts = [f"{shapes[layout]} (layout {layout!r})" for layout in known]
        raise reader.error(layer.name, "weight", f"has shape {shape}, must be {' or '.join(texts)} by the topology")
    return fitting


def _only(reader: _Reader, layer: Weights, layouts: list[str], what: str) -> str:
    """The one layout of weights that differ from layout to layout.

    Raises:
        FinnError: there are two, or another layer's weights are in the other.
    """
    if len(layouts) > 1:
        raise reader.error(layer.name, "weight", f"{what} may come in either order: add the key {LAYOUT!r} with the"
                           " value 'oihw' (PyTorch's own: channels first) or 'ohwi' (channels last), for all"
                           " layers; see docs/topology.md")
    [layout] = layouts
    reader.witness = reader.witness or (layer.name, layout)
    if layout != reader.witness[1]:
        raise reader.error(layer.name, "weight", f"is in layout {layout!r} by its shape, layer {reader.witness[0]!r}"
                           f" in {reader.witness[1]!r}: all layers must be in one")
    return layout


def _weight(reader: _Reader, layer: Weights, ifm: Map) -> NDArray[np.int8]:
    height, width = layer.kernel if isinstance(layer, Convolution) else (ifm.height, ifm.width)
    sizes = (layer.rows, height, width, ifm.channels)
    shapes = {layout: tuple(sizes[axis] for axis in order) for layout, order in LAYOUTS.items()}
    flat = (layer.rows, prod(sizes[1:]))
    layout, *others = _fitting(reader, layer, shapes)
    is_window = isinstance(layer, Convolution) and len(reader.shape(layer.name, "weight")) == 4
    array = reader.take(layer.name, "weight", shapes[layout] if is_window else flat)
    rows = array.reshape(flat)
    wrong = np.argwhere((rows != 1) & (rows != -1))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        raise reader.error(layer.name, "weight", f"value {rows[row, column]} at row {row}, column {column}:"
                           " binary weights must be -1 or +1")
    if height * width > 1 and ifm.channels > 1:
        layout = _only(reader, layer, [layout, *others], f"{height}x{width} pixels of {ifm.channels} channels")
    own = array.astype(np.int8).reshape(shapes[layout]).transpose(np.argsort(LAYOUTS[layout]))
    return own.reshape(flat)


def _activation(reader: _Reader, name: str, units: int) -> BatchNorm | NDArray[np.int64]:
    if reader.has(name, "threshold"):
        array = reader.take(name, "threshold", (units,))
        if array.dtype.kind not in "iu":
            raise reader.error(name, "threshold", f"has type {array.dtype}, must be integers")
        # Nothing near the limit of int64 can be reached; an unsigned number beyond it must not wrap.
        if array.dtype == np.uint64:
            array = np.minimum(array, 2**62)
        thresholds: NDArray[np.int64] = array.astype(np.int64)
        return thresholds
    shape = (units,)
    arrays = {}
    for key in BATCH_NORM:
        if not reader.has(name, f"bn.{key}"):
            raise reader.error(name, f"bn.{key}", "is missing; an activation needs"
                               " 'threshold', or 'bn.gamma', 'bn.beta', 'bn.mean', 'bn.var' and 'bn.eps'")
        arrays[key] = reader.take(name, f"bn.{key}", shape).astype(np.float64)
    eps = float(reader.take(name, "bn.eps", ()).astype(np.float64))
    with np.errstate(over="ignore"):
        spread = arrays["var"] + eps
    if not (spread > 0).all():
        row = int(np.argmin(spread))
        raise reader.error(name, "bn.var", f"value {arrays['var'][row]} at position {row}:"
                           f" var + eps (eps is {eps}) must be greater than 0")
    return BatchNorm(arrays["gamma"], arrays["beta"], arrays["mean"], arrays["var"], eps)


def load_parameters(path: Path, topology: Topology) -> dict[str, LayerParameters]:
    """Read the parameters of every layer of `topology` that has some, by its name.

    Raises:
        FinnError: the file cannot be read; an array is missing, unknown, or of the wrong shape, type or values.
    """
    reader = _Reader(path)
    found = {}
    for layer in topology.layers:
        if isinstance(layer, Weights):
            weight = _weight(reader, layer, topology.ifm(layer))
            sign = layer.activation == "sign"
            found[layer.name] = LayerParameters(weight, _activation(reader, layer.name, layer.rows) if sign else None)
        elif layer.has_parameters:
            channels = topology.ifm(layer).channels
            weight = np.zeros((channels, 0), np.int8)
            found[layer.name] = LayerParameters(weight, _activation(reader, layer.name, channels))
    if reader.entries:
        unknown = min(reader.entries)
        raise FinnError(f"{path}: key {shown(unknown)}: belongs to no layer of the topology, or to none that needs it;"
                        f" those with parameters are {', '.join(found)}")
    return found
