"""Cycle-exact schedule of a pipeline: when every result leaves, and how busy the layers are.

The control of every IP is run from handshake to handshake (cpp/schedule.cpp). What this predicts is compared with RTL
simulation in the tests, cycle by cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Kind
from finn_rtl.ips.matrix import Matrix
from finn_rtl.plan.engine import run
from finn_rtl.plan.pipeline import Pipeline

# Frames after which it is given up that a schedule repeats itself.
MOST_FRAMES = 1000
# Results that a steady schedule has at least: what repeats itself sooner is continued.
LEAST_FRAMES = 6


@dataclass(frozen=True)
class Schedule:
    """What a pipeline does when frames come without a gap and results are taken at once.

    Cycle 0 is the one in which the first input beat is taken. `results[i]` is the cycle in which the last beat of
    result i is taken; from the one before `settled` on, they are `interval` cycles apart (where they keep coming at
    different distances, it is their mean, rounded up). `busy[name]` is the share of cycles in steady state in which a
    layer works. `frames_inside` is the largest number of frames seen whose last beat was taken, but not the result,
    `held[name]` the largest number of beats seen in a FIFO or a window. `locked`: it comes to a standstill. `slow`: it
    was not run to the end, because it surely, or after much work most likely, does not keep the pace asked for.
    """

    results: tuple[int, ...]
    interval: int
    busy: dict[str, float]
    frames_inside: int
    held: dict[str, int]
    locked: bool = False
    slow: bool = False

    @property
    def fails(self) -> bool:
        """Whether it comes to a standstill or does not keep the pace."""
        return self.locked or self.slow

    @property
    def settled(self) -> int:
        """The first result from which on all come `interval` cycles apart."""
        steps = [b - a for a, b in pairwise(self.results)]
        return max((i + 1 for i, step in enumerate(steps) if step != self.interval), default=0)

    @property
    def latency(self) -> int:
        """Cycles from the first frame's first input beat to its result."""
        return self.results[0]


def described(pipeline: Pipeline, paced: bool = False, least_room: bool = False
              ) -> tuple[list[Control], list[tuple[int, int, int, int]], list[int]]:
    """Elements of a pipeline, links between these, and of each IP its first element; see simulate_schedule."""
    elements = [Control(Kind.SOURCE, (pipeline.guard.beats, pipeline.ideal_interval if paced else 0))]
    links = [(0, 0, 1, 0)]
    # Of each IP its first element; it ends in front of the next one's.
    first = []
    for ip in pipeline.ips:
        first.append(len(elements))
        elements += [element.least_room if least_room else element for element in ip.control]
        links += [(at - 1, 0, at, 0) for at in range(first[-1] + 1, len(elements))]
    ends = [*(at - 1 for at in first[1:]), len(elements) - 1]
    links += [(ends[a.node], a.output, first[b.node], b.output) for a, b in pipeline.links]
    links.append((len(elements) - 1, 0, len(elements), 0))
    elements.append(Control(Kind.SINK, (pipeline.result.beats,)))
    return elements, links, first


def simulate_schedule(pipeline: Pipeline, frames: int | None = None, paced: bool = False,
                      least_room: bool = False, pace: int = 0) -> Schedule:
    """Run the control of every IP until its state is one that it had at an earlier result: from there on it repeats.

    Args:
        pipeline: what to run.
        frames: how many frames, instead.
        paced: input beats come evenly, a frame every `ideal_interval` cycles, instead of as fast as they are taken.
        least_room: no IP holds more than what it holds at any time, whatever the timing.
        pace: give up as soon as it is certain, or after much work likely, that results do not keep coming so many
            cycles apart; 0: do not.

    Raises:
        FinnError: there is no C++ compiler.
    """
    elements, links, first = described(pipeline, paced, least_room)
    done = run(elements, links, frames or MOST_FRAMES, frames is None, pace)
    results = [int(cycle) for cycle in done.results]
    last = len(results) - 1
    mark = done.repeats_from if done.repeats_from is not None else max(0, last - 1)
    span, steps = (results[last] - results[mark], last - mark) if results else (0, 0)
    matrices = [(ip.layer, at) for ip, at in zip(pipeline.ips, first, strict=True) if isinstance(ip, Matrix)]
    busy = {layer: int(done.worked[last, at] - done.worked[mark, at]) / span if span else 0.0 for layer, at in matrices}
    while frames is None and done.repeats_from is not None and len(results) < LEAST_FRAMES:
        results.append(results[-steps] + span)
    held = {ip.name: int(done.most[at]) for ip, at in zip(pipeline.ips, first, strict=True)
            if elements[at].kind in (Kind.FIFO, Kind.WINDOW)}
    return Schedule(tuple(results), ceil_div(span, steps) if steps else 0, busy, int(done.most[1]), held, done.locked,
                    done.slow)
