"""Weights that hardware reads from memory while it works: files that the generator writes beside accelerator.json."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.description import Description
from finn_rtl.driver.errors import DriverError


def _check(data: NDArray[np.uint8], size: int, sha256: str, what: str) -> None:
    hint = "copy it again, from the folder where bitstream and accelerator.json come from"
    if len(data) != size:
        raise DriverError(f"{what}: has {len(data)} bytes, accelerator.json says {size}: it was cut off, or is of other"
                          f" hardware; {hint}")
    if hashlib.sha256(data.tobytes()).hexdigest() != sha256.lower():
        raise DriverError(f"{what}: is not the one that accelerator.json is of (its SHA-256 differs); {hint}")


def check_weights(data: NDArray[np.uint8], description: Description, what: str) -> None:
    """Raise DriverError, which begins with `what`, where these are not the weights that accelerator.json is of."""
    if data.dtype != np.uint8 or data.shape != (description.weights_size,):
        raise DriverError(f"{what}: weights are {data.dtype} {data.shape}, must be uint8 ({description.weights_size},),"
                          " as driver.read_weights gives them")
    for stream, offset in zip(description.weights, description.weights_offsets, strict=True):
        _check(data[offset:offset + stream.size], stream.size, stream.sha256, f"{what}: {stream.file}")


def read_weights(folder: Path | str, description: Description) -> NDArray[np.uint8]:
    """The weights of all layers as hardware finds them in memory, uint8 (bytes,), from their files in a folder.

    Raises:
        DriverError: a file is missing, or is another one, or was cut off.
    """
    data = np.zeros(description.weights_size, np.uint8)
    for stream, offset in zip(description.weights, description.weights_offsets, strict=True):
        path = Path(folder) / stream.file
        try:
            found = np.frombuffer(path.read_bytes(), np.uint8)
        except OSError as error:
            raise DriverError(f"{path}: cannot be read ({error.strerror or error}); the hardware reads the weights of"
                              f" layer {stream.layer!r} from memory, and the generator writes this file beside"
                              " accelerator.json: copy it, too") from None
        _check(found, stream.size, stream.sha256, str(path))
        data[offset:offset + stream.size] = found
    return data
