# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Coverage of the RTL by the regression: ``python -m finn_verif.coverage``, after a run with RTL_COVERAGE=1.

Verilator counts lines, branches and toggles (``coverage.dat`` below build/verif); a point of the source is covered if
it is in any instance of any testbench. The testbenches note what their streams have shown (``streams.jsonl``), which is
counted by parameter set and by corner shape (``finn_verif.ips``). The report is HTML, build/coverage/index.html, with
the source of every file and its holes.
"""

from __future__ import annotations

import argparse
import sys

from finn_verif.common.places import TESTBENCHES
from finn_verif.coverage.points import merge, parse, shares
from finn_verif.coverage.report import write_report
from finn_verif.coverage.traffic import shape_rows, shown, stream_rows, stream_totals
from finn_verif.testbench.notes import SHOWN, STREAMS

#: Share in percent that is asked of the hand-written RTL.
WANTED = {"line": 98.0, "branch": 95.0}


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m finn_verif.coverage", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--holes", action="store_true", help="print every line and branch that never ran")
    arguments = parser.parse_args()
    data = sorted(TESTBENCHES.rglob("coverage.dat"))
    if not data:
        print(f"error: no coverage.dat below {TESTBENCHES}: run `make coverage`", file=sys.stderr)
        return 2
    counts = merge(parse(path.read_text(encoding="utf-8")) for path in data)
    notes = [line for path in TESTBENCHES.rglob(STREAMS) for line in path.read_text(encoding="utf-8").splitlines()]
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
