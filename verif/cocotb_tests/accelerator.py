# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Whole accelerators: driver, registers, DMA and network together, in front of a memory with latency."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import cocotb
import pytest
from cocotb.task import bridge
from cocotb.triggers import ClockCycles
from systemrdl import RDLCompiler

from finn_rtl import driver, load, random_frames
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.meaning import reference
from finn_rtl.output.accelerator import describe
from finn_rtl.output.weights import weight_files
from finn_rtl.plan.plan import make_plan
from finn_verif.bench.bench import Bench, each
from finn_verif.bench.device import SimulatedDevice, control_ports
from finn_verif.buses import axis
from finn_verif.buses.axi.memory import Memory, ReadMemory, WriteMemory
from finn_verif.buses.axi.ports import DECERR, OKAY, SLVERR, read_ports, write_ports
from finn_verif.common import seeds
from finn_verif.networks.random_networks import random_network
from finn_verif.run.runner import ROOT
from finn_verif.testbench.instances import Instance, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from finn_rtl.meaning.integer import Network
    from finn_rtl.plan.plan import Plan

RDL = ROOT / "rtl" / "axi_host" / "axi_host.rdl"
# The port that weights are read over.
WEIGHTS = "m_axi_weights"
# The memory's latency in the measurements.
LATENCY = 40
# Seconds of simulated time that a job may take beyond its planned time, where it shall not be given up.
GRACE_S = 100e-6


@dataclass(frozen=True)
class Design:
    """A network, its folding, and how wide the memory is."""

    network: Network
    plan: Plan
    addr_w: int
    data_w: int
    #: Of the memory with weights, of a network that reads some from there.
    weights_w: int = 0

    @property
    def name(self) -> str:
        """Of its instance, and of its topology."""
        return self.plan.topology.name

    @property
    def instance(self) -> Instance:
        """In the testbench."""
        ports = (*control_ports(), *read_ports(self.addr_w, self.data_w), *write_ports(self.addr_w, self.data_w))
        parameters: dict[str, Value] = {"ADDR_W": self.addr_w, "DATA_W": self.data_w}
        if self.weights_w:
            parameters["WEIGHTS_DATA_W"] = self.weights_w
            ports = (*ports, *read_ports(self.addr_w, self.weights_w, WEIGHTS))
        return Instance(self.name, f"finn_{self.name}_axi", parameters, ports)


def random_design(first: int, output: str, addr_w: int, data_w: int) -> Design:
    """The first fast random network from a number on with such an output that the memory can keep up with.

    A vector is one of several beats.
    """
    for number in range(first, first + 1000):
        network, plan = random_network(seeds.seed(), number)
        form = plan.pipeline.result
        beats = -(-form.beats * form.width // data_w)
        # Those with weights from memory have tests of their own.
        if plan.pipeline.streamed or network.topology.output != output or (form.beats > 1) != (output == "vector"):
            continue
        if beats < plan.cycles_per_frame <= 80 and plan.pipeline.guard.width <= data_w:
            return Design(network, plan, addr_w, data_w)
    raise AssertionError("no such network")


def fast_design(net: str) -> Design:
    """A shipped network at full speed."""
    network = load(net)
    return Design(network, make_plan(network.topology), 32, 64)


class System:
    """An accelerator in a system: memory on one side, the driver on the other."""

    def __init__(self, bench: Bench, design: Design | None = None, **pauses: Iterator[bool]) -> None:
        self.bench = bench
        self.design = design or DESIGNS[bench.instance.name]
        self.network, self.plan = self.design.network, self.design.plan
        self.description = describe(self.network, self.plan, "axi", self.design.data_w)
        self.memory = Memory(bench.rng)
        self.device = SimulatedDevice(bench, self.memory)
        self.weights = self.written_weights() if self.design.weights_w else None
        self.reads: ReadMemory
        self.writes: WriteMemory
        self.weights_reads: ReadMemory
        self.attach(1, **pauses)

    def written_weights(self) -> NDArray[np.uint8]:
        """The weights that the driver puts into memory, from the files that the generator writes."""
        with TemporaryDirectory() as folder:
            for name, data in weight_files(self.network, self.plan, self.design.data_w // 8).items():
                (Path(folder) / name).write_bytes(data)
            return driver.read_weights(Path(folder), self.description)

    def attach(self, latency: int, **pauses: Iterator[bool]) -> None:
        """A memory with this latency, and pauses of its channels: ar, r, aw, w, b; war and wr of that with weights."""
        self.reads = ReadMemory(self.bench, self.memory, latency, pauses.get("ar"), pauses.get("r"))
        self.writes = WriteMemory(
            self.bench, self.memory, latency, pauses.get("aw"), pauses.get("w"), pauses.get("b")
        )
        self.bench.agents += [self.reads, self.writes]  # type: ignore[list-item]
        if self.design.weights_w:
            self.weights_reads = ReadMemory(self.bench, self.memory, latency, pauses.get("war"), pauses.get("wr"),
                                            WEIGHTS)
            self.bench.agents.append(self.weights_reads)  # type: ignore[arg-type]

    def frames(self, count: int) -> NDArray[np.int32]:
        """Random frames."""
        return random_frames(self.network, count, self.bench.rng.getrandbits(30))

    def expected(self, frames: NDArray[np.int32]) -> NDArray[Any]:
        """What the hardware must answer."""
        scores = reference.infer(self.network, frames)
        return reference.labels(scores)[:, None] if self.plan.topology.output == "label" else scores

    async def driven(self, work: Callable[[driver.Accelerator], Any], batch: int = 1000,
                     grace_s: float = GRACE_S) -> Any:
        """Runs a function of the opened accelerator in a thread."""

        def run() -> Any:
            with driver.open_device(self.description, self.device, batch, grace_s, self.weights) as accelerator:
                return work(accelerator)

        return await bridge(run)()

    async def check(self, count: int, batch: int = 1000, grace_s: float = GRACE_S) -> list[driver.JobTiming]:
        """Runs frames and compares all results."""
        frames = self.frames(count)
        found, timings = await self.driven(lambda accelerator: accelerator.run(frames), batch, grace_s)
        assert found.tolist() == self.expected(frames).tolist()
        last = (count - 1) % batch + 1
        counters = [await self.device.get(register) for register in (Register.FRAMES_IN, Register.RESULTS)]
        assert counters == [last, last]
        return list(timings)

    async def start(self, frames: int, source: int, sink: int) -> None:
        """Starts a job by hand."""
        for register, value in ((Register.FRAMES, frames), (Register.INPUT_LOW, source & 0xFFFFFFFF),
                                (Register.INPUT_HIGH, source >> 32), (Register.OUTPUT_LOW, sink & 0xFFFFFFFF),
                                (Register.OUTPUT_HIGH, sink >> 32), (Register.CONTROL, Control.START)):
            await self.device.set(register, value)

    async def ended(self, limit: int = 3_000) -> Status:
        """Waits until no job runs; the status."""
        for _ in range(limit):
            status = Status(await self.device.get(Register.STATUS))
            if not status & Status.BUSY:
                return status
            await ClockCycles(self.bench.clock, 10)
        raise AssertionError("the job does not end")

    def forget(self) -> None:
        """Lets all addresses be written again."""
        self.memory.writes.clear()


SMALL = [
    random_design(100, "label", 32, 64),
    random_design(200, "vector", 64, 128),
    random_design(300, "label", 40, 32),
]
DESIGNS = {design.name: design for design in SMALL}
INSTANCES = [design.instance for design in SMALL]


@each(INSTANCES, timeout_us=20_000)
async def keeps_the_plan(bench: Bench) -> None:
    """Results of several jobs are right; latency and interval as the registers measure them are the plan's."""
    system = System(bench)
    bench.stop()
    system.attach(LATENCY)
    schedule = system.plan.schedule
    for count, batch in ((40, 1000), (11, 5), (1, 1)):
        for timing in await system.check(count, batch):
            assert timing.latency == schedule.latency
            # The first results may come closer to each other than all others.
            steady = schedule.results[: timing.frames]
            span = steady[-1] - steady[0] + (timing.frames - len(steady)) * schedule.interval
            assert timing.interval == (span / (timing.frames - 1) if timing.frames > 1 else None)


@each(INSTANCES, timeout_us=20_000)
async def results_under_back_pressure(bench: Bench) -> None:
    """Memory that pauses on every channel changes no result."""
    system = System(bench)
    for probability in (0.2, 0.5, 0.8):
        bench.stop()
        system.attach(bench.rng.randint(1, 60), **{
            channel: axis.random_pauses(bench.rng, probability) for channel in ("ar", "r", "aw", "w", "b")})
        await system.check(12, batch=5)


@each(INSTANCES, timeout_us=20_000)
async def registers_are_as_described(bench: Bench) -> None:
    """Each field of axi_host.rdl has its place, its value after reset and its access; nothing else is there."""
    system = System(bench)
    compiler = RDLCompiler()
    compiler.compile_file(str(RDL))
    registers = list(compiler.elaborate().top.registers())
    get, put = system.device.get, system.device.set
    words = [*system.description.identity.values(), system.description.input_stride, system.description.output_stride]
    for register in registers:
        offset = register.absolute_address
        if register.inst_name == "CONTROL":
            continue
        before = await get(offset)
        if offset // 4 < len(words):
            assert before == words[offset // 4], register.inst_name
        else:
            assert before == 0, register.inst_name
        pattern = bench.rng.getrandbits(32) | 1
        await put(offset, pattern)
        kept = sum((1 << field.high + 1) - (1 << field.low) for field in register.fields()
                   if field.is_sw_writable and not field.get_property("woclr"))
        if register.inst_name.startswith("WEIGHTS"):
            # It reads none from memory.
            kept = 0
        assert await get(offset) == before & ~kept | pattern & kept, register.inst_name
        # One byte alone.
        await system.device.master.write(offset + 1, b"\x5a")
        changed = before & ~kept | (pattern & ~0xFF00 | 0x5A00) & kept
        assert await get(offset) == changed, register.inst_name
    known = {register.absolute_address for register in registers}
    for offset in {0x8C, 0x100, 0x800, 0xFFC}:
        assert offset not in known
        assert await get(offset) == 0
    await put(Register.CONTROL, Control.IRQ_ENABLE | Control.ABORT)
    assert await get(Register.CONTROL) == Control.IRQ_ENABLE
    assert await get(Register.STATUS) == 0
    await bench.reset()
    for register in registers:
        offset = register.absolute_address
        expected = words[offset // 4] if offset // 4 < len(words) else 0
        assert await get(offset) == expected, register.inst_name


@each(INSTANCES, timeout_us=20_000)
async def interrupt(bench: Bench) -> None:
    """It rises with done where it is enabled, and falls when done is cleared."""
    system = System(bench)
    await system.start(2, 0x2000, 0x8000)
    assert await system.ended() == Status.DONE
    assert not bench.integer("irq")
    await system.device.set(Register.CONTROL, Control.IRQ_ENABLE)
    await ClockCycles(bench.clock, 3)
    assert bench.integer("irq")
    await system.device.set(Register.STATUS, Status.DONE)
    await ClockCycles(bench.clock, 3)
    assert not bench.integer("irq")
    assert await system.device.get(Register.STATUS) == 0


@each(INSTANCES, timeout_us=20_000)
async def memory_errors(bench: Bench) -> None:
    """An error response, or a burst that ends at the wrong beat, fails the job; the next one is right."""
    system = System(bench)
    frames = system.frames(6)

    async def fails(message: str) -> None:
        with pytest.raises(driver.JobError, match=message):
            await system.driven(lambda accelerator: accelerator.run(frames))
        system.forget()
        system.reads.response = system.writes.response = lambda _: OKAY
        system.reads.wrong_last = set()
        await system.check(4)

    for response in (SLVERR, DECERR):
        bad = system.device.next + bench.rng.randrange(6) * system.description.input_stride
        bad -= bad % (system.design.data_w // 8)
        system.reads.response = lambda address, bad=bad, response=response: response if address == bad else OKAY
        await fails("answered a read with an error")
        system.writes.response = lambda _, response=response: response
        await fails("answered a write with an error")
    system.reads.wrong_last = {system.device.next}
    await fails("too early or too late")


@each(INSTANCES, timeout_us=20_000)
async def impossible_jobs(bench: Bench) -> None:
    """No frames, too many, addresses between beats or too high: an error at once, nothing read or written."""
    system = System(bench)
    size, top = system.design.data_w // 8, 1 << system.design.addr_w
    most = -(-(1 << 32) // max(system.description.input_stride, system.description.output_stride))
    cases = [(0, 0x1000, 0x2000, Status.FRAMES_ERROR), (4, 0x1000 + size // 2, 0x2000, Status.ADDRESS_ERROR),
             (4, 0x1000, 0x2000 + 1, Status.ADDRESS_ERROR), (4, top - size, 0x2000, Status.ADDRESS_ERROR),
             (4, 0x1000, top - size, Status.ADDRESS_ERROR)]
    if top < 1 << 60:
        cases += [(4, 0x1000 + (1 << 60), 0x2000, Status.ADDRESS_ERROR),
                  (4, 0x1000, 0x2000 + (1 << 60), Status.ADDRESS_ERROR)]
    if most < 1 << 24:
        cases.append((most, 0, 0, Status.FRAMES_ERROR))
    for frames, source, sink, error in cases:
        bursts = len(system.writes.bursts)
        await system.start(frames, source, sink)
        status = await system.ended()
        assert status & ~Status.ABORTED == Status.DONE | error, (frames, hex(source), hex(sink), status)
        assert len(system.writes.bursts) == bursts
    await system.check(3)


@each(INSTANCES, timeout_us=20_000)
async def start_while_busy(bench: Bench) -> None:
    """It is reported and changes nothing; the job's registers may be set for the next one meanwhile."""
    system = System(bench)
    frames = system.frames(8)
    data = system.device.allocate(8 * system.description.input_stride)
    sink = system.device.allocate(8 * system.description.output_stride)
    packed = driver.accelerator.pack_frames(
        frames, system.description.element_bits, 8 * system.description.input_stride)
    data.write(packed.reshape(-1))
    await system.start(8, data.address, sink.address)
    await system.start(0, 1, 2)
    assert await system.ended() == Status.DONE | Status.START_WHILE_BUSY
    assert await system.device.get(Register.RESULTS) == 8
    assert len(sink.read(8 * system.description.output_stride)) == 8 * system.description.output_stride
    await system.check(3)


@each(INSTANCES, timeout_us=50_000)
async def abort_at_any_moment(bench: Bench) -> None:
    """The job ends, marked; no burst is left unfinished, and the next job is right."""
    system = System(bench)
    for _ in range(6):
        bench.stop()
        system.attach(bench.rng.randint(1, 60), **{
            channel: axis.random_pauses(bench.rng, bench.rng.choice((0.0, 0.3, 0.8)))
            for channel in ("ar", "r", "aw", "w", "b")})
        await system.start(50, 0x1000, 0x100000)
        await ClockCycles(bench.clock, bench.rng.randint(1, 700))
        await system.device.set(Register.CONTROL, Control.ABORT)
        status = await system.ended()
        # It may have been over before.
        assert status in (Status.DONE | Status.ABORTED, Status.DONE)
        system.forget()
        await system.check(3)


@each(INSTANCES, timeout_us=50_000)
async def reset_at_any_moment(bench: Bench) -> None:
    """A reset of the whole system leaves nothing behind."""
    system = System(bench)
    for _ in range(4):
        await system.start(50, 0x1000, 0x100000)
        await ClockCycles(bench.clock, bench.rng.randint(1, 800))
        await bench.reset(bench.rng.choice((1, 2, 5)))
        system.attach(bench.rng.randint(1, 40))
        assert await system.device.get(Register.STATUS) == 0
        system.forget()
        await system.check(3)


@each(INSTANCES, timeout_us=50_000)
async def memory_that_stands_still(bench: Bench) -> None:
    """A long stall is waited for. One without end is given up with a message; when it ends, the next job is right."""
    system = System(bench)
    frames = system.frames(5)
    stalled = [True]

    def stalls() -> Iterator[bool]:
        while True:
            yield stalled[0]

    for channel in ("r", "b"):
        bench.stop()
        system.attach(2, **{channel: stalls()})

        async def go_on(after_us: int) -> None:
            await ClockCycles(bench.clock, after_us * 100)
            stalled[0] = False

        stalled[0] = True
        later = cocotb.start_soon(go_on(10))
        found, _ = await system.driven(lambda accelerator: accelerator.run(frames), grace_s=GRACE_S)
        assert found.tolist() == system.expected(frames).tolist()
        await later

        stalled[0] = True
        with pytest.raises(driver.JobTimeoutError, match="does not answer"):
            await system.driven(lambda accelerator: accelerator.run(frames), grace_s=5e-6)
        assert Status(await system.device.get(Register.STATUS)) & Status.BUSY
        stalled[0] = False
        assert await system.ended() & Status.ABORTED
        system.forget()
        await system.check(4)


@each(INSTANCES, timeout_us=20_000)
async def other_hardware_is_refused(bench: Bench) -> None:
    """The description of another design does not open this one."""
    system = System(bench)
    for design in DESIGNS.values():
        if design.name != bench.instance.name:
            with pytest.raises(driver.WrongHardwareError):
                system.description = describe(design.network, design.plan, "axi", design.data_w)
                await system.driven(lambda accelerator: accelerator.run(system.frames(1)))

