# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Tests that must fail, and one that must pass: see test_harness.py."""

from __future__ import annotations

from finn_verif.bench.bench import Bench, each
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, clock_and_reset, stream_in, stream_out


def make(fault: int) -> Instance:
    """A source with one fault."""
    ports = (*clock_and_reset(), *stream_out("m_axis", 8, has_last=True))
    return Instance(f"fault{fault}", "fickle", {"FAULT": fault}, ports)


def make_forgetful(fault: int) -> Instance:
    """A register with one fault."""
    ports = (*clock_and_reset(), *stream_in("s_axis", 8), *stream_out("m_axis", 8))
    return Instance(f"forgetful{fault}", "forgetful", {"FAULT": fault}, ports)


FICKLE = [make(fault) for fault in range(5)]
FORGETFUL = [make_forgetful(fault) for fault in range(4)]
INSTANCES = FICKLE + FORGETFUL


@each(FORGETFUL)
async def works_after_reset(bench: Bench) -> None:
    """As every IP's test has it: what is offered during a reset is not taken, what is offered behind it is."""
    for _ in range(6):
        await bench.interrupt([Beat(bench.rng.getrandbits(8)) for _ in range(4)])
        beats = [Beat(bench.rng.getrandbits(8)) for _ in range(4)]
        await bench.run(beats, beats)


@each(FICKLE[:4])
async def is_watched(bench: Bench) -> None:
    """Takes beats without an agent: the checker in the testbench sees the faults."""
    for _ in range(200):
        bench.signal("m_axis_tready").value = bench.rng.getrandbits(1)
        await bench.cycles(1)


@each(FICKLE)
async def keeps_the_rules(bench: Bench) -> None:
    """Takes some beats; the agent that watches does the rest."""
    sink = bench.sink(axis.random_pauses(bench.rng, 0.5))
    axis.AxisChecker(bench.dut, f"{bench.instance.name}_m_axis", bench.clock, bench.signal("aresetn"))
    await sink.wait_for(100)
    bench.stop()
