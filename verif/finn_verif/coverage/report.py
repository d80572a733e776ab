# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The report as HTML: files, streams, corner shapes, and the source of every file with its holes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from finn_verif.common.places import ROOT
from finn_verif.coverage.points import KINDS, Point, shares
from finn_verif.testbench.notes import SHOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPORT = ROOT / "build" / "coverage"


def page(file: str, counts: Mapping[Point, int]) -> list[dict[str, object]]:
    """Lines of a source with their counts: how often it ran, and what of it did not happen."""
    by_line: dict[int, list[Point]] = defaultdict(list)
    for point in counts:
        if point.file == file:
            by_line[point.line].append(point)
    rows = []
    for number, text in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1):
        points = sorted(by_line[number])
        runs = [counts[point] for point in points if point.kind != "toggle"]
        holes = [f"{point.kind} {point.what}".strip() for point in points if not counts[point]]
        rows.append({"number": number, "text": text, "runs": max(runs) if runs else "", "holes": holes})
    return rows


def write_report(counts: Mapping[Point, int], streams: Sequence[Mapping[str, object]],
                 shapes: Sequence[Mapping[str, object]] = (), folder: Path = REPORT) -> Path:
    """The pages; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.get_template("coverage.html.j2")
    files = sorted({point.file for point in counts})
    rows = [{"name": file, "page": file.replace("/", "_") + ".html",
             "shares": shares({p: c for p, c in counts.items() if p.file == file})} for file in files]
    first = folder / "index.html"
    first.write_text(template.render(title="Coverage", files=rows, total=shares(counts), kinds=KINDS, streams=streams,
                                     shapes=shapes, shown=SHOWN, lines=None), encoding="utf-8")
    for row in rows:
        (folder / str(row["page"])).write_text(
            template.render(title=row["name"], files=None, lines=page(str(row["name"]), counts)),
            encoding="utf-8")
    return first
