"""Frames as AXI-Stream beats: what a driver writes to, and reads from, a network's top level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.pipeline import LabelSelect, Pipeline


def pack_frames(bits: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Input bits 0/1 (n, elements) to bytes (n, beats, bytes a beat), little endian.

    Beat b carries elements b * width onwards, the first in bit 0; bits beyond are 0.
    """
    n, elements = bits.shape
    beats = -(-elements // width)
    padded = np.zeros((n, beats * width), np.uint8)
    padded[:, :elements] = bits
    return np.packbits(padded.reshape(n, beats, width), axis=2, bitorder="little")


def unpack_results(data: NDArray[np.uint8], pipeline: Pipeline) -> NDArray[np.int64]:
    """Result bytes (n, beats, bytes a beat) to labels (n, 1) or output vectors (n, units)."""
    bits = np.unpackbits(data, axis=2, bitorder="little")[:, :, :pipeline.output_width]
    last = pipeline.mvtus[-1]
    width = pipeline.output_width if isinstance(pipeline.stages[-1], LabelSelect) else last.out_width
    fields = bits.reshape(len(data), -1, width).astype(np.int64)
    return fields @ (1 << np.arange(width, dtype=np.int64))
