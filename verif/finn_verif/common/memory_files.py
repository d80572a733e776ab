# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Writes $readmemh files from what the IPs' headers say about them, independently of the generator's writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np


def write_words(path: Path, words: Sequence[int], width: int) -> None:
    """One word a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digits = -(-width // 4)
    path.write_text("".join(f"{word:0{digits}x}\n" for word in words))


def slices(words: Sequence[int], width: int, slice_width: int) -> Iterator[tuple[str, list[int], int]]:
    """The slices of some bits, the least significant first: end of the file's name, words, bits. One piece for 0."""
    if not slice_width:
        yield "", list(words), width
        return
    for number, low in enumerate(range(0, width, slice_width)):
        bits = min(slice_width, width - low)
        suffix = f".{number // 100}{number // 10 % 10}{number % 10}.mem"
        yield suffix, [word >> low & (1 << bits) - 1 for word in words], bits


def write_slices(path: Path, words: Sequence[int], width: int, slice_width: int) -> None:
    """The files of the slices."""
    for suffix, part, bits in slices(words, width, slice_width):
        write_words(path.with_name(path.name + suffix), part, bits)


def weight_words(weights: np.ndarray, simd: int, pe: int, weight_width: int = 1) -> list[int]:
    """Word nf * SF + sf: field p * SIMD + s is row nf * PE + p, column sf * SIMD + s; of one bit it is 1 for +1."""
    rows, columns = weights.shape
    words = []
    for nf in range(rows // pe):
        for sf in range(columns // simd):
            word = 0
            for p in range(pe):
                for s in range(simd):
                    weight = int(weights[nf * pe + p, sf * simd + s])
                    bits = int(weight > 0) if weight_width == 1 else weight & (1 << weight_width) - 1
                    word |= bits << (p * simd + s) * weight_width
            words.append(word)
    return words


def parity_words(words: Sequence[int], lanes: int, count: int, run: int, width: int = 1) -> list[int]:
    """Words of ``count`` times so many lanes, with lanes 2, 4, ... of every run of lanes as the XOR of all up to it."""
    found = []
    for word in words:
        fields = [word >> place * width & (1 << width) - 1 for place in range(lanes * count)]
        for first in range(0, lanes * count, lanes):
            for lane in range(lanes):
                if lane % run and lane % run % 2 == 0:
                    # The lane two before it is a parity already, or the run's first.
                    before = fields[first + lane - 2] ^ word >> (first + lane - 1) * width
                    fields[first + lane] = (fields[first + lane] ^ before) & (1 << width) - 1
        found.append(sum(field << place * width for place, field in enumerate(fields)))
    return found


def plane_words(weights: np.ndarray, simd: int, pe: int, weight_width: int) -> list[int]:
    """Word (nf * bits + b) * SF + sf: in place p * SIMD + s bit bits - 1 - b of what ``weight_words`` has there."""
    rows, columns = weights.shape
    ones = (weights > 0).astype(int) if weight_width == 1 else weights & (1 << weight_width) - 1
    return [sum(int(ones[nf * pe + p, sf * simd + s]) >> bit & 1 and 1 << p * simd + s
                for p in range(pe) for s in range(simd))
            for nf in range(rows // pe) for bit in reversed(range(weight_width)) for sf in range(columns // simd)]


def field_words(fields: np.ndarray, width: int) -> list[int]:
    """Rows of fields as words, the first field in the least significant bits; each in two's complement."""
    mask = (1 << width) - 1
    return [sum((int(field) & mask) << place * width for place, field in enumerate(row)) for row in fields]


def level_words(
    file: str, thresholds: np.ndarray, falling: np.ndarray | None, pe: int, width: int
) -> Iterator[tuple[str, list[int], int]]:
    """The files of a threshold unit: name, words, bits of a word.

    Step s meets 2^s thresholds of a channel: those that a search by halves meets when its first s answers are the bits
    of j, for j from 0 on. All elements of a beat are in a word at the first step; later each two have a file, where
    words j of the one and of the other follow each other. Above the last step's thresholds stands the bit of falling
    channels.
    """
    channels, count = thresholds.shape
    steps = (count + 1).bit_length() - 1
    for step in range(steps):
        field = width + int(falling is not None and step == steps - 1)

        def word(channel: int, j: int, step: int = step, field: int = field) -> int:
            low, high = 0, count
            for answer in (j >> bit & 1 for bit in reversed(range(step))):
                middle = (low + high) // 2
                low, high = (middle + 1, high) if answer else (low, middle)
            number = int(thresholds[channel, (low + high) // 2]) & (1 << width) - 1
            return number | (int(falling[channel]) << width if falling is not None and field > width else 0)

        if step == 0:
            folds = range(0, channels, pe)
            yield file, [sum(word(f + p, 0) << p * field for p in range(pe)) for f in folds], pe * field
            continue
        for group, first in enumerate(range(0, pe, 2)):
            elements = range(first, min(first + 2, pe))
            words = [word(f + p, j) for f in range(0, channels, pe) for j in range(1 << step) for p in elements]
            yield f"{file}.{step}.{group // 100}{group // 10 % 10}{group % 10}.mem", words, field
