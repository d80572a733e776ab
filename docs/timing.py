# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Draws the timing diagrams of the pages from simulation: docs/ip/*.svg.

    python docs/timing.py [DIAGRAM...]

Each diagram has a small testbench in docs/timing/. Icarus runs it; what stands on the signals just before each rising
edge of the clock, which is what the edge sees, becomes one column. Cycle 0 is the first in which a beat is taken, or
in which what it begins with is high.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from pathlib import Path

from examples import LAYER, MVTU, outputs
from pages import DOCS, asked

from finn_rtl.common.errors import FinnError
from finn_rtl.common.programs import find_tool
from finn_rtl.ips.mvtu import threshold_memory, weight_memory
from finn_rtl.tools.eda import core_sources

# ---- Value change dump -----------------------------------------------------------------------------------------------

Samples = dict[str, list[str]]


def _tokens(text: str) -> Iterator[str]:
    return iter(text.split())


def _declarations(tokens: Iterator[str]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Names and width by identifier code, up to the end of the definitions."""
    scope: list[str] = []
    names: dict[str, list[str]] = {}
    widths: dict[str, int] = {}
    for token in tokens:
        body: list[str] = []
        for word in tokens:
            if word == "$end":
                break
            body.append(word)
        match token:
            case "$scope":
                scope.append(body[1])
            case "$upscope":
                scope.pop()
            case "$var":
                names.setdefault(body[2], []).append(".".join([*scope, body[3]]))
                widths[body[2]] = int(body[1])
            case "$enddefinitions":
                break
    return names, widths


def sample(dump: str, clock: str) -> Samples:
    """Values of every signal just before each rising edge of `clock`, as binary digits (x and z included)."""
    tokens = _tokens(dump)
    names, widths = _declarations(tokens)
    codes = {name: code for code, aliases in names.items() for name in aliases}
    values = {code: "x" * width for code, width in widths.items()}
    result: Samples = {name: [] for name in codes}
    changes: dict[str, str] = {}

    def apply() -> None:
        if values[codes[clock]] == "0" and changes.get(codes[clock]) == "1":
            for name, code in codes.items():
                result[name].append(values[code])
        values.update(changes)
        changes.clear()

    for token in tokens:
        if token[0] == "#":
            apply()
        elif token[0] in "bB":
            code = next(tokens)
            digits = token[1:].lower()
            fill = digits[0] if digits[0] in "xz" else "0"
            changes[code] = digits.rjust(widths[code], fill)
        elif token[0] in "01xzXZ":
            changes[token[1:]] = token[0].lower()
    apply()
    return result


# ---- Diagrams --------------------------------------------------------------------------------------------------------

Label = Callable[[str], str]


def hexadecimal(bits: str) -> str:
    """As many hexadecimal digits as the signal has."""
    return f"{int(bits, 2):0{-(-len(bits) // 4)}X}"


def binary(bits: str) -> str:
    """Binary digits as they are."""
    return bits


def decimal(bits: str) -> str:
    """An unsigned number."""
    return str(int(bits, 2))


def signed_decimal(bits: str) -> str:
    """A two's complement number."""
    return str(int(bits, 2) - (int(bits[0]) << len(bits)))


def low_byte(bits: str) -> str:
    """The lowest byte as two hexadecimal digits."""
    return f"{int(bits[-8:], 2):02X}"


def bytes_decimal(bits: str) -> str:
    """Bytes as unsigned numbers, the first (least significant) first."""
    return " ".join(str(int(bits[i - 8:i], 2)) for i in range(len(bits), 0, -8))


def crumbs_decimal(bits: str) -> str:
    """Elements of two bits as unsigned numbers, the first (least significant) first."""
    return " ".join(str(int(bits[i - 2:i], 2)) for i in range(len(bits), 0, -2))


def nibbles(bits: str) -> str:
    """Elements of four bits as hexadecimal digits, the first (least significant) first."""
    return "".join(f"{int(bits[i - 4:i], 2):X}" for i in range(len(bits), 0, -4))


def nibbles_decimal(bits: str) -> str:
    """Elements of four bits as unsigned numbers, the first (least significant) first."""
    return " ".join(str(int(bits[i - 4:i], 2)) for i in range(len(bits), 0, -4))


@dataclass(frozen=True)
class Row:
    """A line of the diagram: a single-bit signal, or a bus with a label; `valid` says when it means something."""

    signal: str
    label: Label | None = None
    valid: str = ""


@dataclass(frozen=True)
class Group:
    """Rows that belong together; cycles in which both signals of `handshake` are high are shaded."""

    rows: tuple[Row, ...]
    handshake: tuple[str, str] | None = None


def stream(prefix: str, label: Label, *, last: bool = False) -> Group:
    """The rows of an AXI4-Stream."""
    rows = [Row(f"{prefix}_tvalid"), Row(f"{prefix}_tready"), Row(f"{prefix}_tdata", label, f"{prefix}_tvalid")]
    if last:
        rows.append(Row(f"{prefix}_tlast", None, f"{prefix}_tvalid"))
    return Group(tuple(rows), (f"{prefix}_tvalid", f"{prefix}_tready"))


def addresses(prefix: str) -> Group:
    """The rows of AXI4 read addresses."""
    valid, ready = f"{prefix}_arvalid", f"{prefix}_arready"
    rows = (Row(f"{prefix}_araddr", hexadecimal, valid), Row(f"{prefix}_arlen", decimal, valid))
    return Group((Row(valid), Row(ready), *rows), (valid, ready))


def read_data(prefix: str) -> Group:
    """The rows of AXI4 read data."""
    valid, ready = f"{prefix}_rvalid", f"{prefix}_rready"
    return Group((Row(valid), Row(ready), Row(f"{prefix}_rdata", low_byte, valid), Row(f"{prefix}_rlast", None, valid)),
                 (valid, ready))


@dataclass(frozen=True)
class Diagram:
    """A diagram: testbench docs/timing/NAME.sv around the core finn:ip:IP, `cycles` columns.

    Cycle 0 is the first with a beat in the first group, or with `begin` high.
    """

    name: str
    ip: str
    cycles: int
    groups: tuple[Group, ...]
    files: dict[str, str] = field(default_factory=dict)
    begin: str = ""


def loading(bits: str) -> str:
    """What the chain of loads carries."""
    return {"000": "", "001": "word", "010": "start", "100": "token"}[bits]


BAD = "m_axis_bad"
DIAGRAMS = (
    Diagram("axis_register", "axis_register", 11,
            (stream("s_axis", hexadecimal, last=True), stream("m_axis", hexadecimal, last=True))),
    Diagram("axis_fifo", "axis_fifo", 15,
            (stream("s_axis", hexadecimal), stream("m_axis", hexadecimal), Group((Row("dut.level_q", decimal),)))),
    Diagram("axis_fork", "axis_fork", 12,
            (stream("s_axis", hexadecimal), stream("m_axis_0", hexadecimal), stream("m_axis_1", hexadecimal))),
    Diagram("axis_dwc", "axis_dwc", 10, (stream("s_axis", hexadecimal), stream("m_axis", hexadecimal, last=True))),
    Diagram("axis_dwc_widen", "axis_dwc", 9,
            (stream("s_axis", hexadecimal), stream("m_axis", hexadecimal, last=True))),
    Diagram("axis_dwc_narrow", "axis_dwc", 9,
            (stream("s_axis", hexadecimal), stream("m_axis", hexadecimal, last=True))),
    Diagram("axis_frame_guard", "axis_frame_guard", 16,
            (stream("s_axis", hexadecimal, last=True), stream("m_axis", hexadecimal, last=True),
             Group((Row(f"{BAD}_tvalid"), Row(f"{BAD}_tready"), Row(f"{BAD}_tdata", binary, f"{BAD}_tvalid")),
                   (f"{BAD}_tvalid", f"{BAD}_tready")),
             Group((Row("error"),)))),
    Diagram("parameter_loader", "parameter_loader", 28,
            (stream("s_axis", low_byte, last=True),
             Group((Row("kind", loading),)),
             Group((Row("m_axis_frame_tvalid"), Row("m_axis_frame_tready")),
                   ("m_axis_frame_tvalid", "m_axis_frame_tready")),
             Group((Row("result_leaves"), Row("network_aresetn"), Row("set_valid"), Row("set_number", decimal),
                    Row("done"))))),
    Diagram("label_select", "label_select", 11, (stream("s_axis", decimal), stream("m_axis", decimal))),
    Diagram("label_select_pe2", "label_select", 8, (stream("s_axis", bytes_decimal), stream("m_axis", decimal))),
    Diagram("swu", "swu", 21, (stream("s_axis", decimal), stream("m_axis", decimal, last=True))),
    Diagram("swu_parallel", "swu", 21, (stream("s_axis", decimal), stream("m_axis", nibbles, last=True))),
    Diagram("mvtu", "mvtu", 18,
            (stream("s_axis", binary),
             Group((Row("dut.issue"), Row("dut.g_parallel.u_issue.segment", binary, "dut.issue"),
                    Row("dut.g_parallel.u_weights.word_q", decimal, "dut.issue"), Row("dut.row_done"))),
             stream("m_axis", binary, last=True)),
            {"weights.mem": weight_memory(LAYER, MVTU), "thresholds.mem": threshold_memory(LAYER, MVTU)}),
    Diagram("mvtu_stream", "mvtu_stream", 28,
            (stream("s_axis", binary), stream("s_axis_weights", hexadecimal), Group((Row("dut.issue"),)),
             stream("m_axis", nibbles_decimal, last=True))),
    Diagram("weight_reader", "weight_reader", 32,
            (Group((Row("run"), Row("busy"))), addresses("m_axi"), read_data("m_axi"),
             stream("m_axis", hexadecimal, last=True)), begin="run"),
    Diagram("axi_read_arbiter", "axi_read_arbiter", 20,
            (addresses("s_axi_0"), addresses("s_axi_1"), addresses("m_axi"), read_data("m_axi"),
             Group((Row("s_axi_0_rvalid"), Row("s_axi_1_rvalid"), Row("s_axi_rdata", low_byte, "some_rvalid"),
                    Row("s_axi_rlast", None, "some_rvalid"))))),
    # Channels 0 to 3: thresholds 5 10 20; 15 30 60; 20 40 60; 4 8 12.
    Diagram("threshold", "threshold", 13,
            (stream("s_axis", bytes_decimal, last=True), stream("m_axis", crumbs_decimal, last=True)),
            {"thresholds.mem": "1e0a\n0828\n", "thresholds.mem.1.000.mem": "05 0f 14 3c 14 04 3c 0c\n"}),
    # Channels 0 to 3: scales 3 -2 1 4, offsets 8 100 -6 0, shifted by 3.
    Diagram("requant", "requant", 15,
            (stream("s_axis", bytes_decimal, last=True), stream("m_axis", nibbles_decimal, last=True)),
            {"scales.mem": "e3\n41\n", "offsets.mem": "6408\n00fa\n"}),
    Diagram("add", "add", 13,
            (stream("s_axis_a", decimal), stream("s_axis_b", signed_decimal),
             stream("m_axis", signed_decimal, last=True))),
    Diagram("concat", "concat", 13,
            (stream("s_axis_a", decimal), stream("s_axis_b", decimal), stream("m_axis", nibbles_decimal, last=True))),
    Diagram("upsample", "upsample", 21, (stream("s_axis", decimal), stream("m_axis", decimal, last=True))),
    Diagram("sumpool", "sumpool", 20, (stream("s_axis", decimal), stream("m_axis", decimal, last=True))),
    Diagram("maxpool", "maxpool", 20, (stream("s_axis", decimal), stream("m_axis", decimal, last=True))),
)


def _run(command: list[str], folder: str) -> None:
    done = subprocess.run([find_tool(command[0]), *command[1:]], cwd=folder, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise FinnError(f"{command[0]} failed: {(done.stdout + done.stderr).strip()}")


def simulate(diagram: Diagram) -> Samples:
    """Run the testbench; the samples begin with cycle 0.

    Raises:
        FinnError: Icarus refused the sources, or the simulation failed.
    """
    sources = core_sources(f"finn:ip:{diagram.ip}")
    benches = [DOCS / "timing" / f"{name}.sv" for name in ("streams", diagram.name)]
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        for name, text in diagram.files.items():
            Path(work, name).write_text(text, encoding="utf-8")
        includes = [f"-I{folder}" for folder in sources.include_folders]
        _run(["iverilog", "-g2012", "-s", "tb", "-o", "tb.vvp", *includes, *map(str, (*sources.hdl, *benches))], work)
        _run(["vvp", "-n", "tb.vvp"], work)
        dump = Path(work, "tb.vcd").read_text(encoding="utf-8")
    samples = sample(dump, "tb.aclk")
    first = (diagram.begin, diagram.begin) if diagram.begin else diagram.groups[0].handshake
    assert first, f"{diagram.name}: the first group must be a stream"
    begin = handshakes(samples, first).index(True)
    return {name: values[begin:] for name, values in samples.items()}


def values_of(samples: Samples, signal: str) -> list[str]:
    """Values of a signal of the testbench, cycle by cycle."""
    return samples[f"tb.{signal}"]


def handshakes(samples: Samples, pair: tuple[str, str]) -> list[bool]:
    """Whether both signals are high, cycle by cycle."""
    return [a == b == "1" for a, b in zip(*(values_of(samples, name) for name in pair), strict=True)]


# ---- Drawing ---------------------------------------------------------------------------------------------------------

CELL, ROW, HIGH, LEFT, TOP, GAP, SLOPE = 50, 28, 18, 150, 30, 12, 4
INK, GRID, MUTED, SHADE, BUS, IDLE = "#1f3a5f", "#d9dee5", "#66717f", "#e2f2e4", "#eaf1fb", "#f1f2f4"
FONT = "font-family='DejaVu Sans Mono, Menlo, Consolas, monospace'"
LEGEND = "shaded: a beat is taken at the rising edge that ends the cycle; grey: no beat"


def _text(x: float, y: float, text: str, *, anchor: str = "middle", colour: str = INK, size: int = 12) -> str:
    return (f"<text x='{x:g}' y='{y:g}' text-anchor='{anchor}' fill='{colour}' font-size='{size}'>"
            f"{escape(text, quote=False)}</text>")


def _path(points: list[tuple[float, float]], *, fill: str = "none", closed: bool = False, stroke: str = INK) -> str:
    steps = "L".join(f"{x:g},{y:g}" for x, y in points)
    return f"<path d='M{steps}{'Z' if closed else ''}' fill='{fill}' stroke='{stroke}' stroke-width='1.5'/>"


def _clock(y: float, cycles: int) -> str:
    points: list[tuple[float, float]] = [(LEFT, y + HIGH)]
    for i in range(cycles):
        x = LEFT + i * CELL
        points += [(x, y), (x + CELL / 2, y), (x + CELL / 2, y + HIGH), (x + CELL, y + HIGH)]
    return _path(points)


def _idle(y: float, begin: int, end: int) -> str:
    """A bar over cycles in which a signal means nothing."""
    return (f"<rect x='{LEFT + begin * CELL}' y='{y + 5:g}' width='{(end - begin) * CELL}' height='{HIGH - 10:g}'"
            f" fill='{IDLE}'/>")


def _bit(y: float, values: list[str], valid: list[bool]) -> str:
    """A single-bit signal; a value that is neither 0 nor 1 is drawn half-way up."""
    height = {"0": y + HIGH, "1": y}
    drawn = []
    for is_valid, cycles in groupby(range(len(values)), key=lambda i: valid[i]):
        stretch = list(cycles)
        if not is_valid:
            drawn.append(_idle(y, stretch[0], stretch[-1] + 1))
            continue
        points: list[tuple[float, float]] = []
        for i in stretch:
            x, level = LEFT + i * CELL, height.get(values[i], y + HIGH / 2)
            points += [(x + (SLOPE if points and values[i - 1] != values[i] else 0), level), (x + CELL, level)]
        drawn.append(_path(points))
    return "".join(drawn)


def _bus(y: float, values: list[str], label: Label, valid: list[bool], ends: list[bool]) -> str:
    """A bus: one box for each stretch of one value; `ends` says after which cycles a new box begins in any case."""
    drawn, begin = [], 0
    for i in range(len(values)):
        if i + 1 < len(values) and valid[i + 1] == valid[i] and not (
                valid[i] and (ends[i] or values[i + 1] != values[i])):
            continue
        left, right, middle = LEFT + begin * CELL, LEFT + (i + 1) * CELL, y + HIGH / 2
        if valid[i]:
            box: list[tuple[float, float]] = [
                (left, middle), (left + SLOPE, y), (right - SLOPE, y), (right, middle), (right - SLOPE, y + HIGH),
                (left + SLOPE, y + HIGH)]
            drawn.append(_path(box, fill=BUS, closed=True))
            drawn.append(_text((left + right) / 2, y + HIGH - 5, label(values[i]), size=11))
        else:
            drawn.append(_idle(y, begin, i + 1))
        begin = i + 1
    return "".join(drawn)


def draw(diagram: Diagram, samples: Samples) -> str:
    """The diagram as SVG."""
    cycles = diagram.cycles
    rows = sum(len(group.rows) for group in diagram.groups) + 1
    bottom = TOP + rows * ROW + len(diagram.groups) * GAP + 6
    width, height = LEFT + cycles * CELL + 14, bottom + 24
    shades, marks = [], []
    y = TOP + ROW + GAP
    body = [_text(LEFT - 10, TOP + HIGH - 4, "aclk", anchor="end"), _clock(TOP, cycles)]
    for group in diagram.groups:
        taken = handshakes(samples, group.handshake)[:cycles] if group.handshake else [False] * cycles
        for i, is_taken in enumerate(taken):
            if is_taken:
                shades.append(f"<rect x='{LEFT + i * CELL}' y='{y - 5}' width='{CELL}' height='{len(group.rows) * ROW}'"
                              f" fill='{SHADE}'/>")
        for row in group.rows:
            values = values_of(samples, row.signal)[:cycles]
            body.append(_text(LEFT - 10, y + HIGH - 4, row.signal.split(".")[-1], anchor="end"))
            valid = ([value == "1" for value in values_of(samples, row.valid)[:cycles]] if row.valid
                     else [True] * cycles)
            if row.label is None:
                body.append(_bit(y, values, valid))
            else:
                ends = taken if group.handshake else valid if row.valid else [False] * cycles
                body.append(_bus(y, values, row.label, valid, ends))
            y += ROW
        y += GAP
    for i in range(cycles + 1):
        x = LEFT + i * CELL
        marks.append(f"<path d='M{x},{TOP - 4}V{bottom - 8}' stroke='{GRID}' stroke-dasharray='2 3'/>")
        if i < cycles:
            marks.append(_text(x + CELL / 2, TOP - 12, str(i), colour=MUTED, size=11))
    marks.append(_text(LEFT - 10, TOP - 12, "cycle", anchor="end", colour=MUTED, size=11))
    legend = _text(LEFT, bottom + 10, LEGEND, anchor="start", colour=MUTED, size=10)
    parts = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'"
             f" viewBox='0 0 {width} {height}' {FONT}>",
             f"<title>{diagram.name}: timing, simulated</title>",
             f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
             *shades, *marks, *body, legend, "</svg>"]
    return "\n".join(parts) + "\n"


def check_mvtu(samples: Samples) -> None:
    """The MVTU's diagram must show what the reference computes.

    Raises:
        ValueError: it does not.
    """
    taken = handshakes(samples, ("m_axis_tvalid", "m_axis_tready"))
    data = values_of(samples, "m_axis_tdata")
    found = [int(value, 2) for value, is_taken in zip(data, taken, strict=True) if is_taken]
    if found != outputs():
        raise ValueError(f"mvtu: the RTL gave {found}, the reference {outputs()}")


def main() -> None:
    """Draw the diagrams named, or all."""
    wanted = asked(__doc__, [diagram.name for diagram in DIAGRAMS], "diagram")
    for diagram in DIAGRAMS:
        if diagram.name not in wanted:
            continue
        samples = simulate(diagram)
        if diagram.name == "mvtu":
            check_mvtu(samples)
        (DOCS / "ip" / f"{diagram.name}.svg").write_text(draw(diagram, samples), encoding="utf-8")


if __name__ == "__main__":
    main()
