# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What holds for a DMA, watched while it works. Reading a signal that is X fails the test."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from cocotb.triggers import FallingEdge, Timer

from finn_verif.buses.agent import Agent
from finn_verif.buses.axi.ports import ADDRESS_WIDTHS, INCR, PAGE
from finn_verif.buses.axis import cycle

if TYPE_CHECKING:
    from finn_verif.buses.agent import Bench


class Channel:
    """What a master says on one channel: kept, once valid, until it is taken."""

    def __init__(self, agent: Agent, name: str, payload: tuple[str, ...]) -> None:
        self.agent = agent
        self.name = name
        self.payload = payload
        self.offered: tuple[int, ...] | None = None
        self.is_new = False
        self.is_taken = False

    def look(self) -> tuple[int, ...] | None:
        """Looks at one cycle; what is offered in it."""
        found = None
        if self.agent.get(f"{self.name}valid"):
            found = tuple(self.agent.get(self.name + signal) for signal in self.payload)
        assert self.offered in (None, found), f"{self.name}: {self.offered} became {found} before it was taken"
        self.is_new = found is not None and self.offered is None
        self.is_taken = found is not None and bool(self.agent.get(f"{self.name}ready"))
        self.offered = None if self.is_taken else found
        return found


class Checker(Agent):
    """What holds for a DMA of either direction: rules of its address channel, abort and done."""

    channel = ""

    def __init__(self, bench: Bench) -> None:
        self.longest = bench.instance.int_of("BURST")
        self.buffer = bench.instance.int_of("BUFFER")
        #: Cycle of each done.
        self.dones: list[int] = []
        self._forget()
        super().__init__(bench)

    @abstractmethod
    def _forget(self) -> None:
        """Begins anew after a reset."""

    @abstractmethod
    def _look(self, burst: int) -> None:
        """Looks at one cycle; ``burst`` is the beats of a burst that is offered for the first time, else 0."""

    @abstractmethod
    def _end(self) -> None:
        """Looks at the end of a job."""

    async def _run(self) -> None:
        address = Channel(self, self.channel, ("addr", *ADDRESS_WIDTHS))
        was_done = was_aborting = False
        while True:
            await self.edge
            if not self.bench.integer("aresetn"):
                address.offered = None
                was_done = was_aborting = False
                self._forget()
                continue
            found = address.look()
            if address.is_new and found is not None:
                assert not was_aborting, f"{self.channel}: new burst after abort"
                self._look(self._check_burst(*found))
            else:
                self._look(0)
            is_done = bool(self.bench.integer("done"))
            assert not (is_done and was_done), "done lasts two cycles"
            if is_done:
                assert not found, f"{self.channel}: address offered when done"
                self._end()
                self.dones.append(cycle())
            was_done, was_aborting = is_done, bool(self.bench.integer("abort"))

    def _check_burst(self, address: int, length: int, size: int, burst: int, cache: int, prot: int) -> int:
        beats = length + 1
        assert 1 << size == self.lanes, f"{self.channel}size is {size}"
        assert (burst, cache, prot) == (INCR, 0b0011, 0)
        assert address % self.lanes == 0, f"{self.channel}addr {address:#x} is misaligned"
        assert beats <= self.longest, f"burst of {beats} beats"
        end = address + beats * self.lanes
        assert (end - 1) // PAGE == address // PAGE, f"burst {address:#x} to {end:#x} crosses 4 KiB"
        return beats


class ReadChecker(Checker):
    """A DMA that reads: rready stays, and no more is asked for than the buffer can hold."""

    channel = "ar"

    def _forget(self) -> None:
        # Beats asked for that have not come; asked for and not taken from the stream.
        self.owed = self.promised = 0

    def _look(self, burst: int) -> None:
        self.owed += burst
        self.promised += burst
        assert self.promised <= self.buffer, f"{self.promised} beats asked for, room for {self.buffer}"
        if self.get("rvalid"):
            assert self.get("rready"), "rready is low"
            self.owed -= 1
        if self.bench.integer("m_axis_tvalid") and self.bench.integer("m_axis_tready"):
            self.promised -= 1

    def _end(self) -> None:
        assert self.owed == 0, f"done with {self.owed} beats outstanding"
        if not self.bench.integer("aborted"):
            assert self.promised == 0, f"done with {self.promised} beats in the buffer"
        self.promised = 0


class WriteChecker(Checker):
    """A DMA that writes: bursts whose data is there, data not ahead of its address, bready stays.

    Strobes are whole but in a job's last beat, where they are ones from lane 0 up.
    """

    channel = "aw"
    OUTSTANDING = 16

    def __init__(self, bench: Bench) -> None:
        self.most_outstanding = 0
        super().__init__(bench)

    def _forget(self) -> None:
        self.data = Channel(self, "w", ("data", "strb", "last"))
        # Beats taken from the stream, given to bursts, sent; bursts whose data is not sent, of how many beats each.
        self.taken = self.asked = self.sent = 0
        self.lengths: deque[int] = deque()
        self.beat = 0
        self.outstanding = 0
        self.is_over = False

    def _look(self, burst: int) -> None:
        if burst:
            self.asked += burst
            self.lengths.append(burst)
            self.outstanding += 1
            self.most_outstanding = max(self.outstanding, self.most_outstanding)
        assert self.asked <= self.taken, f"bursts of {self.asked} beats, {self.taken} taken from the stream"
        assert self.outstanding <= self.OUTSTANDING, f"{self.outstanding} bursts without a response"
        found = self.data.look()
        if found is not None:
            _, strobe, last = found
            assert self.lengths, "data ahead of its address"
            assert last == (self.beat == self.lengths[0] - 1), f"wlast is {last} at beat {self.beat}"
            assert not self.is_over, "data behind a strobe that is not whole"
            assert strobe & (strobe + 1) == 0, f"strobe {strobe:#x}"
            if self.data.is_taken:
                self.is_over = strobe != (1 << self.lanes) - 1
                self.sent += 1
                self.beat += 1
                if last:
                    self.lengths.popleft()
                    self.beat = 0
        if self.get("bvalid"):
            assert self.get("bready"), "bready is low"
            self.outstanding -= 1
        if self.bench.integer("s_axis_tvalid") and self.bench.integer("s_axis_tready"):
            self.taken += 1

    def _end(self) -> None:
        assert not self.lengths, "done before all data was sent"
        assert self.outstanding == 0, f"done with {self.outstanding} responses outstanding"
        self._forget()


async def check_no_paths(bench: Bench, cycles: int) -> None:
    """No input leads to an output in the same cycle: in the middle of each cycle every input changes for a moment."""
    ports = [port for port in bench.instance.ports if port.name not in ("aclk", "aresetn") and not port.own_signal]
    outputs = [bench.signal(port.signal) for port in ports if not port.is_input]
    inputs = [port.signal for port in ports if port.is_input]
    for _ in range(cycles):
        await FallingEdge(bench.clock)
        before = [str(signal.value) for signal in outputs]
        for name in inputs:
            signal = bench.signal(name)
            value = int(signal.value)
            signal.value = value ^ ((1 << len(signal)) - 1)
            await Timer(10, "ps")
            assert [str(output.value) for output in outputs] == before, f"path from {name}"
            signal.value = value
        await Timer(10, "ps")
