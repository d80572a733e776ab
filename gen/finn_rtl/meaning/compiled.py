"""The matrices of the reference, compiled: bit planes, AND or XOR, popcount; products of many bits (cpp/matrix.cpp).

Numpy (kernels.py) is what it is tested against, and what is used where there is no C++ compiler, or where FINN_NUMPY is
set. Results are equal, element by element.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.libraries import load

SOURCE = Path(__file__).parent / "cpp" / "matrix.cpp"
OPTIONS = ("-O3", "-march=native", "-mprefer-vector-width=512")
PORTABLE_OPTIONS = ("-O3",)
LANES = 16
WORD = 64
# Of an input that is multiplied, unsigned: products are of 16 bits and signed.
MOST_BITS = 15


@dataclass(frozen=True)
class Inputs:
    """The elements of a map: numbers of `bits` bits, two's complement where `signed`.

    `is_bipolar`: bits 0/1 that stand for -1/+1, the border among them. `is_popcount`: the sums wanted are counts of
    places where such bits agree with weights -1/+1; else they are dot products.
    """

    bits: int
    signed: bool
    is_bipolar: bool = False
    is_popcount: bool = False


@dataclass(frozen=True)
class _Packed:
    """Weights as cpp/matrix.cpp wants them, and thresholds (levels, units rounded up), None where sums leave.

    `values` int64 (units rounded up, inputs) are the weights, or 0/1 where they are -1/+1 (`is_binary`).
    """

    values: NDArray[np.int64]
    bits: int
    thresholds: NDArray[np.int32] | None
    falling: NDArray[np.uint8]
    is_binary: bool
    row_sums: NDArray[np.int32]

    @cached_property
    def planes(self) -> NDArray[np.uint64]:
        """Bits of the weights, [plane][group of LANES units][word][LANES]."""
        units, elements = self.values.shape
        words = -(-elements // WORD)
        found = np.zeros((self.bits, units // LANES, words, LANES), np.uint64)
        filled = np.zeros((units, words * WORD), np.uint8)
        for plane in range(self.bits):
            filled[:, :elements] = self.values >> plane & 1
            packed = np.packbits(filled, axis=1, bitorder="little").view(np.uint64)
            found[plane] = packed.reshape(units // LANES, LANES, words).transpose(0, 2, 1)
        return found

    @cached_property
    def whole(self) -> NDArray[np.int16]:
        """The weights, [group of LANES units][pair][LANES][2]."""
        units, elements = self.values.shape
        pairs = -(-elements // 2)
        filled = np.zeros((units, 2 * pairs), np.int16)
        filled[:, :elements] = self.values
        return np.ascontiguousarray(filled.reshape(units // LANES, LANES, pairs, 2).transpose(0, 2, 1, 3))

    def is_multiplied(self, inputs: Inputs) -> bool:
        """Whether products of numbers are faster than those of planes, by what a block of windows takes in cycles."""
        elements = self.values.shape[1]
        by_planes = self.bits * inputs.bits * (12 * -(-elements // WORD) + 40)
        return not inputs.is_popcount and inputs.bits + inputs.signed <= MOST_BITS and 2 * elements + 20 < by_planes


_PACKED: WeakKeyDictionary[IntegerLayer, _Packed] = WeakKeyDictionary()


def _cpu() -> str:
    """What -march=native may depend on."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
    return next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), "")


@cache
def library() -> ctypes.CDLL | None:
    """The compiled kernels; None where they cannot be built or are not wanted."""
    if os.environ.get("FINN_NUMPY"):
        return None
    for options, cpu in ((OPTIONS, _cpu()), (PORTABLE_OPTIONS, "")):
        try:
            return load(SOURCE, options, cpu)
        except (FinnError, OSError):
            continue
    return None


def _pack(layer: IntegerLayer) -> _Packed:
    units, elements = layer.weight.shape
    padded = -(-units // LANES) * LANES
    is_binary = bool((np.abs(layer.weight) == 1).all())
    weight = np.zeros((padded, elements), np.int64)
    weight[:units] = layer.weight
    values = (weight > 0).astype(np.int64) if is_binary else weight
    bits = 1 if is_binary else max(int(layer.weight.max(initial=0)).bit_length(),
                                   int(-1 - layer.weight.min(initial=-1)).bit_length()) + 1
    thresholds = None
    if layer.thresholds is not None:
        thresholds = np.zeros((layer.thresholds.shape[1], padded), np.int32)
        thresholds[:, :units] = layer.thresholds.T
    row_sums = weight.sum(axis=1).astype(np.int32)
    return _Packed(values, bits, thresholds, layer.falling.astype(np.uint8), is_binary, row_sums)


def _address(array: NDArray[np.generic] | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if array is None else array.ctypes.data)


def matrix(layer: IntegerLayer, maps: NDArray[np.int32], inputs: Inputs, kernel: tuple[int, int],
           stride: tuple[int, int] = (1, 1), padding: tuple[int, int, int, int] = (0, 0, 0, 0)
           ) -> NDArray[np.int32] | None:
    """A layer applied to all windows of maps.

    Args:
        layer: weights (units, kernel height * kernel width * channels) and thresholds.
        maps: (n, height, width, channels).
        inputs: what the elements are.
        kernel: down, across.
        stride: down, across.
        padding: top, bottom, left, right; zeros, which are the bits of -1 where the inputs are bipolar.

    Returns:
        int32 (n, rows, columns, units), as kernels.layer_output; None where there is no compiled library.
    """
    found = library()
    if found is None:
        return None
    if layer not in _PACKED:
        _PACKED[layer] = _pack(layer)
    packed = _PACKED[layer]
    frames, height, width, channels = maps.shape
    rows, columns = height + padding[0] + padding[1], width + padding[2] + padding[3]
    out_h, out_w = (rows - kernel[0]) // stride[0] + 1, (columns - kernel[1]) // stride[1] + 1
    units = len(layer.weight)
    levels = 0 if packed.thresholds is None else len(packed.thresholds)
    shape = np.array([frames, height, width, channels, *kernel, *stride, padding[0], padding[2], rows, columns, out_h,
                      out_w, units, levels], np.int64)
    offset = np.zeros(len(packed.values), np.int32)
    if layer.bias is not None:
        offset[:units] = layer.bias
    # x = 2 c - 1 for bits c of a bipolar map: the dot product is 2 D less the sum of a row's weights.
    scale = 2 if inputs.is_bipolar else 1
    if inputs.is_bipolar and not inputs.is_popcount:
        offset -= packed.row_sums
    # w = 2 b - 1 for bits b of binary weights: the dot product is 2 D less the sum of the inputs.
    numbers = np.array([inputs.bits, inputs.signed, packed.bits, not packed.is_binary, inputs.is_popcount, scale,
                        1 + packed.is_binary, packed.is_binary], np.int64)
    contiguous = np.ascontiguousarray(maps)
    results = np.empty((frames, out_h, out_w, units), np.int32)
    whole = packed.whole if packed.is_multiplied(inputs) else None
    planes = packed.planes if whole is None else None
    arrays = (contiguous, shape, numbers, planes, whole, offset, packed.thresholds, packed.falling)
    found.finn_matrix(*map(_address, arrays), ctypes.c_int64(layer.lowest), _address(results))
    return results
