"""The parameter folders of BNN-PYNQ: config.h, and for each layer and processing element weights and thresholds.

Files are of little-endian words of 64 bits. Word nf * SF + sf of an element's weights has row nf * PE + element and
columns from sf * SIMD on, the first one lowest; what lies behind the end of a file is 0. Columns of a convolution are
by row, column and channel. A level is the number of thresholds that the sum is greater than.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.description.files import parse_topology
from finn_rtl.importer.emit import FILE, Imported, Row, plain_name
from finn_rtl.operators.weights import MOST_WEIGHTS, Weights

CONFIG = "config.h"
MOST_LAYERS = 64
DEFINE = re.compile(r"^\s*#define\s+L(\d{1,2})_([A-Z_]+)\s+(\d{1,9})\s*$", re.MULTILINE)
CLASSES_FILE = "classes.txt"
# LFC's input has 784 pixels in 832 columns; CNV's is a picture of 32x32 pixels.
MNIST_SIZE = (28, 28)
# Thresholds of a layer whose inputs are fixed point: in so many parts of a step of these.
FIXED_PARTS = 2
SCORE_BITS = 16
#: Pixels of CNV: 2 p / 255 - 1 as fixed point with 7 fraction bits.
CNV_INPUT = {"type": "integer", "bits": 8, "signed": True, "scale": "256/255", "offset": -128}


@dataclass(frozen=True)
class _Layer:
    """What config.h says of a layer."""

    file: Path
    number: int
    values: Mapping[str, int]

    def value(self, name: str) -> int:
        if name not in self.values:
            raise FinnError(f"{self.file}: L{self.number}_{name} is missing: it is no configuration of BNN-PYNQ, or cut"
                            " off")
        return self.values[name]

    @property
    def is_conv(self) -> bool:
        return "K" in self.values

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the matrix."""
        if self.is_conv:
            return self.value("OFM_CH"), self.value("K") ** 2 * self.value("IFM_CH")
        return self.value("MH"), self.value("MW")


def _layers(folder: Path) -> list[_Layer]:
    path = folder / CONFIG
    if not folder.is_dir():
        raise FinnError(f"{folder}: no such folder; it must have {CONFIG} and the files of the layers, such as"
                        " 0-0-weights.bin")
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error}); a parameter folder of BNN-PYNQ has"
                        " it") from None
    found: dict[int, dict[str, int]] = {}
    for number, name, value in DEFINE.findall(text):
        found.setdefault(int(number), {})[name] = int(value)
    if not found or sorted(found) != list(range(len(found))) or len(found) > MOST_LAYERS:
        raise FinnError(f"{path}: describes layers {sorted(found)}: must be all from 0 on, as #define L0_PE and so on")
    return [_Layer(path, number, found[number]) for number in sorted(found)]


def _words(path: Path, count: int) -> NDArray[np.uint64]:
    """So many words of a file; behind its end they are 0."""
    try:
        size = path.stat().st_size
        if size % 8 or size > 8 * count:
            raise FinnError(f"{path}: has {size} bytes: must be words of 8, and at most {count} of them by {CONFIG}")
        words = np.frombuffer(path.read_bytes(), "<u8")
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    return np.concatenate([words, np.zeros(count - len(words), np.uint64)])


def _weight(folder: Path, layer: _Layer) -> NDArray[np.int8]:
    """The matrix, padding included."""
    rows, columns = layer.shape
    pe, simd, bits = layer.value("PE"), layer.value("SIMD"), layer.value("WPI")
    if bits not in (1, 2) or not pe or not simd or rows % pe or columns % simd or simd * bits > 64:
        raise FinnError(f"{layer.file}: layer {layer.number}: {rows} rows of {columns} columns, PE {pe}, SIMD {simd},"
                        f" weights of {bits} bits: PE and SIMD must divide them, and a word of 64 bits hold SIMD"
                        " weights of 1 or 2")
    if rows * columns > MOST_WEIGHTS:
        raise FinnError(f"{layer.file}: layer {layer.number}: {rows * columns} weights: at most {MOST_WEIGHTS}")
    folds = columns // simd
    found = np.empty((rows, columns), np.int8)
    shifts = (np.arange(simd) * bits).astype(np.uint64)
    for element in range(pe):
        path = folder / f"{layer.number}-{element}-weights.bin"
        words = _words(path, rows // pe * folds)
        held = (words[:, None] >> shifts & np.uint64((1 << bits) - 1)).astype(np.int8).reshape(rows // pe, columns)
        if bits == 2:
            if (held == 2).any():
                raise FinnError(f"{path}: a weight is -2: must be -1, 0 or +1")
            held = np.where(held == 3, -1, held).astype(np.int8)
        found[element::pe] = held if bits == 2 else 2 * held - 1
    return found


def _thresholds(folder: Path, layer: _Layer, levels: int) -> NDArray[np.int64]:
    """Thresholds (rows, levels) as they are stored: a sum must be greater."""
    rows, pe = layer.shape[0], layer.value("PE")
    found = np.empty((rows, levels), np.int64)
    for element in range(pe):
        words = _words(folder / f"{layer.number}-{element}-thres.bin", rows // pe * levels)
        found[element::pe] = words.view(np.int64).reshape(-1, levels)
    return found


def _classes(folder: Path) -> list[str]:
    try:
        names = (folder / CLASSES_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [name.strip() for name in names if name.strip()]


def import_bnn_pynq(folder: Path | str, *, name: str | None = None) -> Imported:
    """A network of a parameter folder of BNN-PYNQ: weights of 1 or 2 bits, activations of 1 or 2.

    Args:
        folder: with config.h, N-N-weights.bin, N-N-thres.bin and perhaps classes.txt.
        name: of the network; by default that of the folder.

    Raises:
        FinnError: files are missing, cut off, or of another kind.
    """
    folder = Path(folder)
    layers = _layers(folder)
    network = _Network(folder, layers, _classes(folder))
    for layer in layers:
        network.add(layer)
    found = name or plain_name(folder.resolve().name, "net")
    document: dict[str, Any] = {
        "name": found, "description": f"from {folder.resolve().name}", "parameters": FILE, "input": network.input,
        "layers": network.layers, "output": "label" if network.has_scores else "vector"}
    if network.classes:
        document["classes"] = network.classes
    topology = parse_topology(document, str(folder))
    rows = [Row("", "input", topology.input.encoding.type, input_bits=topology.input.map.bits)]
    for item in topology.layers:
        ifm = topology.ifm(item)
        if not isinstance(item, Weights):
            rows.append(Row("", item.name, item.kind, input_bits=ifm.bits))
            continue
        levels = None if item.leaves_scores else 2 if item.quantizer is None else item.quantizer.levels + 1
        node = item.name.replace("conv", "L").replace("fc", "L")
        rows.append(Row(node, item.name, item.kind, item.weights.bits, ifm.bits, item.sums(ifm).bits, levels))
    if not network.has_scores:
        network.notes.append("a result has one bit a class; the board's program takes the highest that is set")
    return Imported(document, topology, network.arrays, tuple(rows), tuple(network.notes), None)


class _Network:
    """Layers as they are put together."""

    def __init__(self, folder: Path, layers: list[_Layer], classes: list[str]) -> None:
        self.folder, self.classes = folder, classes
        self.count = len(layers)
        self.layers: list[dict[str, Any]] = []
        self.arrays: dict[str, NDArray[Any]] = {"layout": np.array("ohwi")}
        self.notes: list[str] = []
        first = layers[0]
        self.is_cnv = first.is_conv
        self.size = first.value("IFM_DIM") if self.is_cnv else 0
        self.input: dict[str, Any] = {"shape": [self.size, self.size, first.value("IFM_CH")], "encoding": CNV_INPUT} \
            if self.is_cnv else {"shape": list(MNIST_SIZE), "encoding": {"type": "binary", "threshold": 128}}
        self.has_scores = layers[-1].value("API") == SCORE_BITS
        # Inputs of the next layer: -1/+1, and not numbers.
        self.is_bipolar = not self.is_cnv
        self.channels = first.value("IFM_CH") if self.is_cnv else MNIST_SIZE[0] * MNIST_SIZE[1]

    def _pool(self, layer: _Layer) -> None:
        """The pool in front of a layer whose map is smaller than the one that comes."""
        size = layer.value("IFM_DIM")
        if size == self.size:
            return
        if not size or self.size % size or not self.layers:
            raise FinnError(f"{layer.file}: layer {layer.number}: reads a map of {size}x{size}, and"
                            f" {self.size}x{self.size} comes: must be that, or a whole part of it")
        self.layers.append({"type": "maxpool", "name": f"pool{layer.number}", "kernel": self.size // size})

    def add(self, layer: _Layer) -> None:
        """One more layer."""
        if layer.is_conv:
            self._pool(layer)
        columns = layer.shape[1] if layer.is_conv else self._elements(layer)
        weight = _weight(self.folder, layer)
        is_last = layer.number == self.count - 1
        if is_last and len(self.classes) > len(weight):
            raise FinnError(f"{self.folder / CLASSES_FILE}: {len(self.classes)} classes, but the last layer has"
                            f" {len(weight)} rows")
        units = len(self.classes) or len(weight) if is_last else len(weight)
        name = f"{'conv' if layer.is_conv else 'fc'}{layer.number}"
        written: dict[str, Any] = {"type": "conv", "name": name, "channels": units, "kernel": layer.value("K")} \
            if layer.is_conv else {"type": "fc", "name": name, "units": units}
        if layer.value("WPI") == 2:
            written["weights"] = {"bits": 2, "narrow": True}
        real = weight[:units, :columns]
        written["activation"] = "none"
        if not (is_last and self.has_scores):
            bits = layer.value("API")
            if bits not in (1, 2):
                raise FinnError(f"{layer.file}: layer {layer.number}: activations of {bits} bits: must be 1 or 2")
            written["activation"] = "sign" if bits == 1 else {"bits": 2, "signed": True, "narrow": True}
            self._put_thresholds(name, layer, bits, units, weight[:units, columns:])
            self.is_bipolar = bits == 1
        elif self.is_bipolar and layer.value("WPI") == 1:
            self.notes.append("scores are counts of places that agree, as on the board")
        kernel = (layer.value("K"), layer.value("K"), -1) if layer.is_conv else (-1,)
        self.arrays[f"{name}.weight"] = real.reshape(units, *kernel)
        self.layers.append(written)
        self.channels, self.size = units, layer.value("OFM_DIM") if layer.is_conv else 0

    def _elements(self, layer: _Layer) -> int:
        """Inputs of a full layer; columns behind them are padding."""
        count = self.size ** 2 * self.channels if self.size else self.channels
        if count > layer.value("MW"):
            raise FinnError(f"{layer.file}: layer {layer.number}: {layer.value('MW')} columns for {count} elements")
        return count

    def _put_thresholds(self, name: str, layer: _Layer, bits: int, units: int, padding: NDArray[np.int8]) -> None:
        stored = _thresholds(self.folder, layer, bits)[:units]
        counts = self.is_bipolar and layer.value("WPI") == 1 and bits == 1
        # A sum s of the first layer is compared as 2 s > t.
        reached = (stored // FIXED_PARTS if layer.number == 0 and self.is_cnv else stored) + 1
        if not layer.is_conv and padding.shape[1]:
            # Padding has inputs -1, which the thresholds reckon with.
            more = -(padding < 0).sum(axis=1) if counts else padding.sum(axis=1, dtype=np.int64)
            reached = reached + more[:, None]
        key = "threshold" if bits == 1 else "thresholds"
        self.arrays[f"{name}.{key}"] = reached[:, 0] if bits == 1 else reached
