"""Runs of compilers, and what they leave to be read where they fail."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError


def checked(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None, what: str) -> None:
    """Run a compiler.

    Args:
        command: program and arguments.
        folder: where to run it.
        environment: instead of this process' own.
        what: it is called in the message.

    Raises:
        FinnError: it failed, with its first error and the file that has all it said.
    """
    check(processes.run(command, folder, environment), what)


def check(done: subprocess.CompletedProcess[str], what: str) -> None:
    """See that a compiler did its work.

    Args:
        done: its run.
        what: it is called in the message.

    Raises:
        FinnError: it failed, with its first error and the file that has all it said.
    """
    if done.returncode:
        said = done.stdout + done.stderr
        # The log is to be read when this program has ended, by nobody but this user.
        with tempfile.NamedTemporaryFile("w", prefix=f"{processes.PREFIX}build-", suffix=".log", delete=False,
                                         encoding="utf-8") as file:
            file.write(said)
        errors = [line.strip() for line in said.splitlines() if re.search("error", line, re.IGNORECASE)]
        reason = f" ({errors[0]})" if errors else ""
        raise FinnError(f"{what} failed with status {done.returncode}{reason}; its output is in {file.name}")
