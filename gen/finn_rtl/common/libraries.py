"""Libraries of C++ that come with the package: built when first used, kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import platform
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from finn_rtl.common import processes
from finn_rtl.common.builds import checked
from finn_rtl.common.cache import cache_folder, find_kept, keep
from finn_rtl.common.programs import find_compiler

COMMAND = ("-std=c++17", "-shared", "-fPIC")


def load(source: Path, options: Sequence[str], machine: str = "") -> ctypes.CDLL:
    """The library made of one source file.

    Args:
        source: C++ file; it may include others of its folder.
        options: of the compiler, besides COMMAND.
        machine: what the result depends on besides the source, the compiler and its options.

    Raises:
        FinnError: there is no C++ compiler, or it fails.
    """
    command = find_compiler()
    compiler = [command] if shutil.which(command) else shlex.split(command)
    files = sorted(path for path in source.parent.iterdir() if path.suffix in (".cpp", ".h"))
    made_by = (COMMAND, tuple(options), compiler, platform.machine(), machine)
    text = b"".join(path.read_bytes() for path in files) + repr(made_by).encode()
    name = f"{source.stem}/{hashlib.sha256(text).hexdigest()[:20]}.so"
    if found := find_kept(name):
        return ctypes.CDLL(str(found))
    with processes.workspace() as work:
        program = work / f"{source.stem}.so"
        checked([*compiler, *COMMAND, *options, "-o", str(program), str(source)], work, None, "the C++ compiler")
        with contextlib.suppress(OSError):
            keep(program, cache_folder() / name)  # a cache that cannot be written only costs time
        return ctypes.CDLL(str(program))
