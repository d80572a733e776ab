# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axi_read_arbiter: every master gets what it asked for, under any traffic; in turn, and as fast as the port is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses.agent import Agent
from finn_verif.buses.axi.memory import Memory, ReadMemory
from finn_verif.buses.axi.ports import OKAY, PAGE, SLVERR, read_ports
from finn_verif.buses.axis import cycle
from finn_verif.buses.dma.checkers import check_no_paths
from finn_verif.testbench.instances import Instance, Port, Value, clock_and_reset

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ADDR_W = 32
Burst = tuple[int, int]


def make(ports: int, data_w: int, outstanding: int) -> Instance:
    """An instance of one size."""
    parameters: dict[str, Value] = {"PORTS": ports, "ADDR_W": ADDR_W, "DATA_W": data_w, "OUTSTANDING": outstanding}
    masters = (
        Port("s_axi_araddr", ports * ADDR_W, True), Port("s_axi_arlen", ports * 8, True),
        Port("s_axi_arvalid", ports, True), Port("s_axi_arready", ports, False), Port("s_axi_rdata", data_w, False),
        Port("s_axi_rresp", 2, False), Port("s_axi_rlast", 1, False), Port("s_axi_rvalid", ports, False),
        Port("s_axi_rready", ports, True))
    return Instance(f"a{ports}_{data_w}_{outstanding}", "axi_read_arbiter", parameters,
                    (*clock_and_reset(), *masters, *read_ports(ADDR_W, data_w)))


INSTANCES = [make(2, 64, 16), make(3, 32, 2), make(5, 128, 4)]


class Masters(Agent):
    """All masters: each has bursts to ask for, one after the other, and takes beats with pauses.

    Attributes:
        beats: of each master, data, response and whether it was its burst's last.
        served: the masters in the order in which their bursts were taken.
        cycles: in which a beat was taken.
    """

    def __init__(self, bench: Bench, bursts: Sequence[Sequence[Burst]], ask_pauses: Sequence[Iterator[bool]],
                 take_pauses: Sequence[Iterator[bool]]) -> None:
        self.waiting = [deque(own) for own in bursts]
        self.ask_pauses, self.take_pauses = ask_pauses, take_pauses
        self.beats: list[list[tuple[int, int, int]]] = [[] for _ in bursts]
        self.served: list[int] = []
        self.cycles: list[int] = []
        super().__init__(bench)

    def _drive(self, name: str, value: int) -> None:
        self.bench.signal(f"s_axi_{name}").value = value

    async def _run(self) -> None:
        count = len(self.waiting)
        asks = [False] * count
        while True:
            address = lengths = valid = ready = 0
            for port in range(count):
                asks[port] = bool(self.waiting[port]) and (asks[port] or not next(self.ask_pauses[port]))
                place, beats = self.waiting[port][0] if asks[port] else (self.bench.rng.getrandbits(ADDR_W), 1)
                address |= place << port * ADDR_W
                lengths |= (beats - 1) << port * 8
                valid |= asks[port] << port
                ready |= (not next(self.take_pauses[port])) << port
            for name, value in (("araddr", address), ("arlen", lengths), ("arvalid", valid), ("rready", ready)):
                self._drive(name, value)
            await self.edge
            taken = valid & self.bench.integer("s_axi_arready")
            assert not taken & taken - 1, "two at once"
            if taken:
                port = taken.bit_length() - 1
                self.waiting[port].popleft()
                self.served.append(port)
                asks[port] = False
            offered = self.bench.integer("s_axi_rvalid")
            assert not offered & offered - 1, "a beat for two"
            if offered & ready:
                self.beats[offered.bit_length() - 1].append(
                    tuple(self.bench.integer(f"s_axi_{name}") for name in ("rdata", "rresp", "rlast")))
                self.cycles.append(cycle())

    def stop(self) -> None:
        """Ends for good."""
        super().stop()
        for name in ("arvalid", "rready"):
            self._drive(name, 0)


def any_bursts(bench: Bench, count: int, longest: int) -> list[Burst]:
    """Bursts anywhere, none beyond its page."""
    lanes = bench.instance.int_of("DATA_W") // 8
    found = []
    for _ in range(count):
        offset = bench.rng.randrange(PAGE // lanes)
        beats = bench.rng.randint(1, min(longest, PAGE // lanes - offset))
        found.append((bench.rng.randrange(1 << ADDR_W - 12) * PAGE + offset * lanes, beats))
    return found


class Setup:
    """Masters with bursts, and the memory behind the arbiter."""

    def __init__(self, bench: Bench, memory: Memory, bursts: Sequence[Sequence[Burst]], kinds: Sequence[str],
                 latency: int = 1) -> None:
        self.bench, self.memory, self.bursts = bench, memory, bursts
        self.lanes = bench.instance.int_of("DATA_W") // 8
        ask, take = zip(*(traffic(kind, bench.rng) for kind in kinds), strict=True)
        self.masters = Masters(bench, bursts, ask, take)
        addresses, data = traffic(bench.rng.choice(kinds), bench.rng)
        self.ram = ReadMemory(bench, memory, latency, addresses, data)
        bench.agents += [self.masters, self.ram]

    async def done(self) -> None:
        """Every master has what it asked for, beat by beat; the memory saw the bursts as they were taken."""
        wanted = [[(int.from_bytes(self.memory.read(address + i * self.lanes, self.lanes), "little"),
                    self.ram.response(address + i * self.lanes),
                    int((i == beats - 1) != (address + i * self.lanes in self.ram.wrong_last)))
                   for address, beats in own for i in range(beats)] for own in self.bursts]
        for _ in range(400):
            if [len(own) for own in self.masters.beats] == [len(own) for own in wanted]:
                break
            await self.bench.cycles(20)
        assert self.masters.beats == wanted
        left = [iter(own) for own in self.bursts]
        assert self.ram.bursts == [next(left[port]) for port in self.masters.served]


@each(INSTANCES, timeout_us=3000)
async def gives_each_its_own(bench: Bench) -> None:
    """Any bursts, under any traffic of each master and of the memory, with any latency; errors go where they belong.

    RLAST at a wrong beat, or at none, is one: whose beats those behind it are does not change.
    """
    count, memory = bench.instance.int_of("PORTS"), Memory(bench.rng)
    for kinds in ([kind] * count for kind in TRAFFIC):
        mixed = bench.rng.choices(TRAFFIC, k=count)
        for own in (kinds, mixed):
            await bench.reset()
            setup = Setup(bench, memory, [any_bursts(bench, 6, 5) for _ in range(count)], own,
                          bench.rng.choice((1, 2, 9)))
            wrong = {address for bursts in setup.bursts for address, _ in bursts if bench.rng.random() < 0.3}
            setup.ram.response = lambda address, wrong=wrong: SLVERR if address in wrong else OKAY
            setup.ram.wrong_last = {address + i * setup.lanes for bursts in setup.bursts for address, beats in bursts
                                    for i in range(beats) if bench.rng.random() < 0.2}
            await setup.done()


@each(INSTANCES)
async def serves_in_turn(bench: Bench) -> None:
    """Where all ask all the time, each is served once in a round, in the same order."""
    count = bench.instance.int_of("PORTS")
    setup = Setup(bench, Memory(bench.rng), [any_bursts(bench, 8, 3) for _ in range(count)], ["full_speed"] * count)
    await setup.done()
    served = setup.masters.served
    order = served[:count]
    assert sorted(order) == list(range(count))
    assert served == order * 8


@each(INSTANCES)
async def is_as_fast_as_the_port(bench: Bench) -> None:
    """Beats come without a gap, of many masters and of one, and as soon as the header says."""
    count = bench.instance.int_of("PORTS")
    lanes = bench.instance.int_of("DATA_W") // 8
    for own in ([[(i * PAGE, 8)] * 6 for i in range(count)], [[(0, 8)] * 12] + [[]] * (count - 1)):
        await bench.reset()
        setup = Setup(bench, Memory(bench.rng), own, ["full_speed"] * count)
        start = cycle()
        await setup.done()
        cycles = setup.masters.cycles
        assert cycles == list(range(cycles[0], cycles[0] + len(cycles))), lanes
        # Its turn, the address, the memory's cycle, the beat.
        assert cycles[0] - start <= 6


@each(INSTANCES)
async def no_paths(bench: Bench) -> None:
    """No input leads to an output of the other side in the same cycle, nor to another master's."""
    count = bench.instance.int_of("PORTS")
    Setup(bench, Memory(bench.rng), [any_bursts(bench, 9, 5) for _ in range(count)], ["random"] * count)
    await check_no_paths(bench, 100)
