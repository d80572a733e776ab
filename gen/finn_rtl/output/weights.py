"""Weights that come from DRAM: what lies there for each layer."""

from __future__ import annotations

import numpy as np

from finn_rtl.ips.mvtu_stream import MvtuStream, stream_words
from finn_rtl.meaning.integer import Network
from finn_rtl.plan.plan import Plan


def weight_file(net: str, layer: str) -> str:
    """Name of the file with the bytes of a layer's weights."""
    return f"{net}__{layer}_weights.bin"


def weight_size(matrix: MvtuStream, unit: int) -> int:
    """Bytes of a layer's weights, filled up to whole beats of memory of `unit` bytes."""
    return -(-matrix.words * matrix.word_bits // (8 * unit)) * unit


def weight_bytes(network: Network, matrix: MvtuStream, unit: int = 1) -> bytes:
    """A layer's weights as they lie in memory: words without gaps, the first in the least significant bits.

    Args:
        network: weights.
        matrix: the layer, as planned.
        unit: bytes of a beat of memory, up to whole ones of which zeros follow.
    """
    words = stream_words(network.layers[matrix.layer], matrix)
    return np.packbits(words.reshape(-1), bitorder="little").tobytes().ljust(weight_size(matrix, unit), b"\0")


def weight_files(network: Network, plan: Plan, unit: int = 1) -> dict[str, bytes]:
    """The bytes of all layers whose weights come from DRAM, by the names of their files; see weight_bytes."""
    return {weight_file(plan.topology.name, matrix.layer): weight_bytes(network, matrix, unit)
            for matrix in plan.pipeline.streamed}
