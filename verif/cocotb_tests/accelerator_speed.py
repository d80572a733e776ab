# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The fastest accelerators: what DMA and registers cost, measured by the registers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cocotb_tests.accelerator import LATENCY, System, fast_design
from finn_verif.bench.bench import each

if TYPE_CHECKING:
    from finn_verif.bench.bench import Bench

DESIGNS = {net: fast_design(net) for net in ("digits", "sfc")}
INSTANCES = [design.instance for design in DESIGNS.values()]
FRAMES = 1000
# What was measured, in the working folder of the simulation; read by bench/accelerator.py.
FIGURES = "figures.json"


@each(INSTANCES, timeout_us=20_000)
async def costs_at_most_one_percent(bench: Bench) -> None:
    """A job of 1,000 frames takes at most 1 % longer than the network alone; 16 cycles a frame from end to end."""
    system = System(bench, DESIGNS[bench.instance.name])
    bench.stop()
    system.attach(LATENCY)
    (timing,) = await system.check(FRAMES, FRAMES)
    plan = system.plan
    assert plan.cycles_per_frame == 16
    assert timing.latency == plan.latency_cycles
    assert timing.interval is not None
    assert round(timing.interval, 1) <= plan.cycles_per_frame
    streaming = plan.latency_cycles + (FRAMES - 1) * plan.cycles_per_frame
    file = Path(FIGURES)
    figures = json.loads(file.read_text()) if file.exists() else {}
    figures[bench.instance.name] = {
        "frames": FRAMES,
        "memory_latency": LATENCY,
        "cycles": timing.cycles,
        "network_cycles": streaming,
        "interval": timing.interval,
        "planned_interval": plan.cycles_per_frame,
        "latency": timing.latency,
        "planned_latency": plan.latency_cycles,
    }
    file.write_text(json.dumps(figures))
    assert timing.cycles <= 1.01 * streaming
