# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Accelerators that read weights from memory while they work: any memory gives equal results, or an error is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cocotb.triggers import ClockCycles

from cocotb_tests.accelerator import LATENCY, Design, System
from finn_rtl import driver
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.output.accelerator import READ_BURST
from finn_verif.bench.bench import Bench, each
from finn_verif.buses import axis
from finn_verif.buses.axi.ports import DECERR, OKAY, PAGE, SLVERR
from finn_verif.common import seeds
from finn_verif.networks.random_networks import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = {"shape": [6, 6, 4], "encoding": {"type": "integer", "bits": 3, "signed": True}}
LAYERS = [{"type": "conv", "name": "a", "channels": 8, "kernel": 3, "padding": "same", "activation": {"bits": 2}},
          {"type": "conv", "name": "b", "channels": 6, "kernel": 3, "weights": 3,
           "activation": {"bits": 3, "signed": True, "narrow": True}},
          {"type": "conv", "name": "c", "channels": 4, "kernel": 1, "weights": 2, "activation": "sign"},
          {"type": "fc", "name": "d", "units": 8, "activation": "sign"},
          {"type": "fc", "name": "e", "units": 10, "activation": "none"}]
FOLDS = {"a": (4, 2, False), "b": (24, 2, False), "c": (3, 2, False), "d": (16, 2, False), "e": (4, 2, False)}


def make(name: str, reuse: dict[str, int], addr_w: int, data_w: int, weights_w: int) -> Design:
    """A small network that reads the weights of some layers from memory."""
    document = {"name": name, "parameters": "none.npz", "output": "label", "input": SOURCE, "layers": LAYERS}
    network, plan = Case(document, FOLDS, None, (seeds.seed(), 8), reuse=reuse, dram=1e11).build()
    return Design(network, plan, addr_w, data_w, weights_w)


DESIGNS = [make("read_all", {"a": 6, "b": 4, "c": 16, "d": 1, "e": 1}, 32, 64, 64),
           make("read_two", {"b": 8, "d": 1}, 64, 32, 128),
           make("read_one", {"b": 2}, 40, 128, 32)]
# Of all memories.
CHANNELS = ("ar", "r", "aw", "w", "b", "war", "wr")
# Cycles a beat of memory that are more than a design needs.
WAITS = {"read_all": 30, "read_two": 100, "read_one": 20}
BY_NAME = {design.name: design for design in DESIGNS}
INSTANCES = [design.instance for design in DESIGNS]


def system_of(bench: Bench) -> System:
    """An accelerator with its memories."""
    return System(bench, BY_NAME[bench.instance.name])


def check_traffic(system: System, first: int) -> None:
    """Reads of weights lie within these, cross no page, are short enough, and all that they asked for came.

    `first` is the address of the weights.
    """
    lanes = system.weights_reads.lanes
    assert system.weights_reads.bursts
    places = [(first + offset, stream.size) for stream, offset in
              zip(system.description.weights, system.description.weights_offsets, strict=True)]
    for address, count in system.weights_reads.bursts:
        assert 1 <= count <= READ_BURST
        assert address % PAGE + count * lanes <= PAGE, hex(address)
        assert any(begin <= address and address + count * lanes < begin + size + lanes for begin, size in places), \
            hex(address)
    assert all(any(begin <= address < begin + size for address, _ in system.weights_reads.bursts)
               for begin, size in places)
    assert system.weights_reads.owed == 0


@each(INSTANCES, timeout_us=50_000)
async def results_with_any_memory(bench: Bench) -> None:
    """Several jobs; memories with any latency, with pauses on each channel."""
    system = system_of(bench)
    for probability in (0.0, 0.4, 0.85):
        bench.stop()
        system.attach(bench.rng.randint(1, 60), **{
            channel: axis.random_pauses(bench.rng, probability) for channel in CHANNELS})
        first = system.device.next
        await system.check(7, batch=3)
        check_traffic(system, first)


@each(INSTANCES, timeout_us=50_000)
async def slow_memory_slows(bench: Bench) -> None:
    """One that gives a beat in many cycles makes jobs longer and changes no result."""
    system = system_of(bench)
    cycles = []
    for wait in (1, WAITS[bench.instance.name]):
        def pauses(wait: int = wait) -> Iterator[bool]:
            while True:
                yield from [True] * (wait - 1) + [False]

        bench.stop()
        system.attach(LATENCY, wr=pauses())
        [timing] = await system.check(5, grace_s=0.01)
        bench.dut._log.info("a beat in %d cycles: %d cycles, interval %s, planned %d", wait, timing.cycles,
                            timing.interval, system.plan.cycles_per_frame)
        # The pauses between passes are shorter than what mvtu_stream keeps.
        assert timing.interval is not None and (timing.interval == system.plan.cycles_per_frame) == (wait == 1)
        cycles.append(timing.cycles)
    assert cycles[1] > 2 * cycles[0]


@each(INSTANCES, timeout_us=50_000)
async def nothing_is_read_between_jobs(bench: Bench) -> None:
    """The memory of the weights may be given back when a job is done: no burst is made or under way."""
    system = system_of(bench)
    bench.stop()
    system.attach(LATENCY)
    for _ in range(3):
        await system.check(2)
        count = len(system.weights_reads.bursts)
        assert system.weights_reads.owed == 0
        await ClockCycles(bench.clock, 300)
        assert len(system.weights_reads.bursts) == count


@each(INSTANCES, timeout_us=100_000)
async def errors_of_the_memory_with_weights(bench: Bench) -> None:
    """An answer that is not OKAY, or RLAST at a wrong beat, anywhere: the job fails, and the next one is right."""
    system = system_of(bench)
    frames = system.frames(3)
    lanes = system.weights_reads.lanes
    for turn in range(9):
        bench.stop()
        system.attach(bench.rng.choice((1, 5, 40)))
        index = turn % len(system.description.weights)
        stream, offset = system.description.weights[index], system.description.weights_offsets[index]
        # The first beat, the last one, any.
        beats = -(-stream.words * stream.word_bits // (8 * lanes))
        bad = system.device.next + offset + lanes * (0, beats - 1, bench.rng.randrange(beats))[turn // 3]
        if turn % 2:
            system.weights_reads.wrong_last = {bad}
        else:
            response = bench.rng.choice((SLVERR, DECERR))
            system.weights_reads.response = lambda address, bad=bad, response=response: response if address == bad \
                else OKAY
        with pytest.raises(driver.JobError, match="read of weights with an error"):
            await system.driven(lambda accelerator: accelerator.run(frames))
        assert system.weights_reads.owed == 0
        system.weights_reads.response = lambda _: OKAY
        system.weights_reads.wrong_last = set()
        system.forget()
        await system.check(3)


@each(INSTANCES, timeout_us=20_000)
async def jobs_without_weights_are_refused(bench: Bench) -> None:
    """After the reset, and when the driver has closed it, nothing says where weights are."""
    system = system_of(bench)
    for _ in range(2):
        for low, high in ((None, None), (0x800, 0), (0, 0)):
            if low is not None and high is not None:
                await system.device.set(Register.WEIGHTS_LOW, low)
                await system.device.set(Register.WEIGHTS_HIGH, high)
            await system.start(2, 0x2000, 0x8000)
            assert await system.ended() == Status.DONE | Status.WEIGHTS_ADDRESS_ERROR
            assert not system.weights_reads.bursts
        bench.stop()
        system.attach(3)
        await system.check(2)
        assert not await system.device.get(Register.WEIGHTS_LOW) and not await system.device.get(Register.WEIGHTS_HIGH)
        bench.stop()
        system.attach(3)


@each(INSTANCES, timeout_us=100_000)
async def abort_and_reset_at_any_moment(bench: Bench) -> None:
    """The job ends without a read that is left unfinished, and the next one is right."""
    system = system_of(bench)
    for turn in range(8):
        bench.stop()
        system.attach(bench.rng.randint(1, 60), **{
            channel: axis.random_pauses(bench.rng, bench.rng.choice((0.0, 0.3, 0.8)))
            for channel in CHANNELS})
        await system.device.set(Register.WEIGHTS_LOW, 0x40000)
        await system.device.set(Register.WEIGHTS_HIGH, 0)
        await system.start(50, 0x1000, 0x100000)
        await ClockCycles(bench.clock, bench.rng.randint(1, 1500))
        if turn % 2:
            await bench.reset(bench.rng.choice((1, 3)))
            system.attach(bench.rng.randint(1, 40))
        else:
            await system.device.set(Register.CONTROL, Control.ABORT)
            assert await system.ended() in (Status.DONE | Status.ABORTED, Status.DONE)
            assert system.weights_reads.owed == 0
        system.forget()
        await system.check(2)
