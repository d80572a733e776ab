# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""sumpool: every pixel against numpy, and every cycle against the header."""

from __future__ import annotations

import numpy as np

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out


def limits(width: int, signed: int, bipolar: int) -> tuple[int, int]:
    """The least number that an element stands for, and the greatest."""
    if width == 1:
        return -bipolar, 1
    return (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)


def sum_width(width: int, signed: int, bipolar: int, size: int) -> int:
    """Bits of a sum of ``size`` elements: the fewest that hold the least and the greatest."""
    low, high = (size * end for end in limits(width, signed, bipolar))
    return next(bits for bits in range(1, 64)
                if (-(1 << bits - 1) <= low and high < 1 << bits - 1 if low < 0 else high < 1 << bits))


def make(
    ifm: tuple[int, int],
    channels: int,
    pe: int,
    width: int,
    signed: int,
    kernel: tuple[int, int],
    bipolar: int = 1,
) -> Instance:
    """An instance of one size."""
    name = f"p{ifm[0]}x{ifm[1]}_{channels}_{pe}_{width}_{signed}_{kernel[0]}x{kernel[1]}_{bipolar}"
    parameters: dict[str, Value] = {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "CHANNELS": channels,
        "PE": pe,
        "ELEMENT_W": width,
        "SIGNED_ELEMENTS": signed,
        "BIPOLAR": bipolar,
        "KERNEL_H": kernel[0],
        "KERNEL_W": kernel[1],
    }
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", pe * width),
        *stream_out("m_axis", pe * sum_width(width, signed, bipolar, kernel[0] * kernel[1]), has_last=True),
    )
    return Instance(name, "sumpool", parameters, ports)


INSTANCES = [
    make((4, 6), 4, 2, 1, 0, (2, 2)),
    make((4, 6), 4, 2, 1, 0, (2, 3), 0),
    # One beat a pixel: each element meets the sum that the one before it made.
    make((4, 6), 3, 3, 4, 1, (2, 3)),
    # Rows and columns that do not fill a window.
    make((5, 7), 4, 2, 5, 0, (2, 2)),
    make((7, 5), 1, 1, 2, 1, (3, 3)),
    make((3, 5), 2, 1, 8, 1, (3, 2)),
    # One window: a sum over the whole map.
    make((4, 4), 6, 2, 4, 0, (4, 4)),
    # More than a bank of partial sums; more columns than windows.
    make((4, 21), 8, 1, 3, 1, (2, 2)),
    make((6, 5), 3, 1, 2, 0, (3, 2)),
    make((4, 4), 4, 1, 3, 1, (2, 2)),
    make((3, 3), 1, 1, 24, 1, (3, 3)),
    # Windows in one direction only, and of one pixel.
    make((1, 8), 2, 2, 3, 0, (1, 2)),
    make((8, 1), 2, 1, 24, 0, (2, 1)),
    make((2, 3), 2, 1, 2, 1, (1, 1)),
    make((1, 1), 1, 1, 1, 0, (1, 1), 0),
]


class Frames:
    """The model: some frames and their sums."""

    def __init__(self, bench: Bench, count: int) -> None:
        names = ("IFM_H", "IFM_W", "CHANNELS", "PE", "KERNEL_H", "KERNEL_W")
        height, columns, channels, pe, k_h, k_w = (bench.instance.int_of(name) for name in names)
        width, *form = (bench.instance.int_of(name) for name in ("ELEMENT_W", "SIGNED_ELEMENTS", "BIPOLAR"))
        low, high = limits(width, *form)
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        shape = (count, height, columns, channels)
        if width == 1:
            frames = rng.choice([low, high], shape)
        else:
            # Often both ends, of which the longest sums are made.
            ends = rng.choice([low, high], (count, 1, 1, channels))
            frames = np.where(rng.random((count, 1, 1, 1)) < 0.3, ends, rng.integers(low, high + 1, shape))
        out_width = sum_width(width, *form, k_h * k_w)
        groups = channels // pe
        self.beats_in = height * columns * groups
        sent = (frames > 0).astype(int) if width == 1 else frames
        self.sent = [Beat(pack(part, width)) for part in sent.reshape(-1, pe)]
        self.expected: list[Beat] = []
        #: For each output beat the input beat that completes it.
        self.completes: list[int] = []
        for index, frame in enumerate(frames):
            for y in range(k_h - 1, height, k_h):
                for x in range(k_w - 1, columns, k_w):
                    pixel = frame[y - k_h + 1 : y + 1, x - k_w + 1 : x + 1].sum(axis=(0, 1))
                    self.expected += [Beat(pack(part, out_width)) for part in pixel.reshape(groups, pe)]
                    first = ((index * height + y) * columns + x) * groups
                    self.completes += range(first, first + groups)
            self.expected[-1] = Beat(self.expected[-1].data, 1)


def pack(elements: np.ndarray, width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((int(element) & (1 << width) - 1) << index * width for index, element in enumerate(elements))


@each(INSTANCES)
async def adds_up(bench: Bench) -> None:
    """Exactly what numpy says, under any traffic."""
    for kind in TRAFFIC:
        frames = Frames(bench, 3)
        await bench.run(frames.sent, frames.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """An input beat a cycle, also from frame to frame; each output beat 2 cycles behind the one that completes it."""
    frames = Frames(bench, 4)
    source, sink = await bench.run(frames.sent, frames.expected)
    assert source.cycles == [source.cycles[0] + index for index in range(4 * frames.beats_in)]
    assert sink.cycles == [source.cycles[index] + 2 for index in frames.completes]


@each(INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked everything stops; afterwards all results are there."""
    frames = Frames(bench, 6)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in frames.sent:
        source.append(beat)
    await bench.cycles(len(frames.sent) + 10)
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
    assert len(source.cycles) < len(frames.sent)
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(frames.expected))
    assert sink.beats == frames.expected


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a frame leaves nothing of it behind."""
    for _ in range(6):
        await bench.interrupt(Frames(bench, 2).sent)
        frames = Frames(bench, 2)
        await bench.run(frames.sent, frames.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
