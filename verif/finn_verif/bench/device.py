# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Simulation as a place for the driver: finn_rtl.driver runs unchanged, on RTL instead of a board.

The driver waits for what it asks; so it runs in a thread (cocotb's ``bridge``), and each call of it goes on in the
simulation (``resume``) until that has an answer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
from cocotb.task import resume
from cocotb.triggers import ClockCycles, First, RisingEdge, Timer
from cocotb.utils import get_sim_time
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from finn_verif.buses import axis
from finn_verif.buses.uart import SerialReceiver, SerialSender
from finn_verif.testbench.instances import Port, clock_and_reset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from finn_verif.bench.bench import Bench
    from finn_verif.buses.axi.memory import Memory

# First address that is given out; odd enough that no half of it is 0.
BASE = 0x1000_0000
PAGE = 4096


def simulated_seconds() -> float:
    """Time of the simulation, asked from a thread."""

    async def look() -> float:
        return float(get_sim_time("ns")) * 1e-9

    return float(resume(look)())


def control_ports() -> tuple[Port, ...]:
    """Clock, interrupt and AXI4-Lite side of an accelerator."""
    prefix = "s_axil"
    return (
        *clock_and_reset(),
        Port("irq", 1, False),
        *(Port(f"{prefix}_{c}addr", 12, True) for c in ("aw", "ar")),
        *(Port(f"{prefix}_{c}prot", 3, True) for c in ("aw", "ar")),
        *(Port(f"{prefix}_{c}valid", 1, True) for c in ("aw", "w", "ar")),
        *(Port(f"{prefix}_{c}ready", 1, False) for c in ("aw", "w", "ar")),
        Port(f"{prefix}_wdata", 32, True),
        Port(f"{prefix}_wstrb", 4, True),
        Port(f"{prefix}_rdata", 32, False),
        *(Port(f"{prefix}_{c}resp", 2, False) for c in ("b", "r")),
        *(Port(f"{prefix}_{c}valid", 1, False) for c in ("b", "r")),
        *(Port(f"{prefix}_{c}ready", 1, True) for c in ("b", "r")),
    )


class SimulatedBuffer:
    """Some of the simulated memory."""

    def __init__(self, memory: Memory, address: int, size: int) -> None:
        self.memory, self.address, self.size = memory, address, size

    def write(self, data: NDArray[np.uint8]) -> None:
        """Bytes to the beginning."""
        assert len(data) <= self.size
        for begin in range(0, len(data), PAGE):
            self.memory.page(self.address + begin)[: len(data) - begin] = data[begin : begin + PAGE].tobytes()

    def read(self, count: int) -> NDArray[np.uint8]:
        """The first bytes, each of which the hardware must have written once since it was read last."""
        missing = [i for i in range(count) if self.memory.writes.pop(self.address + i, None) is None]
        assert not missing, f"{len(missing)} of {count} bytes were not written, the first is {missing[0]}"
        return np.frombuffer(self.memory.read(self.address, count), np.uint8)

    def close(self) -> None:
        """Addresses are not given out again."""


class SimulatedDevice:
    """Registers through cocotbext-axi's AXI4-Lite master, memory of finn_verif.buses.axi, time of the simulation.

    To be used from a thread, through cocotb's ``bridge``.
    """

    name = "simulation"

    def __init__(self, bench: Bench, memory: Memory) -> None:
        self.bench = bench
        self.memory = memory
        bus = AxiLiteBus.from_prefix(bench.dut, f"{bench.instance.name}_s_axil")
        self.master = AxiLiteMaster(bus, bench.clock, bench.signal("aresetn"), reset_active_level=False)
        # They tell of every access.
        for part in (self.master.write_if, self.master.read_if):
            part.log.setLevel(logging.WARNING)
        self.next = BASE

    async def get(self, offset: int) -> int:
        """A register, for tests."""
        return int.from_bytes((await self.master.read(int(offset), 4)).data, "little")

    async def set(self, offset: int, value: int) -> None:
        """Sets a register, for tests."""
        await self.master.write(int(offset), int(value).to_bytes(4, "little"))

    def read(self, offset: int) -> int:
        """A register."""
        return int(resume(self.get)(offset))

    def write(self, offset: int, value: int) -> None:
        """Sets a register."""
        resume(self.set)(offset, value)

    def allocate(self, size: int) -> SimulatedBuffer:
        """Memory from whole pages, which have never been used."""
        buffer = SimulatedBuffer(self.memory, self.next, size)
        self.next += (size // PAGE + 2) * PAGE
        return buffer

    def now(self) -> float:
        """Seconds of simulated time."""
        return simulated_seconds()

    def pause(self, seconds: float) -> None:
        """Waits for the interrupt, or so long."""

        async def wait() -> None:
            if not self.bench.integer("irq"):
                # The simulator's step is a picosecond.
                await First(RisingEdge(self.bench.signal("irq")), Timer(max(1000, round(seconds * 1e12)), "ps"))

        resume(wait)()

    def close(self) -> None:
        """Nothing to give back."""


class SimulatedPort:
    """A serial line to the simulation, for the driver's UART backend. To be used from a thread."""

    name = "simulated line"

    def __init__(self, bench: Bench, clocks_per_bit: int) -> None:
        self.bench = bench
        self.baud = round(1e9 / (axis.CLOCK_PERIOD_NS * clocks_per_bit))
        self.sender = SerialSender(bench.signal("rx"), clocks_per_bit, clock=bench.clock)
        self.receiver = SerialReceiver(bench.signal("tx"), clocks_per_bit)
        self._read = 0

    def write(self, data: bytes) -> None:
        """Sends, and returns when all is sent."""
        resume(self.sender.send)(data)

    def read(self, seconds: float) -> bytes:
        """What has come, at least a byte; nothing after so long."""

        async def wait() -> None:
            end = float(get_sim_time("ns")) + seconds * 1e9
            while len(self.receiver.received) == self._read and float(get_sim_time("ns")) < end:
                await ClockCycles(self.bench.clock, 10)

        resume(wait)()
        data = self.receiver.data[self._read :]
        self._read += len(data)
        return data

    def now(self) -> float:
        """Seconds of simulated time."""
        return simulated_seconds()

    def close(self) -> None:
        """Nothing more is taken down."""

        async def stop() -> None:
            self.receiver.stop()

        resume(stop)()
