# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axi_host_registers alone: counters that run while they are read."""

from __future__ import annotations

import cocotb
from cocotb.triggers import RisingEdge

from finn_rtl.driver.registers import Register
from finn_verif.bench.bench import Bench, each
from finn_verif.bench.device import SimulatedDevice, control_ports
from finn_verif.buses.axi.memory import Memory
from finn_verif.testbench.instances import Instance, Port

INPUTS = {"busy": 1, "set_status": 32, "set_valid": 1, "set_number": 32, "frames_in": 24, "results": 24, "latency": 32,
          "span": 48, "cycles": 48}
OUTPUTS = {"start": 1, "abort": 1, "load": 1, "frames": 24, "input_address": 64, "output_address": 64,
           "weights_address": 64}
PORTS = (*control_ports(), *(Port(name, width, True) for name, width in INPUTS.items()),
         *(Port(name, width, False) for name, width in OUTPUTS.items()))
INSTANCES = [Instance("registers", "axi_host_registers", {}, PORTS)]

#: Counters by the port that they come from.
COUNTERS = {"span": (Register.SPAN_LOW, Register.SPAN_HIGH), "cycles": (Register.CYCLES_LOW, Register.CYCLES_HIGH)}


@each(INSTANCES)
async def counters_are_read_whole(bench: Bench) -> None:
    """Low half first, the high half is that of the same moment: whatever the counter does, whatever else is read."""
    device = SimulatedDevice(bench, Memory(bench.rng))
    counts = dict.fromkeys(COUNTERS, 0)

    async def run() -> None:
        while True:
            await RisingEdge(bench.clock)
            for name in COUNTERS:
                counts[name] += 1
                bench.signal(name).value = counts[name]

    cocotb.start_soon(run())
    for _ in range(60):
        # Both are about to carry into their high halves.
        for name in COUNTERS:
            counts[name] = (bench.rng.randint(1, 0xFFFE) << 32) - bench.rng.randint(1, 20)
        found = {}
        for name in bench.rng.sample(sorted(COUNTERS), 2):
            before = counts[name]
            found[name] = (before, await device.get(COUNTERS[name][0]), counts[name])
            await bench.cycles(bench.rng.randint(0, 20))
        for name, (before, low, after) in found.items():
            whole = await device.get(COUNTERS[name][1]) << 32 | low
            assert before <= whole <= after, f"{name} is {whole:#x}, was {before:#x} to {after:#x}"
