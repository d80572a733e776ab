# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The fastest accelerators: what DMA and registers cost, measured by the registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cocotb_tests.accelerator import FAST, LATENCY, System
from finn_verif.bench import each

if TYPE_CHECKING:
    from finn_verif.bench import Bench

INSTANCES = [design.instance for design in FAST]
FRAMES = 1000


@each(INSTANCES, timeout_us=20_000)
async def costs_at_most_one_percent(bench: Bench) -> None:
    """A job of 1,000 frames takes at most 1 % longer than the network alone; 16 cycles a frame from end to end."""
    system = System(bench)
    bench.stop()
    system.attach(LATENCY)
    (timing,) = await system.check(FRAMES, FRAMES)
    plan = system.plan
    assert plan.cycles_per_frame == 16
    assert timing.latency == plan.latency_cycles
    assert timing.interval is not None
    assert round(timing.interval, 1) <= plan.cycles_per_frame
    streaming = plan.latency_cycles + (FRAMES - 1) * plan.cycles_per_frame
    bench.dut._log.info("%s: %d cycles, %d of them the network's", bench.instance.name, timing.cycles, streaming)
    assert timing.cycles <= 1.01 * streaming
