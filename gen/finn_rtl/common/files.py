"""Files that are written whole or not at all."""

from __future__ import annotations

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
