# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""AXI4 for the tests of the DMAs: a memory behind the read or the write channels, protocol checkers, and the host.

Reading a signal that is X fails the test, so the checkers need no words about it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from finn_verif import axis
from finn_verif.axis import cycle
from finn_verif.testbench import Instance, Port, Value, clock_and_reset

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from finn_verif.bench import Bench

PAGE = 4096
OKAY, SLVERR, DECERR = 0, 2, 3
INCR = 1

#: Width of each signal of an address channel; its address aside.
ADDRESS_WIDTHS = {"len": 8, "size": 3, "burst": 2, "cache": 4, "prot": 3}


def read_ports(addr_w: int, data_w: int) -> tuple[Port, ...]:
    """The read channels of a master."""
    return (
        *_address_ports("ar", addr_w),
        Port("m_axi_rdata", data_w, True),
        Port("m_axi_rresp", 2, True),
        Port("m_axi_rlast", 1, True),
        Port("m_axi_rvalid", 1, True),
        Port("m_axi_rready", 1, False),
    )


def write_ports(addr_w: int, data_w: int) -> tuple[Port, ...]:
    """The write channels of a master."""
    return (
        *_address_ports("aw", addr_w),
        Port("m_axi_wdata", data_w, False),
        Port("m_axi_wstrb", data_w // 8, False),
        Port("m_axi_wlast", 1, False),
        Port("m_axi_wvalid", 1, False),
        Port("m_axi_wready", 1, True),
        Port("m_axi_bresp", 2, True),
        Port("m_axi_bvalid", 1, True),
        Port("m_axi_bready", 1, False),
    )


def stream_ports(prefix: str, data_w: int, *, is_input: bool) -> tuple[Port, ...]:
    """AXI4-Stream with tkeep, which stands above the data in one vector: the agents need not know of it.

    The signal that tkeep has of its own is not connected, nor is it driven as an input.
    """
    whole = f"{{u}}_{prefix}_tdata"
    keep = f"{whole}[{data_w + data_w // 8 - 1}:{data_w}]"
    return (
        Port(f"{prefix}_tdata", data_w + data_w // 8, is_input, expression=f"{whole}[{data_w - 1}:0]"),
        Port(f"{prefix}_tkeep", 1, False, own_signal="unused", expression=keep),
        Port(f"{prefix}_tlast", 1, is_input),
        Port(f"{prefix}_tvalid", 1, is_input),
        Port(f"{prefix}_tready", 1, not is_input),
    )


def _address_ports(channel: str, addr_w: int) -> tuple[Port, ...]:
    return (
        Port(f"m_axi_{channel}addr", addr_w, False),
        *(Port(f"m_axi_{channel}{name}", width, False) for name, width in ADDRESS_WIDTHS.items()),
        Port(f"m_axi_{channel}valid", 1, False),
        Port(f"m_axi_{channel}ready", 1, True),
    )


def dma(
    name: str,
    module: str,
    sizes: tuple[int, int, int, int, int],
    style: str,
    flags: Sequence[str],
    data: tuple[Port, ...],
) -> Instance:
    """An instance of a DMA.

    Args:
        name: of the instance.
        module: dma_mm2s or dma_s2mm.
        sizes: ADDR_W, DATA_W, LENGTH_W, BURST, BUFFER.
        style: BUFFER_STYLE.
        flags: status outputs of one bit.
        data: ports of the stream and of the AXI channels, and those that only one of the modules has.
    """
    addr_w, _, length_w, _, _ = sizes
    ports = (
        *clock_and_reset(),
        Port("s_cmd_address", addr_w, True),
        Port("s_cmd_bytes", length_w, True),
        Port("s_cmd_valid", 1, True),
        Port("s_cmd_ready", 1, False),
        Port("abort", 1, True),
        Port("done", 1, False),
        *(Port(flag, 1, False) for flag in flags),
        *data,
    )
    names = ("ADDR_W", "DATA_W", "LENGTH_W", "BURST", "BUFFER")
    parameters: dict[str, Value] = {**dict(zip(names, sizes, strict=True)), "BUFFER_STYLE": style}
    return Instance(name, module, parameters, ports)


class Memory:
    """Bytes of the whole address space, random until they are written."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.pages: dict[int, bytearray] = {}
        #: What was written to each address; a test takes it away before the address may be written again.
        self.writes: dict[int, int] = {}

    def page(self, address: int) -> bytearray:
        """The page with an address."""
        number = address // PAGE
        if number not in self.pages:
            self.pages[number] = bytearray(self.rng.randbytes(PAGE))
        return self.pages[number]

    def read(self, address: int, count: int) -> bytes:
        """Some bytes."""
        return bytes(self.page(place)[place % PAGE] for place in range(address, address + count))

    def write(self, address: int, data: int, strobe: int) -> None:
        """The bytes of a beat whose strobe is 1."""
        for lane in range(strobe.bit_length()):
            if strobe >> lane & 1:
                assert address + lane not in self.writes, f"{address + lane:#x} is written twice"
                value = data >> 8 * lane & 0xFF
                self.page(address + lane)[(address + lane) % PAGE] = value
                self.writes[address + lane] = value


class Agent(ABC):
    """Something that runs beside the test of an instance until it is stopped."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.edge = RisingEdge(bench.clock)
        self.lanes = bench.instance.int_of("DATA_W") // 8
        self._driven: dict[str, int] = {}
        self._task = cocotb.start_soon(self._run())

    @abstractmethod
    async def _run(self) -> None:
        """Runs until it is cancelled."""

    def get(self, name: str) -> int:
        """A signal of the master's AXI port."""
        return self.bench.integer(f"m_axi_{name}")

    def set(self, name: str, value: int) -> None:
        """Drives a signal of the master's AXI port, as nobody else does. A write that changes nothing costs time."""
        if self._driven.get(name) != value:
            self._driven[name] = value
            self.bench.signal(f"m_axi_{name}").value = value

    def stop(self) -> None:
        """Ends for good."""
        self._task.cancel()


class ReadMemory(Agent):
    """Answers reads in order. All that it takes is outstanding at once; beats of a burst may come with gaps.

    Attributes:
        latency: cycles from an address to its first beat, at least.
        response: of the beat at an address.
        wrong_last: addresses of beats with the opposite of the right RLAST.
        bursts: address and beats of all reads taken.
    """

    def __init__(
        self,
        bench: Bench,
        memory: Memory,
        latency: int = 1,
        address_pauses: Iterator[bool] | None = None,
        data_pauses: Iterator[bool] | None = None,
    ) -> None:
        self.memory = memory
        self.latency = latency
        self.address_pauses = address_pauses or axis.no_pauses()
        self.data_pauses = data_pauses or axis.no_pauses()
        self.response: Callable[[int], int] = lambda _: OKAY
        self.wrong_last: set[int] = set()
        self.bursts: list[tuple[int, int]] = []
        super().__init__(bench)

    async def _run(self) -> None:
        # Cycle from which it may come, address, whether it is its burst's last: of each beat to be sent.
        beats: deque[tuple[int, int, bool]] = deque()
        is_offered = False
        while True:
            is_ready = not next(self.address_pauses)
            self.set("arready", is_ready)
            if not is_offered:
                is_offered = bool(beats) and beats[0][0] <= cycle() + 1 and not next(self.data_pauses)
                if is_offered:
                    _, address, is_last = beats[0]
                    data = int.from_bytes(self.memory.read(address, self.lanes), "little")
                    self._drive(data, self.response(address), is_last != (address in self.wrong_last))
                else:
                    noise = self.bench.rng
                    self._drive(noise.getrandbits(8 * self.lanes), noise.getrandbits(2), bool(noise.getrandbits(1)))
                self.set("rvalid", is_offered)
            await self.edge
            if is_offered and self.get("rready"):
                beats.popleft()
                is_offered = False
            if is_ready and self.get("arvalid"):
                address, count = self.get("araddr"), self.get("arlen") + 1
                self.bursts.append((address, count))
                beats.extend(
                    (cycle() + self.latency, address + i * self.lanes, i == count - 1) for i in range(count)
                )

    def _drive(self, data: int, response: int, last: bool) -> None:
        self.set("rdata", data)
        self.set("rresp", response)
        self.set("rlast", last)

    def stop(self) -> None:
        """Ends for good and forgets what is outstanding."""
        super().stop()
        self.set("arready", 0)
        self.set("rvalid", 0)


class WriteMemory(Agent):
    """Takes writes in order, data before their address too, and answers each.

    Attributes:
        latency: cycles from the last of a burst's address and data to its response, at least.
        response: to a beat at an address; a burst gets the first that is not OKAY.
        bursts: address and beats of all writes taken.
        data_cycles: cycle in which each beat was taken.
    """

    def __init__(
        self,
        bench: Bench,
        memory: Memory,
        latency: int = 1,
        address_pauses: Iterator[bool] | None = None,
        data_pauses: Iterator[bool] | None = None,
        response_pauses: Iterator[bool] | None = None,
    ) -> None:
        self.memory = memory
        self.latency = latency
        self.address_pauses = address_pauses or axis.no_pauses()
        self.data_pauses = data_pauses or axis.no_pauses()
        self.response_pauses = response_pauses or axis.no_pauses()
        self.response: Callable[[int], int] = lambda _: OKAY
        self.bursts: list[tuple[int, int]] = []
        self.data_cycles: list[int] = []
        super().__init__(bench)

    async def _run(self) -> None:
        addresses: deque[tuple[int, int]] = deque()
        data: deque[tuple[int, int]] = deque()
        responses: deque[tuple[int, int]] = deque()
        is_offered = False
        while True:
            takes_address, takes_data = not next(self.address_pauses), not next(self.data_pauses)
            self.set("awready", takes_address)
            self.set("wready", takes_data)
            if not is_offered:
                is_offered = bool(responses) and responses[0][0] <= cycle() + 1 and not next(self.response_pauses)
                self.set("bresp", responses[0][1] if is_offered else self.bench.rng.getrandbits(2))
                self.set("bvalid", is_offered)
            await self.edge
            if is_offered and self.get("bready"):
                responses.popleft()
                is_offered = False
            if takes_address and self.get("awvalid"):
                addresses.append((self.get("awaddr"), self.get("awlen") + 1))
                self.bursts.append(addresses[-1])
            if takes_data and self.get("wvalid"):
                data.append((self.get("wdata"), self.get("wstrb")))
                self.data_cycles.append(cycle())
            while addresses and len(data) >= addresses[0][1]:
                responses.append((cycle() + self.latency, self._write(*addresses.popleft(), data)))

    def _write(self, address: int, count: int, data: deque[tuple[int, int]]) -> int:
        """A whole burst; its response."""
        response = OKAY
        for place in range(address, address + count * self.lanes, self.lanes):
            self.memory.write(place, *data.popleft())
            response = response or self.response(place)
        return response

    def stop(self) -> None:
        """Ends for good and forgets what is outstanding."""
        super().stop()
        for name in ("awready", "wready", "bvalid"):
            self.set(name, 0)


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


class Host:
    """Gives a DMA its jobs."""

    def __init__(self, bench: Bench, checker: Checker, flags: Sequence[str]) -> None:
        self.bench = bench
        self.checker = checker
        self.names = flags
        self.lanes = checker.lanes
        self.burst = checker.longest
        self.longest = (1 << bench.instance.int_of("LENGTH_W")) - 1
        self.space = 1 << bench.instance.int_of("ADDR_W")
        self.commands = 0

    def beats(self, count: int) -> int:
        """Beats that some bytes take."""
        return -(-count // self.lanes)

    def any_job(self, most_beats: int | None = None) -> tuple[int, int]:
        """Address and bytes of a legal job; often at a page's or the space's end, often of whole beats."""
        rng = self.bench.rng
        most = min(self.longest, self.space, (most_beats or 3 * self.burst + 20) * self.lanes)
        count = rng.randint(1, most)
        if rng.random() < 0.3:
            count = max(1, self.beats(count) * self.lanes - self.lanes)
        last = self.space // self.lanes - self.beats(count)
        place = rng.randrange(last + 1)
        match rng.randrange(4):
            case 0:
                place = last
            case 1:
                page = PAGE // self.lanes
                place = min(max(0, place // page * page - rng.randint(0, self.beats(count))), last)
        return place * self.lanes, count

    def bad_jobs(self) -> list[tuple[int, int, set[str]]]:
        """Address and bytes of jobs that must be refused, and the flags that say why."""
        lanes, space = self.lanes, self.space
        whole = min(self.longest, space - lanes) // lanes * lanes
        return [
            (0, 0, {"error_length"}),
            (space - lanes, 0, {"error_length"}),
            (lanes - 1, 0, {"error_length", "error_address"}),
            (1, lanes, {"error_address"}),
            (lanes // 2, 2 * lanes, {"error_address"}),
            (space - lanes, lanes + 1, {"error_address"}),
            (space - 2 * lanes, 3 * lanes, {"error_address"}),
            (space - whole + lanes, whole, {"error_address"}),
            (space - lanes, whole, {"error_address"}),
        ]

    def bursts(self, address: int, beats: int) -> list[tuple[int, int]]:
        """Address and beats of the bursts that a job must be cut into: each as long as may be."""
        bursts = []
        end = address + beats * self.lanes
        while address < end:
            stop = min(end, address + self.burst * self.lanes, (address // PAGE + 1) * PAGE)
            bursts.append((address, (stop - address) // self.lanes))
            address = stop
        return bursts

    async def command(self, address: int, count: int) -> int:
        """Gives a command; the cycle in which it is taken."""
        self.bench.signal("s_cmd_address").value = address
        self.bench.signal("s_cmd_bytes").value = count
        self.bench.signal("s_cmd_valid").value = 1
        await RisingEdge(self.bench.clock)
        while not self.bench.integer("s_cmd_ready"):
            await RisingEdge(self.bench.clock)
        self.commands += 1
        self.bench.signal("s_cmd_valid").value = 0
        self.bench.signal("s_cmd_address").value = self.bench.rng.getrandbits(12)
        self.bench.signal("s_cmd_bytes").value = self.bench.rng.getrandbits(8)
        return cycle()

    async def done(self, limit: int = 20_000) -> int:
        """The cycle in which the last job given was done."""
        for _ in range(limit):
            if len(self.checker.dones) == self.commands:
                return self.checker.dones[-1]
            await RisingEdge(self.bench.clock)
        raise AssertionError(f"no done after {limit} cycles")

    async def wait(self, most: int) -> None:
        """Waits 0 to some cycles."""
        for _ in range(self.bench.rng.randint(0, most)):
            await RisingEdge(self.bench.clock)

    def flags(self) -> set[str]:
        """Flags that are up."""
        return {name for name in self.names if self.bench.integer(name)}


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
