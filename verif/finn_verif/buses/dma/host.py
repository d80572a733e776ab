# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Instances of the DMAs, and the host that gives them jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cocotb.triggers import RisingEdge

from finn_verif.buses.axi.ports import PAGE
from finn_verif.buses.axis import cycle
from finn_verif.testbench.instances import Instance, Port, Value, clock_and_reset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finn_verif.buses.agent import Bench
    from finn_verif.buses.dma.checkers import Checker


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
