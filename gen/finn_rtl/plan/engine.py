"""The compiled schedule (folder cpp): built by the C++ compiler when first used, kept in the user's cache folder."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.libraries import load
from finn_rtl.ips.base import Control

SOURCE = Path(__file__).parent / "cpp" / "schedule.cpp"
OPTIONS = ("-O2",)
# Status of a run, as in cpp/network.h.
ENOUGH, STEADY, LOCKED, MALFORMED, SLOW = range(5)


@dataclass(frozen=True)
class Run:
    """What the elements did.

    `results` int64 (results,): the cycle in which each result left; `worked` int64 (results, elements): the cycles that
    each element had worked by then; `most` int64 (elements,): the most that each held. `repeats_from`: the earlier
    result at which the state was what it was at the last one, None where there is none. `locked`: nothing moves.
    `slow`: the pace asked for is not kept, surely or, after much work, most likely. `looks`: how often an element was
    looked at.
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
    return load(SOURCE, OPTIONS)


def _pointer(array: NDArray[np.int64]) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


def _described(elements: Sequence[Control], links: Sequence[tuple[int, int, int, int]]
               ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Elements and links as the library reads them."""
    numbers = [n for element in elements for n in (element.kind, len(element.numbers), *element.numbers)]
    return np.array(numbers, np.int64), np.array(links, np.int64)


def run(elements: Sequence[Control], links: Sequence[tuple[int, int, int, int]], frames: int,
        until_steady: bool, pace: int = 0) -> Run:
    """Run control elements for `frames` results, or until their state repeats itself.

    Args:
        elements: what there is; one source, one guard, one sink behind the guard; each behind those that it reads.
        links: (element, output, element, input).
        frames: most results.
        until_steady: end where the state at a result is the one at an earlier result.
        pace: with `until_steady`, end also where results do not keep coming so many cycles apart; 0: do not.

    Raises:
        FinnError: there is no C++ compiler.
    """
    flat, wires = _described(elements, links)
    count = len(elements)
    results, most, counts = np.zeros(frames, np.int64), np.zeros(count, np.int64), np.zeros(3, np.int64)
    worked = np.zeros((frames, count), np.int64)
    status = library().finn_schedule(
        _pointer(flat), ctypes.c_int64(count), _pointer(wires), ctypes.c_int64(len(links)), ctypes.c_int64(frames),
        int(until_steady), ctypes.c_int64(pace), _pointer(results), _pointer(worked), _pointer(most), _pointer(counts))
    assert status != MALFORMED, "the schedule's elements do not fit together"
    found, repeats_from, looks = (int(number) for number in counts)
    return Run(results[:found], worked[:found], most, repeats_from if status == STEADY else None, status == LOCKED,
               status == SLOW, looks)


def trace(elements: Sequence[Control], links: Sequence[tuple[int, int, int, int]], every: int, samples: int
          ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What control elements have done after every so many cycles.

    Args:
        elements: as for run.
        links: as for run.
        every: cycles between two samples.
        samples: how many.

    Returns:
        Cycles that each element has worked (samples, elements), and beats that have moved over each link
        (samples, links).

    Raises:
        FinnError: there is no C++ compiler.
    """
    flat, wires = _described(elements, links)
    worked, moved = np.zeros((samples, len(elements)), np.int64), np.zeros((samples, len(links)), np.int64)
    numbers = map(ctypes.c_int64, (len(elements), len(links), every, samples))
    count, link_count, step, size = numbers
    status = library().finn_trace(_pointer(flat), count, _pointer(wires), link_count, step, size, _pointer(worked),
                                  _pointer(moved))
    assert status == ENOUGH, "the schedule ends too soon"
    return worked, moved
