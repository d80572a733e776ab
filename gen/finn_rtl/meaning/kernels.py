"""Sums and windows, of which the operators are made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer

WORD = 64
CHUNK = 256


def pack(bits: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Bits 0/1 (n, k) to words (n, ceil(k / 64)); the surplus bits of the last word are 0."""
    n, k = bits.shape
    padded = np.zeros((n, -(-k // WORD) * WORD), np.uint8)
    padded[:, :k] = bits
    return np.packbits(padded, axis=1, bitorder="little").view(np.uint64)


def popcounts(inputs: NDArray[np.uint64], weights: NDArray[np.uint64], elements: int) -> NDArray[np.int32]:
    """Number of agreeing places for every pair of packed rows: (n, words), (rows, words) to int32 (n, rows)."""
    result = np.empty((len(inputs), len(weights)), np.int32)
    for begin in range(0, len(inputs), CHUNK):
        part = inputs[begin:begin + CHUNK]
        differing = np.zeros((len(part), len(weights)), np.int32)
        for word in range(inputs.shape[1]):
            differing += np.bitwise_count(part[:, word, None] ^ weights[None, :, word])
        result[begin:begin + CHUNK] = elements - differing
    return result


def dot_products(inputs: NDArray[np.int32], weight: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Sums of +-inputs: (n, k) numbers, (rows, k) bits to int32 (n, rows)."""
    # Sums stay far below 2^53, so floating point is exact.
    product = inputs.astype(np.float64) @ (weight.T * 2.0 - 1.0)
    return product.astype(np.int32)


def layer_output(layer: IntegerLayer, inputs: NDArray[np.int32], is_binary: bool = True) -> NDArray[np.int32]:
    """Output of a matrix for input vectors (n, inputs): bits 0/1, or accumulators for a layer without threshold."""
    if is_binary:
        sums = popcounts(pack(inputs.astype(np.uint8)), pack(layer.weight), inputs.shape[1])
    else:
        sums = dot_products(inputs, layer.weight)
    return sums if layer.threshold is None else (sums >= layer.threshold).astype(np.int32)


def windows(maps: NDArray[np.int32], kernel: tuple[int, int], stride: tuple[int, int],
            padding: tuple[int, int, int, int]) -> NDArray[np.int32]:
    """Windows of maps (n, height, width, channels): (n, rows, columns, kernel height, kernel width, channels).

    Padding (top, bottom, left, right) is 0, which is -1 for binary elements.
    """
    top, bottom, left, right = padding
    padded = np.pad(maps, ((0, 0), (top, bottom), (left, right), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    return view[:, ::stride[0], ::stride[1]].transpose(0, 1, 2, 4, 5, 3)
