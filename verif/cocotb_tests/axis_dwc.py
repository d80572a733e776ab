# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_dwc: every bit in its place, frames apart, and the slower side never waiting."""

from __future__ import annotations

import math

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, clock_and_reset, stream_in, stream_out


def make(s_width: int, m_width: int, frame_bits: int = 0) -> Instance:
    """An instance of one ratio."""
    ports = (*clock_and_reset(), *stream_in("s_axis", s_width), *stream_out("m_axis", m_width, has_last=True))
    parameters = {"S_WIDTH": s_width, "M_WIDTH": m_width, "FRAME_BITS": frame_bits}
    return Instance(f"d{s_width}_{m_width}_{frame_bits}", "axis_dwc", parameters, ports)


INSTANCES = [
    # Same width, whole and cut.
    make(8, 8),
    make(1, 1),
    make(8, 8, 24),
    make(8, 8, 20),
    # Whole multiples.
    make(784, 49),
    make(49, 784),
    make(1, 7),
    make(7, 1),
    make(4, 8, 32),
    make(8, 4, 32),
    # Whole multiples with a frame that ends inside a beat.
    make(64, 8, 72),
    make(8, 64, 72),
    make(16, 4, 12),
    make(4, 16, 12),
    make(8, 64, 3),
    # Neither divides the other.
    make(6, 4),
    make(4, 6),
    make(5, 3, 31),
    make(3, 5, 31),
    make(5, 3, 7),
    make(64, 49, 784),
    make(49, 64, 784),
    make(24, 49, 784),
    make(7, 11, 1),
]


class Frames:
    """The model: frames as numbers, cut into beats on either side."""

    def __init__(self, bench: Bench, count: int) -> None:
        self.s_width = bench.instance.int_of("S_WIDTH")
        self.m_width = bench.instance.int_of("M_WIDTH")
        bits = bench.instance.int_of("FRAME_BITS") or math.lcm(self.s_width, self.m_width)
        self.beats_in = -(-bits // self.s_width)
        self.beats_out = -(-bits // self.m_width)
        frames = [bench.rng.getrandbits(bits) for _ in range(count)]
        surplus = self.beats_in * self.s_width - bits
        self.sent = []
        for frame in frames:
            # What comes behind the frame in its last beat is noise.
            padded = frame | bench.rng.getrandbits(surplus) << bits
            self.sent += [Beat(part) for part in cut(padded, self.s_width, self.beats_in)]
        whole = bits % self.s_width == 0 and bits % self.m_width == 0
        divides = self.s_width % self.m_width == 0 or self.m_width % self.s_width == 0
        #: Cycles from an input beat to an output beat that it completes.
        places = self.m_width // math.gcd(bits, self.s_width, self.m_width) if self.s_width % self.m_width else 1
        self.latency = 1 if whole and divides else 2 if places <= 4 else 3
        self.expected = [
            Beat(part, int(index == self.beats_out - 1))
            for frame in frames
            for index, part in enumerate(cut(frame, self.m_width, self.beats_out))
        ]
        #: For each output beat the input beat that completes it.
        self.completes = [
            frame * self.beats_in + min((beat + 1) * self.m_width - 1, bits - 1) // self.s_width
            for frame in range(count)
            for beat in range(self.beats_out)
        ]


def cut(number: int, width: int, count: int) -> list[int]:
    """The number in parts of ``width`` bits, least significant first."""
    return [number >> index * width & (1 << width) - 1 for index in range(count)]


@each(INSTANCES)
async def moves_every_bit(bench: Bench) -> None:
    """Frames arrive as they were sent, under any traffic."""
    for kind in TRAFFIC:
        frames = Frames(bench, 8)
        await bench.run(frames.sent, frames.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """A frame takes as many cycles as the slower side has beats; each output beat leaves as early as it can."""
    frames = Frames(bench, 12)
    source, sink = await bench.run(frames.sent, frames.expected)
    earliest = 0
    for index, completing in enumerate(frames.completes):
        earliest = max(earliest + 1, source.cycles[completing] + frames.latency)
        assert sink.cycles[index] == earliest, f"output beat {index} is {sink.cycles[index] - earliest} cycles late"
    interval = max(frames.beats_in, frames.beats_out)
    ends = sink.cycles[frames.beats_out - 1 :: frames.beats_out]
    assert [b - a for a, b in zip(ends, ends[1:], strict=False)] == [interval] * (len(ends) - 1)
    starts = source.cycles[:: frames.beats_in]
    assert starts[-1] - starts[2] == interval * (len(starts) - 3)


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a frame leaves nothing of it behind."""
    for _ in range(6):
        await bench.interrupt(Frames(bench, 3).sent)
        frames = Frames(bench, 3)
        await bench.run(frames.sent, frames.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
