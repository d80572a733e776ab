# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""swu_parallel: whole windows in order, with padding, a beat in every cycle."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common.windows import NO_PADDING, window_parameters
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def make(
    ifm: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = NO_PADDING,
    channels: tuple[int, int] = (2, 2),
    element: int = 1,
    style: str = "auto",
    pad_value: int = 0,
    pixels: int = 1,
) -> Instance:
    """An instance; `padding` is top, bottom, left, right, `channels` their number and SIMD, `pixels` are of a beat."""
    parameters: dict[str, Value] = {
        **window_parameters(ifm, kernel, stride, padding, channels, element),
        "RAM_STYLE": style,
    }
    if pad_value:
        parameters["PAD_VALUE"] = pad_value
    if pixels > 1:
        parameters["PIXELS"] = pixels
    width = pixels * channels[1] * element
    window = kernel[0] * kernel[1] * width // stride[1] if pixels > 1 else kernel[0] * kernel[1] * width
    name = "_".join(str(value) for value in parameters.values())
    ports = (*clock_and_reset(), *stream_in("s_axis", width), *stream_out("m_axis", window, has_last=True))
    return Instance(f"w{name}", "swu_parallel", parameters, ports)


INSTANCES = [
    # A convolution without and with padding, each side its own amount; one, two and more groups of channels.
    make((6, 6), (3, 3), channels=(4, 4)),
    make((6, 5), (3, 3), channels=(4, 2), element=2),
    make((5, 6), (3, 3), channels=(8, 2)),
    make((6, 5), (3, 3), padding=(1, 1, 1, 1), channels=(4, 4)),
    make((5, 6), (3, 3), padding=(1, 1, 1, 1), channels=(4, 2), element=3),
    make((4, 5), (3, 3), padding=(1, 1, 1, 1), channels=(6, 2)),
    make((5, 6), (5, 4), padding=(1, 3, 1, 2), channels=(10, 2)),
    make((5, 6), (4, 5), padding=(3, 0, 0, 4), channels=(3, 3)),
    make((5, 6), (4, 5), padding=(0, 3, 4, 0), channels=(4, 1)),
    make((6, 4), (5, 5), padding=(1, 2, 1, 1)),
    make((6, 5), (3, 3), padding=(2, 0, 0, 0)),
    make((6, 5), (3, 3), padding=(0, 0, 1, 0), channels=(2, 1)),
    make((6, 5), (3, 3), padding=(0, 2, 0, 0)),
    make((6, 5), (3, 3), padding=(0, 0, 0, 2), channels=(2, 1)),
    # Windows that are not square, and strides; rows and columns that no window reaches.
    make((7, 5), (2, 3), stride=(2, 1)),
    make((7, 8), (3, 2), stride=(1, 3), channels=(6, 2)),
    make((6, 6), (2, 2), stride=(2, 2), channels=(6, 3), element=2),
    make((7, 5), (4, 3), stride=(4, 1), channels=(6, 2)),
    make((9, 7), (1, 1), stride=(3, 2)),
    make((8, 9), (3, 3), stride=(2, 2), padding=(1, 1, 1, 1), channels=(6, 2)),
    make((7, 7), (3, 3), stride=(2, 3), padding=(0, 1, 1, 1)),
    make((8, 8), (3, 3), stride=(2, 2), padding=(0, 1, 0, 1)),
    make((5, 5), (2, 2), stride=(3, 4), padding=(1, 0, 0, 1)),
    make((3, 5), (2, 1), stride=(2, 5), channels=(1, 1), element=2),
    make((4, 3), (2, 1), stride=(3, 3), channels=(2, 1), element=4),
    make((3, 3), (2, 1), stride=(3, 3), padding=(1, 0, 0, 0), channels=(1, 1), element=4),
    # 1 x 1, the whole map, one pixel, one row, one column.
    make((4, 5), (1, 1), channels=(3, 1)),
    make((3, 4), (3, 4), channels=(8, 2)),
    make((3, 4), (3, 4), channels=(2, 2)),
    make((1, 1), (1, 1), channels=(4, 1)),
    make((1, 7), (1, 3), padding=(0, 0, 1, 1)),
    make((1, 2), (1, 3), padding=(0, 0, 1, 1)),
    make((1, 6), (1, 4), channels=(3, 1)),
    make((7, 1), (3, 1), padding=(1, 1, 0, 0)),
    make((6, 1), (3, 1)),
    # Windows larger than the map.
    make((1, 1), (3, 3), padding=(1, 1, 1, 1)),
    make((1, 1), (3, 3), padding=(1, 1, 1, 1), channels=(4, 1)),
    make((2, 2), (3, 3), padding=(1, 1, 1, 1), channels=(2, 1)),
    make((6, 1), (1, 3), padding=(0, 0, 2, 0)),
    make((2, 2), (5, 5), padding=(1, 3, 4, 0)),
    make((3, 2), (5, 6), padding=(4, 0, 1, 4), channels=(3, 1)),
    # Padding of other numbers: of one bit, of several elements a beat, where the window never meets the map.
    make((4, 4), (3, 3), padding=(1, 1, 1, 1), channels=(4, 2), pad_value=1),
    make((3, 4), (2, 3), padding=(1, 0, 0, 2), channels=(3, 3), element=4, pad_value=5),
    make((2, 2), (5, 5), padding=(1, 3, 4, 0), element=3, pad_value=6),
    # Block RAM.
    make((6, 6), (3, 3), channels=(4, 2), style="block"),
    make((6, 5), (3, 3), padding=(1, 1, 1, 1), channels=(4, 4), element=8, style="block"),
    make((5, 1), (3, 1), padding=(1, 1, 0, 0), style="block"),
    make((5, 2), (3, 2), style="block"),
    # Several pixels a beat: rows of whole beats and others, windows less and more than a beat wide, groups of channels.
    make((5, 8), (3, 3), channels=(2, 2), pixels=4),
    make((5, 7), (3, 3), channels=(4, 2), pixels=2),
    make((4, 9), (2, 4), channels=(3, 1), pixels=2, element=2),
    make((4, 6), (3, 5), channels=(2, 2), pixels=3, style="block"),
    # Padding in the middle of a beat, on one side and on both; rows of a beat, and of less.
    make((5, 9), (3, 3), padding=(1, 1, 1, 1), channels=(4, 2), pixels=4),
    make((4, 8), (3, 3), padding=(1, 1, 1, 1), pixels=2, pad_value=1),
    make((4, 7), (2, 5), padding=(0, 1, 3, 1), channels=(2, 1), pixels=3),
    make((5, 6), (3, 4), padding=(2, 0, 0, 3), channels=(6, 2), pixels=4),
    make((4, 3), (3, 3), padding=(1, 1, 1, 1), channels=(2, 1), pixels=4),
    make((3, 4), (3, 5), padding=(1, 0, 2, 2), pixels=2),
    # Beats with windows beside the map, and padding above or below alone.
    make((4, 8), (2, 3), padding=(1, 0, 0, 0), pixels=4),
    make((3, 6), (3, 2), padding=(0, 2, 0, 0), channels=(2, 1), pixels=2),
    # Strides; a window for each beat; rows and columns that no window reaches.
    make((6, 9), (3, 3), stride=(2, 2), padding=(1, 1, 1, 1), channels=(4, 2), pixels=4),
    make((5, 7), (2, 2), stride=(2, 2), pixels=2),
    make((5, 7), (1, 2), stride=(1, 3), channels=(2, 1), pixels=6),
    make((3, 5), (1, 1), channels=(3, 3), pixels=2),
]


class Frames:
    """The model: beats of some random frames, and of their windows."""

    def __init__(self, bench: Bench, count: int) -> None:
        value = {key: bench.instance.int_of(key) for key in bench.instance.parameters if key != "RAM_STYLE"}
        self.width, simd = value["ELEMENT_W"], value["SIMD"]
        groups, pixels = value["CHANNELS"] // simd, value.get("PIXELS", 1)
        # Windows of a beat, of which a row has so many; beats of a row of the map.
        lanes = max(1, pixels // value["STRIDE_W"]) if pixels > 1 else 1
        row_beats = -(-value["IFM_W"] // pixels)
        shape = (value["IFM_H"], value["IFM_W"], value["CHANNELS"])
        vertical, horizontal = (value["PAD_TOP"], value["PAD_BOTTOM"]), (value["PAD_LEFT"], value["PAD_RIGHT"])
        kernel = (value["KERNEL_H"], value["KERNEL_W"])
        self.sent: list[Beat] = []
        self.expected: list[Beat] = []
        # For each expected beat the beat sent that completes its window; beyond the frame's last: below or beside it.
        self.completed_by: list[int] = []
        for frame in range(count):
            whole = (shape[0], row_beats * pixels, shape[2])
            # Behind a row's end stands anything.
            drawn = [bench.rng.getrandbits(self.width) for _ in range(prod(whole))]
            rows = np.array(drawn, dtype=object).reshape(whole)
            ifm = rows[:, : shape[1]]
            sent = rows.reshape(-1, pixels, groups, simd).transpose(0, 2, 1, 3)
            self.sent += [self._beat(beat) for beat in sent.reshape(-1, pixels * simd)]
            padded = np.pad(ifm, (vertical, horizontal, (0, 0)), constant_values=value.get("PAD_VALUE", 0))
            windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(0, 1))
            # Row and column of the window, channel, row and column in the window.
            windows = windows[:: value["STRIDE_H"], :: value["STRIDE_W"]]
            each_window = windows.reshape(*windows.shape[:2], groups, simd, *kernel).transpose(0, 1, 2, 4, 5, 3)
            size = kernel[0] * kernel[1] * simd
            for row in range(windows.shape[0]):
                for column in range(0, windows.shape[1], lanes):
                    there = each_window[row, column : column + lanes]
                    known = (1 << len(there) * size * self.width) - 1
                    self.expected += [Beat(self._beat(there[:, group].reshape(-1)).data, 0, known)
                                      for group in range(groups)]
                    # The last pixel that the windows may have in common with any map of this size.
                    y = row * value["STRIDE_H"] + min(kernel[0] - 1 - value["PAD_TOP"], shape[0] - 1)
                    reach = (lanes - 1) * value["STRIDE_W"] + kernel[1] - 1 - value["PAD_LEFT"]
                    x = column * value["STRIDE_W"] // pixels + min(reach // pixels, row_beats - 1)
                    first = ((frame * shape[0] + y) * row_beats + x) * groups
                    self.completed_by += range(first, first + groups)
            self.expected[-1] = replace(self.expected[-1], last=1)
        self.beats_in, self.beats_out = len(self.sent) // count, len(self.expected) // count

    def _beat(self, elements: NDArray[np.object_]) -> Beat:
        return Beat(sum(int(element) << (index * self.width) for index, element in enumerate(elements)))

    def with_gaps(self, gap: int) -> Iterator[bool]:
        """Pauses of so many cycles before each frame but the first."""
        yield from [False] * self.beats_in
        while True:
            yield from [True] * gap
            yield from [False] * self.beats_in


@each(INSTANCES)
async def gives_the_windows(bench: Bench) -> None:
    """All windows of all frames in order, under any traffic."""
    for kind in TRAFFIC:
        frames = Frames(bench, 4)
        await bench.run(frames.sent, frames.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def takes_a_beat_a_cycle(bench: Bench) -> None:
    """Frame after frame without a pause; a window leaves one cycle after the beat that completes it."""
    frames = Frames(bench, 4)
    source, sink = await bench.run(frames.sent, frames.expected)
    first = source.cycles[0]
    assert source.cycles == list(range(first, first + len(frames.sent)))
    assert sink.cycles == [first + beat + 1 for beat in frames.completed_by]


@each(INSTANCES)
async def drains_between_frames(bench: Bench) -> None:
    """Without a next frame the last windows leave by themselves; whenever it comes, it finds no pause."""
    longest = max(Frames(bench, 1).completed_by) + 3
    for gap in sorted({1, 2, 3, *(bench.rng.randint(1, longest) for _ in range(5)), longest}):
        frames = Frames(bench, 4)
        source, sink = await bench.run(frames.sent, frames.expected, frames.with_gaps(gap))
        starts = source.cycles[:: frames.beats_in]
        period = frames.beats_in + gap
        assert [start - starts[0] for start in starts] == [i * period for i in range(4)]
        for i, start in enumerate(starts):
            assert source.cycles[i * frames.beats_in : (i + 1) * frames.beats_in] == list(
                range(start, start + frames.beats_in)
            )
            given = sink.cycles[i * frames.beats_out : (i + 1) * frames.beats_out]
            assert given == [start + beat + 1 for beat in frames.completed_by[: frames.beats_out]]


@each(INSTANCES)
async def keeps_up_with_a_slow_source(bench: Bench) -> None:
    """A sink that is always ready never makes the source wait."""
    frames = Frames(bench, 3)
    sink = bench.sink()
    source = bench.source(axis.random_pauses(bench.rng, 0.5))
    for beat in frames.sent:
        source.append(beat)
    while len(sink.beats) < len(frames.expected):
        await bench.cycles(1)
        assert bench.integer("s_axis_tready"), "the source waits"
    bench.stop()


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a frame leaves nothing of it behind."""
    for _ in range(6):
        await bench.interrupt(Frames(bench, 2).sent)
        frames = Frames(bench, 2)
        await bench.run(frames.sent, frames.expected, *traffic(bench.rng.choice(TRAFFIC), bench.rng))


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
