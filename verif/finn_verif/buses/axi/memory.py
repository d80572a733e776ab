# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Memory for AXI4 masters, behind the read or the write channels."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from finn_verif.buses import axis
from finn_verif.buses.agent import Agent
from finn_verif.buses.axi.ports import OKAY, PAGE
from finn_verif.buses.axis import cycle

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from finn_verif.buses.agent import Bench


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


class ReadMemory(Agent):
    """Answers reads in order. All that it takes is outstanding at once; beats of a burst may come with gaps.

    Where it offers none it drives noise, new behind each beat and now and then later: writes of signals take longest in
    a simulation.

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
        prefix: str = "m_axi",
    ) -> None:
        self.memory = memory
        self.latency = latency
        self.address_pauses = address_pauses or axis.no_pauses()
        self.data_pauses = data_pauses or axis.no_pauses()
        self.response: Callable[[int], int] = lambda _: OKAY
        #: Beats that were asked for and have not come.
        self.owed = 0
        self.wrong_last: set[int] = set()
        self.bursts: list[tuple[int, int]] = []
        super().__init__(bench, prefix)

    async def _run(self) -> None:
        # Cycle from which it may come, address, whether it is its burst's last: of each beat to be sent.
        beats: deque[tuple[int, int, bool]] = deque()
        is_offered = False
        noise, quiet = self.bench.rng, 0
        while True:
            is_ready = not next(self.address_pauses)
            self.set("arready", is_ready)
            if not is_offered:
                is_offered = bool(beats) and beats[0][0] <= cycle() + 1 and not next(self.data_pauses)
                if is_offered:
                    _, address, is_last = beats[0]
                    data = int.from_bytes(self.memory.read(address, self.lanes), "little")
                    self._drive(data, self.response(address), is_last != (address in self.wrong_last))
                elif quiet:
                    quiet -= 1
                else:
                    self._drive(noise.getrandbits(8 * self.lanes), noise.getrandbits(2), bool(noise.getrandbits(1)))
                    quiet = noise.getrandbits(4)
                self.set("rvalid", is_offered)
            await self.edge
            if is_offered and self.get("rready"):
                beats.popleft()
                is_offered, quiet = False, 0
            if is_ready and self.get("arvalid"):
                address, count = self.get("araddr"), self.get("arlen") + 1
                self.bursts.append((address, count))
                beats.extend(
                    (cycle() + self.latency, address + i * self.lanes, i == count - 1) for i in range(count)
                )
            self.owed = len(beats)

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
