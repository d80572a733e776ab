# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Yosys and ABC, as proofs use them."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyosys

from finn_rtl.common import processes
from finn_rtl.tools.eda import Sources, core_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

ABC = Path(pyosys.__file__).parent / "yosys-abc"

#: From Yosys' own cells to AND gates and registers.
TO_GATES = ("opt -full", "techmap", "opt -fast", "simplemap", "dffunmap", "aigmap", "opt_clean")


class ProofError(Exception):
    """The proof could not be done."""


@functools.cache
def sources(core: str) -> Sources:
    """Ask FuseSoC for the files of a core, once."""
    return core_sources(f"finn:ip:{core}")


def yosys(commands: Sequence[str], folder: Path, log: str, limit: float | None = None) -> None:
    """Runs Yosys in a process of its own."""
    try:
        done = processes.run([sys.executable, "-m", "finn_rtl.tools.yosys"], folder, text="\n".join(commands),
                             timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"Yosys: not done in {limit:.0f} s") from error
    (folder / log).write_text(done.stdout + done.stderr)
    if done.returncode:
        errors = re.findall(r".*(?:ERROR|error:).*", done.stdout + done.stderr)
        raise ProofError(f"Yosys: {errors[0] if errors else f'status {done.returncode}'}; see {folder / log}")


def abc(commands: str, folder: Path, log: str, limit: float) -> str:
    """Runs ABC; what it says."""
    try:
        done = processes.run([str(ABC), "-q", commands], folder, timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"ABC: nothing found in {limit:.0f} s") from error
    (folder / log).write_text(done.stdout + done.stderr)
    if done.returncode:
        raise ProofError(f"ABC: status {done.returncode}; see {folder / log}")
    return done.stdout
