# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""uart_host's parameter sets, and a host on its line with a model of a network on the other side."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import cocotb
from cocotb.triggers import RisingEdge

from finn_rtl.driver.uart_protocol import Fault, Kind, Reply, classify_request
from finn_verif.buses.axis import Beat
from finn_verif.buses.uart import SerialHost
from finn_verif.testbench.instances import Instance, Port, Value, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from finn_verif.bench.bench import Bench

# Bytes in the order of sending; as a string literal of SystemVerilog the last one stands in the least significant bits.
IDENTITY = b"The quick brown fox jumps over the lazy dog, 48B"
IDLE_BITS = 24


def make(clocks: int, frame_bytes: int, window: int) -> Instance:
    """An instance of one size."""
    ports = (*clock_and_reset(), Port("rx", 1, True), Port("tx", 1, False),
             *stream_out("m_axis", 8, has_last=True), *stream_in("s_axis", 8, has_last=True), Port("error", 1, False))
    parameters: dict[str, Value] = {
        "CLOCKS_PER_BIT": clocks, "FRAME_BYTES": frame_bytes, "IDENTITY": IDENTITY[::-1].decode(), "WINDOW": window,
        "IDLE_BITS": IDLE_BITS}
    return Instance(f"host{clocks}_{frame_bytes}_{window}", "uart_host", parameters, ports)


INSTANCES = [make(4, 5, 4), make(5, 1, 1), make(4, 9, 2)]


def result_of(frame: bytes) -> bytes:
    """What the model of a network makes of a frame."""
    return bytes(b ^ 0x5A for b in frame[:2][::-1])


class Host(SerialHost):
    """A host on the line, and the network behind uart_host: it takes frames and gives results, both with pauses."""

    def __init__(
        self, bench: Bench, stalls: Iterator[bool] | None = None, pauses: Iterator[bool] | None = None
    ) -> None:
        instance = bench.instance
        self.frame_bytes = instance.int_of("FRAME_BYTES")
        self.window = instance.int_of("WINDOW")
        super().__init__(bench.signal("rx"), bench.signal("tx"), bench.clock, instance.int_of("CLOCKS_PER_BIT"),
                         min(2, self.frame_bytes))
        self.bench = bench
        self.sink = bench.sink(stalls)
        self.source = bench.source(pauses)
        self.network = cocotb.start_soon(self._network())

    async def _network(self) -> None:
        for count in itertools.count(1):
            while len(self.sink.beats) < count * self.frame_bytes:
                await RisingEdge(self.bench.clock)
            result = result_of(self.frames()[-1])
            for index, byte in enumerate(result):
                self.source.append(Beat(byte, int(index == len(result) - 1)))

    def frames(self) -> list[bytes]:
        """Whole frames that the network took; tlast is where it must be."""
        beats, size = self.sink.beats, self.frame_bytes
        assert [beat.last for beat in beats] == [int(i % size == size - 1) for i in range(len(beats))]
        return [bytes(beat.data for beat in beats[i:i + size]) for i in range(0, len(beats) - size + 1, size)]

    def random_frame(self) -> bytes:
        """Any bytes."""
        return self.bench.rng.randbytes(self.frame_bytes)

    async def classify(self, frame: bytes, tag: int) -> None:
        """One request, its reply, and nothing else: the host is in a sound state."""
        count, taken = len(self.poll()), len(self.frames())
        await self.sender.send(classify_request(tag, frame))
        replies = await self.wait_for(count + 1)
        assert replies[count:] == [Reply(Kind.RESULT, tag, result_of(frame))]
        assert self.frames()[taken:] == [frame]
        assert not self.bench.integer("error")

    def stop(self) -> None:
        """Ends for good."""
        super().stop()
        self.network.cancel()
        self.bench.stop()


async def idle_host(bench: Bench, stalls: Iterator[bool] | None = None, pauses: Iterator[bool] | None = None) -> Host:
    """A host behind a reset, with the line high."""
    bench.signal("rx").value = 1
    await bench.reset()
    return Host(bench, stalls, pauses)


def error(fault: Fault, tag: int) -> Reply:
    """An error reply."""
    return Reply(Kind.ERROR, tag, bytes([fault]))
