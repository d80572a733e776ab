# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Coverage of the RTL by the regression: ``python -m finn_verif.coverage``, after a run with RTL_COVERAGE=1.

Verilator counts lines, branches and toggles (``coverage.dat`` below build/verif); a point of the source is covered if
it is in any instance of any testbench. The testbenches note what their streams have shown (``streams.jsonl``), which is
counted by parameter set and by corner shape (``finn_verif.shapes``). The report is HTML, build/coverage/index.html,
with the source of every file and its holes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from finn_verif.shapes import SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from finn_verif.testbench import Instance

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "verif"
REPORT = ROOT / "build" / "coverage"
#: What the testbenches note, in the folder of a simulation.
STREAMS = "streams.jsonl"
KINDS = ("line", "branch", "toggle")
#: Share in percent that is asked of the hand-written RTL.
WANTED = {"line": 98.0, "branch": 95.0}
#: What a stream can show, by bit of `shown` in verif/formal/axis_properties.sv.
SHOWN = ("beats in a row", "beat after a gap", "beat that waited", "reset while one waits")


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


def stream_line(instance: Instance, streams: Mapping[str, int]) -> str:
    """What the streams of an instance have shown, for STREAMS."""
    return json.dumps({"module": instance.module, "parameters": dict(instance.parameters), "streams": streams}) + "\n"


def shown(lines: Iterable[str]) -> dict[str, dict[str, dict[str, int]]]:
    """What was shown: by module, parameter set and stream, as bits."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for line in lines:
        entry = json.loads(line)
        values = {name: value for name, value in entry["parameters"].items() if not name.endswith("_FILE")}
        parameters = ", ".join(f"{name} {value}" for name, value in values.items())
        streams = found.setdefault(entry["module"], {}).setdefault(parameters, {})
        for stream, bits in entry["streams"].items():
            streams[stream] = streams.get(stream, 0) | bits
    return found


def stream_rows(found: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[dict[str, object]]:
    """A row a module: parameter sets, their streams, and how many of these have shown each kind of traffic."""
    rows = []
    for module, sets in sorted(found.items()):
        bits = [(parameters, stream, value) for parameters, streams in sets.items()
                for stream, value in streams.items()]
        holes = [f"{parameters}: {stream}: no {SHOWN[i]}" for parameters, stream, value in bits
                 for i in range(len(SHOWN)) if not value >> i & 1]
        rows.append({"module": module, "sets": len(sets), "streams": len(bits), "holes": holes,
                     "shown": [sum(value >> i & 1 for _, _, value in bits) for i in range(len(SHOWN))]})
    return rows


def stream_totals(found: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """How many streams there are, and how many have shown each kind of traffic."""
    streams = [bits for sets in found.values() for streams in sets.values() for bits in streams.values()]
    counts = ", ".join(f"{sum(bits >> i & 1 for bits in streams)} {what}" for i, what in enumerate(SHOWN))
    return f"{len(streams)} streams of {sum(map(len, found.values()))} parameter sets: {counts}"


def shape_rows(lines: Iterable[str]) -> list[dict[str, object]]:
    """A row a corner shape: parameter sets that have it, and how many of their streams have shown each kind."""
    sets: dict[str, dict[str, tuple[dict[str, int | str], dict[str, int]]]] = defaultdict(dict)
    for line in lines:
        entry = json.loads(line)
        values = {name: value for name, value in entry["parameters"].items() if not name.endswith("_FILE")}
        _, streams = sets[entry["module"]].setdefault(json.dumps(values), (values, {}))
        for stream, bits in entry["streams"].items():
            streams[stream] = streams.get(stream, 0) | bits
    rows: list[dict[str, object]] = []
    for module, shapes in SHAPES.items():
        for name, has in shapes.items():
            streams_of = [streams for values, streams in sets[module].values() if has(values)]
            counts = [sum(bits >> i & 1 for streams in streams_of for bits in streams.values())
                      for i in range(len(SHOWN))]
            holes = [f"{name}: no {what}" for what, count in zip(SHOWN, counts, strict=True) if not count]
            rows.append({"module": module, "name": name, "sets": len(streams_of), "shown": counts,
                         "holes": holes if streams_of else [f"{name}: no parameter set"]})
    return rows


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


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m finn_verif.coverage", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--holes", action="store_true", help="print every line and branch that never ran")
    arguments = parser.parse_args()
    data = sorted(BUILD.rglob("coverage.dat"))
    if not data:
        print(f"error: no coverage.dat below {BUILD}: run `make coverage`", file=sys.stderr)
        return 2
    counts = merge(parse(path.read_text(encoding="utf-8")) for path in data)
    notes = [line for path in BUILD.rglob(STREAMS) for line in path.read_text(encoding="utf-8").splitlines()]
    found = shown(notes)
    streams, shapes = stream_rows(found), shape_rows(notes)
    first = write_report(counts, streams, shapes)
    if arguments.holes:
        for point in sorted(point for point, count in counts.items() if not count and point.kind != "toggle"):
            print(f"{point.file}:{point.line}:{point.column}: {point.kind} {point.what}")
        for row in (*streams, *shapes):
            for hole in row["holes"] if isinstance(row["holes"], list) else ():
                print(f"{row['module']}: {hole}")
    total = shares(counts)
    for kind, share in total.items():
        print(f"{kind:6} {share}")
    print(stream_totals(found))
    missing = [f"{row['module']}: {row['name']}" for row in shapes if not row["sets"]]
    crosses = sum(count == 0 for row in shapes if isinstance(row["shown"], list) for count in row["shown"])
    print(f"{len(shapes)} corner shapes, {len(missing)} of them in no parameter set; with each kind of traffic"
          f" {len(shapes) * len(SHOWN)} crosses, {crosses} of them empty")
    print(first)
    low = [f"{kind} {total[kind]}, {wanted:g} % wanted" for kind, wanted in WANTED.items()
           if total[kind].percent < wanted]
    low += [f"no parameter set of {shape}" for shape in missing]
    if low:
        print(f"error: coverage is too low: {'; '.join(low)}", file=sys.stderr)
    return int(bool(low))


if __name__ == "__main__":
    sys.exit(main())
