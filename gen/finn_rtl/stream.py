"""Frames as AXI-Stream beats: what a driver writes to, and reads from, a network's top level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.pipeline import Result
from finn_rtl.topology import Map


def element_bits(values: NDArray[np.int32], bits: int) -> NDArray[np.uint8]:
    """Elements (n, elements) as bits 0/1 (n, elements * bits), two's complement, least significant first."""
    if bits == 1:
        return values.astype(np.uint8)
    return (values[:, :, None] >> np.arange(bits) & 1).astype(np.uint8).reshape(len(values), -1)


def pack_frames(values: NDArray[np.int32], ifm: Map, width: int) -> NDArray[np.uint8]:
    """Input elements (n, elements) to bytes (n, beats, bytes a beat), little endian.

    A frame is one row of bits, element 0 first, its least significant bit first; beat b carries bits b * width
    onwards, the first in bit 0; bits beyond are 0.

    Args:
        values: 0/1 for -1/+1, or numbers.
        ifm: the map that enters the network.
        width: bits of the input stream.
    """
    n, beats = len(values), -(-ifm.frame_bits // width)
    padded = np.zeros((n, beats * width), np.uint8)
    padded[:, :ifm.frame_bits] = element_bits(values, ifm.bits)
    return np.packbits(padded.reshape(n, beats, width), axis=2, bitorder="little")


def unpack_results(data: NDArray[np.uint8], result: Result) -> NDArray[np.int64]:
    """Result bytes (n, beats, bytes a beat) to labels (n, 1) or the values of the last map (n, elements)."""
    bits = np.unpackbits(data, axis=2, bitorder="little")[:, :, :result.width]
    fields = bits.reshape(len(data), -1, result.word).astype(np.int64) @ (1 << np.arange(result.word, dtype=np.int64))
    return np.where(fields >> result.word - 1, fields - (1 << result.word), fields) if result.signed else fields
