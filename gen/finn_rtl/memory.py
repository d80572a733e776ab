"""Contents of the MVTU's memories, as $readmemh files; the word layout is that of the header of mvtu.sv."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.integer import IntegerLayer
from finn_rtl.pipeline import Mvtu


def hex_words(bits: NDArray[np.uint8]) -> str:
    """Rows of bits 0/1 (words, width), least significant first, as lines of hexadecimal digits."""
    width = bits.shape[1]
    digits = -(-width // 4)
    packed = np.packbits(bits, axis=1, bitorder="little")[:, ::-1]
    return "".join(row.tobytes().hex()[-digits:] + "\n" for row in packed)


def slice_files(name: str, bits: NDArray[np.uint8], width: int) -> dict[str, str]:
    """The files of a memory by name: one, or those of its slices of `width` bits (rom_slices.sv).

    Args:
        name: of the whole memory.
        bits: its words, 0/1 (words, bits), least significant first.
        width: bits of a slice, 0 for one file.
    """
    if not width:
        return {name: hex_words(bits)}
    firsts = range(0, bits.shape[1], width)
    return {f"{name}.{index:03}.mem": hex_words(bits[:, first:first + width]) for index, first in enumerate(firsts)}


def stream_order(layer: IntegerLayer, mvtu: Mvtu) -> NDArray[np.uint8]:
    """Weights (units, inputs) with the columns in the order in which the inputs come.

    Whole windows come in groups of channels, all pixels of the window for a group.
    """
    pixels = mvtu.window
    groups = mvtu.sf if pixels > 1 else 1
    return layer.weight.reshape(mvtu.mh, pixels, groups, -1).transpose(0, 2, 1, 3).reshape(mvtu.mh, mvtu.mw)


def weight_words(layer: IntegerLayer, mvtu: Mvtu) -> NDArray[np.uint8]:
    """Weights in folded order: SF * NF words of PE * SIMD bits, least significant first."""
    weight = stream_order(layer, mvtu)
    folded = weight.reshape(mvtu.nf, mvtu.pe, mvtu.sf, mvtu.simd).transpose(0, 2, 1, 3)
    return folded.reshape(mvtu.cycles, mvtu.pe * mvtu.simd)


def weight_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """The words of `weight_words` as one file."""
    return hex_words(weight_words(layer, mvtu))


def threshold_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """Start values of the accumulators in two's complement: NF words of PE fields.

    Minus the threshold, and for inputs of several bits plus the number of the row's weights that are -1: those inputs
    are inverted where they should be negated, which is one less.
    """
    starts = np.zeros(mvtu.mh, np.int64) if layer.threshold is None else -layer.threshold
    if mvtu.input_bits > 1:
        starts = starts + (layer.weight == 0).sum(axis=1)
    starts = starts & ((1 << mvtu.sum_width) - 1)
    bits = (starts[:, None] >> np.arange(mvtu.sum_width) & 1).astype(np.uint8)
    return hex_words(bits.reshape(mvtu.nf, mvtu.pe * mvtu.sum_width))
