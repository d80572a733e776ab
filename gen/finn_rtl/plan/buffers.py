"""Buffers between the layers, sized by the schedule so that a network runs at the pace of its slowest stage.

Most chains need none: every layer takes the next vector or row while it works on the one before. Where bursts are
longer than that, the schedule is run with FIFOs without bound and input beats that come evenly, at exactly the pace
that is to be kept; what the FIFOs held at most is enough, because a network is never slower for input that comes
earlier (its stages wait for beats and for room, and for nothing else). Then each is taken away, or made smaller, as
long as the pace holds.

Where a stream is forked and joined again, the short way has to hold what the long way is still busy with: each FIFO in
front of a join is made as shallow as the pace allows, to the beat. A network of which the schedule says that it runs
does not lock up under any back-pressure either, provided that it runs with the least room that its IPs may have (see
`least_room`, and docs/plan.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from finn_rtl.common.errors import FinnError
from finn_rtl.ips.axis_dwc import WidthConverter
from finn_rtl.ips.axis_fifo import Fifo
from finn_rtl.ips.rams import LUT_RAM_DEPTH, ram_depth
from finn_rtl.ips.swu import Swu
from finn_rtl.plan.pipeline import Node, Pipeline, Port, with_flags
from finn_rtl.plan.schedule import Schedule, simulate_schedule

UNBOUNDED = 1 << 40
# How much deeper buffers are tried where those that were held are not enough.
MORE_ROOM = (1, 2, 4, 8)
# A place for a buffer: an input of the IP of that name.
Place = tuple[str, int]


def with_buffers(pipeline: Pipeline, depths: dict[Place, int]) -> Pipeline:
    """The pipeline with other depths: of the windows named, and of FIFOs in front of the other inputs named."""
    nodes: list[Node] = []
    moved: dict[int, int] = {}
    for index, node in enumerate(pipeline.nodes):
        ip, sources = node.ip, []
        for number, source in enumerate(node.sources):
            port = Port(moved[source.node], source.output)
            depth = depths.get((ip.name, number), 0)
            if isinstance(ip, Swu):
                ip = replace(ip, depth=ram_depth(depth, ip.s_width)) if depth > ip.buffer else ip
            elif depth:
                stream = ip.inputs[number]
                name = ip.name if len(node.sources) == 1 else f"{ip.name}__{'ab'[number]}"
                nodes.append(Node(Fifo(name, stream.width, max(2, depth), stream.beats), (port,)))
                port = Port(len(nodes) - 1)
            sources.append(port)
        moved[index] = len(nodes)
        nodes.append(Node(ip, tuple(sources)))
    return with_flags(Pipeline(tuple(nodes)))


def _places(pipeline: Pipeline) -> list[Place]:
    """Inputs in front of which bursts may have to wait.

    Of a converter and what follows it, the one that more beats come to; and every sliding window, whose reader then
    waits itself; and every input of a join.
    """
    places: list[Place] = []
    for node in pipeline.nodes[1:]:
        for number, source in enumerate(node.sources):
            # What sends the beats: of a converter, what stands in front of it.
            sender, waits = pipeline.nodes[source.node].ip, False
            if isinstance(sender, WidthConverter):
                waits = sender.beats_out > sender.beats_in
                sender = pipeline.nodes[pipeline.nodes[source.node].sources[0].node].ip
            if isinstance(node.ip, WidthConverter) and node.ip.beats_out <= node.ip.beats_in:
                continue
            if isinstance(node.ip, Swu) or len(node.sources) > 1 or not (waits or isinstance(sender, Swu)):
                places.append((node.ip.name, number))
    return places


def _joins(pipeline: Pipeline) -> set[Place]:
    """The inputs of joins."""
    return {(ip.name, number) for ip in pipeline.ips if len(ip.inputs) > 1 for number in range(len(ip.inputs))}


def roomy(pipeline: Pipeline) -> Pipeline:
    """The pipeline with buffers without bound wherever there may be some."""
    return with_buffers(pipeline, dict.fromkeys(_places(pipeline), UNBOUNDED))


def never_locks(pipeline: Pipeline) -> bool:
    """Whether it runs with the least room that its IPs may have; chains always do."""
    return not pipeline.has_branches or not simulate_schedule(pipeline, least_room=True).locked


class _Search:
    """Tries depths; keeps the last ones with which the network ran at its pace, or evenly at a slower one."""

    def __init__(self, pipeline: Pipeline, pace: int) -> None:
        self.pipeline = pipeline
        self.pace = pace
        self.is_ideal = pace == pipeline.ideal_interval
        self.best: tuple[Pipeline, Schedule] | None = None
        # Without buffers it is too slow for its own pace, but maybe not for another.
        self.tried: dict[Pipeline, Schedule | None] = {pipeline: None} if self.is_ideal else {}

    def keeps_pace(self, depths: dict[Place, int]) -> bool:
        """Whether these depths do."""
        trial = with_buffers(self.pipeline, depths)
        if trial not in self.tried:
            self.tried[trial] = self.schedule(trial)
        schedule = self.tried[trial]
        if schedule is not None:
            self.best = trial, schedule
        return schedule is not None

    def schedule(self, trial: Pipeline) -> Schedule | None:
        """Its schedule if it keeps the pace and never locks up; at the ideal pace, for input that comes evenly.

        That one repeats itself within a few frames; with input as fast as it is taken, it may take hundreds until all
        buffers are full. Whoever keeps up with the one keeps up with the other.
        """
        schedule = simulate_schedule(trial, paced=self.is_ideal, pace=self.pace)
        if schedule.fails or schedule.interval > self.pace:
            return None
        is_even = self.is_ideal or schedule.settled < len(schedule.results) - 1
        return schedule if is_even and never_locks(trial) else None

    def found(self) -> tuple[Pipeline, Schedule]:
        """The best, with its schedule."""
        assert self.best is not None
        pipeline, schedule = self.best
        return pipeline, simulate_schedule(pipeline) if self.is_ideal else schedule

    def shallowest(self, depths: dict[Place, int], place: Place) -> None:
        """Make a FIFO as shallow as it can be, to the beat; `depths` keep the pace."""
        low, high = 0, depths[place]  # the least is above low - 1 and at most high
        while low < high:
            middle = (low + high) // 2
            if self.keeps_pace({**depths, place: middle}):
                high = middle
            else:
                low = middle + 1
        depths[place] = high

    def without(self, depths: dict[Place, int], places: list[Place]) -> None:
        """Take buffers away, one after the other, or parts of those that are needed.

        All at once where that keeps the pace: more room is never slower, so that each could have gone by itself.
        """
        if not places:
            return
        if self.keeps_pace({**depths, **dict.fromkeys(places, 0)}):
            depths.update(dict.fromkeys(places, 0))
        elif len(places) > 1:
            middle = len(places) // 2
            self.without(depths, places[:middle])
            self.without(depths, places[middle:])
        else:
            self.smaller(depths, places[0])

    def smaller(self, depths: dict[Place, int], place: Place) -> None:
        """Take a half or three quarters of a buffer away.

        What keeps no pace with more room keeps none with less; but a FIFO in LUTs gives a beat a cycle sooner than one
        in block RAM.
        """
        half, quarter = depths[place] // 2, depths[place] // 4
        if self.keeps_pace({**depths, place: half}):
            depths[place] = half
        elif not half > LUT_RAM_DEPTH >= quarter:
            return
        if self.keeps_pace({**depths, place: quarter}):
            depths[place] = quarter


@lru_cache(maxsize=1)
def _bare(pipeline: Pipeline) -> Schedule:
    """The schedule of a pipeline without buffers, which is asked for again at another pace."""
    return simulate_schedule(pipeline)


@lru_cache(maxsize=1)
def _levels(pipeline: Pipeline) -> Mapping[Place, int]:
    """Depths that are enough for the pace: one more than was held where there was room without bound.

    A full buffer takes nothing, even while it gives. With branches, whole windows may wait for the next frame where
    input that comes evenly would let them go: what is held then counts too.
    """
    free = roomy(pipeline)
    runs = [simulate_schedule(free, paced=True, least_room=room) for room in (False, True)[:1 + pipeline.has_branches]]
    names = {ip.name: ip for ip in free.ips}
    levels = {}
    joins = _joins(pipeline)
    for name, number in _places(pipeline):
        source = name if isinstance(names[name], Swu) else f"{name}_fifo"
        if (name, number) in joins:
            source = f"{name}__{'ab'[number]}_fifo"
        if most := max(run.held[source] for run in runs):
            levels[name, number] = most + 1
    return levels


def buffered(pipeline: Pipeline, interval: int = 0) -> tuple[Pipeline, Schedule]:
    """The pipeline with as little added room as makes it keep its ideal interval, and its schedule.

    Args:
        pipeline: to which room is added.
        interval: a slower one that is enough, in cycles a frame.

    Raises:
        FinnError: its branches would lock up with any buffers that were tried.
    """
    schedule = _bare(pipeline)
    if not schedule.fails and schedule.interval == pipeline.ideal_interval and never_locks(pipeline):
        return pipeline, schedule
    places, joins, levels = _places(pipeline), _joins(pipeline), _levels(pipeline)
    search = _Search(pipeline, max(interval, pipeline.ideal_interval))
    # Where a single beat waits, its sender can most often hold it.
    for least in (3, 0):
        depths = {place: most for place, most in levels.items() if most >= least or place in joins}
        if search.keeps_pace(depths):
            break
    else:
        if not pipeline.has_branches:
            return pipeline, schedule
        for factor in MORE_ROOM:
            depths = {place: factor * levels.get(place, 2) for place in places}
            if search.keeps_pace(depths):
                break
        else:
            return _slower(with_buffers(pipeline, depths))
    deepest = [place for place, _ in sorted(depths.items(), key=lambda item: -item[1])]
    search.without(depths, [place for place in deepest if place not in joins])
    # A FIFO is also a cycle of delay, which another way then has to make up for: those that can go do so first, and
    # what is left is gone through until nothing changes any more.
    branches = [place for place in reversed(deepest) if place in joins]
    for place in branches:
        if search.keeps_pace({**depths, place: 0}):
            depths[place] = 0
    before = None
    while before != depths:
        before = dict(depths)
        for place in branches:
            search.shallowest(depths, place)
    return search.found()


def _slower(pipeline: Pipeline) -> tuple[Pipeline, Schedule]:
    """A network with branches that does not keep its pace, but runs.

    Raises:
        FinnError: it locks up.
    """
    schedule = simulate_schedule(pipeline)
    if schedule.locked or not never_locks(pipeline):
        raise FinnError("no buffers were found with which the branches do not lock up; fold the layers beside them"
                        " otherwise")
    return pipeline, schedule
