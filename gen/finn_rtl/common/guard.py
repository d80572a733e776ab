"""Cleans up behind a process that ended, however it did. Started by finn_rtl.processes; alone, in isolated mode.

Standard input has a line for every group of processes and every folder: `+group 4711` and `-group 4711` when it begins
and ends, `+folder` and `-folder` with a path in hexadecimal digits. Its end is the end of the process that writes it:
what is left then is killed and removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time

# Processes that were just killed may still write: a folder is tried so often, so many seconds apart.
TRIES, PAUSE = 100, 0.05


def remove(folder: str) -> None:
    """Remove a folder with all in it."""
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(PAUSE)


def main() -> None:
    """Wait, then clean up."""
    # What ends the process that is watched often ends its neighbours, too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kept: dict[str, set[str]] = {"group": set(), "folder": set()}
    for line in sys.stdin:
        what, value = line.split()
        if what.startswith("+"):
            kept[what[1:]].add(value)
        else:
            kept[what[1:]].discard(value)
    for group in kept["group"]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(group), signal.SIGKILL)
    for folder in kept["folder"]:
        remove(os.fsdecode(bytes.fromhex(folder)))


if __name__ == "__main__":
    main()
