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


def weight_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """Weights in folded order: SF * NF words of PE * SIMD bits."""
    folded = layer.weight.reshape(mvtu.nf, mvtu.pe, mvtu.sf, mvtu.simd).transpose(0, 2, 1, 3)
    return hex_words(folded.reshape(mvtu.cycles, mvtu.pe * mvtu.simd))


def threshold_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """Start values of the accumulators, minus the thresholds in two's complement: NF words of PE fields."""
    assert layer.threshold is not None
    starts = (-layer.threshold) & ((1 << mvtu.sum_width) - 1)
    bits = (starts[:, None] >> np.arange(mvtu.sum_width) & 1).astype(np.uint8)
    return hex_words(bits.reshape(mvtu.nf, mvtu.pe * mvtu.sum_width))
