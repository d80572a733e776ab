"""Buffers between the layers, sized by the schedule so that a network runs at the pace of its slowest stage.

Most networks need none: every layer takes the next vector or row while it works on the one before. Where bursts are
longer than that, the schedule is run with FIFOs without bound and input beats that come evenly, at exactly the pace
that is to be kept; what the FIFOs held at most is enough, because a network is never slower for input that comes
earlier (its stages wait for beats and for room, and for nothing else). Then each is taken away, or made smaller, as
long as the pace holds.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from finn_rtl.pipeline import Fifo, Guard, Mvtu, Pipeline, Pool, Stage, Swu, WidthConverter, instance_name, with_flags
from finn_rtl.schedule import Schedule, simulate_schedule
from finn_rtl.windows import ram_depth

UNBOUNDED = 1 << 30
# Cycles that the search for smaller buffers may simulate.
MOST_CYCLES = 2_000_000
SHARES = (0.0, 0.25, 0.5)


def _with_buffers(pipeline: Pipeline, depths: dict[str, int]) -> Pipeline:
    """The pipeline with other depths: of the windows named, and of FIFOs in front of the other stages named."""
    stages: list[Stage] = [pipeline.guard]
    for before, stage in pairwise(pipeline.stages):
        depth = depths.get(instance_name(stage), 0)
        if isinstance(stage, Swu) and not stage.parallel:
            stages.append(replace(stage, depth=ram_depth(depth, stage.s_width)) if depth > stage.buffer else stage)
        elif depth:
            stages += [Fifo(instance_name(stage), before.out_width, max(2, depth), _beats(before)), stage]
        else:
            stages.append(stage)
    return with_flags(stages)


def _beats(stage: Stage) -> int:
    """Beats that leave a stage for a frame."""
    if isinstance(stage, Guard):
        return stage.beats
    assert isinstance(stage, WidthConverter | Mvtu | Pool | Swu)
    return stage.beats_out


def _places(pipeline: Pipeline) -> list[str]:
    """Stages in front of which bursts may have to wait.

    Of a converter and what follows it, the one that more beats come to; and every sliding window, whose reader then
    waits itself.
    """
    names = []
    sender: Stage = pipeline.guard
    waits = False
    for stage in pipeline.stages[1:]:
        if isinstance(stage, WidthConverter) and stage.beats_out <= stage.beats_in:
            continue
        is_window = isinstance(stage, Swu) and not stage.parallel
        if is_window or not (waits or (isinstance(sender, Swu) and not sender.parallel)):
            names.append(instance_name(stage))
        waits = isinstance(stage, WidthConverter)
        sender = sender if waits else stage
    return names


def buffered(pipeline: Pipeline) -> tuple[Pipeline, Schedule]:
    """The pipeline with as little added room as makes it keep its ideal interval, and its schedule."""
    schedule = simulate_schedule(pipeline)
    ideal = pipeline.ideal_interval
    if schedule.interval == ideal:
        return pipeline, schedule
    free = simulate_schedule(_with_buffers(pipeline, dict.fromkeys(_places(pipeline), UNBOUNDED)), paced=True)
    # One more than was held: a full buffer takes nothing, even while it gives.
    levels = {name.removesuffix("_fifo"): most + 1 for name, most in free.held.items() if most}
    best, found = pipeline, schedule
    cycles = 0

    def attempt(changed: dict[str, int]) -> bool:
        nonlocal best, found, cycles
        trial = _with_buffers(pipeline, changed)
        tried = simulate_schedule(trial)
        cycles += tried.results[-1]
        if tried.interval > ideal:
            return False
        best, found = trial, tried
        return True

    # Where a single beat waits, its sender can most often hold it.
    for least in (3, 0):
        depths = {name: most for name, most in levels.items() if most >= least}
        if attempt(depths):
            break
    else:
        return best, found
    for name, depth in sorted(depths.items(), key=lambda item: -item[1]):
        for share in SHARES:
            if cycles < MOST_CYCLES and attempt({**depths, name: int(depth * share)}):
                depths[name] = int(depth * share)
                break
    return best, found
