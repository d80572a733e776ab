"""Memory files of a single threshold unit or requant, from NumPy arrays; the keyword arguments are its parameters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from finn_rtl.ips.memory_text import fold_fields, hex_words
from finn_rtl.ips.requant_fit import MOST_OFFSET_BITS, MOST_SCALE_BITS
from finn_rtl.ips.threshold import MOST_ELEMENTS, Search
from finn_rtl.output.memory_arrays import MOST_OUT_BITS, THRESHOLDS, ascending, integer, numbers_of, plain, rule, write

SCALES, OFFSETS = "scales.mem", "offsets.mem"


def write_threshold_memory(folder: str | Path, thresholds: ArrayLike, *, pe: int, input_w: int,
                           signed_input: bool = False, threshold_w: int | None = None,
                           falling: ArrayLike | None = None) -> list[Path]:
    """Write the memory files of a threshold unit: thresholds.mem for its first step, and those of the others.

    Args:
        folder: where to; files of these names are replaced.
        thresholds: integers (CHANNELS,) or ascending (CHANNELS, 2^OUT_BITS - 1).
        pe: PE.
        input_w: INPUT_W.
        signed_input: SIGNED_INPUT.
        threshold_w: THRESHOLD_W; None: INPUT_W.
        falling: FALLING is 1, and these channels fall: 0/1 (CHANNELS,). None: FALLING is 0.

    Returns:
        the files.

    Raises:
        FinnError: thresholds or parameters that the unit does not take, or the folder cannot be written.
    """
    levels = numbers_of("threshold", "thresholds", thresholds)
    channels, count = levels.shape
    pe, input_w = (integer("threshold", name, value) for name, value in (("pe", pe), ("input_w", input_w)))
    counts = [(1 << bits) - 1 for bits in range(1, MOST_OUT_BITS + 1)]
    rule("threshold", count in counts, f"thresholds: has {count} a channel, must be {', '.join(map(str, counts))}")
    rule("threshold", pe >= 1 and channels % pe == 0,
          f"pe {pe}: must be at least 1 and divide the {channels} channels")
    rule("threshold", count == 1 or pe <= MOST_ELEMENTS, f"pe {pe}: must be at most {MOST_ELEMENTS}")
    rule("threshold", input_w >= 1, f"input_w {input_w}: must be at least 1")
    width = input_w if threshold_w is None else integer("threshold", "threshold_w", threshold_w)
    rule("threshold", width - input_w in (0, 1), f"threshold_w {width}: must be input_w {input_w} or one more")
    low = -(1 << width - 1) if signed_input else 0
    high = low + (1 << width) - 1
    for value in (int(levels.min()), int(levels.max())):
        rule("threshold", low <= value <= high, f"thresholds: value {value}: must be {low} to {high}")
    ascending("threshold", levels)
    falls = None if falling is None else numbers_of("threshold", "falling", plain(falling))
    if falls is not None:
        rule("threshold", falls.shape == (channels, 1), f"falling: has shape {falls.shape}, must be ({channels},)")
        rule("threshold", bool(np.isin(falls, (0, 1)).all()), "falling: must be 0 or 1")
    search = Search((count + 1).bit_length() - 1, width, pe, channels // pe, falls is not None)
    files = search.files(THRESHOLDS, levels, None if falls is None else falls[:, 0] == 1)
    return write("threshold", files, Path(folder))


def write_requant_memories(folder: str | Path, scales: ArrayLike, offsets: ArrayLike, *, pe: int, scale_w: int,
                           offset_w: int) -> list[Path]:
    """Write the memory files of a requant: scales.mem and offsets.mem.

    Args:
        folder: where to; files of these names are replaced.
        scales: integers (CHANNELS,).
        offsets: integers (CHANNELS,).
        pe: PE.
        scale_w: SCALE_W.
        offset_w: OFFSET_W.

    Returns:
        the files.

    Raises:
        FinnError: numbers or parameters that the unit does not take, or the folder cannot be written.
    """
    pe = integer("requant", "pe", pe)
    files, channels = {}, None
    for name, file, values, width, widths in (
            ("scales", SCALES, scales, integer("requant", "scale_w", scale_w), (2, MOST_SCALE_BITS)),
            ("offsets", OFFSETS, offsets, integer("requant", "offset_w", offset_w), (1, MOST_OFFSET_BITS))):
        numbers = numbers_of("requant", name, values)
        channels = channels or len(numbers)
        rule("requant", numbers.shape == (channels, 1), f"{name}: has shape {numbers.shape}, must be ({channels},)")
        rule("requant", widths[0] <= width <= widths[1],
              f"{name[:-1]}_w {width}: must be {widths[0]} to {widths[1]}")
        rule("requant", pe >= 1 and channels % pe == 0,
              f"pe {pe}: must be at least 1 and divide the {channels} channels")
        low, high = -(1 << width - 1), (1 << width - 1) - 1
        for value in (int(numbers.min()), int(numbers.max())):
            rule("requant", low <= value <= high, f"{name}: value {value}: must be {low} to {high}")
        files[file] = hex_words(fold_fields(numbers, pe, width))
    return write("requant", files, Path(folder))
