# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axi_host without a network: its registers in every cycle, and jobs at the limit of what 32 bits can say."""

from __future__ import annotations

from dataclasses import dataclass, field

import cocotb
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from finn_rtl.driver.registers import Control, Register, Status
from finn_verif.bench.bench import Bench, each
from finn_verif.bench.device import SimulatedDevice, control_ports
from finn_verif.buses.agent import Agent
from finn_verif.buses.axi.memory import Memory, ReadMemory, WriteMemory
from finn_verif.buses.axi.ports import read_ports, write_ports
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Port, Value, stream_in, stream_out

# As a string literal of SystemVerilog the last byte stands in the least significant bits.
IDENTITY = b"The quick brown fox jumps over the lazy dog, 48B"
WORDS = [int.from_bytes(IDENTITY[4 * i:4 * i + 4], "little") for i in range(12)]
ONES = 0xFFFFFFFF
LIMIT = 1 << 32
ADDR_W, DATA_W = 32, 64
KEPT = {Register.FRAMES: 0xFFFFFF, Register.INPUT_LOW: ONES, Register.INPUT_HIGH: ONES, Register.OUTPUT_LOW: ONES,
        Register.OUTPUT_HIGH: ONES, Register.WEIGHTS_LOW: ONES, Register.WEIGHTS_HIGH: ONES}
COUNTERS = {"frames_in": 24, "results": 24, "latency": 32, "span": 48, "cycles": 48, "set_number": 32}
# Of sets of parameters: what they are of, and their bytes.
SIGNATURE, LOAD_BYTES = 0x5A5A1234, 4096
WEIGHTS_BYTES = 0x3000
# The upper half of a counter is read behind its lower half.
PAIRS = {Register.SPAN_LOW: Register.SPAN_HIGH, Register.CYCLES_LOW: Register.CYCLES_HIGH}


def make_registers(input_stride: int, output_stride: int) -> Instance:
    """The registers alone."""
    parameters: dict[str, Value] = {"IDENTITY": IDENTITY[::-1].decode(), "INPUT_STRIDE": input_stride,
                                    "OUTPUT_STRIDE": output_stride, "SIGNATURE": SIGNATURE, "LOAD_BYTES": LOAD_BYTES,
                                    "WEIGHTS_BYTES": WEIGHTS_BYTES}
    ports = (*control_ports(), Port("start", 1, False), Port("abort", 1, False), Port("load", 1, False),
             Port("set_valid", 1, True), Port("frames", 24, False),
             Port("input_address", 64, False), Port("output_address", 64, False), Port("weights_address", 64, False),
             Port("busy", 1, True),
             Port("set_status", 32, True), *(Port(name, width, True) for name, width in COUNTERS.items()))
    return Instance(f"registers{input_stride}", "axi_host_registers", parameters, ports)


def no_loads() -> tuple[Port, ...]:
    """What is connected where parameters are constants."""
    return (Port("m_axis_load_tdata", 32, False), Port("m_axis_load_tlast", 1, False),
            Port("m_axis_load_tvalid", 1, False), Port("m_axis_load_tready", 1, True), Port("load_done", 1, True),
            Port("load_error", 3, True), Port("set_valid", 1, True), Port("set_number", 32, True))


def readers() -> tuple[Port, ...]:
    """What is connected to readers of weights."""
    return (Port("weights_address", ADDR_W, False), Port("weights_run", 1, False), Port("weights_busy", 1, True),
            Port("weights_error", 1, True))


def make_host(input_bytes: int, result_bytes: int, weights_bytes: int = 0) -> Instance:
    """The whole, with frames and results so long; both fill their beats."""
    parameters: dict[str, Value] = {"ADDR_W": ADDR_W, "DATA_W": DATA_W, "INPUT_W": 8,
                                    "INPUT_FRAME_BITS": 8 * input_bytes, "RESULT_W": 8, "RESULT_BEATS": result_bytes}
    if weights_bytes:
        parameters["WEIGHTS_BYTES"] = weights_bytes
    ports = (*control_ports(), *read_ports(ADDR_W, DATA_W), *write_ports(ADDR_W, DATA_W),
             Port("network_aresetn", 1, False), *stream_out("m_axis", 8, has_last=True),
             *stream_in("s_axis", 8, has_last=True), Port("s_axis_tuser", 1, True), *no_loads(), *readers())
    name = f"host{input_bytes}_{result_bytes}" + "_weights" * bool(weights_bytes)
    return Instance(name, "axi_host", parameters, ports)


REGISTERS = [make_registers(8, 65528), make_registers(65535, 1)]
HOSTS = [make_host(8, 4096), make_host(4096, 8), make_host(264, 256), make_host(256, 264), make_host(65528, 65528),
         make_host(519168, 42248)]
# A job of 8 bytes a frame and as many a result, and weights beside it.
WEIGHTED = make_host(8, 8, WEIGHTS_BYTES)
INSTANCES = [*REGISTERS, *HOSTS, WEIGHTED]


@dataclass
class Model:
    """The registers behind an edge, and what is due there."""

    kept: dict[Register, int] = field(default_factory=lambda: dict.fromkeys(KEPT, 0))
    status: int = 0
    irq_enable: bool = False
    start: bool = False
    load: bool = False
    abort: bool = False
    irq: bool = False
    #: The answer to a read that was taken at the last edge, which comes behind the next one; and that which is due.
    taken: int | None = None
    data: int | None = None

    def read(self, offset: int, bench: Bench) -> int:
        """The word at an offset, now."""
        strides = [bench.instance.int_of("INPUT_STRIDE"), bench.instance.int_of("OUTPUT_STRIDE")]
        words = dict(enumerate((*WORDS, *strides)))
        words |= {Register.SIGNATURE // 4: SIGNATURE, Register.LOAD_BYTES // 4: LOAD_BYTES,
                  Register.WEIGHTS_BYTES // 4: WEIGHTS_BYTES,
                  Register.SET_STATE // 4: bench.integer("set_valid")}
        words[Register.CONTROL // 4] = Control.IRQ_ENABLE * self.irq_enable
        words[Register.STATUS // 4] = self.status | Status.BUSY * bench.integer("busy")
        words |= {register // 4: value for register, value in self.kept.items()}
        for name in COUNTERS:
            value = bench.integer(name)
            if COUNTERS[name] > 32:
                words[Register[f"{name.upper()}_LOW"] // 4] = value & ONES
                words[Register[f"{name.upper()}_HIGH"] // 4] = value >> 32
            else:
                words[Register[name.upper()] // 4] = value
        return words.get(offset // 4, 0)

    def step(self, bench: Bench, write: tuple[int, int, int] | None, read: int | None) -> None:
        """One edge, with a write (offset, data, strobes) and a read (offset) that are taken there."""
        self.data, self.taken = self.taken, None if read is None else self.read(read, bench)
        offset, data, strobes = write or (-1, 0, 0)
        mask = sum(0xFF << 8 * i for i in range(4) if strobes >> i & 1)
        is_command = offset // 4 == Register.CONTROL // 4 and bool(strobes & 1)
        is_asked = is_command and bool(data & Control.START)
        is_busy = bool(bench.integer("busy")) or self.start
        cleared = ONES if self.start else data & mask if offset // 4 == Register.STATUS // 4 else 0
        self.irq = self.irq_enable and bool(self.status & Status.DONE)
        self.status = self.status & ~cleared | bench.integer("set_status")
        if is_asked and is_busy:
            self.status |= Status.START_WHILE_BUSY
        self.load = bool(data & Control.LOAD)
        self.start, self.abort = is_asked and not is_busy, is_command and bool(data & Control.ABORT)
        if is_command:
            self.irq_enable = bool(data & Control.IRQ_ENABLE)
        for register, width in KEPT.items():
            if offset // 4 == register // 4:
                self.kept[register] = (self.kept[register] & ~mask | data & mask) & width

    def check(self, bench: Bench) -> None:
        """The outputs are these."""
        found = {name: bench.integer(name) for name in ("start", "abort", "irq", "frames", "input_address",
                                                         "output_address", "weights_address")}
        low, high = Register.INPUT_LOW, Register.OUTPUT_LOW
        assert found == {
            "start": self.start, "abort": self.abort, "irq": self.irq, "frames": self.kept[Register.FRAMES],
            "input_address": self.kept[low] | self.kept[Register.INPUT_HIGH] << 32,
            "output_address": self.kept[high] | self.kept[Register.OUTPUT_HIGH] << 32,
            "weights_address": self.kept[Register.WEIGHTS_LOW] | self.kept[Register.WEIGHTS_HIGH] << 32}
        assert not self.start or bench.integer("load") == self.load
        if self.data is not None:
            assert bench.integer("s_axil_rvalid")
            assert bench.integer("s_axil_rdata") == self.data


@each(REGISTERS)
async def do_what_is_written(bench: Bench) -> None:
    """Any writes with any strobes, any reads, and bits of STATUS that are set at any time: each cycle as modelled."""
    rng, edge = bench.rng, RisingEdge(bench.clock)

    def drive(**values: int) -> None:
        for name, value in values.items():
            bench.signal(name).value = value

    clears = 0
    for _ in range(4):
        await bench.reset(rng.choice((1, 2)))
        model = Model()
        drive(set_valid=rng.getrandbits(1), **{name: rng.getrandbits(width) for name, width in COUNTERS.items()})
        places = [*Register, *3 * list(KEPT), *6 * [Register.CONTROL], *8 * [Register.STATUS]]
        writable = [Register.CONTROL, Register.STATUS, *KEPT]
        # What is offered, and the register behind the one that was read last.
        write: tuple[int, int, int] | None = None
        read: int | None = None
        then: int | None = None
        is_first = True
        for _ in range(1200):
            if write is None and rng.random() < 0.5:
                offset = rng.choice(writable if rng.random() < 0.8 else places)
                write = offset + rng.randrange(4), rng.getrandbits(32), rng.choice((15, 15, rng.getrandbits(4)))
            if read is None and rng.random() < 0.5:
                known = [place for place in places if place not in PAIRS.values()]
                read = (then if then is not None and rng.random() < 0.7 else rng.choice(known)) + rng.randrange(4)
                if rng.random() < 0.05:
                    read = rng.choice((0x8C, 0x440, 0xFFC))
            busy, status = rng.random() < 0.3, rng.getrandbits(32) & rng.getrandbits(32) & ~Status.BUSY
            drive(s_axil_awvalid=write is not None, s_axil_wvalid=write is not None, s_axil_arvalid=read is not None,
                  s_axil_bready=rng.getrandbits(1), s_axil_rready=rng.getrandbits(1), busy=busy,
                  set_status=status if rng.getrandbits(1) else 0)
            if write:
                drive(s_axil_awaddr=write[0], s_axil_wdata=write[1], s_axil_wstrb=write[2])
            if read is not None:
                drive(s_axil_araddr=read)
            await edge
            # Both were 0 in the cycle in which the reset ended.
            if not is_first:
                model.check(bench)
            is_first = False
            assert bench.integer("s_axil_awready") == bench.integer("s_axil_wready")
            is_written = write is not None and bool(bench.integer("s_axil_awready"))
            is_read = read is not None and bool(bench.integer("s_axil_arready"))
            clears += is_written and write is not None and write[0] // 4 == Register.STATUS // 4 and bool(
                write[1] & bench.integer("set_status"))
            model.step(bench, write if is_written else None, read if is_read else None)
            if is_written:
                write = None
            if is_read and read is not None:
                then = next((high for low, high in PAIRS.items() if low // 4 == read // 4), None)
                read = None
    # Bits were set and cleared in one cycle.
    assert clears > 20


class System:
    """The whole between two memories, and a network that takes all and says nothing."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        memory = Memory(bench.rng)
        self.device = SimulatedDevice(bench, memory)
        self.reads, self.writes = ReadMemory(bench, memory), WriteMemory(bench, memory)
        bench.agents += [self.reads, self.writes]  # type: ignore[list-item]
        bench.sink()

    async def start(self, frames: int) -> None:
        """A job whose frames and results both begin at 0."""
        for register in (Register.INPUT_LOW, Register.INPUT_HIGH, Register.OUTPUT_LOW, Register.OUTPUT_HIGH):
            await self.device.set(register, 0)
        await self.device.set(Register.FRAMES, frames)
        await self.device.set(Register.CONTROL, Control.START)

    async def ended(self) -> Status:
        """Waits until no job runs; the status."""
        for _ in range(100):
            status = Status(await self.device.get(Register.STATUS))
            if not status & Status.BUSY:
                return status
            await ClockCycles(self.bench.clock, 10)
        raise AssertionError("the job does not end")


@each(HOSTS, timeout_us=20_000)
async def jobs_end_below_4_gib(bench: Bench) -> None:
    """As many frames as have less than 4 GiB, of frames and of results, are begun; one more is refused, unread."""
    system = System(bench)
    strides = [bench.instance.int_of("INPUT_FRAME_BITS") // 8, bench.instance.int_of("RESULT_BEATS")]
    most = (LIMIT - 1) // max(strides)
    assert most < 1 << 24
    for frames in (most + 1, (1 << 24) - 1, LIMIT // min(strides) & 0xFFFFFF):
        if max(strides) * frames < LIMIT:
            continue
        bursts = len(system.reads.bursts)
        await system.start(frames)
        assert await system.ended() == Status.DONE | Status.FRAMES_ERROR, frames
        assert len(system.reads.bursts) == bursts
    for frames in (most, most // 3):
        bursts = len(system.reads.bursts)
        await system.start(frames)
        await ClockCycles(bench.clock, 100)
        assert Status(await system.device.get(Register.STATUS)) == Status.BUSY
        assert len(system.reads.bursts) > bursts
        await system.device.set(Register.CONTROL, Control.ABORT)
        assert await system.ended() == Status.DONE | Status.ABORTED


class Readers(Agent):
    """Stand for readers of weights: busy from the cycle after `weights_run` rose until some cycles after it fell."""

    def __init__(self, bench: Bench) -> None:
        self.runs: list[int] = []
        #: What is wrong, while a run is under way.
        self.is_wrong = False
        self.held_up = 0
        super().__init__(bench)

    async def _run(self) -> None:
        rest, is_busy = 0, False
        while True:
            await self.edge
            is_run = bool(self.bench.integer("weights_run"))
            if is_run and not is_busy:
                self.runs.append(self.bench.integer("weights_address"))
                rest = self.bench.rng.randint(1, 20)
            if not is_run and is_busy:
                rest -= 1
                # What reads weights ends before the network is in order again.
                self.held_up += 1
                assert not self.bench.integer("network_aresetn") or self.held_up == 1
            else:
                self.held_up = 0
            is_busy = is_run or (is_busy and rest > 0)
            self.bench.signal("weights_busy").value = is_busy
            self.bench.signal("weights_error").value = is_busy and self.is_wrong


class WeightedSystem(System):
    """With readers of weights, and a network that answers each beat with the one it got."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.readers = Readers(bench)
        bench.agents.append(self.readers)
        self.resets = 0
        cocotb.start_soon(self.count_resets())

    async def count_resets(self) -> None:
        """Of the network."""
        while True:
            await FallingEdge(self.bench.signal("network_aresetn"))
            self.resets += 1

    async def run(self, address: int, frames: int = 3, answers: int = 3) -> Status:
        """A job whose network gives so many answers; the status at its end, or at present where it does not end."""
        for register, value in ((Register.WEIGHTS_LOW, address & ONES), (Register.WEIGHTS_HIGH, address >> 32),
                                (Register.FRAMES, frames), (Register.INPUT_LOW, 0x10000), (Register.INPUT_HIGH, 0),
                                (Register.OUTPUT_LOW, 0x20000), (Register.OUTPUT_HIGH, 0)):
            await self.device.set(register, value)
        await self.device.set(Register.CONTROL, Control.START)
        await ClockCycles(self.bench.clock, 60)
        source = self.bench.source()
        for _ in range(answers):
            for beat in range(8):
                source.append(Beat(beat, int(beat == 7)))
        return Status(await self.device.get(Register.STATUS))


@each([WEIGHTED], timeout_us=2000)
async def weights_are_read_while_a_job_runs(bench: Bench) -> None:
    """From its start to its end, at the address that it was started with; then the network is reset."""
    system = WeightedSystem(bench)
    for count in range(1, 4):
        address = bench.rng.randrange(1, 1 << 18) << 12
        assert await system.run(address) & Status.BUSY
        # For the next job.
        await system.device.set(Register.WEIGHTS_LOW, 1)
        assert await system.ended() == Status.DONE
        assert not bench.integer("weights_run") and not bench.integer("weights_busy")
        assert system.readers.runs[-1] == address and len(system.readers.runs) == count
        assert system.resets == count
        system.writes.memory.writes.clear()


@each([WEIGHTED], timeout_us=2000)
async def wrong_addresses_of_weights(bench: Bench) -> None:
    """None, one within a page, one whose weights end behind the last address: refused, and nothing is read."""
    system = WeightedSystem(bench)
    last = (1 << ADDR_W) - WEIGHTS_BYTES
    for address in (0, 8, 0x1800, last + 4096, last + (1 << ADDR_W), 1 << 60):
        bursts = len(system.reads.bursts)
        assert await system.run(address, answers=0) == Status.DONE | Status.WEIGHTS_ADDRESS_ERROR, hex(address)
        assert len(system.reads.bursts) == bursts and not system.readers.runs
    await system.run(last)
    assert await system.ended() == Status.DONE
    assert system.readers.runs == [last]


@each([WEIGHTED], timeout_us=2000)
async def wrong_weights_end_a_job(bench: Bench) -> None:
    """At any moment: the job ends with an error of its own, as it does by an abort, and the next one is right."""
    system = WeightedSystem(bench)
    for _ in range(6):
        resets = system.resets
        await system.run(0x7000, answers=bench.rng.randint(0, 2))
        await ClockCycles(bench.clock, bench.rng.randint(0, 60))
        if bench.rng.random() < 0.3:
            await system.device.set(Register.CONTROL, Control.ABORT)
            expected = Status.DONE | Status.ABORTED
        else:
            system.readers.is_wrong = True
            expected = Status.DONE | Status.ABORTED | Status.WEIGHTS_ERROR
        assert await system.ended() == expected
        assert system.resets == resets + 1
        system.readers.is_wrong = False
        for agent in bench.agents:
            if agent is not system.readers and agent not in (system.reads, system.writes):
                agent.stop()
        system.writes.memory.writes.clear()
        await system.run(0x9000)
        assert await system.ended() == Status.DONE
        system.writes.memory.writes.clear()
    # Beats that were offered to the network when a job was ended were withdrawn.
    await bench.hold_reset()
