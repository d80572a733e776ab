# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""dma_s2mm's parameter sets, and its host with memory, source and checker."""

from __future__ import annotations

from finn_verif.bench.bench import Bench, traffic
from finn_verif.buses.axi.memory import Memory, WriteMemory
from finn_verif.buses.axi.ports import stream_ports, write_ports
from finn_verif.buses.axis import Beat
from finn_verif.buses.dma.checkers import WriteChecker
from finn_verif.buses.dma.host import Host, dma
from finn_verif.testbench.instances import Instance, Port

FLAGS = ("error_response", "error_underrun", "error_overrun", "error_length", "error_address", "aborted")


def make(name: str, addr_w: int, data_w: int, length_w: int, burst: int, buffer: int, style: str) -> Instance:
    """An instance of one size."""
    data = (
        Port("written", length_w, False),
        *stream_ports("s_axis", data_w, is_input=True),
        *write_ports(addr_w, data_w),
    )
    return dma(name, "dma_s2mm", (addr_w, data_w, length_w, burst, buffer), style, FLAGS, data)


LATENCY = 40

INSTANCES = [
    make("usual", 32, 64, 32, 16, 64, "distributed"),
    make("narrow", 40, 32, 16, 16, 16, "distributed"),
    make("single", 32, 64, 32, 1, 4, "block"),
    make("tiny", 13, 32, 12, 1, 3, "distributed"),
    make("odd", 13, 64, 13, 3, 7, "distributed"),
    make("longest", 40, 128, 24, 256, 300, "block"),
    make("wide", 64, 1024, 10, 64, 64, "distributed"),
]

# Buffers one place too small for full bandwidth, just large enough, and with the one more that short bursts need.
EXTRA = 4
FAST = [
    make(f"fast{burst}_{style}{more + 1}", 32, 64, 32, burst, burst + EXTRA + more, style)
    for burst, style in ((4, "distributed"), (16, "block"), (64, "distributed"))
    for more in (-1, 0, 1)
]
ALL = [*INSTANCES, *FAST]


class Setup(Host):
    """The host with the memory, the source and the checker."""

    def __init__(self, bench: Bench, memory: Memory | None = None, kind: str = "full_speed", latency: int = 1) -> None:
        self.writes = WriteChecker(bench)
        super().__init__(bench, self.writes, FLAGS)
        self.memory = memory or Memory(bench.rng)
        source_pauses, data_pauses = traffic(kind, bench.rng)
        response_pauses, address_pauses = traffic(kind, bench.rng)
        self.ram = WriteMemory(bench, self.memory, latency, address_pauses, data_pauses, response_pauses)
        bench.agents += [self.ram, self.checker]
        self.source = bench.source(source_pauses)

    def frame(self, data: bytes, *, has_last: bool = True) -> list[Beat]:
        """Some bytes as beats; lanes that are not used carry noise."""
        beats = []
        for start in range(0, len(data), self.lanes):
            piece = data[start : start + self.lanes]
            noise = self.bench.rng.randbytes(self.lanes - len(piece))
            keep = (1 << len(piece)) - 1
            is_last = start + self.lanes >= len(data)
            beats.append(Beat(keep << 8 * self.lanes | int.from_bytes(piece + noise, "little"), is_last and has_last))
        return beats

    def send(self, beats: list[Beat]) -> None:
        """Queues beats."""
        for beat in beats:
            self.source.append(beat)

    def check_memory(self, address: int, data: bytes) -> None:
        """The memory got these bytes and no others since the last check."""
        assert self.memory.writes == {address + i: value for i, value in enumerate(data)}
        assert self.bench.integer("written") == len(data)
        self.memory.writes.clear()

    async def job(
        self, address: int, count: int, sent: int | None = None, flags: set[str] | None = None
    ) -> tuple[int, int]:
        """A whole job with a frame of ``sent`` bytes; the cycles in which it was commanded and done."""
        data = self.bench.rng.randbytes(count if sent is None else sent)
        beats = self.frame(data)
        old_bursts, old_beats = len(self.ram.bursts), len(self.source.cycles)
        # The frame may come before the command.
        self.send(beats)
        await self.wait(3)
        taken = await self.command(address, count)
        await self.bench.cycles(1)
        assert not self.flags(), "those of the job before"
        done = await self.done()
        assert self.flags() == (flags or set())
        self.check_memory(address, data[:count])
        assert self.ram.bursts[old_bursts:] == self.bursts(address, min(len(beats), self.beats(count)))
        assert len(self.source.cycles) == old_beats + len(beats)
        return taken, done
