# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Points of the RTL that Verilator counts: lines, branches and toggles."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KINDS = ("line", "branch", "toggle")


@dataclass(frozen=True, order=True)
class Point:
    """A place of the source that counts."""

    file: str
    line: int
    column: int
    kind: str
    #: Which of several at the same place: a branch, or a bit and its direction.
    what: str


def lines(text: str) -> Iterator[int]:
    """The lines that Verilator names: "61,63-65"."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def parse(text: str) -> dict[Point, int]:
    """Counts of a coverage.dat, summed over instances; what is not below rtl/ is left out.

    A line counts what ran of the blocks and branches that it belongs to.
    """
    counts: dict[Point, int] = defaultdict(int)
    for keys, count in re.findall(r"^C '(.*)' (\d+)$", text, re.MULTILINE):
        entry = dict(pair.split("\x02", 1) for pair in keys.split("\x01") if pair)
        place = re.search(r"/(rtl/\w+/\w+\.sv)$", entry["f"])
        kind = entry.get("t", "")
        if place is None or kind not in KINDS:
            continue
        if kind != "line":
            counts[Point(place[1], int(entry["l"]), int(entry["n"]), kind, entry.get("o", ""))] += int(count)
        for line in lines(entry.get("S", "")):
            counts[Point(place[1], line, 0, "line", "")] += int(count)
    return dict(counts)


def merge(runs: Iterable[Mapping[Point, int]]) -> dict[Point, int]:
    """Sum of several."""
    counts: dict[Point, int] = defaultdict(int)
    for run in runs:
        for point, count in run.items():
            counts[point] += count
    return dict(counts)


@dataclass(frozen=True)
class Share:
    """Covered points of some."""

    covered: int
    total: int

    @property
    def percent(self) -> float:
        """100 where there is nothing to cover."""
        return 100 * self.covered / self.total if self.total else 100.0

    def __str__(self) -> str:
        return f"{self.percent:.1f} % of {self.total:,}"


def shares(counts: Mapping[Point, int]) -> dict[str, Share]:
    """By kind."""
    return {kind: Share(sum(count > 0 for point, count in counts.items() if point.kind == kind),
                        sum(point.kind == kind for point in counts)) for kind in KINDS}
