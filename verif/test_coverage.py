# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The coverage report: what is read of Verilator's and the testbenches' notes, and what is printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.coverage import points, report, traffic
from finn_verif.coverage.points import Point, Share
from finn_verif.testbench import notes
from finn_verif.testbench.instances import Instance

if TYPE_CHECKING:
    from pathlib import Path

FILE = "rtl/axis_register/axis_register.sv"


def entry(count: int, **keys: str) -> str:
    """A line of coverage.dat."""
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in keys.items()) + f"' {count}\n"


def test_points_are_read() -> None:
    """Blocks count for their lines, over all instances; other sources and user points are left out."""
    block = {"f": f"/somewhere/{FILE}", "l": "20", "n": "5", "t": "line", "o": "block", "S": "20-21,23"}
    branch = {"f": f"../../{FILE}", "l": "22", "n": "7", "t": "branch", "o": "if", "S": "22"}
    text = "# SystemC::Coverage-3\n" + entry(3, **block, h="top.a") + entry(0, **block, h="top.b") \
        + entry(0, **branch) + entry(9, f="/somewhere/tb.sv", l="1", n="1", t="line", S="1") \
        + entry(9, f=f"/x/{FILE}", l="1", n="1", t="user")
    assert points.parse(text) == {
        **{Point(FILE, line, 0, "line", ""): 3 for line in (20, 21, 23)},
        Point(FILE, 22, 0, "line", ""): 0, Point(FILE, 22, 7, "branch", "if"): 0}


def test_runs_add_up() -> None:
    """A point is covered if one of the runs reached it."""
    first, second = Point("a", 1, 0, "line", ""), Point("a", 2, 3, "branch", "else")
    counts = points.merge([{first: 0, second: 0}, {first: 2}])
    assert counts == {first: 2, second: 0}
    assert points.shares(counts) == {"line": Share(1, 1), "branch": Share(0, 1), "toggle": Share(0, 0)}
    assert str(Share(1, 3)) == "33.3 % of 3"
    assert Share(0, 0).percent == 100


def test_streams_of_a_parameter_set_are_one() -> None:
    """What two instances with the same parameters show counts for both; file names do not tell sets apart."""
    lines = [notes.stream_line(Instance(name, "swu", {"K": 3, "W_FILE": name}, ()), {"m_axis": bits})
             for name, bits in (("a", 0b0001), ("b", 0b0110))]
    lines.append(notes.stream_line(Instance("c", "swu", {"K": 5}, ()), {"m_axis": 0b1111}))
    row, = traffic.stream_rows(traffic.shown(lines))
    assert (row["module"], row["sets"], row["streams"], row["shown"]) == ("swu", 2, 2, [2, 2, 2, 1])
    assert row["holes"] == ["K 3: m_axis: no reset while one waits"]
    totals = "2 streams of 2 parameter sets: 2 beats in a row, 2 beat after a gap, 2 beat that waited, 1 reset while"
    assert traffic.stream_totals(traffic.shown(lines)).startswith(totals)


def test_shapes_are_crossed_with_traffic() -> None:
    """A shape counts the streams of all parameter sets that have it; what none has, or none has shown, is a hole."""
    lines = [notes.stream_line(Instance(str(depth), "axis_fifo", {"DEPTH": depth, "STYLE": "block"}, ()),
                                  {"s_axis": bits, "m_axis": 0b0110}) for depth, bits in ((1, 0b0100), (4, 0b1111))]
    rows = {row["name"]: row for row in traffic.shape_rows(lines) if row["module"] == "axis_fifo"}
    assert (rows["one place"]["sets"], rows["one place"]["shown"]) == (1, [0, 1, 2, 0])
    assert rows["one place"]["holes"] == ["one place: no beats in a row", "one place: no reset while one waits"]
    assert (rows["block RAM"]["sets"], rows["block RAM"]["shown"]) == (2, [1, 3, 4, 1])
    assert rows["a power of two"]["holes"] == []
    assert rows["LUTs"]["holes"] == ["LUTs: no parameter set"]


def test_report_names_the_holes(tmp_path: Path) -> None:
    """A page a file, with what never happened beside its line."""
    counts = {Point(FILE, 20, 0, "line", ""): 4, Point(FILE, 20, 7, "branch", "else"): 0}
    first = report.write_report(counts, traffic.stream_rows({}), traffic.shape_rows([]), tmp_path)
    assert FILE in first.read_text()
    assert "100.0 % of 1" in first.read_text()
    page = (tmp_path / "rtl_axis_register_axis_register.sv.html").read_text()
    assert page.count('class="hole"') == 1
    assert "branch else" in page
