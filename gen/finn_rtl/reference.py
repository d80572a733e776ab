"""Integer-exact inference in numpy: what hardware must compute, bit for bit.

Bits are packed 64 to a word and compared by XOR and popcount, so that thousands of images take seconds. Nothing here
is shared with what emits hardware.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from finn_rtl.integer import IntegerLayer, Network
from finn_rtl.topology import Convolution, Layer, Map, MaxPool

WORD = 64
CHUNK = 256
# Input elements that go through the network together: bounds the memory that windows take.
BATCH_ELEMENTS = 1 << 18


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


def _layer(layer: Layer, next_matrix: Callable[[], IntegerLayer], ifm: Map, ofm: Map,
           values: NDArray[np.int32]) -> NDArray[np.int32]:
    """One layer for maps (n, height, width, channels)."""
    n = len(values)
    if isinstance(layer, MaxPool):
        pooled: NDArray[np.int32] = windows(values, layer.kernel, layer.step, (0, 0, 0, 0)).max(axis=(3, 4))
        return pooled
    if isinstance(layer, Convolution):
        values = windows(values, layer.kernel, layer.stride, layer.padding)
    matrix = next_matrix()
    found = layer_output(matrix, values.reshape(-1, matrix.weight.shape[1]), ifm.bits == 1)
    return found.reshape(n, ofm.height, ofm.width, ofm.channels)


def layer_outputs(network: Network, values: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Maps (n, height, width, channels) behind every layer, for input elements (n, elements): 0/1 or numbers."""
    topology = network.topology
    ifm = topology.input.map
    found = values.astype(np.int32).reshape(len(values), ifm.height, ifm.width, ifm.channels)
    matrices = iter(network.layers)
    outputs = []
    for layer, before, behind in zip(topology.layers, topology.maps[:-1], topology.maps[1:], strict=True):
        found = _layer(layer, lambda: next(matrices), before, behind, found)
        outputs.append(found)
    return outputs


def infer(network: Network, values: NDArray[np.int32], progress: Callable[[int], None] = lambda _: None
          ) -> NDArray[np.int32]:
    """Elements of the last map, int32 (n, elements), for input elements (n, elements): 0/1 for -1/+1, or numbers.

    Args:
        network: topology and integers.
        values: the frames.
        progress: called with the number of frames just finished.
    """
    count = max(1, BATCH_ELEMENTS // max(m.elements for m in network.topology.maps))
    parts = []
    for begin in range(0, len(values), count):
        part = values[begin:begin + count]
        parts.append(layer_outputs(network, part)[-1].reshape(len(part), -1))
        progress(len(part))
    return np.concatenate(parts)


def labels(scores: NDArray[np.int32]) -> NDArray[np.int64]:
    """Class of each row of scores: its first maximum."""
    found: NDArray[np.int64] = scores.argmax(axis=1).astype(np.int64)
    return found
