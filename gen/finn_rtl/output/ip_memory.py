"""Memory files of a single IP, from NumPy arrays; the keyword arguments are the IP's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import index
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import level_range, weight_range
from finn_rtl.ips.arithmetic import fits_serial
from finn_rtl.ips.memory_text import fold_fields, fold_weights, hex_words, slice_files, start_memory
from finn_rtl.ips.multiplied import Multiplied
from finn_rtl.ips.packing import Packing
from finn_rtl.ips.products import Operands, excess
from finn_rtl.ips.requant_fit import MOST_OFFSET_BITS, MOST_SCALE_BITS
from finn_rtl.ips.starts import leaves_numbers, on_sums, start_fields, sum_width
from finn_rtl.ips.threshold import MOST_ELEMENTS, Search

WEIGHTS, THRESHOLDS = "weights.mem", "thresholds.mem"
SCALES, OFFSETS = "scales.mem", "offsets.mem"
MOST_INPUT_BITS = 16
MOST_SLICES = 1000
MOST_OUT_BITS = 8
MOST_BIAS_BITS = 30
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


def write_mvtu_memories(  # noqa: PLR0913 - the parameters of the mvtu
        folder: str | Path, weights: ArrayLike, thresholds: ArrayLike | None = None, *, simd: int, pe: int,
        input_w: int = 1, signed_inputs: bool = False, bipolar: bool = True, weight_w: int = 1,
        narrow_weights: bool = False, falling: ArrayLike | None = None, bias: ArrayLike | None = None, bias_w: int = 0,
        weight_slice: int = 0, dsp_rows: int = 0, lanes: int = 1, factor_w: int = 25, chain: int = 4,
        serial: bool = False) -> list[Path]:
    """Write the memory files of an mvtu: of its weights, and of its thresholds where the mvtu reads them.

    Args:
        folder: where to; files of these names are replaced.
        weights: whole numbers that WEIGHT_W bits hold (MH, MW); -1/+1 for one bit.
        thresholds: integers (MH,) or ascending (MH, THRESHOLDS), at or above which a row's accumulator counts: for
            weights and inputs -1/+1 the number of inputs that agree with their weights, else the dot product. Those
            beyond what an accumulator can reach mean always and never. None: THRESHOLDS is 0.
        simd: SIMD.
        pe: PE.
        input_w: INPUT_W.
        signed_inputs: SIGNED_INPUTS.
        bipolar: BIPOLAR.
        weight_w: WEIGHT_W.
        narrow_weights: NARROW_WEIGHTS.
        falling: 0/1 (MH,), the rows whose thresholds count where they are not reached; None: FALLING is 0.
        bias: whole numbers that BIAS_W bits hold (MH,), added to what leaves; None: BIAS_W is 0.
        bias_w: BIAS_W.
        weight_slice: WEIGHT_SLICE.
        dsp_rows: DSP_ROWS.
        lanes: LANES; without rows in multipliers it is not looked at, nor are the next two.
        factor_w: FACTOR_W.
        chain: CHAIN.
        serial: SERIAL.

    Returns:
        the files.

    Raises:
        FinnError: arrays or parameters that the mvtu does not take, or the folder cannot be written.
    """
    numbers = _numbers("mvtu", "weights", weights)
    mh, mw = numbers.shape
    simd, pe, input_w, weight_w, weight_slice, bias_w = (_integer("mvtu", name, value) for name, value in (
        ("simd", simd), ("pe", pe), ("input_w", input_w), ("weight_w", weight_w), ("weight_slice", weight_slice),
        ("bias_w", bias_w)))
    _rule("mvtu", simd >= 1 and mw % simd == 0, f"simd {simd}: must be at least 1 and divide the {mw} columns")
    _rule("mvtu", pe >= 1 and mh % pe == 0, f"pe {pe}: must be at least 1 and divide the {mh} rows")
    _rule("mvtu", 1 <= weight_w <= MOST_OUT_BITS, f"weight_w {weight_w}: must be 1 to {MOST_OUT_BITS}")
    _rule("mvtu", 1 <= input_w <= MOST_INPUT_BITS, f"input_w {input_w}: must be 1 to {MOST_INPUT_BITS}")
    word = pe * simd * (1 if serial else weight_w)
    _rule("mvtu", weight_slice == 0 or MOST_SLICES * weight_slice >= word,
          f"weight_slice {weight_slice}: must be 0, or at least a thousandth of the {word} bits of a word")
    kind = Operands(input_w, weight_w, input_w > 1 and signed_inputs, narrow_weights and weight_w > 1, bipolar, serial)
    _rule("mvtu", not serial or (fits_serial(kind) and dsp_rows == 0),
          "serial: needs input_w and weight_w of at most 8, one of them more than 1, and dsp_rows 0")
    _check_weights("mvtu", numbers, kind)
    _rule("mvtu", thresholds is None or np.ndim(thresholds) < 2 or np.shape(thresholds)[1] == 1 or pe <= MOST_ELEMENTS,
          f"pe {pe}: must be at most {MOST_ELEMENTS} where there are several thresholds")
    multiplied = _multiplied(kind, simd, pe, *(_integer("mvtu", name, value) for name, value in (
        ("dsp_rows", dsp_rows), ("lanes", lanes), ("factor_w", factor_w), ("chain", chain))))
    mask = multiplied.weight_mask if multiplied else 0
    files = slice_files(WEIGHTS, fold_weights(numbers, simd, pe, weight_w, mask, serial), weight_slice)
    levels = None if thresholds is None else _mvtu_thresholds(_numbers("mvtu", "thresholds", thresholds), mh)
    falls = None if falling is None else _falling(_numbers("mvtu", "falling", _plain(falling)), mh, levels is not None)
    count = 0 if levels is None else levels.shape[1]
    added = None if bias is None and not bias_w else _bias(bias, mh, bias_w, levels is not None)
    width = sum_width(mw, kind, count, bias_w, multiplied=multiplied)
    if levels is not None and count > 1:
        search = Search(count.bit_length(), width, pe, mh // pe, falls is not None)
        files |= search.files(THRESHOLDS, on_sums(levels, numbers, kind, multiplied=multiplied), falls)
    elif levels is not None or leaves_numbers(kind, bias_w):
        fields = start_fields(numbers, levels, kind, added, multiplied=multiplied)
        files[THRESHOLDS] = start_memory(fields, falls, pe, width)
    return _write("mvtu", files, Path(folder))


def write_precision_memories(  # noqa: PLR0913 - the parameters of the mvtu_precision
        folder: str | Path, weights: ArrayLike, thresholds: Mapping[tuple[int, int], ArrayLike] | None = None, *,
        simd: int, pe: int, input_w: int, weight_w: int, signed_inputs: bool = False, bipolar: bool = True,
        weight_slice: int = 0) -> list[Path]:
    """Write the memory files of an mvtu_precision: weights.mem, and thresholds.mem with the start values.

    Args:
        folder: where to; files of these names are replaced.
        weights: whole numbers that WEIGHT_W bits hold (MH, MW); -1/+1 for one bit.
        thresholds: of each precision, by the bits of weights and of inputs that count, integers (MH,): at or above
            which a dot product of that precision counts. None: THRESHOLDS is 0.
        simd: SIMD.
        pe: PE.
        input_w: INPUT_W.
        weight_w: WEIGHT_W.
        signed_inputs: SIGNED_INPUTS.
        bipolar: BIPOLAR.
        weight_slice: WEIGHT_SLICE.

    Returns:
        the files.

    Raises:
        FinnError: arrays or parameters that the unit does not take, or the folder cannot be written.
    """
    module = "mvtu_precision"
    numbers = _numbers(module, "weights", weights)
    mh, mw = numbers.shape
    simd, pe, input_w, weight_w, weight_slice = (_integer(module, name, value) for name, value in (
        ("simd", simd), ("pe", pe), ("input_w", input_w), ("weight_w", weight_w), ("weight_slice", weight_slice)))
    _rule(module, simd >= 1 and mw % simd == 0, f"simd {simd}: must be at least 1 and divide the {mw} columns")
    _rule(module, pe >= 1 and mh % pe == 0, f"pe {pe}: must be at least 1 and divide the {mh} rows")
    _rule(module, min(input_w, weight_w) >= 1 and fits_serial(Operands(input_w, weight_w)),
          f"input_w {input_w} and weight_w {weight_w}: must be 1 to 8, and not both 1")
    _rule(module, weight_slice == 0 or MOST_SLICES * weight_slice >= pe * simd,
          f"weight_slice {weight_slice}: must be 0, or at least a thousandth of the {pe * simd} bits of a word")
    kind = Operands(input_w, weight_w, input_w > 1 and signed_inputs, bipolar=bipolar and input_w == 1, serial=True)
    _check_weights(module, numbers, kind)
    wanted = [(bits, input_bits) for bits in range(1, weight_w + 1) for input_bits in range(1, input_w + 1)]
    _rule(module, thresholds is None or sorted(thresholds) == wanted,
          f"thresholds: must be there for each of the {len(wanted)} precisions, {wanted[0]} to {wanted[-1]}")
    width = sum_width(mw, kind, 0 if thresholds is None else 1) + 1
    folds, planes = 1 << (mh // pe - 1).bit_length(), 1 << (input_w - 1).bit_length()
    banks = np.zeros(((1 << (weight_w - 1).bit_length()) * planes, folds * pe), np.int64)
    for bits, input_bits in wanted:
        few = numbers >> weight_w - bits
        below, over = weight_w - bits, input_w - input_bits
        precision = replace(kind, input_bits=input_bits, weight_bits=bits)
        starts = -excess(few, precision)
        if thresholds is not None:
            levels = _numbers(module, "thresholds", thresholds[bits, input_bits])
            _rule(module, levels.shape == (mh, 1),
                  f"thresholds: {bits, input_bits} has shape {levels.shape}, must be ({mh},)")
            low, high = ((-1, 1) if kind.is_bipolar else level_range(input_bits, kind.signed))
            least = np.minimum(few * low, few * high).sum(axis=1)
            most = np.maximum(few * low, few * high).sum(axis=1)
            # Beyond what is reached they mean always and never.
            starts = starts - np.clip(levels[:, 0], least, most + 1)
        banks[below * planes + over, :mh] = starts << below + over
    files = slice_files(WEIGHTS, fold_weights(numbers, simd, pe, weight_w, 0, True), weight_slice)
    files[THRESHOLDS] = start_memory(banks.reshape(-1, 1), None, pe, width)
    return _write(module, files, Path(folder))


def _multiplied(kind: Operands, simd: int, pe: int, rows: int, lanes: int, factor: int, chain: int  # noqa: PLR0913
                ) -> Multiplied | None:
    """The rows in multipliers, checked."""
    if rows == 0:
        return None
    _rule("mvtu", 1 <= rows <= pe, f"dsp_rows {rows}: must be 0 to pe {pe}")
    _rule("mvtu", kind.input_bits > 1 and kind.weight_bits > 1,
          f"dsp_rows {rows}: must be 0 unless input_w and weight_w are 2 or more")
    packing = Packing(kind, factor, lanes, chain)
    _rule("mvtu", 1 <= lanes <= packing.most_lanes, f"lanes {lanes}: must be 1 to {packing.most_lanes}")
    _rule("mvtu", chain >= 1, f"chain {chain}: must be at least 1")
    _rule("mvtu", packing.fits(simd), f"simd {simd}: is more than multipliers' products are added up of at once")
    return Multiplied(packing, rows, pe, simd)


def _check_weights(module: str, weights: NDArray[np.int64], kind: Operands) -> None:
    """Raise FinnError unless they are what their bits hold."""
    low, high = weight_range(kind.weight_bits, kind.narrow)
    wrong = np.argwhere((weights < low) | (weights > high) | ((weights == 0) & (kind.weight_bits == 1)))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        allowed = "-1 or +1" if kind.weight_bits == 1 else f"{low} to {high}"
        raise FinnError(f"{module}: weights: value {weights[row, column]} at row {row}, column {column}: must be"
                        f" {allowed}")


def _bias(bias: ArrayLike | None, rows: int, bits: int, has_thresholds: bool) -> NDArray[np.int64]:
    """Checked."""
    _rule("mvtu", not has_thresholds, "bias: there are thresholds, which take it in; leave it out")
    _rule("mvtu", 1 <= bits <= MOST_BIAS_BITS, f"bias_w {bits}: must be 1 to {MOST_BIAS_BITS} with a bias")
    _rule("mvtu", bias is not None, f"bias_w {bits}: there is no bias; leave it out")
    assert bias is not None
    numbers = _numbers("mvtu", "bias", bias)
    _rule("mvtu", numbers.shape == (rows, 1), f"bias: has shape {numbers.shape}, must be ({rows},)")
    low, high = level_range(bits, True)
    for value in (int(numbers.min()), int(numbers.max())):
        _rule("mvtu", low <= value <= high, f"bias: value {value}: must be {low} to {high}")
    return numbers[:, 0]


def _falling(falling: NDArray[np.int64], rows: int, has_thresholds: bool) -> NDArray[np.bool_]:
    _rule("mvtu", has_thresholds, "falling: there are no thresholds; leave it out")
    _rule("mvtu", falling.shape == (rows, 1), f"falling: has shape {falling.shape}, must be ({rows},)")
    _rule("mvtu", bool(((falling == 0) | (falling == 1)).all()), "falling: must be 0 or 1")
    found: NDArray[np.bool_] = falling[:, 0] == 1
    return found


def _mvtu_thresholds(thresholds: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Checked."""
    count = thresholds.shape[1]
    counts = [(1 << bits) - 1 for bits in range(1, MOST_OUT_BITS + 1)]
    _rule("mvtu", len(thresholds) == rows and count in counts,
          f"thresholds: has shape {thresholds.shape}, must be ({rows},) or ({rows}, one of"
          f" {', '.join(map(str, counts))})")
    _ascending("mvtu", thresholds)
    return thresholds


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
