# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""maxpool: every pixel against numpy, and every cycle against the header."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from finn_verif.bench.bench import TRAFFIC, Bench, compare, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out


def make(
    ifm: tuple[int, int],
    channels: int,
    pe: int,
    width: int,
    signed: int,
    kernel: tuple[int, int],
    style: str = "auto",
    pixels: int = 1,
) -> Instance:
    """An instance of one size, with so many pixels a beat."""
    name = f"p{ifm[0]}x{ifm[1]}_{channels}_{pe}_{width}_{signed}_{kernel[0]}x{kernel[1]}_{style}_{pixels}"
    parameters: dict[str, Value] = {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "CHANNELS": channels,
        "PE": pe,
        "ELEMENT_W": width,
        "SIGNED_ELEMENTS": signed,
        "KERNEL_H": kernel[0],
        "KERNEL_W": kernel[1],
        "RAM_STYLE": style,
    }
    if pixels > 1:
        parameters["PIXELS"] = pixels
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", pixels * pe * width),
        *stream_out("m_axis", max(1, pixels // kernel[1]) * pe * width, has_last=True),
    )
    return Instance(name, "maxpool", parameters, ports)


INSTANCES = [
    make((4, 6), 4, 2, 1, 0, (2, 2)),
    # One beat a pixel: each element meets the one before it. Every memory style.
    make((4, 6), 3, 3, 4, 1, (2, 3), "distributed"),
    make((4, 6), 3, 3, 4, 1, (2, 3), "block"),
    make((4, 4), 2, 2, 1, 0, (2, 2), "block"),
    make((6, 2), 2, 2, 3, 0, (3, 1), "block"),
    # Rows and columns that do not fill a window.
    make((5, 7), 4, 2, 5, 0, (2, 2), "distributed"),
    make((5, 7), 4, 2, 5, 1, (2, 3), "block"),
    make((7, 5), 1, 1, 2, 1, (3, 3), "block"),
    make((8, 11), 6, 2, 1, 0, (3, 4)),
    # More than a bank of partial maxima; one window across.
    make((4, 21), 8, 1, 3, 1, (2, 2), "distributed"),
    make((6, 3), 6, 2, 2, 0, (2, 2), "distributed"),
    make((4, 5), 4, 1, 4, 1, (2, 2), "distributed"),
    make((3, 5), 2, 1, 8, 1, (3, 2)),
    # One window across the map, down the map, and both.
    make((6, 3), 2, 2, 4, 0, (2, 3), "block"),
    make((6, 3), 4, 1, 4, 1, (2, 3), "block"),
    make((3, 8), 2, 1, 1, 0, (3, 2)),
    make((3, 3), 1, 1, 6, 1, (3, 3)),
    make((3, 4), 2, 2, 1, 0, (2, 3)),
    # Windows in one direction only, and of one pixel.
    make((1, 8), 2, 2, 3, 0, (1, 2)),
    make((8, 1), 2, 1, 3, 0, (2, 1)),
    make((8, 1), 1, 1, 3, 1, (2, 1)),
    make((4, 3), 4, 4, 2, 0, (2, 1)),
    make((2, 3), 2, 1, 2, 1, (1, 1)),
    make((1, 1), 1, 1, 1, 0, (1, 1)),
    # Several pixels a beat: one window and more of them, rows of whole beats and others, every memory style.
    make((4, 8), 2, 2, 1, 0, (2, 2), pixels=4),
    make((4, 11), 4, 2, 3, 1, (2, 2), "block", pixels=4),
    make((5, 6), 3, 3, 2, 0, (2, 3), "block", pixels=3),
    make((3, 6), 2, 1, 4, 1, (1, 2), pixels=2),
    make((4, 3), 2, 2, 1, 0, (2, 3), pixels=6),
]


class Frames:
    """The model: some frames and their maxima."""

    def __init__(self, bench: Bench, count: int) -> None:
        pixels = int(bench.instance.parameters.get("PIXELS", 1))
        names = ("IFM_H", "IFM_W", "CHANNELS", "PE", "ELEMENT_W", "SIGNED_ELEMENTS", "KERNEL_H", "KERNEL_W")
        height, columns, channels, pe, width, signed, k_h, k_w = (bench.instance.int_of(name) for name in names)
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        low = -(1 << width - 1) if signed and width > 1 else 0
        # Behind a row's end stands anything.
        row_beats, lanes = -(-columns // pixels), max(1, pixels // k_w) if pixels > 1 else 1
        shape = (count, height, row_beats * pixels, channels)
        frames = rng.integers(low, low + (1 << width), shape)
        # Mostly small ones, so that a maximum tells its element; for binary elements mostly zeros.
        frames = np.where(rng.random(shape) < 0.8, np.minimum(frames, low + (1 << width) // 4), frames)
        groups = channels // pe
        self.beats_in = height * row_beats * groups
        parts = frames.reshape(-1, pixels, groups, pe).transpose(0, 2, 1, 3)
        self.sent = [Beat(pack(part, width)) for part in parts.reshape(-1, pixels * pe)]
        self.expected: list[Beat] = []
        #: For each output beat the input beat that completes it.
        self.completes: list[int] = []
        for index, frame in enumerate(frames):
            for y in range(k_h - 1, height, k_h):
                rows = frame[y - k_h + 1 : y + 1, : columns // k_w * k_w]
                found = rows.reshape(k_h, -1, k_w, groups, pe).max(axis=(0, 2))
                for x in range(0, len(found), lanes):
                    there = found[x : x + lanes]
                    known = (1 << there.size // groups * width) - 1
                    self.expected += [Beat(pack(there[:, group].reshape(-1), width), 0, known)
                                      for group in range(groups)]
                    # A beat of pixels for each beat of windows, or that with the last of the windows.
                    column = x // lanes if pixels > 1 else (x + 1) * k_w - 1
                    first = ((index * height + y) * row_beats + column) * groups
                    self.completes += range(first, first + groups)
            self.expected[-1] = replace(self.expected[-1], last=1)


def pack(elements: np.ndarray, width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((int(element) & (1 << width) - 1) << index * width for index, element in enumerate(elements))


@each(INSTANCES)
async def finds_the_maxima(bench: Bench) -> None:
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
    compare("m_axis", sink.beats, frames.expected)


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
