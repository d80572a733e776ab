"""Memory contents as $readmemh files."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from finn_rtl.ips.parities import recoded
from finn_rtl.ips.rams import LOAD_BITS

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


def fold_fields(values: NDArray[np.int64], pe: int, width: int) -> NDArray[np.uint8]:
    """Numbers (rows, numbers a row) as words of `pe` rows, each number `width` bits in two's complement."""
    # More bits than 64 repeat the sign.
    bits = values[:, :, None] >> np.minimum(np.arange(width), LAST_BIT) & 1
    return bits.astype(np.uint8).reshape(len(values) // pe, -1)


def slice_files(name: str, bits: NDArray[np.uint8], width: int) -> dict[str, str]:
    """The files of a memory by name: one, or those of its slices of `width` bits (memory_slices.sv).

    Args:
        name: of the whole memory.
        bits: its words, 0/1 (words, bits), least significant first.
        width: bits of a slice, 0 for one file.
    """
    if not width:
        return {name: hex_words(bits)}
    firsts = range(0, bits.shape[1], width)
    return {f"{name}.{index:03}.mem": hex_words(bits[:, first:first + width]) for index, first in enumerate(firsts)}


def fold_weights(weight: NDArray[np.integer], simd: int, pe: int, bits: int = 1, mask: int = 0,  # noqa: PLR0913
                 serial: bool = False, run: int = 0) -> NDArray[np.uint8]:
    """Weights (MH, MW), the numbers themselves, as SF * NF words of PE * SIMD * bits bits, least significant first.

    Of one bit -1/+1 are 0/1; more are two's complement. The bits of `mask` are inverted in every word. `serial`: as
    SF * NF * bits words of PE * SIMD bits, those of a fold bit by bit, the top one first. `run`: weights of one bit are
    recoded as parities of runs of so many lanes.
    """
    mh, mw = weight.shape
    folded = weight.reshape(mh // pe, pe, mw // simd, simd).transpose(0, 2, 1, 3)
    planes = folded[..., None] > 0 if bits == 1 else folded[..., None].astype(np.int64) >> np.arange(bits) & 1
    if serial:
        return planes[..., ::-1].transpose(0, 4, 1, 2, 3).astype(np.uint8).reshape(-1, pe * simd)
    if run:
        return recoded(planes[..., 0].astype(np.uint8), run).reshape(-1, pe * simd)
    words = planes.astype(np.uint8).reshape(-1, pe * simd * bits)
    return words ^ np.array([mask >> place & 1 for place in range(pe * simd * bits)], np.uint8) if mask else words


def loaded_files(name: str, bits: NDArray[np.uint8], banks: int) -> dict[str, str]:
    """The files of a memory, in slices where it is loaded into `banks` banks and its words are wider than a load's."""
    return slice_files(name, bits, LOAD_BITS if banks and bits.shape[1] > LOAD_BITS else 0)


def start_words(fields: NDArray[np.int64], falling: NDArray[np.bool_] | None, pe: int,
                width: int, steps: int = 0) -> NDArray[np.uint8]:
    """NF words of PE start values in two's complement, a bit above each where rows may be falling.

    With `steps` so many words more behind each. All lack as many of the lowest bits, and the words behind the first
    bring these, the highest first, each in the place of the bit that is lowest then.

    Args:
        fields: (rows, 1).
        falling: (rows,), or None.
        pe: rows of a word.
        width: bits of a start value.
        steps: those words.
    """
    if steps:
        levels = np.arange(steps, -1, -1)[:, None, None]
        by_fold = fields.reshape(-1, 1, pe, 1)
        fields = (by_fold >> steps & -2 | by_fold >> levels & 1).reshape(-1, 1)
        if falling is not None:
            falling = np.repeat(falling.reshape(-1, 1, pe), steps + 1, axis=1).reshape(-1)
        width -= steps
    if falling is None:
        return fold_fields(fields, pe, width)
    joined = fields & (1 << width) - 1 | falling[:, None].astype(np.int64) << width
    return fold_fields(joined, pe, width + 1)


def start_memory(fields: NDArray[np.int64], falling: NDArray[np.bool_] | None, pe: int, width: int,
                 steps: int = 0) -> str:
    """The words of `start_words` as one file."""
    return hex_words(start_words(fields, falling, pe, width, steps))
