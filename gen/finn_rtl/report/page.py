"""The page itself: one HTML file that loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import short
from finn_rtl.common.schema import printable
from finn_rtl.common.text import environment, package_version
from finn_rtl.plan.activity import RESULTS, Activity, differences, fifo_levels, planned_activity, time_bins
from finn_rtl.plan.plan import Plan
from finn_rtl.plan.roofline import Roofline, make_roofline
from finn_rtl.report.cards import Card, cards
from finn_rtl.report.charts import resources, roof_chart, strip
from finn_rtl.report.graph import BEHIND, BLOCK_WIDTH, BOX_HEIGHT, BOX_WIDTH, FRONT, clipped, draw
from finn_rtl.report.samples import Samples

TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Measured:
    """What RTL did in a simulation; `work` is that of its layers over time, None where it was not looked at."""

    frames: int
    mismatches: int
    latency_cycles: int
    cycles_per_frame: float | None
    work: Activity | None


@dataclass(frozen=True)
class Strip:
    """Something over time."""

    name: str
    share: str
    picture: str


@dataclass(frozen=True)
class Buffer:
    """Room between IPs: places for beats, and how many were filled at most, None where it is not known."""

    name: str
    ip: int
    depth: int
    most: int | None
    picture: str


def _strips(shown: Activity, steady: Mapping[str, float]) -> tuple[Strip, ...]:
    shares = shown.shares
    return tuple(Strip(name, f"{steady[name]:.0%}" if steady[name] >= 0.005 else "<1%", strip(shares[:, column]))
                 for column, name in enumerate(shown.names))


def _buffers(plan: Plan, levels: Mapping[str, NDArray[np.int64]]) -> tuple[Buffer, ...]:
    """All buffers, in the order of their IPs."""
    found = []
    for index, ip in enumerate(plan.pipeline.ips):
        for name, depth in ip.buffers.items():
            most = plan.schedule.frames_inside if name == "frame_flags" else plan.schedule.held.get(ip.name)
            picture = strip(levels[ip.name] / max(depth, 1)) if ip.name in levels else ""
            found.append(Buffer(name, index, depth, most, picture))
    return tuple(found)


def _layer_texts(plan: Plan) -> dict[str, str]:
    """What stands below the name of a layer's block."""
    topology = plan.topology
    texts = {layer.name: f"{layer.kind} to {topology.map_behind(place)}" for place, layer in enumerate(topology.layers)}
    return texts | {FRONT: str(topology.input.map), BEHIND: topology.output}


def _roof_rows(line: Roofline) -> list[tuple[str, str, str]]:
    """Name and roofs of each format, in operations a second."""
    return [(one.name, f"{short(one.folded)}op/s", f"{short(one.constant)}op/s" if one.constant else "none")
            for one in (*line.roofs, line.own)]


def _roofline(plan: Plan) -> dict[str, Any]:
    """What the page tells of the roofline."""
    line = make_roofline([(plan.scenario, plan)])
    point = line.points[0]
    limit, by = line.limit(point)
    return {"line": line, "chart": roof_chart(line), "rows": _roof_rows(line), "share": point.rate / limit, "by": by,
            "limit": f"{short(limit)}op/s", "rate": f"{short(point.rate)}op/s", "port": f"{short(line.port)}B/s",
            "blocks": f"{short(line.blocks)}B/s"}


def finalized(value: Any) -> Any:
    """Text of others in one line, without control characters; HTML of our own as it is."""
    return printable(value) if type(value) is str else value


def render_page(plan: Plan, by_hand: frozenset[str], samples: Samples | None = None, no_samples: str = "",
                measured: Measured | None = None) -> str:
    """The page on a design.

    Args:
        plan: the design.
        by_hand: layers that were folded by hand.
        samples: pictures with their results.
        no_samples: why there are none.
        measured: what RTL did, where it was simulated.
    """
    every, bins = time_bins(plan)
    results = min(RESULTS, len(plan.schedule.results))
    told: tuple[Card, ...] = cards(plan, by_hand)
    steady = {one.name: one.busy for one in told} | plan.schedule.busy
    planned = planned_activity(plan)
    work = measured.work if measured else None
    # What is shown first: what sets the pace, else the slowest layer.
    slowest = plan.pipeline.ips.index(plan.pipeline.bottleneck())
    first = next((index for index, one in enumerate(told) if one.sets_pace), slowest)
    bars, modules = resources(plan)
    jinja = environment().overlay(autoescape=True, finalize=finalized)
    jinja.filters["short"] = short
    return jinja.get_template(TEMPLATE).render(
        plan=plan, device=plan.device, topology=plan.topology, version=package_version(), cards=told,
        drawing=draw(plan.pipeline, [layer.name for layer in plan.topology.layers]), layer_texts=_layer_texts(plan),
        clipped=clipped, box_width=BOX_WIDTH, box_height=BOX_HEIGHT, block_width=BLOCK_WIDTH,
        first=first, results=results, strips=_strips(planned, steady), every=every,
        end_us=every * bins / plan.clock_mhz, measured=measured,
        measured_strips=_strips(work, steady) if work else (), differing=differences(planned, work) if work else 0,
        buffers=_buffers(plan, fifo_levels(plan.pipeline, every, bins)),
        bars=bars, modules=modules, roofline=_roofline(plan), samples=samples, no_samples=no_samples)
