"""How the input of an imported network is encoded: a table of pixels, or thresholds of real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.maps import Levels, Made, Pixels, Reals

MOST_BITS = 16


def _bits(table: NDArray[np.int64]) -> tuple[int, bool]:
    low, high = int(table.min()), int(table.max())
    return (max(1, high.bit_length()), False) if low >= 0 else (
        max(2, high.bit_length() + 1, (-low - 1).bit_length() + 1), True)


def _rows(table: NDArray[Any]) -> Any:
    rows = table.tolist()
    return rows[0] if all(row == rows[0] for row in rows) else rows


def encoding_of(made: list[Made]) -> dict[str, Any]:
    """How the input is encoded.

    Raises:
        FinnError: its integers are too large.
    """
    source = made[0]
    levels = next((item for item in made if isinstance(item, Levels) and item.source is source), None)
    if isinstance(source, Reals):
        assert levels is not None
        return _real(levels)
    assert isinstance(source, Pixels)
    table = source.of_bytes[None] if levels is None else levels.table
    assert table is not None
    if levels is not None and levels.is_bipolar:
        steps = np.flatnonzero(np.diff(table[0]))
        if (table == table[0]).all() and len(steps) == 1 and table[0, 0] < 0:
            return {"type": "binary", "threshold": int(steps[0]) + 1}
        return {"type": "table", "bits": 1, "signed": True, "values": _rows(table)}
    bits, is_signed = _bits(table)
    if levels is not None and bits > MOST_BITS:
        raise levels.nodes[-1].error(f"quantizes the input to {bits} bits: at most {MOST_BITS} are supported")
    if bits > 1 and not is_signed and (table == np.minimum(np.arange(256), (1 << bits) - 1)).all():
        return {"type": "integer", "bits": bits, "signed": False}
    return {"type": "table", "bits": bits, "signed": is_signed, "values": _rows(table)}


def _real(levels: Levels) -> dict[str, Any]:
    rows = []
    for channel, reach in enumerate(levels.reach):
        if levels.falling[channel]:
            raise levels.nodes[-1].error(f"channel {channel} of the input falls where it rises: for pixels that is a"
                                         " table: say what one is worth (--input-scale)")
        there = reach[reach <= levels.source.high[channel]] if levels.source is not None else reach
        rows.append(Reals.numbers(there).astype(np.float64).tolist())
    if levels.is_bipolar:
        if any(len(row) != 1 for row in rows):
            raise levels.nodes[-1].error("no number makes +1 of it")
        bits, is_signed, lowest = 1, True, -1
    else:
        assert levels.quantizer is not None
        bits, is_signed, lowest = levels.quantizer.bits, levels.quantizer.signed, levels.lowest + levels.shift
    return {"type": "real", "bits": bits, "signed": is_signed, "lowest": lowest,
            "thresholds": rows[0] if all(row == rows[0] for row in rows) else rows}
