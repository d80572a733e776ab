"""The picture of a roofline."""

from __future__ import annotations

from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING

from finn_rtl.cli.charts import COLOURS, MARKERS, new_figure, plain_grid, save_figure
from finn_rtl.common.numbers import short
from finn_rtl.plan.roofline import Roofline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Factors between what is drawn and the edges; at the right there are the names of the roofs.
MARGIN, NAMES = 3.0, 12.0
# A roof whose next one above is closer than this factor has its name below its line.
CLOSE = 1.5


def _span(line: Roofline) -> tuple[float, float, float, float]:
    """Least and largest operations a byte and operations a second."""
    places = [line.streamed, 16.0, *(point.per_port_byte for point in line.points),
              *(point.per_block_byte for point in line.points if not isinf(point.per_block_byte))]
    tops = [roof.folded for roof in (*line.roofs, line.own)] + [line.own.constant]
    ridge = [max(tops) / line.port] if line.port else []
    return (min(places) / MARGIN, max([max(places) * NAMES, *ridge]),
            min([*(point.rate for point in line.points), *(top for top in tops if top)]) / MARGIN, max(tops) * MARGIN)


def _draw_roofs(axes: Axes, line: Roofline, left: float, right: float) -> None:
    """Compute roofs, with their names at the right."""
    roofs = sorted(line.roofs, key=lambda one: one.folded)
    for roof, above in zip(roofs, [*roofs[1:], None], strict=True):
        axes.plot([left, right], [roof.folded] * 2, color="#999999", linewidth=1)
        is_below = above is not None and above.folded < CLOSE * roof.folded
        axes.text(right / 1.1, roof.folded * (0.94 if is_below else 1.06), f"{roof.name} {short(roof.folded)}op/s",
                  ha="right", va="top" if is_below else "bottom", fontsize=8, color="#555555")
    axes.plot([left, right], [line.own.folded] * 2, color=COLOURS[0], linewidth=1.8,
              label=f"compute, {line.own.name}'s formats, weights in memories: {short(line.own.folded)}op/s")
    if line.own.constant:
        axes.plot([left, right], [line.own.constant] * 2, color=COLOURS[0], linewidth=1.8, linestyle=(0, (5, 2)),
                  label=f"the same, weights constant: {short(line.own.constant)}op/s")


def draw_roofline(path: Path, line: Roofline) -> None:
    """Write the picture.

    Raises:
        FinnError: the file cannot be written.
    """
    figure = new_figure(9, 6)
    axes = figure.subplots()
    left, right, bottom, top = _span(line)
    axes.set(xscale="log", yscale="log", xlim=(left, right), ylim=(bottom, top),
             xlabel="operations for each byte moved", ylabel="operations a second")
    plain_grid(axes)
    _draw_roofs(axes, line, left, right)
    if line.port:
        axes.plot([left, right], [line.port * left, line.port * right], color=COLOURS[1], linewidth=1.8,
                  label=f"memory, {short(line.port)}B/s" + (f" ({line.device.board})" if line.is_board else ""))
    if line.blocks:
        axes.plot([left, right], [line.blocks * left, line.blocks * right], color=COLOURS[2], linewidth=1.8,
                  label=f"{line.device.bram36} block RAMs, {short(line.blocks)}B/s")
    if line.port:
        axes.axvline(line.streamed, color=COLOURS[1], linewidth=1, linestyle=":",
                     label="if all weights came from memory once a frame")
    for number, point in enumerate(line.points):
        marker = MARKERS[number % len(MARKERS)]
        axes.plot(point.per_port_byte, point.rate, marker, color=COLOURS[1], markersize=8, linestyle="none",
                  label=f"{point.scenario}: {short(point.plan.fps)}frames/s, {short(point.rate)}op/s,"
                        f" {point.plan.cost.lut / line.device.lut:.1%} of LUTs")
        if not isinf(point.per_block_byte):
            axes.plot(point.per_block_byte, point.rate, marker, markerfacecolor="white", color=COLOURS[2],
                      markersize=7, linestyle="none")
    axes.set_title(f"{line.own.name} on {line.device.name} at {line.clock_hz / 1e6:g} MHz, by the cost model\n"
                   "filled: by bytes of frames and results; hollow: by bytes of weights read from block RAMs",
                   fontsize=10, parse_math=False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    save_figure(figure, path)
