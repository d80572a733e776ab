"""What is kept in the user's cache folder: compiled programs and objects, each with its checksum, and results."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from finn_rtl.common import processes

CHECKSUM_BYTES = hashlib.sha256().digest_size
#: Where `make setup` keeps what every run needs.
INSTALLED = Path(sys.prefix) / "share" / "finn-rtl"


def cache_folder() -> Path:
    """Where things are kept: finn-rtl in XDG_CACHE_HOME or ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "finn-rtl"


def is_sound(program: Path, access: int = os.X_OK) -> bool:
    """Whether a kept program is what was kept: behind it stands its checksum.

    Args:
        program: or an object of one.
        access: what must be allowed, as for os.access.
    """
    try:
        raw = program.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(raw[:-CHECKSUM_BYTES]).digest() == raw[-CHECKSUM_BYTES:] and os.access(program, access)


def find_kept(name: str, access: int = os.X_OK) -> Path | None:
    """What was kept under a path below the user's cache folder or, by `make setup`, INSTALLED; None for nothing sound.

    Args:
        name: the path.
        access: see is_sound.
    """
    places = (folder / name for folder in (cache_folder(), INSTALLED))
    return next((place for place in places if is_sound(place, access)), None)


def keep(program: Path, kept: Path) -> None:
    """Keep a program or an object, all of it or nothing. What stands behind it does not concern system and linker."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with processes.workspace(kept.parent) as folder:
        fresh = folder / "program"
        shutil.copy2(program, fresh)
        with fresh.open("ab") as file:
            file.write(hashlib.sha256(program.read_bytes()).digest())
        fresh.replace(kept)
