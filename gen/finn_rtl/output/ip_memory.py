"""Memory files of a single IP, from NumPy arrays; the keyword arguments are the IP's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import Accumulator
from finn_rtl.common.maps import Map, sum_bits
from finn_rtl.ips.memory_text import fold_fields, hex_words, slice_files
from finn_rtl.ips.mvtu import fold_weights, threshold_fields
from finn_rtl.ips.requant_fit import MOST_OFFSET_BITS, MOST_SCALE_BITS
from finn_rtl.ips.threshold import MOST_ELEMENTS, Search

WEIGHTS, THRESHOLDS = "weights.mem", "thresholds.mem"
SCALES, OFFSETS = "scales.mem", "offsets.mem"
MOST_THRESHOLDS = 255
MOST_INPUT_BITS = 16
MOST_SLICES = 1000
MOST_OUT_BITS = 8
MOST = 1 << 62


def _rule(module: str, holds: bool, text: str) -> None:
    if not holds:
        raise FinnError(f"{module}: {text}")


def _numbers(module: str, name: str, values: ArrayLike) -> NDArray[np.int64]:
    """An array of numbers with two dimensions, not empty; of one dimension, each is a row."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise FinnError(f"{module}: {name}: rows of different lengths") from None
    if array.ndim == 1:
        array = array[:, None]
    _rule(module, array.ndim == 2 and bool(array.size),
          f"{name}: has shape {array.shape}, must have rows and columns")
    _rule(module, array.dtype.kind in "iuf", f"{name}: has type {array.dtype}, must be numbers")
    for row, column in np.argwhere(array != np.floor(array)):
        raise FinnError(f"{module}: {name}: value {array[row, column]} at row {row}, column {column}: must be an"
                        " integer")
    # Numbers beyond are out of every range, and must not wrap.
    if array.dtype.kind == "f":
        array = np.clip(array.astype(np.float64), -MOST, MOST)
    elif array.dtype == np.uint64:
        array = np.minimum(array, np.uint64(MOST))
    numbers: NDArray[np.int64] = array.astype(np.int64)
    return numbers


def _plain(flags: ArrayLike) -> ArrayLike:
    """Truth values as 0/1."""
    array = np.asarray(flags)
    return array.astype(np.int64) if array.dtype == np.bool_ else flags


def _integer(module: str, name: str, value: SupportsIndex) -> int:
    try:
        return index(value)
    except TypeError:
        raise FinnError(f"{module}: {name} {value!r}: must be an integer") from None


def _ascending(module: str, thresholds: NDArray[np.int64]) -> None:
    falls = np.argwhere(np.diff(thresholds, axis=1) < 0)
    if len(falls):
        row = int(falls[0][0])
        raise FinnError(f"{module}: thresholds: row {row}: {thresholds[row, falls[0][1] + 1]} behind"
                        f" {thresholds[row, falls[0][1]]}: must ascend")


def _write(module: str, files: Mapping[str, str], folder: Path) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FinnError(f"{module}: {folder}: cannot be written ({error.strerror or error})") from None
    return [folder / name for name in files]


def write_mvtu_memories(folder: str | Path, weights: ArrayLike, thresholds: ArrayLike | None = None, *, simd: int,
                        pe: int, input_w: int = 1, signed_inputs: bool = False, weight_slice: int = 0) -> list[Path]:
    """Write the memory files of an mvtu: weights.mem, or its slices, and thresholds.mem where the mvtu reads it.

    Args:
        folder: where to; files of these names are replaced.
        weights: -1/+1 (MH, MW).
        thresholds: integers (MH,) or ascending (MH, THRESHOLDS), at or above which a row's accumulator counts: the
            number of inputs that agree with their weights, for numbers as inputs the dot product. Those beyond what an
            accumulator can reach mean always and never. None: THRESHOLDS is 0.
        simd: SIMD.
        pe: PE.
        input_w: INPUT_W.
        signed_inputs: SIGNED_INPUTS.
        weight_slice: WEIGHT_SLICE.

    Returns:
        the files.

    Raises:
        FinnError: arrays or parameters that the mvtu does not take, or the folder cannot be written.
    """
    signs = _numbers("mvtu", "weights", weights)
    wrong = np.argwhere((signs != 1) & (signs != -1))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        raise FinnError(f"mvtu: weights: value {signs[row, column]} at row {row}, column {column}: must be -1 or +1")
    mh, mw = signs.shape
    simd, pe, input_w, weight_slice = (_integer("mvtu", name, value) for name, value in (
        ("simd", simd), ("pe", pe), ("input_w", input_w), ("weight_slice", weight_slice)))
    _rule("mvtu", simd >= 1 and mw % simd == 0, f"simd {simd}: must be at least 1 and divide the {mw} columns")
    _rule("mvtu", pe >= 1 and mh % pe == 0, f"pe {pe}: must be at least 1 and divide the {mh} rows")
    _rule("mvtu", 1 <= input_w <= MOST_INPUT_BITS, f"input_w {input_w}: must be 1 to {MOST_INPUT_BITS}")
    _rule("mvtu", weight_slice == 0 or MOST_SLICES * weight_slice >= pe * simd,
          f"weight_slice {weight_slice}: must be 0, or at least a thousandth of pe * simd = {pe * simd}")
    bits = (signs > 0).astype(np.uint8)
    ifm = Map(1, 1, mw, input_w, input_w > 1 and signed_inputs)
    files = slice_files(WEIGHTS, fold_weights(bits, simd, pe), weight_slice)
    levels = None if thresholds is None else _mvtu_thresholds(_numbers("mvtu", "thresholds", thresholds), mh, ifm)
    if levels is not None or input_w > 1:
        width = _sum_width(ifm, 0 if levels is None else levels.shape[1])
        files[THRESHOLDS] = hex_words(fold_fields(threshold_fields(bits, levels, input_w), pe, width))
    return _write("mvtu", files, Path(folder))


def _sum_width(ifm: Map, thresholds: int) -> int:
    """SUM_W of an mvtu."""
    if thresholds <= 1:
        return sum_bits(ifm.channels, ifm) + thresholds
    if ifm.bits == 1:
        return sum_bits(ifm.channels, ifm)
    return (ifm.channels * (ifm.largest + 1)).bit_length() + 1


def _mvtu_thresholds(thresholds: NDArray[np.int64], rows: int, ifm: Map) -> NDArray[np.int64]:
    """Checked, and limited to what tells always from never."""
    count = thresholds.shape[1]
    _rule("mvtu", len(thresholds) == rows and count <= MOST_THRESHOLDS,
          f"thresholds: has shape {thresholds.shape}, must be ({rows},) or ({rows}, 1 to {MOST_THRESHOLDS})")
    _ascending("mvtu", thresholds)
    sums = Accumulator(ifm.channels, ifm)
    limited = np.clip(thresholds, sums.low, sums.high + 1)
    never = 1 << _sum_width(ifm, count)
    if count > 1 and ifm.bits == 1 and limited.max() >= never:
        raise FinnError(f"mvtu: thresholds: value {thresholds.max()} is never reached by {ifm.channels} inputs, and of"
                        f" several thresholds none can be so high: must be at most {never - 1}")
    return limited


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
    levels = _numbers("threshold", "thresholds", thresholds)
    channels, count = levels.shape
    pe, input_w = (_integer("threshold", name, value) for name, value in (("pe", pe), ("input_w", input_w)))
    counts = [(1 << bits) - 1 for bits in range(1, MOST_OUT_BITS + 1)]
    _rule("threshold", count in counts, f"thresholds: has {count} a channel, must be {', '.join(map(str, counts))}")
    _rule("threshold", pe >= 1 and channels % pe == 0,
          f"pe {pe}: must be at least 1 and divide the {channels} channels")
    _rule("threshold", count == 1 or pe <= MOST_ELEMENTS, f"pe {pe}: must be at most {MOST_ELEMENTS}")
    _rule("threshold", input_w >= 1, f"input_w {input_w}: must be at least 1")
    width = input_w if threshold_w is None else _integer("threshold", "threshold_w", threshold_w)
    _rule("threshold", width - input_w in (0, 1), f"threshold_w {width}: must be input_w {input_w} or one more")
    low = -(1 << width - 1) if signed_input else 0
    high = low + (1 << width) - 1
    for value in (int(levels.min()), int(levels.max())):
        _rule("threshold", low <= value <= high, f"thresholds: value {value}: must be {low} to {high}")
    _ascending("threshold", levels)
    falls = None if falling is None else _numbers("threshold", "falling", _plain(falling))
    if falls is not None:
        _rule("threshold", falls.shape == (channels, 1), f"falling: has shape {falls.shape}, must be ({channels},)")
        _rule("threshold", bool(np.isin(falls, (0, 1)).all()), "falling: must be 0 or 1")
    search = Search((count + 1).bit_length() - 1, width, pe, channels // pe, falls is not None)
    files = search.files(THRESHOLDS, levels, None if falls is None else falls[:, 0] == 1)
    return _write("threshold", files, Path(folder))


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
    pe = _integer("requant", "pe", pe)
    files, channels = {}, None
    for name, file, values, width, widths in (
            ("scales", SCALES, scales, _integer("requant", "scale_w", scale_w), (2, MOST_SCALE_BITS)),
            ("offsets", OFFSETS, offsets, _integer("requant", "offset_w", offset_w), (1, MOST_OFFSET_BITS))):
        numbers = _numbers("requant", name, values)
        channels = channels or len(numbers)
        _rule("requant", numbers.shape == (channels, 1), f"{name}: has shape {numbers.shape}, must be ({channels},)")
        _rule("requant", widths[0] <= width <= widths[1],
              f"{name[:-1]}_w {width}: must be {widths[0]} to {widths[1]}")
        _rule("requant", pe >= 1 and channels % pe == 0,
              f"pe {pe}: must be at least 1 and divide the {channels} channels")
        low, high = -(1 << width - 1), (1 << width - 1) - 1
        for value in (int(numbers.min()), int(numbers.max())):
            _rule("requant", low <= value <= high, f"{name}: value {value}: must be {low} to {high}")
        files[file] = hex_words(fold_fields(numbers, pe, width))
    return _write("requant", files, Path(folder))
