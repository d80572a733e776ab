# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Draws the charts of results.md, from bench/results.json and bench/fmax.md, for light and dark pages; and its table.

python docs/charts.py

Each picture says by a digest of what it was drawn: the figures, and this script.
"""

from __future__ import annotations

import ast
import hashlib
import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages import DOCS, asked, replace_block, table
from status import IPS, number, rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BENCH = DOCS.parent / "bench"
#: Background, text, lines; then colours that are told apart by those who see colours differently, too.
LOOKS = {"light": ("#ffffff", "#1f2933", "#d0d5dc", ("#0072b2", "#c44e00", "#00755a")),
         "dark": ("#1e2129", "#e4e7ec", "#464c5a", ("#56b4e9", "#ffa657", "#4fd1a5"))}
Point = tuple[str, str, float, float, float]


def paper() -> dict[tuple[str, str], dict[str, float]]:
    """The FINN paper's rows (FPGA 2017): frames a second, LUTs and block RAMs, as bench/run.py has them."""
    tree = ast.parse((BENCH / "run.py").read_text(encoding="utf-8"))
    found = next(node.value for node in tree.body if isinstance(node, ast.Assign)
                 and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "PAPER")
    assert isinstance(found, ast.Dict)
    known = {}
    for key, value in zip(found.keys, found.values, strict=True):
        assert key is not None and isinstance(value, ast.Call)
        fps, _, _, lut, bram36, _ = (ast.literal_eval(argument) for argument in value.args)
        known[ast.literal_eval(key)] = {"fps": fps, "lut": lut, "bram36": bram36}
    return known


def networks() -> list[Point]:
    """Name, whose, LUTs, frames a second and block RAMs of the networks that the paper has as well."""
    measured = {(item["net"], item["scenario"]): item
                for item in json.loads((BENCH / "results.json").read_text(encoding="utf-8"))["networks"]}
    found: list[Point] = []
    for key, row in paper().items():
        name = f"{key[0].upper()}-{key[1]}"
        own = measured[key]
        found += [(name, "finn-rtl", own["synthesis"]["lut"], own["fps"], own["synthesis"]["bram36"]),
                  (name, "FINN paper", row["lut"], row["fps"], row["bram36"])]
    return found


def network_table() -> str:
    """The same as a table."""
    lines = [(name, whose, f"{fps:,.0f}", f"{lut:,}", f"{bram36:g}") for name, whose, lut, fps, bram36 in networks()]
    return table(("network", "by", "frames a second", "LUT", "BRAM36"), lines, 2)


def clocks() -> list[tuple[str, list[float]]]:
    """IPs, and the MHz of their rows in bench/fmax.md, the fastest IP last."""
    measured = rows((BENCH / "fmax.md").read_text(encoding="utf-8"))
    modules = {name: ip.page for ip in IPS for name in (ip.page, *ip.modules)}
    found: dict[str, list[float]] = {}
    for row in measured:
        if row[0] in modules:
            found.setdefault(modules[row[0]], []).append(number(row[5]))
    return sorted(found.items(), key=lambda item: statistics.median(item[1]))


def digest(data: Any) -> str:
    """Of figures and of this script."""
    text = json.dumps(data) + Path(__file__).read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def new_figure(look: str, width: float, height: float) -> tuple[Figure, Any]:
    """An empty picture in the colours of a page."""
    from matplotlib.figure import Figure

    ground, text, lines, _ = LOOKS[look]
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=ground)
    axes = figure.add_subplot(facecolor=ground)
    axes.tick_params(colors=text, which="both")
    axes.grid(True, color=lines, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(lines)
    axes.xaxis.label.set_color(text)
    axes.yaxis.label.set_color(text)
    return figure, axes


def draw_networks(look: str) -> Figure:
    """Frames a second over LUTs, ours and the paper's, a line between both of a network."""
    _, text, lines, colours = LOOKS[look]
    figure, axes = new_figure(look, 8, 4.6)
    places: dict[str, list[tuple[float, float]]] = {}
    for name, whose, lut, fps, _ in networks():
        places.setdefault(name, []).append((lut, fps))
        is_own = whose == "finn-rtl"
        axes.plot(lut, fps, "o" if is_own else "s", color=colours[not is_own], markersize=8,
                  label=whose if len(places) == 1 else None, zorder=3)
        if is_own:
            axes.annotate(name, (lut, fps), xytext=(-8, 7), textcoords="offset points", color=text, fontsize=10,
                          ha="right" if name != "LFC-fix" else "left")
    for points in places.values():
        axes.plot(*zip(*points, strict=True), color=lines, linewidth=1.5, zorder=2)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(250, 150_000)
    axes.set_ylim(6e3, 4e7)
    axes.set_xlabel("LUT (finn-rtl: Yosys; paper: Vivado)")
    axes.set_ylabel("frames a second at 200 MHz")
    legend = axes.legend(facecolor=LOOKS[look][0], edgecolor=lines, labelcolor=text, loc="upper left")
    legend.set_zorder(4)
    return figure


def draw_clocks(look: str) -> Figure:
    """MHz on an ECP5, a line an IP from its slowest to its fastest row."""
    _, text, lines, colours = LOOKS[look]
    found = clocks()
    figure, axes = new_figure(look, 8, 6)
    for place, (_, rates) in enumerate(found):
        axes.plot([min(rates), max(rates)], [place, place], color=colours[0], linewidth=2, zorder=2)
        axes.plot(rates, [place] * len(rates), "o", color=colours[0], markersize=6, zorder=3)
    axes.axvline(200, color=colours[1], linestyle="--", linewidth=1.5)
    axes.annotate("200 MHz", (200, len(found) - 0.6), xytext=(5, 0), textcoords="offset points", color=colours[1])
    axes.set_yticks(range(len(found)), [name for name, _ in found], color=text)
    axes.set_xlim(100, 550)
    axes.set_ylim(-0.6, len(found))
    axes.set_xlabel("MHz on an ECP5 (LFE5U-85F, speed grade 8), a dot for each set of parameters")
    return figure


CHARTS = {"networks": (networks, draw_networks), "clocks": (clocks, draw_clocks)}


def main() -> None:
    """Draw them all."""
    asked(__doc__)
    replace_block(DOCS / "results.md", "networks", network_table())
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "finn-rtl", "svg.fonttype": "path", "font.size": 10})
    for name, (figures, draw) in CHARTS.items():
        for look in LOOKS:
            draw(look).savefig(DOCS / "charts" / f"{name}_{look}.svg",
                               metadata={"Date": None, "Creator": None, "Description": digest(figures())})


if __name__ == "__main__":
    main()
