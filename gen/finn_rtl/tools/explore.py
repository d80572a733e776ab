"""Many designs of a network: over rates, devices, number formats and places of memories, and the best of them."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.places import shipped_names
from finn_rtl.common.store import Kept, Store, key_of
from finn_rtl.common.workers import results
from finn_rtl.description.networks import find_topology
from finn_rtl.description.topology import Topology
from finn_rtl.meaning.integer import load_network
from finn_rtl.plan.devices import Device, Memories, fits
from finn_rtl.plan.plan import Plan, make_plan
from finn_rtl.plan.requants import may_requant, wants_requant
from finn_rtl.plan.roofline import format_name, operations, products
from finn_rtl.plan.streams import bytes_a_frame

#: Frames a second that are tried where none are asked for, beside the fastest that the device holds.
USUAL_RATES = (1e3, 1e4, 1e5, 1e6, 1e7)
_FORMAT = re.compile(r"_w[1-8]a[1-8]$")


@dataclass(frozen=True)
class Job:
    """A design to find; `fps` None: the fastest that the device holds."""

    net: str
    device: Device
    memories: Memories
    fps: float | None
    clock_mhz: float
    #: Bytes a second of a memory that weights may come from; None: all are on chip.
    dram: float | None = None

    @property
    def wish(self) -> str:
        """What is asked for, in words."""
        return "fit" if self.fps is None else f"{self.fps:g} fps"


@dataclass(frozen=True)
class Design:
    """A design that was found, its figures by estimate; `format`: of most of its operations.

    `is_best`: no other of this network on this device is better in one of frames a second, latency, LUTs, block RAMs
    and DSPs, and worse in none.
    """

    net: str
    format: str
    device: str
    memories: str
    wish: str
    fps: float
    cycles_per_frame: int
    latency_us: float
    latency_cycles: int
    estimated_lut: int
    estimated_bram36: float
    estimated_dsp: int
    operations_per_second: float
    limited_by: str
    #: Bytes a second of weights from DRAM.
    dram_bytes_per_second: float = 0.0
    is_best: bool = False

    @property
    def merits(self) -> tuple[float, ...]:
        """What is to be small."""
        return (self.cycles_per_frame, self.latency_us, self.estimated_lut, self.estimated_bram36, self.estimated_dsp)


@dataclass(frozen=True)
class Miss:
    """A wish that cannot be met, and why."""

    net: str
    device: str
    memories: str
    wish: str
    why: str


def formats_of(net: str) -> list[str]:
    """A shipped network, and those shipped for the same task in other number formats, whose parameters are at hand.

    They are called NET, and NET_wXaY for weights of X bits and activations of Y.
    """
    if net not in shipped_names():
        return [net]
    own, base = find_topology(net)[0], _FORMAT.sub("", net)
    found = [net]
    for name in shipped_names():
        if name != net and _FORMAT.sub("", name) == base:
            topology, path = find_topology(name)
            is_same = (topology.dataset, topology.labels, topology.maps[-1].elements) == (
                own.dataset, own.labels, own.maps[-1].elements)
            if is_same and (path.parent / topology.parameters).is_file():
                found.append(name)
    return found


@cache
def _network(net: str) -> tuple[Topology, Mapping[str, IntegerLayer] | None]:
    """A topology, with the integers of its layers where a plan depends on them and they are at hand."""
    topology, path = find_topology(net)
    is_there = (path.parent / topology.parameters).is_file()
    if any(map(wants_requant, topology.layers)) or (is_there and any(map(may_requant, topology.layers))):
        return topology, load_network(topology, path).layers
    return topology, None


def main_format(plan: Plan) -> str:
    """The format of most of a network's operations."""
    counts: dict[str, int] = {}
    for matrix in plan.pipeline.matrices:
        name = format_name(matrix.kind)
        counts[name] = counts.get(name, 0) + products(matrix)
    return max(counts, key=lambda name: counts[name])


def find_design(job: Job) -> Design | Miss:
    """Plan a design; a wish that cannot be met is an answer, too."""
    try:
        topology, layers = _network(job.net)
        plan = make_plan(topology, "fit" if job.fps is None else None, fps=job.fps, clock_mhz=job.clock_mhz,
                         device=job.device, layers=layers, memories=job.memories, dram=job.dram)
    except FinnError as error:
        return Miss(job.net, job.device.name, job.memories, job.wish, str(error))
    cost = plan.cost
    if not fits(plan.pipeline, job.device):
        # Buffers that the schedule asks for are not known to the search.
        return Miss(job.net, job.device.name, job.memories, job.wish, f"{job.net}: with its buffers about"
                    f" {cost.lut:.0f} LUT, {cost.bram36:g} BRAM36, {cost.dsp} DSP, more than {job.device.name} has")
    return Design(topology.name, main_format(plan), job.device.name, job.memories, job.wish, plan.fps,
                  plan.cycles_per_frame, plan.latency_us, plan.latency_cycles, round(cost.lut), cost.bram36, cost.dsp,
                  operations(plan.pipeline) * plan.fps, plan.limited_by(),
                  round(float(bytes_a_frame(plan.pipeline.streamed)) * plan.fps, 1))


def jobs_of(nets: Sequence[str], devices: Sequence[Device], memories: Sequence[Memories],
            rates: Sequence[float | None], clock_mhz: float, dram: float | None = None) -> list[Job]:
    """One job for each combination."""
    return [Job(net, device, place, rate, clock_mhz, dram) for net in nets for device in devices for place in memories
            for rate in rates]


def kept_designs(store: Store) -> Kept[Job, Design | Miss]:
    """How answers are kept: under a hash of the job, its network's files, and the sources."""
    def key(job: Job) -> str:
        _, path = find_topology(job.net)
        texts = [hashlib.sha256(file.read_bytes()).hexdigest()
                 for file in (path, path.parent / find_topology(job.net)[0].parameters) if file.is_file()]
        return key_of("find_design", job, texts)

    def read(_: Job, raw: dict[str, Any]) -> Design | Miss:
        return Design(**raw) if "format" in raw else Miss(**raw)

    return Kept(store, key, asdict, read)


def find_designs(executor: Executor, jobs: Sequence[Job], done: Callable[[int], None] = lambda _: None,
                 kept: Kept[Job, Design | Miss] | None = None) -> list[Design | Miss]:
    """Answers to all jobs, in their order.

    The fastest designs come first, where they are asked for: what is faster needs no search then.

    Args:
        executor: what finds them.
        jobs: what to find.
        done: called with a number of jobs whenever so many more are done.
        kept: where answers are that were found before, and go that are found now.

    Raises:
        FinnError: a process ended before its job did.
    """
    def key(job: Job) -> tuple[str, Device, str]:
        return job.net, job.device, job.memories

    def found(some: Sequence[Job]) -> dict[Job, Design | Miss]:
        return dict(zip(some, results(executor, find_design, some, lambda *_: done(1), kept), strict=True))

    answers = found([job for job in jobs if job.fps is None])
    fastest = {key(job): answer for job, answer in answers.items()}
    open_jobs = []
    for job in jobs:
        best = fastest.get(key(job))
        if job.fps is not None and (isinstance(best, Miss) or (best is not None and best.fps < job.fps)):
            why = best.why if isinstance(best, Miss) else (
                f"{job.net}: {job.fps:g} frames a second cannot be met on {job.device.name}; the best that can is"
                f" {best.cycles_per_frame} cycles a frame, limited by {best.limited_by}")
            answers[job] = Miss(job.net, job.device.name, job.memories, job.wish, why)
            done(1)
        elif job.fps is not None:
            open_jobs.append(job)
    answers |= found(open_jobs)
    return [answers[job] for job in jobs]


def _is_worse(one: Design, other: Design) -> bool:
    """Whether another design is as good in everything, and better in something."""
    pairs = list(zip(one.merits, other.merits, strict=True))
    return all(b <= a for a, b in pairs) and any(b < a for a, b in pairs)


def judged(designs: Iterable[Design]) -> list[Design]:
    """Designs without those that are another one again, marked where they are the best of their network and device."""
    seen: dict[tuple[object, ...], Design] = {}
    for design in designs:
        seen.setdefault((design.net, design.device, *design.merits), design)
    kept = list(seen.values())
    found = []
    for design in kept:
        rivals = [other for other in kept if (other.net, other.device) == (design.net, design.device)]
        is_best = not any(_is_worse(design, other) for other in rivals)
        found.append(Design(**{**asdict(design), "is_best": is_best}))
    return sorted(found, key=lambda one: (one.device, one.net, -one.fps, one.estimated_lut))


def table_text(designs: Sequence[Design]) -> str:
    """Designs as CSV, a row each below the names."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Design)]
    writer.writerow(names)
    writer.writerows([getattr(design, name) for name in names] for design in designs)
    return text.getvalue()

