"""Sums and windows, of which the operators are made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map

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


def dot_products(inputs: NDArray[np.int32], weight: NDArray[np.int8]) -> NDArray[np.int32]:
    """Dot products of numbers: (n, k), (rows, k) to int32 (n, rows)."""
    # Sums stay far below 2^53, so floating point is exact.
    product = inputs.astype(np.float64) @ weight.T.astype(np.float64)
    return product.astype(np.int32)


def numbers(held: NDArray[np.int32], ifm: Map) -> NDArray[np.int32]:
    """What the elements of a map stand for."""
    return 2 * held - 1 if ifm.is_bipolar else held


def levels(layer: IntegerLayer, sums: NDArray[np.int32]) -> NDArray[np.int32]:
    """What a layer makes of sums (n, units), int32 of the same shape: levels as numbers, or the sums themselves."""
    if layer.thresholds is None:
        return sums if layer.bias is None else sums + layer.bias.astype(np.int32)
    count = layer.thresholds.shape[1]
    if count == 1:
        reached = (sums >= layer.thresholds[:, 0]).astype(np.int32)
    else:
        reached = np.empty(sums.shape, np.int32)
        for unit, thresholds in enumerate(layer.thresholds):
            reached[:, unit] = np.searchsorted(thresholds, sums[:, unit], side="right")
    found: NDArray[np.int32] = layer.lowest + np.where(layer.falling, count - reached, reached)
    return found


def layer_output(layer: IntegerLayer, inputs: NDArray[np.int32], is_popcount: bool = True) -> NDArray[np.int32]:
    """Output of a matrix for input vectors (n, inputs).

    Args:
        layer: weights and thresholds.
        inputs: bits 0/1 for -1/+1 where the accumulators are popcounts, else numbers.
        is_popcount: see Accumulator.

    Returns:
        int32 (n, units): levels as numbers (bits 0/1 of activation "sign"), or accumulators where there are no
        thresholds.
    """
    if is_popcount:
        weights = (layer.weight > 0).astype(np.uint8)
        return levels(layer, popcounts(pack(inputs.astype(np.uint8)), pack(weights), inputs.shape[1]))
    return levels(layer, dot_products(inputs, layer.weight))


def surrounded(maps: NDArray[np.int32], padding: tuple[int, int, int, int], border: int) -> NDArray[np.int32]:
    """Maps (n, height, width, channels) with a number around them; `padding` is top, bottom, left, right."""
    top, bottom, left, right = padding
    return np.pad(maps, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=border)


def windows(maps: NDArray[np.int32], kernel: tuple[int, int], stride: tuple[int, int],
            padding: tuple[int, int, int, int]) -> NDArray[np.int32]:
    """Windows of maps (n, height, width, channels): (n, rows, columns, kernel height, kernel width, channels).

    Padding (top, bottom, left, right) is 0, which is -1 where bits 0/1 stand for -1/+1.
    """
    padded = surrounded(maps, padding, 0)
    view = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    return view[:, ::stride[0], ::stride[1]].transpose(0, 1, 2, 4, 5, 3)
