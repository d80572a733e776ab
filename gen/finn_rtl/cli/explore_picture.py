"""The pictures of an exploration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from finn_rtl.cli.charts import COLOURS, new_figure, plain_grid
from finn_rtl.common.numbers import short
from finn_rtl.plan.devices import Device
from finn_rtl.tools.explore import Design

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# How a design's memories are shown.
STYLES = {"cost": "o", "lut": "^", "block": "s"}
STYLE_NAMES = {"cost": "memories where they cost least", "lut": "memories in LUTs alone",
               "block": "memories in block RAMs where there are any"}
Measure = Callable[[Design], float]
MEASURES: tuple[tuple[str, Measure, Callable[[Device], int]], ...] = (
    ("LUTs, estimated", lambda one: one.estimated_lut, lambda device: device.lut),
    ("block RAMs of 36 Kib, estimated", lambda one: one.estimated_bram36, lambda device: device.bram36),
    ("DSPs, estimated", lambda one: one.estimated_dsp, lambda device: device.dsp))


def frontier(places: Sequence[tuple[float, float]], is_more_better: bool) -> list[tuple[float, float]]:
    """Of places (x, y) those than which no other has a smaller x and a better y, by x."""
    kept: list[tuple[float, float]] = []
    for x, y in sorted(places, key=lambda place: (place[0], -place[1] if is_more_better else place[1])):
        if not kept or (y > kept[-1][1] if is_more_better else y < kept[-1][1]):
            kept.append((x, y))
    return kept


def _draw(axes: Axes, designs: Sequence[Design], nets: Sequence[str], x: Measure, y: Measure, is_more_better: bool
          ) -> None:
    """Designs of one device; the best of each network are joined by a line."""
    for number, net in enumerate(nets):
        own, colour = [one for one in designs if one.net == net], COLOURS[number % len(COLOURS)]
        best = frontier([(x(one), y(one)) for one in own], is_more_better)
        axes.plot([place[0] for place in best], [place[1] for place in best], color=colour, linewidth=1.2, alpha=0.7,
                  drawstyle="steps-post")
        for one in own:
            axes.plot(x(one), y(one), STYLES[one.memories], color=colour, markersize=6,
                      markerfacecolor=colour if one.is_best else "white", linestyle="none")
    plain_grid(axes)
    axes.set_yscale("log")


def _scale(axes: Axes, least: float, most: float) -> None:
    """Powers of ten on the axis of x, with a place for 0 where there is any."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter  # noqa: PLC0415 - takes long to load

    if least >= 1:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.4, most * 1.4)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    else:
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(-0.15, max(most, 1) * 1.6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value).strip()))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _legend(figure: Figure, designs: Sequence[Design], nets: Sequence[str]) -> None:
    """What colours and shapes mean."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - takes long to load

    formats = {one.net: one.format for one in designs}
    handles = [Line2D([], [], color=COLOURS[number % len(COLOURS)], label=f"{net} ({formats[net]})")
               for number, net in enumerate(nets)]
    handles += [Line2D([], [], marker=marker, color="#555555", linestyle="none", label=STYLE_NAMES[style])
                for style, marker in STYLES.items() if any(one.memories == style for one in designs)]
    if not all(one.is_best for one in designs):
        handles.append(Line2D([], [], marker="o", color="#555555", markerfacecolor="white", linestyle="none",
                              label="hollow: another one is as good in all"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False)


def device_figure(device: Device, designs: Sequence[Design], clock_mhz: float) -> Figure:
    """Rates over LUTs, block RAMs and DSPs, and latency over LUTs, of all designs of one device, at least one."""
    figure = new_figure(10, 7.5)
    nets = list(dict.fromkeys(one.net for one in designs))
    panels = figure.subplots(2, 2).flat
    for axes, (name, x, limit) in zip(panels, MEASURES, strict=False):
        _draw(axes, designs, nets, x, lambda one: one.fps, True)
        axes.set(xlabel=name, ylabel="frames a second")
        if limit(device):
            axes.axvline(limit(device), color="#c00000", linestyle="--", linewidth=1)
        _scale(axes, min(map(x, designs)), max(limit(device), *map(x, designs)))
    axes = figure.axes[-1]
    _draw(axes, designs, nets, MEASURES[0][1], lambda one: one.latency_us, False)
    axes.set(xlabel=MEASURES[0][0], ylabel="latency, us")
    _scale(axes, min(one.estimated_lut for one in designs), max(one.estimated_lut for one in designs))
    _legend(figure, designs, nets)
    figure.suptitle(f"Designs for {device.name} at {clock_mhz:g} MHz; dashed: what the device has", fontsize=11,
                    parse_math=False)
    return figure
