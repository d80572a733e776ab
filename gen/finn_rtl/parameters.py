"""Trained parameters of a network: the NPZ file, validated.

For every layer NAME with weights: `NAME.weight`, -1/+1, shape (units, inputs) or, for a convolution, also (channels,
kernel height, kernel width, input channels). For a layer with activation "sign" one of `NAME.threshold`, integers
(units,): the neuron fires when at least so many of its inputs agree with their weights (inputs of several bits: when
its dot product is at least that); or `NAME.bn.gamma`, `.beta`, `.mean`, `.var` (units,) and `.eps` (scalar): batch norm
of the signed dot product, raw as trained.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from finn_rtl.errors import LOAD_ERRORS, FinnError
from finn_rtl.schema import shown
from finn_rtl.topology import Convolution, Matrix, Topology

NPY_MAGIC = b"\x93NUMPY"
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
BATCH_NORM = ("gamma", "beta", "mean", "var")


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
    """Weights int8 -1/+1 (units, inputs), and what decides whether a neuron fires; None where scores leave."""

    weight: NDArray[np.int8]
    activation: BatchNorm | NDArray[np.int64] | None


@dataclass(frozen=True)
class _Entry:
    """What an array's header says, which is all that is read of it at first."""

    file: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The opened file; what goes wrong while it is read becomes one line."""
    try:
        if path.exists() and not path.is_file():
            raise FinnError(f"{path}: not a file; it must hold the network's parameters (NPZ)")
        with path.open("rb") as file:
            if file.read(len(NPY_MAGIC)) == NPY_MAGIC:
                raise FinnError(f"{path}: a single NPY array; an NPZ archive with one array a key is needed"
                                " (numpy.savez)")
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise FinnError(f"{path}: no such file; it must hold the network's parameters (NPZ)") from None
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    except LOAD_ERRORS as error:
        raise FinnError(f"{path}: not an NPZ archive of plain arrays ({' '.join(str(error).split())})") from None


def _header(path: Path, archive: zipfile.ZipFile, name: str) -> _Entry:
    with archive.open(name) as file:
        version = npy.read_magic(file)
        if version not in HEADERS:
            raise FinnError(f"{path}: entry {name!r}: a header of version {version}; arrays of numbers have 1 or 2")
        shape, _, dtype = HEADERS[version](file)
    return _Entry(name, shape, dtype)


def _entries(path: Path) -> dict[str, _Entry]:
    """The arrays of an archive by key."""
    found: dict[str, _Entry] = {}
    with _archive(path) as archive:
        for name in archive.namelist():
            key = name.removesuffix(".npy")
            if key == name:
                raise FinnError(f"{path}: entry {name!r}: not an array; an NPZ archive has one NPY file a key, as"
                                " numpy.savez writes it")
            if key in found:
                raise FinnError(f"{path}: key {key!r} stands twice in the archive")
            found[key] = _header(path, archive, name)
    return found


def _array(path: Path, entry: _Entry) -> NDArray[np.generic]:
    with _archive(path) as archive, archive.open(entry.file) as file:
        array: NDArray[np.generic] = npy.read_array(file, allow_pickle=False)
        if file.read(1):
            raise FinnError(f"{path}: entry {entry.file!r}: there are data behind the array")
    return array


class _Reader:
    """Takes arrays out of the archive one by one, checking each; what is left at the end is unknown.

    An array is read when its shape and type are known to be right: a small file can hold a huge one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = _entries(path)

    def error(self, layer: str, key: str, text: str) -> FinnError:
        return FinnError(f"{self.path}: layer {layer!r}: key '{layer}.{key}': {text}")

    def has(self, layer: str, key: str) -> bool:
        return f"{layer}.{key}" in self.entries

    def dimensions(self, layer: str, key: str) -> int:
        entry = self.entries.get(f"{layer}.{key}")
        return 0 if entry is None else len(entry.shape)

    def take(self, layer: str, key: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        entry = self.entries.pop(f"{layer}.{key}", None)
        if entry is None:
            raise self.error(layer, key, f"is missing; must be an array of shape {shape}")
        if entry.shape != shape:
            raise self.error(layer, key, f"has shape {shown(entry.shape)}, must be {shape} by the topology")
        if entry.dtype.kind not in "iufb":
            raise self.error(layer, key, f"has type {shown(str(entry.dtype))}, must be numbers")
        array = _array(self.path, entry)
        if array.dtype.kind == "f":
            # Wider floats may hold numbers that are infinite here.
            with np.errstate(over="ignore"):
                array = array.astype(np.float64)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array.reshape(-1)))[0, 0])
            raise self.error(layer, key, f"value {array.reshape(-1)[row]} at position {row}: must be finite")
        return array


def _weight(reader: _Reader, layer: Matrix, inputs: int) -> NDArray[np.int8]:
    shape: tuple[int, ...] = (layer.units, inputs)
    if isinstance(layer, Convolution) and reader.dimensions(layer.name, "weight") == 4:
        height, width = layer.kernel
        shape = (layer.units, height, width, inputs // (height * width))
    array = reader.take(layer.name, "weight", shape).reshape(layer.units, inputs)
    wrong = np.argwhere((array != 1) & (array != -1))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        raise reader.error(layer.name, "weight", f"value {array[row, column]} at row {row}, column {column}:"
                           " binary weights must be -1 or +1")
    return array.astype(np.int8)


def _activation(reader: _Reader, layer: Matrix) -> BatchNorm | NDArray[np.int64]:
    if reader.has(layer.name, "threshold"):
        array = reader.take(layer.name, "threshold", (layer.units,))
        if array.dtype.kind not in "iu":
            raise reader.error(layer.name, "threshold", f"has type {array.dtype}, must be integers")
        # Nothing near the limit of int64 can be reached; an unsigned number beyond it must not wrap.
        if array.dtype == np.uint64:
            array = np.minimum(array, 2**62)
        thresholds: NDArray[np.int64] = array.astype(np.int64)
        return thresholds
    shape = (layer.units,)
    arrays = {}
    for key in BATCH_NORM:
        if not reader.has(layer.name, f"bn.{key}"):
            raise reader.error(layer.name, f"bn.{key}", "is missing; a layer with activation 'sign' needs"
                               " 'threshold', or 'bn.gamma', 'bn.beta', 'bn.mean', 'bn.var' and 'bn.eps'")
        arrays[key] = reader.take(layer.name, f"bn.{key}", shape).astype(np.float64)
    eps = float(reader.take(layer.name, "bn.eps", ()).astype(np.float64))
    with np.errstate(over="ignore"):
        spread = arrays["var"] + eps
    if not (spread > 0).all():
        row = int(np.argmin(spread))
        raise reader.error(layer.name, "bn.var", f"value {arrays['var'][row]} at position {row}:"
                           f" var + eps (eps is {eps}) must be greater than 0")
    return BatchNorm(arrays["gamma"], arrays["beta"], arrays["mean"], arrays["var"], eps)


def load_parameters(path: Path, topology: Topology) -> tuple[LayerParameters, ...]:
    """Read the parameters of every layer of `topology`.

    Raises:
        FinnError: the file cannot be read; an array is missing, unknown, or of the wrong shape, type or values.
    """
    reader = _Reader(path)
    layers = []
    for layer in topology.matrices:
        weight = _weight(reader, layer, topology.inputs(layer))
        activation = _activation(reader, layer) if layer.activation == "sign" else None
        layers.append(LayerParameters(weight, activation))
    if reader.entries:
        unknown = min(reader.entries)
        raise FinnError(f"{path}: key {shown(unknown)}: belongs to no layer of the topology, or to none that needs it;"
                        f" those with weights are {', '.join(layer.name for layer in topology.matrices)}")
    return tuple(layers)
