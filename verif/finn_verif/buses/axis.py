# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""AXI4-Stream agents on cocotb-bus: source, sink and protocol checker, and the patterns in which they pause."""

from __future__ import annotations

import itertools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time
from cocotb_bus.drivers import BusDriver
from cocotb_bus.monitors import BusMonitor

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from cocotb.handle import HierarchyObject, LogicObject

CLOCK_PERIOD_NS = 10

# cocotb-bus reports every signal that it looks up.
logging.getLogger("cocotb.bus").setLevel(logging.WARNING)


def cycle() -> int:
    """Number of the present clock cycle; only differences mean something."""
    return int(get_sim_time("ps")) // (CLOCK_PERIOD_NS * 1000)


@dataclass(frozen=True)
class Beat:
    """One transfer. ``last`` is 0 on streams without tlast; of one that is expected ``known`` bits mean something."""

    data: int
    last: int = 0
    known: int = -1

    def is_met(self, other: Beat) -> bool:
        """Whether another one is what this one expects."""
        return (self.data ^ other.data) & self.known == 0 and self.last == other.last


@dataclass(frozen=True)
class Received:
    """A beat and the cycle in which it was transferred."""

    beat: Beat
    cycle: int


def no_pauses() -> Iterator[bool]:
    """Never pauses."""
    return itertools.repeat(False)


def always_paused() -> Iterator[bool]:
    """Never goes."""
    return itertools.repeat(True)


def random_pauses(rng: random.Random, probability: float) -> Iterator[bool]:
    """Pauses in a cycle with the given probability."""
    while True:
        yield rng.random() < probability


def bursts(rng: random.Random, longest: int) -> Iterator[bool]:
    """Runs of going and of pausing in turn, each 1 to ``longest`` cycles."""
    for pauses in itertools.cycle((False, True)):
        yield from itertools.repeat(pauses, rng.randint(1, longest))


class AxisSource(BusDriver):  # type: ignore[misc]
    """Drives beats into a stream. Raises valid without regard to ready and keeps it until the beat is taken.

    A beat is offered in the cycle in which it was appended, if none is before it. While it pauses, data and last
    carry noise: a design that looks at them without valid shows it. ``bus`` goes to cocotb-bus.
    """

    _signals: Any = ["tdata", "tvalid", "tready"]
    _optional_signals: Any = ["tlast"]

    def __init__(
        self, entity: HierarchyObject, name: str, clock: LogicObject, pauses: Iterator[bool], noise: random.Random,
        **bus: Any
    ) -> None:
        self.pauses = pauses
        self.noise = noise
        #: Cycle in which each beat was taken.
        self.cycles: list[int] = []
        super().__init__(entity, name, clock, **bus)
        self.width = len(self.bus.tdata)
        self._idle()

    def _idle(self) -> None:
        self.bus.tvalid.value = 0
        self._drive(Beat(self.noise.getrandbits(self.width), self.noise.getrandbits(1)))

    def _drive(self, beat: Beat) -> None:
        self.bus.tdata.value = beat.data
        if hasattr(self.bus, "tlast"):
            self.bus.tlast.value = beat.last

    async def _driver_send(self, transaction: Beat, **_: Any) -> None:
        edge = RisingEdge(self.clock)
        while next(self.pauses):
            self._idle()
            await edge
        self._drive(transaction)
        self.bus.tvalid.value = 1
        await edge
        while not int(self.bus.tready.value):
            await edge
        self.cycles.append(cycle())
        # The next beat, if there is one, takes this one's place.
        if not self._sendQ:
            self._idle()

    async def wait_for(self, count: int) -> None:
        """Until ``count`` beats have been taken since the source was made."""
        while len(self.cycles) < count:
            await RisingEdge(self.clock)

    def stop(self) -> None:
        """Ends for good, whatever is still queued."""
        self._thread.cancel()
        self._idle()


class AxisSink(BusMonitor):  # type: ignore[misc]
    """Takes beats from a stream; ready pauses without regard to valid. ``bus`` goes to cocotb-bus."""

    _signals: Any = ["tdata", "tvalid", "tready"]
    _optional_signals: Any = ["tlast"]

    def __init__(
        self, entity: HierarchyObject, name: str, clock: LogicObject, pauses: Iterator[bool], **bus: Any
    ) -> None:
        self.pauses = pauses
        self.received: list[Received] = []
        super().__init__(entity, name, clock, callback=self.received.append, **bus)

    @property
    def beats(self) -> list[Beat]:
        """What has come so far."""
        return [received.beat for received in self.received]

    @property
    def cycles(self) -> list[int]:
        """Cycle in which each beat was taken."""
        return [received.cycle for received in self.received]

    async def _monitor_recv(self) -> None:
        edge = RisingEdge(self.clock)
        was_ready = None
        while True:
            is_ready = not next(self.pauses)
            if is_ready != was_ready:
                self.bus.tready.value = int(is_ready)
                was_ready = is_ready
            await edge
            if is_ready and int(self.bus.tvalid.value):
                last = int(self.bus.tlast.value) if hasattr(self.bus, "tlast") else 0
                self._recv(Received(Beat(int(self.bus.tdata.value), last), cycle()))

    async def wait_for(self, count: int, limit: int | None = None) -> None:
        """Until ``count`` beats have come since the sink was made; fails after ``limit`` cycles without one."""
        waited, seen = 0, len(self.received)
        while len(self.received) < count:
            await RisingEdge(self.clock)
            waited = waited + 1 if len(self.received) == seen else 0
            seen = len(self.received)
            assert limit is None or waited < limit, f"no beat for {limit} cycles, {seen} of {count} have come"

    def stop(self) -> None:
        """Ends for good."""
        self._thread.cancel()
        self.bus.tready.value = 0


class AxisChecker(BusMonitor):  # type: ignore[misc]
    """Fails the test when a source takes back valid, or changes data, last or user, before the beat was taken."""

    _signals: Any = ["tdata", "tvalid", "tready"]
    _optional_signals: Any = ["tlast", "tuser"]

    def __init__(self, entity: HierarchyObject, name: str, clock: LogicObject, reset_n: LogicObject) -> None:
        super().__init__(entity, name, clock, reset_n=reset_n)

    async def _monitor_recv(self) -> None:
        edge = RisingEdge(self.clock)
        offered: dict[str, int] | None = None
        names = [name for name in ("tdata", "tlast", "tuser") if hasattr(self.bus, name)]
        while True:
            await edge
            if self.in_reset:
                offered = None
                continue
            is_valid = int(self.bus.tvalid.value)
            assert is_valid or offered is None, f"{self.name}: tvalid fell before {offered} was taken"
            if not is_valid:
                continue
            beat = {name: int(getattr(self.bus, name).value) for name in names}
            assert offered in (None, beat), f"{self.name}: {offered} became {beat} before it was taken"
            offered = None if int(self.bus.tready.value) else beat

    def stop(self) -> None:
        """Ends for good."""
        self._thread.cancel()
