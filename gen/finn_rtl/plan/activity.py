"""How busy the IPs of a network are over time, by the exact schedule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.axis_fifo import Fifo
from finn_rtl.ips.matrix import Matrix
from finn_rtl.plan.engine import trace
from finn_rtl.plan.pipeline import Pipeline
from finn_rtl.plan.plan import Plan
from finn_rtl.plan.schedule import described

# Results until which it is told, and parts of that time, at most.
RESULTS = 4
MOST_BINS = 400


@dataclass(frozen=True)
class Activity:
    """Cycles in which IPs worked.

    `worked` int64 (bins, names): of `every` cycles each, from the first input beat on. Of a layer with a matrix these
    are the cycles in which it multiplies, of all others those in which a beat moves on their busiest side.
    """

    names: tuple[str, ...]
    every: int
    worked: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Busy shares (bins, names), 0 to 1."""
        return self.worked / self.every


def differences(planned: Activity, measured: Activity) -> int:
    """Of what was measured, in the same bins, how many values are not those of the plan."""
    columns = [planned.names.index(name) for name in measured.names]
    return int((planned.worked[:len(measured.worked), columns] != measured.worked).sum())


def time_bins(plan: Plan) -> tuple[int, int]:
    """Cycles of a bin, and how many bins there are up to the last result that is told."""
    results = plan.schedule.results
    cycles = results[min(RESULTS, len(results)) - 1] + 1
    every = ceil_div(cycles, MOST_BINS)
    return every, ceil_div(cycles, every)


def activity(pipeline: Pipeline, every: int, bins: int) -> Activity:
    """What the IPs of a pipeline do while frames come without a gap and results are taken at once."""
    elements, links, first = described(pipeline)
    worked, moved = trace(elements, links, every, bins)
    ends = [*(at - 1 for at in first[1:]), len(elements) - 2]
    columns = []
    for ip, begin, end in zip(pipeline.ips, first, ends, strict=True):
        if isinstance(ip, Matrix):
            columns.append(worked[:, begin])
            continue
        sides = [moved[:, number] for number, (source, _, sink, _) in enumerate(links)
                 if (sink == begin and source < begin) or (source == end and sink > end)]
        columns.append(max(sides, key=lambda side: int(side[-1])))
    counts = np.stack(columns, axis=1)
    counts[1:] -= counts[:-1].copy()
    return Activity(tuple(ip.name for ip in pipeline.ips), every, counts)


def planned_activity(plan: Plan) -> Activity:
    """What the IPs of a plan do from the first beat to about the fourth result."""
    return activity(plan.pipeline, *time_bins(plan))


def fifo_levels(pipeline: Pipeline, every: int, bins: int) -> dict[str, NDArray[np.int64]]:
    """Beats in each FIFO at the end of every bin, int64 (bins,), by its name; frames and results as in `activity`."""
    elements, links, first = described(pipeline)
    names = {at: ip.name for ip, at in zip(pipeline.ips, first, strict=True) if isinstance(ip, Fifo)}
    if not names:
        return {}
    _, moved = trace(elements, links, every, bins)
    levels = {name: np.zeros(bins, np.int64) for name in names.values()}
    for number, (source, _, sink, _) in enumerate(links):
        if sink in names:
            levels[names[sink]] += moved[:, number]
        if source in names:
            levels[names[source]] -= moved[:, number]
    return levels
