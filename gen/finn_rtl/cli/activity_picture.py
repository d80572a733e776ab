"""The picture of a plan: how busy its IPs are over time, and what they take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from finn_rtl.cli.charts import COLOURS, new_figure, plain_grid, save_figure
from finn_rtl.ips.base import Cost
from finn_rtl.plan.activity import Activity, differences
from finn_rtl.plan.costs import costs_by_layer, modules_of
from finn_rtl.plan.plan import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches of a row, and of what is around the rows.
ROW, AROUND = 0.17, 0.9


def _draw_shares(axes: Axes, shown: Activity, clock_mhz: float, title: str) -> None:
    """Rows of IPs, dark where they work all the time."""
    end = shown.every * len(shown.worked) / clock_mhz
    count = len(shown.names)
    image = axes.imshow(shown.shares.T, aspect="auto", interpolation="nearest", cmap="Blues", vmin=0, vmax=1,
                        extent=(0, end, count - 0.5, -0.5))
    axes.set_yticks(range(count), shown.names, fontsize=7, parse_math=False)
    axes.set_xlabel(f"us at {clock_mhz:g} MHz, from the first input beat on", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(title, fontsize=9, parse_math=False, loc="left")
    axes.figure.colorbar(image, ax=axes, pad=0.01, aspect=12, label="busy").ax.tick_params(labelsize=7)


def _look(number: int) -> dict[str, Any]:
    """Of a module by its number; striped when colours are used up."""
    return {"facecolor": COLOURS[number % len(COLOURS)], "edgecolor": "white", "linewidth": 0.3,
            "hatch": "////" if number >= len(COLOURS) else None}


def _draw_costs(axes: Axes, costs: dict[str, dict[str, Cost]], what: str, name: str, most: int) -> None:
    """A bar a layer, its modules one behind the other, always in the same colours."""
    layers = list(costs)
    left = [0.0] * len(layers)
    for number, module in enumerate(modules_of(costs)):
        widths = [float(getattr(costs[layer].get(module, Cost(0.0)), what)) for layer in layers]
        if any(widths):
            axes.barh(range(len(layers)), widths, left=left, height=0.75, **_look(number))
        left = [a + b for a, b in zip(left, widths, strict=True)]
    share = f", {sum(left) / most:.1%} of the device" if most else ""
    axes.set_title(f"{sum(left):{',.1f' if what == 'bram36' else ',.0f'}} {name}{share}", fontsize=9, loc="left")
    axes.set_yticks(range(len(layers)), layers, fontsize=7, parse_math=False)
    axes.set_ylim(len(layers) - 0.5, -0.5)
    axes.set_xlim(0, max([*left, 1]) * 1.05)
    axes.tick_params(axis="x", labelsize=8)
    plain_grid(axes)


def draw_activity(path: Path, plan: Plan, planned: Activity, measured: Activity | None = None) -> None:
    """Write the picture.

    Args:
        path: of the picture.
        plan: whose resources are drawn, layer by layer.
        planned: what its IPs do.
        measured: what layers did in RTL, in the same bins.

    Raises:
        FinnError: the file cannot be written.
    """
    costs = costs_by_layer(plan.pipeline.ips, [layer.name for layer in plan.topology.layers])
    heights = [len(planned.names) * ROW + AROUND, *([len(measured.names) * ROW + AROUND] if measured else []),
               len(costs) * ROW + AROUND]
    figure = new_figure(11, sum(heights) + 0.9)
    grid = figure.add_gridspec(len(heights), 3, height_ratios=heights)
    _draw_shares(figure.add_subplot(grid[0, :]), planned, plan.clock_mhz,
                 "planned: layers multiply, all others take or give beats")
    if measured:
        wrong = differences(planned, measured)
        title = f"measured in RTL: {wrong:,} of {measured.worked.size:,} values differ from the plan"
        _draw_shares(figure.add_subplot(grid[1, :]), measured, plan.clock_mhz, title)
    device = plan.device
    for column, (what, name, most) in enumerate((("lut", "LUT", device.lut), ("bram36", "BRAM36", device.bram36),
                                                 ("dsp", "DSP", device.dsp))):
        axes = figure.add_subplot(grid[-1, column])
        _draw_costs(axes, costs, what, name, most)
    from matplotlib.patches import Patch  # noqa: PLC0415 - takes long to load

    figure.legend(handles=[Patch(label=module, **_look(number)) for number, module in enumerate(modules_of(costs))],
                  loc="outside lower center", ncols=8, fontsize=8, frameon=False)
    figure.suptitle(f"{plan.topology.name}, scenario {plan.scenario}, {device.name}: a frame every"
                    f" {plan.cycles_per_frame:,} cycles, latency {plan.latency_cycles:,}, limited by"
                    f" {plan.limited_by()}; resources by the estimate", fontsize=10, parse_math=False)
    save_figure(figure, path)
