# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What took long and comes out the same each time, kept below build/kept by what it was made of.

Compiled testbenches, the part of Verilator that is the same in each, and that a proof or a test passed which has no
seed. They are taken again while every source, header, setting and argument is the same, byte for byte; tests with
random traffic are simulated always. `make clean` and a week without use delete them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import distributions, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Run as a program without packages: nothing of finn_verif is imported here.
ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "kept"
KEPT_SECONDS = 7 * 24 * 3600
#: For Verilator's makefiles, before the name of the compiler (OBJCACHE).
COMPILE_ONCE = f"{sys.executable} -E -S {Path(__file__).resolve()}"
#: Folders of the repository that a test may look at.
PARTS = ("bench", "constraints", "cores", "docs", "examples", "gen", "rtl", "scripts", "verif")


def key_of(files: Iterable[Path], include_folders: Iterable[Path], arguments: Iterable[str]) -> str:
    """Name of what the tools make of these, in their order."""
    text = hashlib.sha256()
    headers = (path for folder in include_folders for path in sorted(folder.iterdir()) if path.is_file())
    for path in (*files, *headers):
        text.update(f"{path}\0{path.stat().st_size}\0".encode())
        text.update(path.read_bytes())
    tools = [sys.prefix, _icarus_version(), *(version(name) for name in ("verilator", "cocotb", "pyosys"))]
    text.update(repr((*arguments, *tools)).encode())
    return text.hexdigest()


@functools.cache
def _icarus_version() -> str:
    """What Icarus says of itself; empty where it is missing."""
    if shutil.which("iverilog") is None:
        return ""
    return subprocess.run(["iverilog", "-V"], capture_output=True, text=True, check=False).stdout.partition("\n")[0]


@functools.cache
def repository() -> str:
    """Name of all files of the repository as they are now, and of the packages and programs beside it."""
    paths = [*ROOT.iterdir(), *(path for part in PARTS for path in (ROOT / part).rglob("*"))]
    files = sorted(path for path in paths if path.is_file() and path.suffix != ".pyc")
    packages = sorted(f"{package.name} {package.version}" for package in distributions())
    return key_of(files, (), [*packages, *(str(shutil.which(name)) for name in ("g++", "make"))])


def is_known(key: str) -> bool:
    """Whether it passed before."""
    kept = FOLDER / key
    if kept.is_file():
        os.utime(kept)
    return kept.is_file()


def remember(key: str) -> None:
    """It passed."""
    with tempfile.NamedTemporaryFile() as empty:
        keep(key, Path(empty.name))


def fetch(key: str, place: Path) -> bool:
    """Puts the file there if it is kept."""
    kept = FOLDER / key
    if not kept.is_file():
        return False
    shutil.copy2(kept, place)
    os.utime(kept)
    return True


def keep(key: str, file: Path) -> None:
    """Keeps the file for the next time, and no longer those that nobody took for long."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=FOLDER, delete=False) as fresh:
        shutil.copy2(file, fresh.name)
    Path(fresh.name).replace(FOLDER / key)
    for path in FOLDER.iterdir():
        # Another test may delete it first.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink()


def compile_once(command: Sequence[str]) -> int:
    """Runs the compiler, unless it made the same file before; returns its status.

    Kept are the objects of Verilator's runtime, which take longer to compile than a small testbench: a source in a
    folder that the command itself names for headers, so that nothing of the model is included. Others are compiled.
    """
    source = Path(command[-1])
    folders = [Path(word[2:]) for word in command if word.startswith("-I/")]
    if source.parent not in folders or "-o" not in command:
        return subprocess.run(command, check=False).returncode
    compiler = Path(shutil.which(command[0]) or command[0]).resolve()
    made_at = compiler.stat().st_mtime_ns if compiler.exists() else 0
    text = hashlib.sha256(repr((command, compiler, made_at)).encode())
    for path in (source, *(header for folder in folders for header in sorted(folder.glob("*.h")))):
        text.update(path.read_bytes())
    key, target = text.hexdigest(), Path(command[command.index("-o") + 1])
    if fetch(key, target):
        target.touch()  # make compares times
        return 0
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        keep(key, target)
    return status


if __name__ == "__main__":
    sys.exit(compile_once(sys.argv[1:]))
