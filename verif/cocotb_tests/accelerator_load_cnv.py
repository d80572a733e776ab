# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""CNV with sets of parameters that change: figures for bench/loads.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from cocotb_tests.accelerator_load import Session, changeable, one_after_the_other
from finn_verif.bench.bench import each

if TYPE_CHECKING:
    from finn_verif.bench.bench import Bench

#: Frames of a job, and frames a second at 200 MHz that the design is planned for.
FRAMES, FPS = 2, 20_000
DESIGN = changeable(1, 64, "cnv", FPS)
# What was measured, in the working folder of the simulation.
FIGURES = "figures.json"


@each([DESIGN.instance], timeout_us=100_000)
async def each_job_has_its_set(bench: Bench) -> None:
    """A, B, A."""
    timings = await one_after_the_other(bench, Session(bench, DESIGN, FRAMES))
    plan = DESIGN.plan
    figures = {"network": "cnv", "frames": FRAMES, "cycles_per_frame": plan.cycles_per_frame,
               "estimated_lut": round(plan.cost.lut), "estimated_bram36": plan.cost.bram36,
               "bytes": timings[0].size, "cycles": [timing.cycles for timing in timings]}
    Path(FIGURES).write_text(json.dumps(figures))
