# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""uart_rx, uart_tx and uart_frame_buffer, each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat, cycle
from finn_verif.buses.uart import SerialReceiver, SerialSender
from finn_verif.testbench.instances import Instance, Port, Value, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from finn_verif.buses.axis import AxisSink


def make_rx(clocks: int) -> Instance:
    """A receiver of one rate."""
    ports = (*clock_and_reset(), Port("rx", 1, True), Port("data", 8, False), Port("valid", 1, False),
             Port("error", 1, False))
    return Instance(f"rx{clocks}", "uart_rx", {"CLOCKS_PER_BIT": clocks}, ports)


def make_tx(clocks: int) -> Instance:
    """A sender of one rate."""
    ports = (*clock_and_reset(), *stream_in("s_axis", 8), Port("tx", 1, False))
    return Instance(f"tx{clocks}", "uart_tx", {"CLOCKS_PER_BIT": clocks}, ports)


def make_buffer(frame_bytes: int, frames: int) -> Instance:
    """A frame buffer of one size."""
    strobes = (Port(name, 1, True) for name in ("write", "rewind", "commit"))
    ports = (*clock_and_reset(), Port("data", 8, True), *strobes, *stream_out("m_axis", 8, has_last=True))
    parameters: dict[str, Value] = {"FRAME_BYTES": frame_bytes, "FRAMES": frames}
    return Instance(f"buffer{frame_bytes}x{frames}", "uart_frame_buffer", parameters, ports)


RX = [make_rx(clocks) for clocks in (4, 5, 16, 25)]
TX = [make_tx(clocks) for clocks in (2, 4, 17)]
BUFFERS = [make_buffer(1, 1), make_buffer(1, 3), make_buffer(5, 1), make_buffer(3, 2), make_buffer(7, 5)]
INSTANCES = [*RX, *TX, *BUFFERS]


# ---- Receiver --------------------------------------------------------------------------------------------------------


class Watch:
    """Takes down what a receiver gives: bytes and their errors, with cycles."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seen: list[tuple[int, int]] = []
        self.cycles: list[int] = []
        cocotb.start_soon(self._watch())

    async def _watch(self) -> None:
        while True:
            await RisingEdge(self.bench.clock)
            if self.bench.integer("valid"):
                self.seen.append((self.bench.integer("data"), self.bench.integer("error")))
                self.cycles.append(cycle())


async def idle_line(bench: Bench, rate: float = 1.0) -> tuple[SerialSender, Watch]:
    """The line high, the receiver reset."""
    sender = SerialSender(bench.signal("rx"), bench.instance.int_of("CLOCKS_PER_BIT"), rate)
    await bench.reset()
    watch = Watch(bench)
    await bench.cycles(4)
    return sender, watch


@each(RX, timeout_us=4000)
async def receives_at_other_rates(bench: Bench) -> None:
    """Bytes without a pause and with pauses, of senders as much slower and faster as the header allows."""
    clocks = bench.instance.int_of("CLOCKS_PER_BIT")
    most = (clocks - 1) // 2 / (9.5 * clocks)
    assert most > 0.02
    for error in (0.0, -0.02, 0.02, 0.003 - most, most - 0.003):
        sender, watch = await idle_line(bench, 1 + error)
        data = [0x00, 0xFF, 0x55, *(bench.rng.getrandbits(8) for _ in range(25))]
        await sender.send(data)
        for byte in data:
            await sender.bits(bench.rng.uniform(0, 3))
            await sender.send([byte])
        await sender.bits(2)
        assert watch.seen == [(byte, 0) for byte in [*data, *data]], f"rate {1 + error}"


@each(RX)
async def has_stated_latency(bench: Bench) -> None:
    """A byte comes with valid, for one cycle, 3 cycles behind the middle of the stop bit."""
    sender, watch = await idle_line(bench)
    await RisingEdge(bench.clock)
    start = cycle()
    await FallingEdge(bench.clock)
    await sender.send([0x5A])
    await sender.bits(3)
    assert watch.seen == [(0x5A, 0)]
    middle = 9 * bench.instance.int_of("CLOCKS_PER_BIT") + (bench.instance.int_of("CLOCKS_PER_BIT") - 1) // 2
    # The line changes before the next edge.
    assert watch.cycles[0] - start - 1 == middle + 3


@each(RX)
async def ignores_glitches(bench: Bench) -> None:
    """A pulse that is over before the middle of the start bit is no byte, and costs none of those that follow."""
    clocks = bench.instance.int_of("CLOCKS_PER_BIT")
    sender, watch = await idle_line(bench)
    longest = ((clocks - 1) // 2 - 0.1) / clocks
    for _ in range(12):
        await sender.pulse(bench.rng.uniform(0.02, longest))
        await sender.bits(bench.rng.uniform(0.6, 3))
    await sender.pulse(longest)
    await sender.bits(1)
    await sender.send([0xC3])
    await sender.bits(2)
    assert watch.seen == [(0xC3, 0)]


@each(RX)
async def marks_bytes_without_stop_bit(bench: Bench) -> None:
    """They come with error; the next falling edge begins a byte."""
    sender, watch = await idle_line(bench)
    await sender.send([0x12])
    await sender.send([0x34], stop=0)
    await sender.bits(1)
    await sender.send([0x56, 0x78])
    await sender.bits(2)
    assert watch.seen == [(0x12, 0), (0x34, 1), (0x56, 0), (0x78, 0)]


@each(RX)
async def sees_a_break_once(bench: Bench) -> None:
    """A line that is held low gives one byte with error, and none more until it was high again."""
    sender, watch = await idle_line(bench)
    await sender.pulse(47.3)
    assert watch.seen == [(0, 1)]
    await sender.bits(1)
    await sender.send([0x81])
    await sender.bits(2)
    assert watch.seen == [(0, 1), (0x81, 0)]


@each(RX)
async def forgets_in_reset(bench: Bench) -> None:
    """A reset inside a byte ends it."""
    sender, watch = await idle_line(bench)
    await sender.pulse(1)
    await sender.bits(bench.rng.uniform(0.5, 7))
    await bench.reset(1)
    await sender.bits(12)
    assert watch.seen == []
    await sender.send([0x3C])
    await sender.bits(2)
    assert watch.seen == [(0x3C, 0)]


# ---- Sender ----------------------------------------------------------------------------------------------------------


@each(TX)
async def sends_bits_of_exact_length(bench: Bench) -> None:
    """Start, data and stop bits of CLOCKS_PER_BIT cycles, bytes without a pause, high before and behind."""
    clocks = bench.instance.int_of("CLOCKS_PER_BIT")
    data = [0x00, 0xFF, *(bench.rng.getrandbits(8) for _ in range(10))]
    levels: list[int] = []
    source = bench.source()

    async def watch() -> None:
        while True:
            await RisingEdge(bench.clock)
            levels.append(bench.integer("tx"))
    watcher = cocotb.start_soon(watch())
    start = cycle()
    for byte in data:
        source.append(Beat(byte))
    await source.wait_for(len(data))
    await bench.cycles(12 * clocks)
    watcher.cancel()
    assert source.cycles == [source.cycles[0] + 10 * clocks * i for i in range(len(data))]
    bits = [bit for byte in data for bit in (0, *(byte >> i & 1 for i in range(8)), 1)]
    wave = [bit for bit in bits for _ in range(clocks)]
    # The start bit stands on the line from the cycle behind the one in which the byte is taken.
    begin = source.cycles[0] + 1 - start - 1
    assert levels[:begin] == [1] * begin
    assert levels[begin:begin + len(wave)] == wave
    assert all(levels[begin + len(wave):])


@each(TX)
async def sends_after_pauses(bench: Bench) -> None:
    """Whenever a byte comes, it is sent whole."""
    clocks = bench.instance.int_of("CLOCKS_PER_BIT")
    data = [bench.rng.getrandbits(8) for _ in range(20)]
    receiver = SerialReceiver(bench.signal("tx"), clocks)
    source = bench.source(axis.bursts(bench.rng, 14 * clocks))
    for byte in data:
        source.append(Beat(byte))
    await receiver.wait_for(len(data), bench.clock, 60 * clocks)
    receiver.stop()
    assert receiver.data == bytes(data)


@each(TX)
async def is_idle_after_reset(bench: Bench) -> None:
    """A reset inside a byte puts the line high; the next byte is whole."""
    clocks = bench.instance.int_of("CLOCKS_PER_BIT")
    for _ in range(4):
        source = bench.source()
        source.append(Beat(0))
        source.append(Beat(0))
        await source.wait_for(1)
        await bench.cycles(bench.rng.randint(1, 9 * clocks))
        await bench.reset(1)
        assert bench.integer("tx")
        receiver = SerialReceiver(bench.signal("tx"), clocks)
        source = bench.source()
        source.append(Beat(0xA7))
        await receiver.wait_for(1, bench.clock, 20 * clocks)
        await bench.cycles(12 * clocks)
        receiver.stop()
        assert receiver.data == b"\xa7"


# ---- Frame buffer ----------------------------------------------------------------------------------------------------


class Writer:
    """Writes frames as uart_host does: a byte now and then, commit or rewind behind; keeps to FRAMES."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.frame_bytes = bench.instance.int_of("FRAME_BYTES")
        self.expected: list[Beat] = []
        self.committed = 0

    async def strobe(self, name: str, data: int | None = None) -> None:
        """One cycle of a signal; data is noise when it means nothing."""
        bench = self.bench
        bench.signal("data").value = bench.rng.getrandbits(8) if data is None else data
        bench.signal(name).value = 1
        await RisingEdge(bench.clock)
        bench.signal(name).value = 0
        bench.signal("data").value = bench.rng.getrandbits(8)

    async def write(self, count: int, pause: int) -> list[int]:
        """Bytes of a frame, behind a rewind."""
        await self.strobe("rewind")
        data = [self.bench.rng.getrandbits(8) for _ in range(count)]
        for byte in data:
            await self.strobe("write", byte)
            for _ in range(self.bench.rng.randint(0, pause)):
                await RisingEdge(self.bench.clock)
        return data

    async def frame(self, pause: int) -> None:
        """A frame that is good."""
        data = await self.write(self.frame_bytes, pause)
        await self.strobe("commit")
        self.committed += 1
        self.expected += [Beat(byte, int(i == self.frame_bytes - 1)) for i, byte in enumerate(data)]

    async def until_free(self, sink: AxisSink) -> None:
        """Until one more frame may be written: none of the buffer's bytes is counted that has not left."""
        frames = self.bench.instance.int_of("FRAMES")
        while len(sink.beats) < self.frame_bytes * (self.committed - frames + 1):
            await RisingEdge(self.bench.clock)


@each(BUFFERS)
async def keeps_what_is_committed(bench: Bench) -> None:
    """Committed frames come out whole and in order under any traffic, others not at all."""
    for kind in TRAFFIC:
        await bench.reset()
        pauses, stalls = traffic(kind, bench.rng)
        slow = 3 if next(pauses) else 0
        writer, sink = Writer(bench), bench.sink(stalls)
        for _ in range(15):
            await writer.until_free(sink)
            if bench.rng.random() < 0.4:
                await writer.write(bench.rng.randint(0, writer.frame_bytes), slow)
            await writer.frame(slow)
        await sink.wait_for(len(writer.expected), 400)
        await bench.cycles(10)
        assert sink.beats == writer.expected
        bench.stop()


@each(BUFFERS)
async def holds_exactly_frames(bench: Bench) -> None:
    """With its output blocked the buffer holds FRAMES frames, from any place in its memory on."""
    for _ in range(3):
        sink = bench.sink(axis.always_paused())
        writer = Writer(bench)
        for _ in range(bench.instance.int_of("FRAMES")):
            await writer.frame(0)
        sink.pauses = axis.no_pauses()
        await sink.wait_for(len(writer.expected), 20)
        await writer.frame(0)
        await sink.wait_for(len(writer.expected), 20)
        assert sink.beats == writer.expected
        bench.stop()


@each(BUFFERS)
async def has_stated_timing(bench: Bench) -> None:
    """Latency 2 cycles from commit, then 1 byte a cycle."""
    sink, writer = bench.sink(), Writer(bench)
    await writer.frame(0)
    commit = cycle()
    await sink.wait_for(writer.frame_bytes, 20)
    assert sink.cycles == [commit + 3 + i for i in range(writer.frame_bytes)]


@each(BUFFERS)
async def is_empty_after_reset(bench: Bench) -> None:
    """Nothing is left, wherever the reset comes."""
    for _ in range(5):
        bench.sink(axis.random_pauses(bench.rng, 0.7))
        writer = Writer(bench)
        for _ in range(bench.rng.randint(0, bench.instance.int_of("FRAMES"))):
            await writer.frame(0)
        if writer.committed < bench.instance.int_of("FRAMES"):
            await writer.write(bench.rng.randint(0, writer.frame_bytes), 0)
        await bench.cycles(bench.rng.randint(0, 4))
        await bench.reset(1)
        await FallingEdge(bench.clock)
        assert not bench.integer("m_axis_tvalid")
        sink, writer = bench.sink(), Writer(bench)
        await writer.frame(0)
        await sink.wait_for(writer.frame_bytes, 20)
        await bench.cycles(8)
        assert sink.beats == writer.expected
        bench.stop()
