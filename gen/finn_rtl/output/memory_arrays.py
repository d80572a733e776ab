"""Arrays that are given for the memories of an IP, checked; and its files, written."""

from __future__ import annotations

from collections.abc import Mapping
from operator import index
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from finn_rtl.common.errors import FinnError

WEIGHTS, THRESHOLDS, STARTS = "weights.mem", "thresholds.mem", "starts.mem"
MOST_OUT_BITS = 8
MOST = 1 << 62


def rule(module: str, holds: bool, text: str) -> None:
    """Raise FinnError unless it holds."""
    if not holds:
        raise FinnError(f"{module}: {text}")


def numbers_of(module: str, name: str, values: ArrayLike) -> NDArray[np.int64]:
    """An array of numbers with two dimensions, not empty; of one dimension, each is a row."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise FinnError(f"{module}: {name}: rows of different lengths") from None
    if array.ndim == 1:
        array = array[:, None]
    rule(module, array.ndim == 2 and bool(array.size),
          f"{name}: has shape {array.shape}, must have rows and columns")
    rule(module, array.dtype.kind in "iuf", f"{name}: has type {array.dtype}, must be numbers")
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


def plain(flags: ArrayLike) -> ArrayLike:
    """Truth values as 0/1."""
    array = np.asarray(flags)
    return array.astype(np.int64) if array.dtype == np.bool_ else flags


def integer(module: str, name: str, value: SupportsIndex) -> int:
    """A parameter, or FinnError."""
    try:
        return index(value)
    except TypeError:
        raise FinnError(f"{module}: {name} {value!r}: must be an integer") from None


def ascending(module: str, thresholds: NDArray[np.int64]) -> None:
    """Raise FinnError where the thresholds of a row fall."""
    falls = np.argwhere(np.diff(thresholds, axis=1) < 0)
    if len(falls):
        row = int(falls[0][0])
        raise FinnError(f"{module}: thresholds: row {row}: {thresholds[row, falls[0][1] + 1]} behind"
                        f" {thresholds[row, falls[0][1]]}: must ascend")


def write(module: str, files: Mapping[str, str], folder: Path) -> list[Path]:
    """Write files by name into a folder; FinnError where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise FinnError(f"{module}: {folder}: cannot be written ({error.strerror or error})") from None
    return [folder / name for name in files]
