# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Compiled testbenches, kept below build/verif/models by what they were made of: to compile takes longer than to run.

A model is taken again while every source, header, setting and argument is the same, byte for byte; simulated is always.
`make clean` and a week without use delete them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "build" / "verif" / "models"
KEPT_SECONDS = 7 * 24 * 3600


def key_of(files: Iterable[Path], include_folders: Iterable[Path], arguments: Iterable[str]) -> str:
    """Name of the model that Verilator makes of these, in their order."""
    text = hashlib.sha256()
    headers = (path for folder in include_folders for path in sorted(folder.iterdir()) if path.is_file())
    for path in (*files, *headers):
        text.update(f"{path}\0{path.stat().st_size}\0".encode())
        text.update(path.read_bytes())
    tools = [sys.prefix, version("verilator"), version("cocotb")]
    text.update(repr((*arguments, *tools)).encode())
    return text.hexdigest()


def fetch(key: str, executable: Path) -> bool:
    """Puts the model there if it is kept."""
    kept = MODELS / key
    if not kept.is_file():
        return False
    shutil.copy2(kept, executable)
    os.utime(kept)
    return True


def keep(key: str, executable: Path) -> None:
    """Keeps the model for the next time, and no longer those that nobody took for long."""
    MODELS.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=MODELS, delete=False) as file:
        shutil.copy2(executable, file.name)
    Path(file.name).replace(MODELS / key)
    for path in MODELS.iterdir():
        # Another test may delete it first.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink()
