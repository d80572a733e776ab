"""Frames and results as bytes: what a driver writes to, and reads from, a network's hardware. Needs numpy alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def element_bits(values: NDArray[np.int32], bits: int) -> NDArray[np.uint8]:
    """Elements (n, elements) as bits 0/1 (n, elements * bits), two's complement, least significant first."""
    if bits == 1:
        return values.astype(np.uint8)
    return (values[:, :, None] >> np.arange(bits) & 1).astype(np.uint8).reshape(len(values), -1)


def pack_frames(values: NDArray[np.int32], bits: int, width: int) -> NDArray[np.uint8]:
    """Input elements (n, elements) to bytes (n, beats, bytes a beat), little endian.

    A frame is one row of bits, element 0 first, its least significant bit first; beat b carries bits b * width
    onwards, the first in bit 0; bits beyond are 0.

    Args:
        values: 0/1 for -1/+1, or numbers.
        bits: of an element.
        width: bits of a beat.
    """
    n, frame_bits = len(values), values.shape[1] * bits
    beats = -(-frame_bits // width)
    padded = np.zeros((n, beats * width), np.uint8)
    padded[:, :frame_bits] = element_bits(values, bits)
    return np.packbits(padded.reshape(n, beats, width), axis=2, bitorder="little")


def unpack_results(data: NDArray[np.uint8], elements: int, word: int, signed: bool) -> NDArray[np.int64]:
    """Result bytes (n, beats, bytes a beat) to values (n, beats * elements): a label, or those of the last map.

    Args:
        data: each beat little endian.
        elements: values a beat.
        word: bits of a value.
        signed: two's complement.
    """
    bits = np.unpackbits(data, axis=2, bitorder="little")[:, :, :elements * word]
    fields = bits.reshape(len(data), -1, word).astype(np.int64) @ (1 << np.arange(word, dtype=np.int64))
    return np.where(fields >> word - 1, fields - (1 << word), fields) if signed else fields
