"""Wrong parameter files, of the network of three layers 12-8-6-4 in conftest.py."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, Any]


def put(key: str, value: Any) -> Callable[[Arrays], None]:
    """Another array."""
    return lambda arrays: arrays.__setitem__(key, value)


def drop(key: str) -> Callable[[Arrays], None]:
    """None."""
    return lambda arrays: arrays.pop(key)


def poison(key: str, index: tuple[int, ...], value: float) -> Callable[[Arrays], None]:
    """One other value."""
    def edit(arrays: Arrays) -> None:
        array = arrays[key].astype(np.float64)
        array[index] = value
        arrays[key] = array
    return edit


ARRAYS: list[tuple[Callable[[Arrays], None], list[str]]] = [
    (drop("fc1.weight"), ["layer 'fc1'", "'fc1.weight'", "is missing", "(6, 8)"]),
    (drop("fc0.bn.mean"), ["'fc0.bn.mean'", "is missing"]),
    (drop("fc0.bn.gamma"), ["'fc0.bn.gamma'", "is missing"]),
    (drop("fc0.bn.eps"), ["'fc0.bn.eps'", "is missing"]),
    (drop("fc1.threshold"), ["layer 'fc1'", "'threshold'"]),
    (put("fc1.weight", np.ones((6, 9))), ["layer 'fc1'", "(6, 9)", "must be (6, 8)"]),
    (put("fc1.weight", np.ones((8, 6))), ["layer 'fc1'", "(8, 6)", "must be (6, 8)"]),
    (put("fc1.weight", np.ones(48)), ["layer 'fc1'", "(48,)", "must be (6, 8)"]),
    (put("fc1.weight", np.ones((6, 8, 1))), ["layer 'fc1'", "(6, 8, 1)", "must be (6, 8)"]),
    (put("fc1.weight", np.ones((6, 0))), ["layer 'fc1'", "(6, 0)", "must be (6, 8)"]),
    (put("fc1.weight", np.float64(1)), ["layer 'fc1'", "()", "must be (6, 8)"]),
    (put("fc1.weight", np.zeros((6, 8))), ["0.0 at row 0, column 0", "-1 or +1"]),
    (put("fc1.weight", np.ones((6, 8), bool) & (np.arange(8) > 0)), ["False at row 0", "-1 or +1"]),
    (put("fc1.weight", np.full((6, 8), 255, np.uint8)), ["255 at row 0", "-1 or +1"]),
    (poison("fc1.weight", (2, 3), 0.5), ["0.5 at row 2, column 3", "-1 or +1"]),
    (poison("fc1.weight", (5, 7), -1.0000001), ["at row 5, column 7", "-1 or +1"]),
    (poison("fc2.weight", (0, 0), np.nan), ["'fc2.weight'", "nan", "finite"]),
    (poison("fc2.weight", (0, 0), -np.inf), ["'fc2.weight'", "-inf", "finite"]),
    (poison("fc0.bn.beta", (3,), np.inf), ["'fc0.bn.beta'", "inf at position 3"]),
    (poison("fc0.bn.var", (1,), -1.0), ["'fc0.bn.var'", "-1.0 at position 1", "greater than 0"]),
    (put("fc0.bn.eps", np.float64(-10)), ["'fc0.bn.var'", "eps is -10.0", "greater than 0"]),
    (put("fc0.bn.eps", np.array([1e-5])), ["'fc0.bn.eps'", "(1,)", "must be ()"]),
    (put("fc0.bn.eps", np.float64(np.nan)), ["'fc0.bn.eps'", "nan", "finite"]),
    (put("fc0.bn.gamma", np.ones(9)), ["'fc0.bn.gamma'", "(9,)", "must be (8,)"]),
    (put("fc0.bn.gamma", np.full(8, "1")), ["'fc0.bn.gamma'", "must be numbers"]),
    (put("fc1.threshold", np.ones(6)), ["'fc1.threshold'", "must be integers"]),
    (put("fc1.threshold", np.ones(6, bool)), ["'fc1.threshold'", "must be integers"]),
    (put("fc1.threshold", np.ones(5, int)), ["'fc1.threshold'", "(5,)", "must be (6,)"]),
    (put("fc1.weight", np.array([["x"] * 8] * 6)), ["must be numbers"]),
    (put("fc1.weight", np.array([[b"x"] * 8] * 6)), ["must be numbers"]),
    (put("fc1.weight", np.ones((6, 8), complex)), ["complex128", "must be numbers"]),
    (put("fc1.weight", np.zeros((6, 8), "M8[s]")), ["must be numbers"]),
    (put("fc1.weight", np.zeros((6, 8), [("a", "f4"), ("b", "i1")])), ["must be numbers"]),
    (put("fc1.weight", np.full((6, 8), None, object)), ["'fc1.weight'", "must be numbers"]),
    (put("fc3.weight", np.ones((1, 1))), ["'fc3.weight'", "belongs to no layer"]),
    (put("fc2.threshold", np.ones(4, int)), ["'fc2.threshold'", "belongs to no layer"]),
    (put("fc1.bn.gamma", np.ones(6)), ["'fc1.bn.gamma'", "belongs to no layer"]),
    (put("fc1.bias", np.ones(6)), ["'fc1.bias'", "belongs to no layer"]),
    (put("weight", np.ones(8)), ["'weight'", "belongs to no layer"]),
    (put("a\x1b[31mb", np.ones(8)), [r"\x1b[31m", "belongs to no layer"]),
    (put("arr_0", np.ones(8)), ["'arr_0'", "belongs to no layer"]),
]

# Of the same network with weights of 3 bits in fc0 and narrow ones of 2 in fc1, whose activations have 2 bits, those of
# fc1 ready thresholds; fc2 has binary weights and leaves its sums.
FEW: list[tuple[Callable[[Arrays], None], list[str]]] = [
    (poison("fc0.weight", (1, 2), 4), ["layer 'fc0'", "4.0 at row 1, column 2", "weights of 3 bits", "from -4 to 3"]),
    (poison("fc0.weight", (7, 11), -5), ["-5.0 at row 7, column 11", "from -4 to 3"]),
    (poison("fc0.weight", (0, 0), 0.5), ["0.5 at row 0, column 0", "whole numbers from -4 to 3"]),
    (poison("fc0.weight", (0, 0), 1e300), ["1e+300 at row 0", "from -4 to 3"]),
    (poison("fc0.weight", (0, 0), np.nan), ["'fc0.weight'", "nan", "finite"]),
    (put("fc0.weight", np.full((8, 12), 2**64 - 1, np.uint64)), ["18446744073709551615 at row 0", "from -4 to 3"]),
    (put("fc0.weight", np.ones((12, 8))), ["(12, 8)", "must be (8, 12)"]),
    (poison("fc1.weight", (5, 7), -2), ["-2.0 at row 5, column 7", "weights of 2 bits, narrow,", "from -1 to 1"]),
    (poison("fc2.weight", (0, 3), 0), ["0.0 at row 0, column 3", "-1 or +1"]),
    (drop("fc0.scale"), ["layer 'fc0'", "'fc0.scale'", "is missing", "'thresholds'"]),
    (put("fc0.scale", np.float64(0)), ["'fc0.scale'", "value 0.0: must be greater than 0"]),
    (put("fc0.scale", np.float32(-0.5)), ["'fc0.scale'", "value -0.5: must be greater than 0"]),
    (put("fc0.scale", np.float32(np.nan)), ["'fc0.scale'", "nan", "finite"]),
    (put("fc0.scale", np.float16(np.inf)), ["'fc0.scale'", "inf", "finite"]),
    (put("fc0.scale", np.ones(8)), ["'fc0.scale'", "(8,)", "must be ()"]),
    (put("fc0.scale", np.ones(1)), ["'fc0.scale'", "(1,)", "must be ()"]),
    (put("fc0.scale", np.array("0.5")), ["'fc0.scale'", "must be numbers"]),
    (put("fc0.weight_scale", np.float64(0)), ["'fc0.weight_scale'", "value 0.0: must be greater than 0"]),
    (put("fc0.weight_scale", np.arange(8) - 7.0), ["'fc0.weight_scale'", "value -7.0 at position 0", "greater than 0"]),
    (put("fc0.weight_scale", np.arange(8)[::-1]), ["'fc0.weight_scale'", "value 0 at position 7", "greater than 0"]),
    (put("fc0.weight_scale", np.ones(12)), ["'fc0.weight_scale'", "(12,)", "must be (8,)"]),
    (put("fc0.weight_scale", np.ones((8, 1))), ["'fc0.weight_scale'", "(8, 1)", "must be (8,)"]),
    (put("fc0.weight_scale", np.full(8, np.nan)), ["'fc0.weight_scale'", "nan", "finite"]),
    (put("fc0.input_scale", np.float64(-1)), ["'fc0.input_scale'", "value -1.0: must be greater than 0"]),
    (put("fc0.input_scale", np.ones(8)), ["'fc0.input_scale'", "(8,)", "must be ()"]),
    (put("fc0.bias", np.float64(1)), ["'fc0.bias'", "()", "must be (8,)"]),
    (put("fc0.bias", np.full(8, np.inf)), ["'fc0.bias'", "inf at position 0", "finite"]),
    (put("fc0.bn.gamma", np.ones(8)), ["'fc0.bn.beta'", "is missing", "all of 'bn.gamma', 'bn.beta'"]),
    (put("fc0.bn.eps", np.float64(1)), ["'fc0.bn.gamma'", "is missing"]),
    (put("fc0.threshold", np.ones(8, int)), ["'fc0.threshold'", "belongs to no layer"]),
    (put("fc0.thresholds", np.ones((8, 3), int)), ["'fc0.bias'", "belongs to no layer"]),
    (put("fc0.falling", np.ones(8, int)), ["'fc0.falling'", "belongs to no layer"]),
    (put("fc1.thresholds", np.ones((6, 4), int)), ["'fc1.thresholds'", "(6, 4)", "must be (6, 3)"]),
    (put("fc1.thresholds", np.ones(6, int)), ["'fc1.thresholds'", "(6,)", "must be (6, 3)"]),
    (put("fc1.thresholds", np.ones((6, 3))), ["'fc1.thresholds'", "float64", "must be integers"]),
    (put("fc1.thresholds", np.array([[1, 2, 3]] * 5 + [[1, 3, 2]])),
     ["'fc1.thresholds'", "value 2 at row 5, column 2, behind 3", "must not fall"]),
    (put("fc1.falling", np.full(6, 2)), ["'fc1.falling'", "value 2 at position 0", "must be 0 or 1"]),
    (put("fc1.falling", np.ones(3, bool)), ["'fc1.falling'", "(3,)", "must be (6,)"]),
    (put("fc1.bias", np.ones(6)), ["'fc1.bias'", "belongs to no layer"]),
    (put("fc1.scale", np.float64(-1)), ["'fc1.scale'", "value -1.0: must be greater than 0"]),
    (drop("fc1.thresholds"), ["layer 'fc1'", "'fc1.scale'", "is missing", "'thresholds'"]),
    (put("fc2.bias", np.ones(4)), ["'fc2.bias'", "belongs to no layer"]),
    (put("fc2.scale", np.float64(1)), ["'fc2.scale'", "belongs to no layer"]),
    (put("fc2.weight_scale", np.array([1, 1, 2, 1])), ["'fc2.weight_scale'", "value 2 at position 2", "'label'"]),
    (put("fc2.weight_scale", np.float64(0)), ["'fc2.weight_scale'", "value 0.0: must be greater than 0"]),
]


def npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    """An NPY file with any header."""
    raw = header.encode("latin-1")
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", len(raw)) + raw + data


def header(shape: str, kind: str = "'|i1'") -> str:
    """The header that numpy writes."""
    return f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}\n"


def archive(entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of any entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as target, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, raw in entries:
            target.writestr(name, raw)
    return file.getvalue()


def single(array: np.ndarray[Any, Any]) -> bytes:
    """One array as an NPY file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


WEIGHT = "fc0.weight.npy"
ONES = single(np.ones((8, 12), np.int8))

FILES: list[tuple[bytes, list[str]]] = [
    (b"", ["not an NPZ archive"]),
    (b"PK\x03\x04 broken", ["not an NPZ archive"]),
    (b"\x93NUMPY", ["a single NPY array"]),
    (ONES, ["a single NPY array", "an NPZ archive"]),
    (b"\x80\x04K\x01.", ["not an NPZ archive"]),
    (b'{"fc0.weight": [1]}', ["not an NPZ archive"]),
    (b"\x89HDF\r\n\x1a\n" + bytes(100), ["not an NPZ archive"]),
    (archive([]), ["'fc0.weight'", "is missing"]),
    (archive([(WEIGHT, ONES), (WEIGHT, ONES)]), ["'fc0.weight'", "stands twice"]),
    (archive([("archive/data.pkl", b"\x80\x02}q\x00.")]), ["'archive/data.pkl'", "not an array"]),
    (archive([("README.txt", b"weights")]), ["'README.txt'", "not an array"]),
    (archive([("fc0.weight", ONES)]), ["'fc0.weight'", "not an array"]),
    (archive([("a\x1b[2J", ONES)]), [r"a\x1b[2J", "not an array"]),
    (archive([(WEIGHT, b"")]), ["not an NPZ archive of plain arrays"]),
    (archive([(WEIGHT, b"junk" * 10)]), ["not an NPZ archive of plain arrays"]),
    (archive([(WEIGHT, npy("{}"))]), ["not an NPZ archive of plain arrays"]),
    (archive([(WEIGHT, npy("{'descr': '|i1', 'fortran_order': False, 'shape': (8, 12"))]), ["not an NPZ archive"]),
    (archive([(WEIGHT, npy("[" * 2000))]), ["not an NPZ archive"]),
    (archive([(WEIGHT, npy(" " * 60000))]), ["not an NPZ archive"]),
    (archive([(WEIGHT, npy(header("(8, 12)"), bytes(96), (3, 0)))]), ["version (3, 0)"]),
    (archive([(WEIGHT, npy(header("(8, 12)"), b"\x01" * 95))]), ["not an NPZ archive"]),
    (archive([(WEIGHT, npy(header("(8, 12)"), b"\x01" * 97))]), ["data behind the array"]),
    (archive([(WEIGHT, npy(header("(-8, -12)"), b"\x01" * 96))]), ["(-8, -12)", "must be (8, 12)"]),
    (archive([(WEIGHT, npy(header("(8.0, 12)"), b"\x01" * 96))]), ["not an NPZ archive"]),
    (archive([(WEIGHT, npy(header(f"({2**62}, {2**62})"), b"\x01"))]), ["must be (8, 12)"]),
    (archive([(WEIGHT, npy(header("(8, 12)", "'|O'"), b"\x80\x04K\x01."))]), ["must be numbers"]),
    (archive([(WEIGHT, npy(header("(8, 12)", "'<U99999999'")))]), ["must be numbers"]),
    (archive([(WEIGHT, npy(header("(8, 12)", "('|i1', (999999999,))")))]), ["must be numbers"]),
    (archive([(WEIGHT, npy(header("(8, 12)", "'<q7'")))]), ["not an NPZ archive"]),
    # A small file of a huge array.
    (archive([(WEIGHT, npy(header(f"(1, {1 << 24})"), bytes(1 << 24)))], zipfile.ZIP_DEFLATED),
     ["(1, 16777216)", "must be (8, 12)"]),
    (archive([(WEIGHT, ONES)])[:-30], ["not an NPZ archive"]),
    (archive([(WEIGHT, ONES)]).replace(b"\x01" * 96, b"\x02" * 96), ["not an NPZ archive", "CRC"]),
]
