"""Cleans up behind a process that ended, however it did. Started by finn_rtl.processes; alone, in isolated mode.

Standard input has a line for every group of processes and every folder: `+group 4711` and `-group 4711` when it begins
and ends, `+folder` and `-folder` with a path in hexadecimal digits. Its end is the end of the process that writes it:
what is left then is killed and removed. So is a process that has a folder for its temporary files (TMPDIR) and whose
group was not told any more (on Linux, where others' environments can be read).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

# Processes that were just killed may still write: a folder is tried so often, so many seconds apart.
TRIES, PAUSE = 100, 0.05


def remove(folder: str) -> None:
    """Remove a folder with all in it."""
    for _ in range(TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(PAUSE)


def users(folder: bytes) -> list[int]:
    """Processes whose variable TMPDIR names a folder, but for guards, which are sessions of their own."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            process = int(place.name)
            if (b"TMPDIR=" + folder in (place / "environ").read_bytes().split(b"\0")
                    and os.getsid(process) != process):
                found.append(process)
    return found


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
    folders = [bytes.fromhex(folder) for folder in kept["folder"]]
    for group in [*map(int, kept["group"]), *(user for folder in folders for user in users(folder))]:
        # Those that were not told yet lead a group, too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    for folder in folders:
        remove(os.fsdecode(folder))


if __name__ == "__main__":
    main()
