"""The compiled schedule (folder cpp): built by the C++ compiler when first used, kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import platform
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common import processes
from finn_rtl.common.builds import checked
from finn_rtl.common.cache import cache_folder, is_sound, keep
from finn_rtl.common.programs import find_compiler
from finn_rtl.ips.base import Control

SOURCES = Path(__file__).with_name("cpp")
COMMAND = ("-std=c++17", "-O1", "-shared", "-fPIC")
# Status of a run, as in cpp/network.h.
ENOUGH, STEADY, LOCKED, MALFORMED, SLOW = range(5)


@dataclass(frozen=True)
class Run:
    """What the elements did.

    `results` int64 (results,): the cycle in which each result left; `worked` int64 (results, elements): the cycles that
    each element had worked by then; `most` int64 (elements,): the most that each held. `repeats_from`: the earlier
    result at which the state was what it was at the last one, None where there is none. `locked`: nothing moves.
    `slow`: it was certain that the pace asked for is not kept. `looks`: how often an element was looked at.
    """

    results: NDArray[np.int64]
    worked: NDArray[np.int64]
    most: NDArray[np.int64]
    repeats_from: int | None
    locked: bool
    slow: bool
    looks: int


@cache
def library() -> ctypes.CDLL:
    """The compiled schedule.

    Raises:
        FinnError: there is no C++ compiler, or it fails.
    """
    command = find_compiler()
    compiler = [command] if shutil.which(command) else shlex.split(command)
    files = sorted(SOURCES.iterdir())
    text = b"".join(path.read_bytes() for path in files) + repr((COMMAND, compiler, platform.machine())).encode()
    kept = cache_folder() / "schedule" / f"{hashlib.sha256(text).hexdigest()[:20]}.so"
    if is_sound(kept):
        return ctypes.CDLL(str(kept))
    with processes.workspace() as work:
        program = work / "schedule.so"
        command_line = [*compiler, *COMMAND, "-o", str(program), str(SOURCES / "schedule.cpp")]
        checked(command_line, work, None, "the C++ compiler")
        with contextlib.suppress(OSError):
            keep(program, kept)  # a cache that cannot be written only costs time
        return ctypes.CDLL(str(program))


def run(elements: Sequence[Control], links: Sequence[tuple[int, int, int, int]], frames: int,
        until_steady: bool, pace: int = 0) -> Run:
    """Run control elements for `frames` results, or until their state repeats itself.

    Args:
        elements: what there is; one source, one guard, one sink behind the guard; each behind those that it reads.
        links: (element, output, element, input).
        frames: most results.
        until_steady: end where the state at a result is the one at an earlier result.
        pace: with `until_steady`, end also where results surely do not keep coming so many cycles apart; 0: do not.

    Raises:
        FinnError: there is no C++ compiler.
    """
    def pointer(array: NDArray[np.int64]) -> ctypes.c_void_p:
        return array.ctypes.data_as(ctypes.c_void_p)

    numbers = [n for element in elements for n in (element.kind, len(element.numbers), *element.numbers)]
    flat = np.array(numbers, np.int64)
    wires = np.array(links, np.int64)
    count = len(elements)
    results, most, counts = np.zeros(frames, np.int64), np.zeros(count, np.int64), np.zeros(3, np.int64)
    worked = np.zeros((frames, count), np.int64)
    status = library().finn_schedule(
        pointer(flat), ctypes.c_int64(count), pointer(wires), ctypes.c_int64(len(links)), ctypes.c_int64(frames),
        int(until_steady), ctypes.c_int64(pace), pointer(results), pointer(worked), pointer(most), pointer(counts))
    assert status != MALFORMED, "the schedule's elements do not fit together"
    found, repeats_from, looks = (int(number) for number in counts)
    return Run(results[:found], worked[:found], most, repeats_from if status == STEADY else None, status == LOCKED,
               status == SLOW, looks)
