"""Tensors that an ONNX file holds, or a file beside it."""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import clipped, printable
from finn_rtl.importer.places import text_of

if TYPE_CHECKING:
    import onnx

# By number of onnx.TensorProto.DataType.
TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_,
         10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64}
MOST_ELEMENTS = 1 << 30
# onnx.TensorProto.EXTERNAL
EXTERNAL = 1


def _external(place: str, tensor: onnx.TensorProto, folder: Path, size: int) -> bytes:
    """Bytes of a tensor in a file beside the model."""
    keys = {text_of(item.key): text_of(item.value) for item in tensor.external_data}
    name = keys.get("location", "")
    shown = repr(clipped(printable(name)))
    try:
        offset, length = int(keys.get("offset", 0)), int(keys.get("length", size))
    except ValueError:
        raise FinnError(f"{place}: offset and length in file {shown} are no numbers; export it again") from None
    inside = folder.resolve()
    path = (inside / name).resolve() if name and "\0" not in name else inside
    is_outside = Path(name).is_absolute() or ".." in Path(name).parts or not path.is_relative_to(inside)
    if not name or is_outside or path == inside:
        raise FinnError(f"{place}: its values are in file {shown}: only files in the model's folder, or in one below"
                        " it, are read")
    try:
        if not path.is_file():
            raise FinnError(f"{place}: its values are in file {shown}, which is not beside the model: copy it"
                            " there, too")
        there = path.stat().st_size
        if offset < 0 or length != size or offset + length > there:
            raise FinnError(f"{place}: its values are {size} bytes from byte {offset} of file {shown}, which has"
                            f" {there}: it belongs to another model, or is cut off")
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(length)
    except OSError as error:
        raise FinnError(f"{place}: file {shown} cannot be read ({error.strerror or error})") from None


def constant_of(file: str, tensor: onnx.TensorProto, folder: Path) -> NDArray[np.generic]:
    """The array that a tensor holds.

    Raises:
        FinnError: its type is not known, its shape absurd, or its values are missing.
    """
    from onnx import numpy_helper  # noqa: PLC0415 - an extra, and slow to load

    place = f"{file}: tensor {clipped(printable(text_of(tensor.name)))!r}"
    shape = tuple(tensor.dims)
    kind = TYPES.get(tensor.data_type)
    if kind is None:
        raise FinnError(f"{place}: its type, number {tensor.data_type}, is not known; those of real and of whole"
                        " numbers are")
    if any(size < 0 for size in shape) or prod(shape) > MOST_ELEMENTS:
        raise FinnError(f"{place}: has shape {shape}: at most {MOST_ELEMENTS} elements are taken")
    size = prod(shape) * np.dtype(kind).itemsize
    raw = _external(place, tensor, folder, size) if tensor.data_location == EXTERNAL else \
        tensor.raw_data if tensor.HasField("raw_data") else None
    if raw is not None:
        if len(raw) != size:
            raise FinnError(f"{place}: has {len(raw)} bytes, must have {size} for shape {shape}; export it again")
        array = np.frombuffer(raw, np.dtype(kind).newbyteorder("<")).reshape(shape)
        return array.astype(kind) if sys.byteorder == "big" else array
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, RuntimeError):
        raise FinnError(f"{place}: its values do not fit shape {shape}; export it again") from None
