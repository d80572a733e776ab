"""Contents of memories, as $readmemh files; the word layout is that of the headers of mvtu.sv and threshold.sv."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from finn_rtl.integer import IntegerLayer
from finn_rtl.pipeline import Mvtu

LAST_BIT = 63


def hex_words(bits: NDArray[np.uint8]) -> str:
    """Rows of bits 0/1 (words, width), least significant first, as lines of hexadecimal digits."""
    width = bits.shape[1]
    digits = -(-width // 4)
    packed = np.packbits(bits, axis=1, bitorder="little")[:, ::-1]
    return "".join(row.tobytes().hex()[-digits:] + "\n" for row in packed)


def read_words(text: str) -> dict[int, int]:
    """The words of a $readmemh file by address.

    Raises:
        ValueError: something that is no hexadecimal number, or a word that is given twice.
    """
    words: dict[int, int] = {}
    address = 0
    for token in re.sub(r"//.*|/\*(?s:.*?)\*/", " ", text).split():
        if not re.fullmatch("@?[0-9a-fA-F][0-9a-fA-F_]*", token):
            raise ValueError(f"{token!r:.40} is no hexadecimal number")
        number = int(token.lstrip("@").replace("_", ""), 16)
        if token.startswith("@"):
            address = number
            continue
        if address in words:
            raise ValueError(f"word {address} is given twice")
        words[address] = number
        address += 1
    return words


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


def fold_weights(weight: NDArray[np.uint8], simd: int, pe: int) -> NDArray[np.uint8]:
    """Weights 0/1 (MH, MW) as SF * NF words of PE * SIMD bits, least significant first."""
    mh, mw = weight.shape
    folded = weight.reshape(mh // pe, pe, mw // simd, simd).transpose(0, 2, 1, 3)
    return folded.reshape(-1, pe * simd)


def fold_fields(values: NDArray[np.int64], pe: int, width: int) -> NDArray[np.uint8]:
    """Numbers (rows, numbers a row) as words of `pe` rows, each number `width` bits in two's complement."""
    # More bits than 64 repeat the sign.
    bits = values[:, :, None] >> np.minimum(np.arange(width), LAST_BIT) & 1
    return bits.astype(np.uint8).reshape(len(values) // pe, -1)


def threshold_fields(weight: NDArray[np.uint8], thresholds: NDArray[np.int64] | None,
                     input_bits: int) -> NDArray[np.int64]:
    """What an mvtu's threshold memory holds for each row, (MH, numbers a row).

    Without thresholds and for one of them where its accumulator starts, for several what it is compared with. Inputs of
    several bits are inverted where they should be negated, which is one less for each weight -1.

    Args:
        weight: 0/1 (MH, MW).
        thresholds: (MH, thresholds), or None.
        input_bits: of an input element.
    """
    short = (weight == 0).sum(axis=1, keepdims=True) if input_bits > 1 else np.zeros((len(weight), 1), np.int64)
    if thresholds is None:
        return short
    return short - thresholds if thresholds.shape[1] == 1 else thresholds - short


def weight_words(layer: IntegerLayer, mvtu: Mvtu) -> NDArray[np.uint8]:
    """Weights in folded order: SF * NF words of PE * SIMD bits, least significant first."""
    return fold_weights(stream_order(layer, mvtu), mvtu.simd, mvtu.pe)


def weight_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """The words of `weight_words` as one file."""
    return hex_words(weight_words(layer, mvtu))


def threshold_memory(layer: IntegerLayer, mvtu: Mvtu) -> str:
    """Start values of the accumulators in two's complement: NF words of PE fields; see `threshold_fields`."""
    thresholds = None if layer.threshold is None else layer.threshold[:, None]
    return hex_words(fold_fields(threshold_fields(layer.weight, thresholds, mvtu.input_bits), mvtu.pe, mvtu.sum_width))
