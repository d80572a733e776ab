"""NPZ archives: arrays by key, each read when its shape and type are known to be right."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from finn_rtl.common.errors import LOAD_ERRORS, FinnError

NPY_MAGIC = b"\x93NUMPY"
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


@dataclass(frozen=True)
class Entry:
    """What an array's header says, which is all that is read of it at first."""

    file: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The opened file; what goes wrong while it is read becomes one line."""
    try:
        if path.exists() and not path.is_file():
            raise FinnError(f"{path}: not a file; it must hold the network's parameters (NPZ)")
        with path.open("rb") as file:
            if file.read(len(NPY_MAGIC)) == NPY_MAGIC:
                raise FinnError(f"{path}: a single NPY array; an NPZ archive with one array a key is needed"
                                " (numpy.savez)")
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise FinnError(f"{path}: no such file; it must hold the network's parameters (NPZ)") from None
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    except LOAD_ERRORS as error:
        raise FinnError(f"{path}: not an NPZ archive of plain arrays ({' '.join(str(error).split())})") from None


def _header(path: Path, archive: zipfile.ZipFile, name: str) -> Entry:
    with archive.open(name) as file:
        version = npy.read_magic(file)
        if version not in HEADERS:
            raise FinnError(f"{path}: entry {name!r}: a header of version {version}; arrays of numbers have 1 or 2")
        shape, _, dtype = HEADERS[version](file)
    return Entry(name, shape, dtype)


def entries(path: Path) -> dict[str, Entry]:
    """The arrays of an archive by key.

    Raises:
        FinnError: the file cannot be read, or is something else.
    """
    found: dict[str, Entry] = {}
    with _archive(path) as archive:
        for name in archive.namelist():
            key = name.removesuffix(".npy")
            if key == name:
                raise FinnError(f"{path}: entry {name!r}: not an array; an NPZ archive has one NPY file a key, as"
                                " numpy.savez writes it")
            if key in found:
                raise FinnError(f"{path}: key {key!r} stands twice in the archive")
            found[key] = _header(path, archive, name)
    return found


def read_array(path: Path, entry: Entry) -> NDArray[np.generic]:
    """An array of the archive.

    Raises:
        FinnError: it cannot be read.
    """
    with _archive(path) as archive, archive.open(entry.file) as file:
        array: NDArray[np.generic] = npy.read_array(file, allow_pickle=False)
        if file.read(1):
            raise FinnError(f"{path}: entry {entry.file!r}: there are data behind the array")
    return array
