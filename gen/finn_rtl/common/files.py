"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError


def write_whole(path: Path, raw: bytes) -> None:
    """Write a file, in place of one that is there; whoever reads it at any time finds one of the two, whole.

    Raises:
        FinnError: it cannot be written.
    """
    try:
        with processes.workspace(path.parent, f".{path.name}-") as work:
            staged = work / "file"
            staged.write_bytes(raw)
            staged.replace(path)
    except OSError as error:
        raise FinnError(f"{path}: cannot be written ({error.strerror or error})") from None


def check_new_folder(folder: Path) -> None:
    """See that files can be written into a new or empty folder, before there are any.

    Raises:
        FinnError: the folder is not empty or cannot be written.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise FinnError(f"{folder}: is a file; the output must be a folder")
        if folder.is_dir() and any(folder.iterdir()):
            raise FinnError(f"{folder}: is not empty; name a new folder, or empty this one first")
        with tempfile.TemporaryFile(dir=next(place for place in folder.absolute().parents if place.exists())):
            pass
    except OSError as error:
        raise FinnError(f"{folder}: cannot be written ({error.strerror or error})") from None
