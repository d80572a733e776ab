# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""upsample: every pixel against numpy, and every cycle against the header."""

from __future__ import annotations

import numpy as np

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out


def make(
    ifm: tuple[int, int], channels: int, pe: int, width: int, scale: tuple[int, int], style: str = "auto",
    spread: int = 0,
) -> Instance:
    """An instance of one size."""
    parameters: dict[str, Value] = {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "CHANNELS": channels,
        "PE": pe,
        "ELEMENT_W": width,
        "SCALE_H": scale[0],
        "SCALE_W": scale[1],
        "SPREAD": spread,
        "RAM_STYLE": style,
    }
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", pe * width),
        *stream_out("m_axis", pe * width // (scale[0] * scale[1] if spread else 1), has_last=True),
    )
    name = f"u{ifm[0]}x{ifm[1]}_{channels}_{pe}_{width}_{scale[0]}x{scale[1]}_{style}" + f"_s{spread}" * bool(spread)
    return Instance(name, "upsample", parameters, ports)


INSTANCES = [
    make((4, 6), 4, 2, 1, (2, 2)),
    # Rows, and pixels, of no power of two; every memory style.
    make((3, 5), 3, 1, 4, (2, 3), "distributed"),
    make((3, 5), 3, 1, 4, (2, 3), "block"),
    make((2, 4), 2, 2, 5, (3, 2), "block"),
    # Rows in banks of LUT RAM.
    make((2, 11), 4, 1, 3, (2, 2), "distributed"),
    # One direction only, and neither.
    make((4, 3), 4, 2, 3, (2, 1)),
    make((4, 3), 2, 1, 3, (3, 1), "block"),
    make((2, 5), 6, 2, 2, (1, 2)),
    make((3, 4), 1, 1, 8, (1, 4), "block"),
    make((3, 3), 4, 2, 6, (1, 1)),
    # One row, one column, one pixel, in one beat or several.
    make((1, 4), 2, 1, 1, (2, 2)),
    make((4, 1), 2, 2, 7, (2, 2), "block"),
    make((4, 1), 1, 1, 1, (4, 1)),
    make((1, 1), 1, 1, 1, (2, 2)),
    make((1, 1), 1, 1, 2, (2, 1), "block"),
    make((1, 1), 4, 1, 3, (3, 2), "block"),
    # Shares of the channels, in both orders; rows or columns alone, and neither.
    make((3, 4), 8, 8, 2, (2, 2), spread=1),
    make((3, 4), 8, 8, 2, (2, 2), "block", spread=2),
    make((2, 3), 12, 12, 1, (2, 3), spread=2),
    make((2, 3), 6, 6, 3, (3, 1), spread=1),
    make((3, 2), 6, 6, 2, (1, 3), spread=2),
    make((1, 1), 4, 4, 1, (2, 2), spread=1),
    make((2, 2), 3, 3, 2, (1, 1), spread=1),
]


class Frames:
    """The model: some frames, and what they are enlarged to."""

    def __init__(self, bench: Bench, count: int) -> None:
        names = ("IFM_H", "IFM_W", "CHANNELS", "PE", "ELEMENT_W", "SCALE_H", "SCALE_W")
        height, columns, channels, pe, width, scale_h, scale_w = (bench.instance.int_of(name) for name in names)
        spread, parts = bench.instance.int_of("SPREAD"), scale_h * scale_w
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        frames = rng.integers(0, 1 << width, (count, height, columns, channels))
        enlarged = frames.repeat(scale_h, axis=1).repeat(scale_w, axis=2)
        if spread:
            # (n, height, columns, row of the part, column of the part, channels of the part)
            axes = (scale_h, scale_w, -1) if spread == 1 else (-1, scale_h, scale_w)
            apart = frames.reshape(count, height, columns, *axes)
            apart = apart if spread == 1 else apart.transpose(0, 1, 2, 4, 5, 3)
            enlarged = apart.transpose(0, 1, 3, 2, 4, 5).reshape(count, height * scale_h, columns * scale_w, -1)
        self.sent = [Beat(pack(part, width)) for part in frames.reshape(-1, pe)]
        pe = pe // parts if spread else pe
        self.beats_out = enlarged[0].size // pe
        self.expected = [
            Beat(pack(part, width), int(index % self.beats_out == self.beats_out - 1))
            for index, part in enumerate(enlarged.reshape(-1, pe))
        ]


def pack(elements: np.ndarray, width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum(int(element) << index * width for index, element in enumerate(elements))


def is_ahead(bench: Bench) -> bool:
    """Whether rows are read a cycle ahead: from block RAM, or from many LUTs."""
    columns, channels, pe = (bench.instance.int_of(name) for name in ("IFM_W", "CHANNELS", "PE"))
    return bench.instance.parameters["RAM_STYLE"] == "block" or 2 * columns * channels // pe > 64


def latency(bench: Bench) -> int:
    """Cycles from the first beat in to the first beat out."""
    scale_h, scale_w = bench.instance.int_of("SCALE_H"), bench.instance.int_of("SCALE_W")
    rows = 0 if scale_h == 1 else 1 + is_ahead(bench)
    return max(1, rows + int(scale_w > 1))


def held(bench: Bench) -> int:
    """Beats that are taken while none is."""
    names = ("IFM_W", "CHANNELS", "PE", "SCALE_H", "SCALE_W")
    columns, channels, pe, scale_h, scale_w = (bench.instance.int_of(name) for name in names)
    pixels = 2 * channels // pe if scale_w > 1 else 0
    if scale_h == 1:
        return pixels or 2
    # What has left the first buffer for the second, or for the memory's register, in a row's last pass made room.
    row = columns * channels // pe
    read = pixels + is_ahead(bench)
    return 2 * row + read // (scale_h * row) * row + max(0, read % (scale_h * row) - (scale_h - 1) * row)


@each(INSTANCES)
async def repeats_every_pixel(bench: Bench) -> None:
    """Exactly what numpy says, under any traffic."""
    for kind in TRAFFIC:
        frames = Frames(bench, 3)
        await bench.run(frames.sent, frames.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """The first beat after the latency, then one each cycle, also from row to row and from frame to frame."""
    frames = Frames(bench, 4)
    source, sink = await bench.run(frames.sent, frames.expected)
    first = source.cycles[0] + latency(bench)
    assert sink.cycles == list(range(first, first + len(frames.expected)))


@each(INSTANCES)
async def takes_no_more_than_it_holds(bench: Bench) -> None:
    """With the output blocked two rows are taken, or two pixels, and no more; afterwards all results are there."""
    frames = Frames(bench, 6)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in frames.sent:
        source.append(beat)
    await bench.cycles(len(frames.sent) + 10)
    assert bench.integer("m_axis_tvalid")
    taken = len(source.cycles)
    assert not bench.integer("s_axis_tready") or taken == len(frames.sent)
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(frames.expected))
    assert sink.beats == frames.expected
    assert taken == min(held(bench), len(frames.sent))


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
