"""Memory files of a single mvtu or mvtu_precision, from NumPy arrays; the keyword arguments are its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import level_range, weight_range
from finn_rtl.ips.arithmetic import fits_serial
from finn_rtl.ips.memory_text import fold_weights, slice_files, start_memory
from finn_rtl.ips.multiplied import Multiplied
from finn_rtl.ips.packing import Packing
from finn_rtl.ips.parities import SHORTEST_RUN
from finn_rtl.ips.products import Operands, excess
from finn_rtl.ips.starts import leaves_numbers, on_sums, start_fields, sum_width
from finn_rtl.ips.threshold import MOST_ELEMENTS, Search
from finn_rtl.output.memory_arrays import (
    MOST_OUT_BITS,
    STARTS,
    THRESHOLDS,
    WEIGHTS,
    ascending,
    integer,
    numbers_of,
    plain,
    rule,
    write,
)

MOST_INPUT_BITS = 16
MOST_SLICES = 1000
MOST_BIAS_BITS = 30


def write_mvtu_memories(  # noqa: PLR0913 - the parameters of the mvtu
        folder: str | Path, weights: ArrayLike, thresholds: ArrayLike | None = None, *, simd: int, pe: int,
        input_w: int = 1, signed_inputs: bool = False, bipolar: bool = True, weight_w: int = 1,
        narrow_weights: bool = False, falling: ArrayLike | None = None, bias: ArrayLike | None = None, bias_w: int = 0,
        weight_slice: int = 0, dsp_rows: int = 0, lanes: int = 1, factor_w: int = 25, chain: int = 4,
        serial: bool = False, groups: int = 1, zeros: ArrayLike | None = None, edge_top: int = 0, edge_bottom: int = 0,
        edge_left: int = 0, edge_right: int = 0, run: int = 0) -> list[Path]:
    """Write the memory files of an mvtu: of its weights, and of its thresholds where the mvtu reads them.

    With `zeros` and several thresholds also starts.mem, its START_FILE.

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
        groups: GROUPS; a row of weights has those of its own inputs.
        zeros: ZEROS is 1, and these inputs, which come as -1, are 0: truth values (OFM_H, OFM_W, MW), by the place of
            a vector in its map. None: ZEROS is 0, and the edges are not looked at.
        edge_top: EDGE_TOP.
        edge_bottom: EDGE_BOTTOM.
        edge_left: EDGE_LEFT.
        edge_right: EDGE_RIGHT; of all places that are between the edges the same inputs are 0.
        run: RUN.

    Returns:
        the files.

    Raises:
        FinnError: arrays or parameters that the mvtu does not take, or the folder cannot be written.
    """
    numbers = numbers_of("mvtu", "weights", weights)
    mh, mw = numbers.shape
    simd, pe, input_w, weight_w, weight_slice, bias_w, groups, run = (integer("mvtu", name, value) for name, value in (
        ("simd", simd), ("pe", pe), ("input_w", input_w), ("weight_w", weight_w), ("weight_slice", weight_slice),
        ("bias_w", bias_w), ("groups", groups), ("run", run)))
    rule("mvtu", simd >= 1 and mw % simd == 0, f"simd {simd}: must be at least 1 and divide the {mw} columns")
    rule("mvtu", pe >= 1 and mh % pe == 0, f"pe {pe}: must be at least 1 and divide the {mh} rows")
    rule("mvtu", 1 <= weight_w <= MOST_OUT_BITS, f"weight_w {weight_w}: must be 1 to {MOST_OUT_BITS}")
    rule("mvtu", 1 <= input_w <= MOST_INPUT_BITS, f"input_w {input_w}: must be 1 to {MOST_INPUT_BITS}")
    word = pe * simd * (1 if serial else weight_w)
    rule("mvtu", weight_slice == 0 or MOST_SLICES * weight_slice >= word,
          f"weight_slice {weight_slice}: must be 0, or at least a thousandth of the {word} bits of a word")
    kind = Operands(input_w, weight_w, input_w > 1 and signed_inputs, narrow_weights and weight_w > 1, bipolar, serial)
    rule("mvtu", not serial or (fits_serial(kind) and dsp_rows == 0),
          "serial: needs input_w and weight_w of at most 8, one of them more than 1, and dsp_rows 0")
    _check_weights("mvtu", numbers, kind)
    rule("mvtu", thresholds is None or np.ndim(thresholds) < 2 or np.shape(thresholds)[1] == 1 or pe <= MOST_ELEMENTS,
          f"pe {pe}: must be at most {MOST_ELEMENTS} where there are several thresholds")
    rule("mvtu", run == 0 or (run >= SHORTEST_RUN and run % 2 == 1 and weight_w == 1 and not serial),
          f"run {run}: must be 0, or odd and at least {SHORTEST_RUN} where weights have one bit, not serial")
    _check_groups(groups, mh, pe, is_plain=dsp_rows == 0, serial=serial)
    lacking = None if zeros is None else _lacking(
        np.asarray(zeros), [integer("mvtu", f"edge_{side}", edge) for side, edge in (
            ("top", edge_top), ("bottom", edge_bottom), ("left", edge_left), ("right", edge_right))], numbers, kind)
    multiplied = _multiplied(kind, simd, pe, *(integer("mvtu", name, value) for name, value in (
        ("dsp_rows", dsp_rows), ("lanes", lanes), ("factor_w", factor_w), ("chain", chain))))
    mask = multiplied.weight_mask if multiplied else 0
    files = slice_files(WEIGHTS, fold_weights(numbers, simd, pe, weight_w, mask, serial, run), weight_slice)
    levels = None if thresholds is None else _mvtu_thresholds(numbers_of("mvtu", "thresholds", thresholds), mh)
    falls = None if falling is None else _falling(numbers_of("mvtu", "falling", plain(falling)), mh, levels is not None)
    count = 0 if levels is None else levels.shape[1]
    added = None if bias is None and not bias_w else _bias(bias, mh, bias_w, levels is not None)
    width = sum_width(mw, kind, count, bias_w, zeros is not None, multiplied)
    if levels is not None and count > 1:
        search = Search(count.bit_length(), width, pe, mh // pe, falls is not None)
        files |= search.files(THRESHOLDS, on_sums(levels, numbers, kind, zeros is not None, multiplied), falls)
        if lacking is not None:
            files[STARTS] = "".join(start_memory(place[:, None], None, pe, width, kind.start_steps)
                                    for place in lacking)
    elif levels is not None or leaves_numbers(kind, bias_w, zeros is not None):
        files[THRESHOLDS] = "".join(
            start_memory(start_fields(numbers, levels, kind, added, place, multiplied), falls, pe, width,
                         kind.start_steps)
            for place in ([None] if lacking is None else lacking))
    return write("mvtu", files, Path(folder))


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
    numbers = numbers_of(module, "weights", weights)
    mh, mw = numbers.shape
    simd, pe, input_w, weight_w, weight_slice = (integer(module, name, value) for name, value in (
        ("simd", simd), ("pe", pe), ("input_w", input_w), ("weight_w", weight_w), ("weight_slice", weight_slice)))
    rule(module, simd >= 1 and mw % simd == 0, f"simd {simd}: must be at least 1 and divide the {mw} columns")
    rule(module, pe >= 1 and mh % pe == 0, f"pe {pe}: must be at least 1 and divide the {mh} rows")
    rule(module, min(input_w, weight_w) >= 1 and fits_serial(Operands(input_w, weight_w)),
          f"input_w {input_w} and weight_w {weight_w}: must be 1 to 8, and not both 1")
    rule(module, weight_slice == 0 or MOST_SLICES * weight_slice >= pe * simd,
          f"weight_slice {weight_slice}: must be 0, or at least a thousandth of the {pe * simd} bits of a word")
    kind = Operands(input_w, weight_w, input_w > 1 and signed_inputs, bipolar=bipolar and input_w == 1, serial=True)
    _check_weights(module, numbers, kind)
    wanted = [(bits, input_bits) for bits in range(1, weight_w + 1) for input_bits in range(1, input_w + 1)]
    rule(module, thresholds is None or sorted(thresholds) == wanted,
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
            levels = numbers_of(module, "thresholds", thresholds[bits, input_bits])
            rule(module, levels.shape == (mh, 1),
                  f"thresholds: {bits, input_bits} has shape {levels.shape}, must be ({mh},)")
            low, high = ((-1, 1) if kind.is_bipolar else level_range(input_bits, kind.signed))
            least = np.minimum(few * low, few * high).sum(axis=1)
            most = np.maximum(few * low, few * high).sum(axis=1)
            # Beyond what is reached they mean always and never.
            starts = starts - np.clip(levels[:, 0], least, most + 1)
        banks[below * planes + over, :mh] = starts << below + over
    files = slice_files(WEIGHTS, fold_weights(numbers, simd, pe, weight_w, 0, True), weight_slice)
    files[THRESHOLDS] = start_memory(banks.reshape(-1, 1), None, pe, width)
    return write(module, files, Path(folder))


def _multiplied(kind: Operands, simd: int, pe: int, rows: int, lanes: int, factor: int, chain: int  # noqa: PLR0913
                ) -> Multiplied | None:
    """The rows in multipliers, checked."""
    if rows == 0:
        return None
    rule("mvtu", 1 <= rows <= pe, f"dsp_rows {rows}: must be 0 to pe {pe}")
    rule("mvtu", kind.input_bits > 1 and kind.weight_bits > 1,
          f"dsp_rows {rows}: must be 0 unless input_w and weight_w are 2 or more")
    packing = Packing(kind, factor, lanes, chain)
    rule("mvtu", 1 <= lanes <= packing.most_lanes, f"lanes {lanes}: must be 1 to {packing.most_lanes}")
    rule("mvtu", chain >= 1, f"chain {chain}: must be at least 1")
    rule("mvtu", packing.fits(simd), f"simd {simd}: is more than multipliers' products are added up of at once")
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


def _check_groups(groups: int, rows: int, pe: int, *, is_plain: bool, serial: bool) -> None:
    """Raise FinnError unless the mvtu takes them."""
    rule("mvtu", groups >= 1 and rows % groups == 0, f"groups {groups}: must be at least 1 and divide the {rows} rows")
    own = rows // groups
    rule("mvtu", own % pe == 0 or pe % own == 0,
         f"pe {pe}: must divide, or be a multiple of, the {own} rows of a group")
    rule("mvtu", groups == 1 or not serial, f"groups {groups}: must be 1 with serial")
    rule("mvtu", own >= pe or is_plain, f"dsp_rows: must be 0 where pe {pe} rows are several groups of {own}")


def _lacking(zeros: NDArray[np.generic], edges: list[int], weights: NDArray[np.int64], kind: Operands
             ) -> NDArray[np.int64]:
    """What the dot products lack in each pair of classes of rows and columns, pairs row by row: (classes, MH).

    Args:
        zeros: (OFM_H, OFM_W, MW), checked here.
        edges: rows above and below, columns left and right that have zeros of their own.
        weights: (MH, MW).
        kind: of inputs and weights.
    """
    rule("mvtu", kind.is_bipolar, "zeros: input_w must be 1, and bipolar")
    columns = weights.shape[1]
    rule("mvtu", zeros.ndim == len(edges) - 1 and zeros.shape[2] == columns and bool(zeros.size),
         f"zeros: has shape {zeros.shape}, must have rows and columns of vectors, and {columns} inputs")
    rule("mvtu", bool(np.isin(zeros, (0, 1)).all()), "zeros: must be 0 or 1")
    places = []
    for size, names, (first, last) in ((zeros.shape[0], ("top", "bottom"), edges[:2]),
                                       (zeros.shape[1], ("left", "right"), edges[2:])):
        rule("mvtu", min(first, last) >= 0 and first + last <= size,
             f"edge_{names[0]} {first} and edge_{names[1]} {last}: must be at least 0, and at most {size} together")
        places.append([*range(first), *[first] * (size - first - last), *range(size - last, size)])
    shown = zeros[np.ix_(*places)]
    wrong = np.argwhere(shown != zeros)
    if len(wrong):
        row, column, place = wrong[0].tolist()
        raise FinnError(f"mvtu: zeros: input {place} at row {row}, column {column}: must be as at row"
                        f" {places[0][row]}, column {places[1][column]}, for the edges are smaller")
    classes = zeros[np.ix_(*(sorted(set(side)) for side in places))].astype(np.int64)
    found: NDArray[np.int64] = classes.reshape(-1, columns) @ weights.T
    return found


def _bias(bias: ArrayLike | None, rows: int, bits: int, has_thresholds: bool) -> NDArray[np.int64]:
    """Checked."""
    rule("mvtu", not has_thresholds, "bias: there are thresholds, which take it in; leave it out")
    rule("mvtu", 1 <= bits <= MOST_BIAS_BITS, f"bias_w {bits}: must be 1 to {MOST_BIAS_BITS} with a bias")
    rule("mvtu", bias is not None, f"bias_w {bits}: there is no bias; leave it out")
    assert bias is not None
    numbers = numbers_of("mvtu", "bias", bias)
    rule("mvtu", numbers.shape == (rows, 1), f"bias: has shape {numbers.shape}, must be ({rows},)")
    low, high = level_range(bits, True)
    for value in (int(numbers.min()), int(numbers.max())):
        rule("mvtu", low <= value <= high, f"bias: value {value}: must be {low} to {high}")
    return numbers[:, 0]


def _falling(falling: NDArray[np.int64], rows: int, has_thresholds: bool) -> NDArray[np.bool_]:
    rule("mvtu", has_thresholds, "falling: there are no thresholds; leave it out")
    rule("mvtu", falling.shape == (rows, 1), f"falling: has shape {falling.shape}, must be ({rows},)")
    rule("mvtu", bool(((falling == 0) | (falling == 1)).all()), "falling: must be 0 or 1")
    found: NDArray[np.bool_] = falling[:, 0] == 1
    return found


def _mvtu_thresholds(thresholds: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Checked."""
    count = thresholds.shape[1]
    counts = [(1 << bits) - 1 for bits in range(1, MOST_OUT_BITS + 1)]
    rule("mvtu", len(thresholds) == rows and count in counts,
          f"thresholds: has shape {thresholds.shape}, must be ({rows},) or ({rows}, one of"
          f" {', '.join(map(str, counts))})")
    ascending("mvtu", thresholds)
    return thresholds
