"""Integer-exact inference in numpy: what hardware must compute, bit for bit.

Bits are packed 64 to a word and compared by XOR and popcount, so that thousands of images take seconds. Nothing here
is shared with what emits hardware.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.integer import IntegerLayer, Network

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


def layer_output(layer: IntegerLayer, bits: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Output of one layer for input bits (n, inputs): bits 0/1, or popcounts for a layer without threshold."""
    sums = popcounts(pack(bits), pack(layer.weight), bits.shape[1])
    return sums if layer.threshold is None else (sums >= layer.threshold).astype(np.int32)


def infer(network: Network, bits: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Output vectors of the last layer, int32 (n, units), for input bits 0/1 (n, elements)."""
    values: NDArray[np.int32] = bits.astype(np.int32)
    for layer in network.layers:
        values = layer_output(layer, values.astype(np.uint8))
    return values


def labels(scores: NDArray[np.int32]) -> NDArray[np.int64]:
    """Class of each row of scores: its first maximum."""
    found: NDArray[np.int64] = scores.argmax(axis=1).astype(np.int64)
    return found
