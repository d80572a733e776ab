# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Compares figures with the committed ones, each metric by its tolerance in tolerances.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).resolve().parent / "tolerances.toml"
#: What a cell of a table begins with where it is a figure: "**1,234**", "> 432", "98.23%".
FIGURE = re.compile(r"\**(?:> )?(?P<value>[\d,]+(?:\.\d+)?(?:e[+-]?\d+)?)(?![\w.]| to )")
#: Texts that tell the rows of a table apart, its heading first.
Row = tuple[str, ...]


@dataclass(frozen=True)
class Metric:
    """What is compared: keys in results.json, headings in tables; how far it may move, in percent or by so much."""

    name: str
    better: Literal["less", "more"]
    percent: float
    least: float = 0
    keys: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tolerances:
    """The file: metrics, headings that are not compared, and headings that tell rows apart."""

    metrics: tuple[Metric, ...]
    ignored: frozenset[str]
    rows: frozenset[str]

    def of_column(self, heading: str) -> Metric | None:
        """The metric of a table's column; None where it is not compared."""
        return next((metric for metric in self.metrics if heading in metric.columns), None)


@dataclass(frozen=True)
class Change:
    """A figure that moved by more than its tolerance."""

    what: str
    metric: Metric
    old: float
    new: float

    @property
    def is_worse(self) -> bool:
        """Whether it moved the wrong way."""
        return (self.new > self.old) == (self.metric.better == "less")

    def __str__(self) -> str:
        moved = f"{abs(self.new - self.old) / abs(self.old):.1%} " if self.old else ""
        way = "more" if self.new > self.old else "less"
        allowed = f"{self.metric.percent:g} %" if self.metric.percent else "none"
        return (f"{self.what}: {self.metric.name} {self.new:,.10g}, committed {self.old:,.10g}: {moved}{way},"
                f" tolerance {allowed}")


def load(path: Path = FILE) -> Tolerances:
    """Read the file."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    metrics = tuple(Metric(name, entry["better"], entry["percent"], entry.get("least", 0), tuple(entry.get("keys", ())),
                           tuple(entry.get("columns", ()))) for name, entry in document["metric"].items())
    ignored = frozenset(heading for headings in document["ignored"].values() for heading in headings)
    return Tolerances(metrics, ignored, frozenset(document["rows"]["columns"]))


def change(what: str, metric: Metric, old: float, new: float) -> Change | None:
    """How a figure moved; None where its tolerance lets that pass.

    Args:
        what: is measured, in words.
        metric: of the figure.
        old: the committed figure.
        new: the one of now.
    """
    allowed = max(abs(old) * metric.percent / 100, metric.least)
    return Change(what, metric, old, new) if abs(new - old) > allowed else None


def _value(figures: Mapping[str, Any], key: str) -> float | None:
    """A figure of results.json; None where there is none."""
    found: Any = figures
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return None if found is None else float(found)


def changes(what: str, old: Mapping[str, Any], new: Mapping[str, Any], tolerances: Tolerances) -> list[Change]:
    """What moved between two entries of results.json, of figures that both have.

    Args:
        what: is measured, in words.
        old: the committed entry.
        new: the one of now.
        tolerances: of the metrics.
    """
    found = []
    for metric in tolerances.metrics:
        for key in metric.keys:
            before, now = _value(old, key), _value(new, key)
            if before is not None and now is not None and (moved := change(what, metric, before, now)):
                found.append(moved)
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables(page: str) -> Iterator[tuple[list[str], list[bool], list[list[str]]]]:
    """Tables of a page: headings, which columns are aligned to the right, and rows."""
    lines = page.splitlines()
    for place, rule in enumerate(lines[1:], 1):
        if re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", rule):
            end = next((i for i in range(place + 1, len(lines)) if not lines[i].startswith("|")), len(lines))
            yield (_cells(lines[place - 1]), [cell.endswith(":") for cell in _cells(rule)],
                   [_cells(line) for line in lines[place + 1 : end]])


def figures(page: str, tolerances: Tolerances) -> dict[tuple[Row, Metric], float]:
    """All figures of a page that are compared, by the texts of their rows."""
    found: dict[tuple[Row, Metric], float] = {}
    for headings, is_right, rows in tables(page):
        first = ""
        for cells in rows:
            # The second row of a pair leaves its first cell empty.
            first = cells[0] or first
            texts = [cell for heading, right, cell in zip(headings, is_right, [first, *cells[1:]], strict=True)
                     if not right or heading in tolerances.rows]
            for heading, cell in zip(headings, cells, strict=True):
                metric, figure = tolerances.of_column(heading), FIGURE.match(cell)
                if metric and figure:
                    found[(" ".join(headings), *texts), metric] = float(figure["value"].replace(",", ""))
    return found


def page_changes(old: str, new: str, tolerances: Tolerances) -> list[Change]:
    """What moved between two pages, of rows that both have."""
    before = figures(old, tolerances)
    found = [change(", ".join(text for text in row[1:] if text), metric, before[row, metric], value)
             for (row, metric), value in figures(new, tolerances).items() if (row, metric) in before]
    return [moved for moved in found if moved]


def told(moved: Iterable[Change], accept: str) -> tuple[list[str], bool]:
    """Lines to print, and whether nothing became worse.

    Args:
        moved: figures.
        accept: the command that makes the figures of now the committed ones.
    """
    ordered = sorted(moved, key=lambda one: not one.is_worse)
    lines = [f"{'worse' if one.is_worse else 'better'}: {one}" for one in ordered]
    worse = sum(one.is_worse for one in ordered)
    if worse:
        lines.append(f"{worse} of the figures became worse than {FILE.name} allows. If that is meant: {accept}, and"
                     " say why where you commit the result")
    elif lines:
        lines.append(f"to keep what became better: {accept}")
    return lines, not worse
