# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""swu: the windows of a feature map, in order, with padding, without a pause."""

from __future__ import annotations

from cocotb.triggers import RisingEdge

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses.axis import Beat, cycle
from finn_verif.common.windows import NO_PADDING, window_parameters
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out


def make(
    ifm: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = NO_PADDING,
    channels: tuple[int, int] = (2, 2),
    element: int = 1,
    depthwise: int = 0,
    style: str = "auto",
    depth: int = 0,
    pad_value: int = 0,
) -> Instance:
    """An instance; `padding` is top, bottom, left, right, `channels` their number and SIMD, `depth` 0 the default."""
    parameters: dict[str, Value] = {
        **window_parameters(ifm, kernel, stride, padding, channels, element),
        "DEPTHWISE": depthwise,
        "RAM_STYLE": style,
    }
    if depth:
        parameters["DEPTH"] = depth
    if pad_value:
        parameters["PAD_VALUE"] = pad_value
    width = channels[1] * element
    name = "_".join(str(value) for value in parameters.values())
    ports = (*clock_and_reset(), *stream_in("s_axis", width), *stream_out("m_axis", width, has_last=True))
    return Instance(f"w{name}", "swu", parameters, ports)


INSTANCES = [
    # A convolution without and with padding, each side its own amount.
    make((6, 6), (3, 3), channels=(4, 2)),
    make((6, 5), (3, 3), padding=(1, 1, 1, 1), channels=(4, 4)),
    make((5, 6), (3, 3), padding=(2, 0, 1, 2), channels=(4, 2), element=3),
    make((4, 4), (4, 3), padding=(3, 3, 2, 2)),
    # Windows that are not square, and strides; rows and columns that no window reaches.
    make((7, 5), (2, 3), stride=(2, 1)),
    make((7, 8), (3, 2), stride=(1, 3), channels=(6, 2)),
    make((7, 5), (4, 3), stride=(4, 1), channels=(6, 2)),
    make((9, 7), (1, 1), stride=(3, 2)),
    make((5, 5), (2, 2), stride=(3, 4), padding=(1, 0, 0, 1)),
    # From a window's end to the next one's begin it is as far as the counters of places reach: rows and columns between
    # windows, or behind the last ones, to the next row or the next frame.
    make((3, 5), (2, 1), stride=(2, 5), channels=(1, 1), element=2),
    make((3, 3), (1, 1), stride=(2, 3), channels=(1, 1), element=4),
    make((4, 3), (2, 1), stride=(3, 3), channels=(1, 1), element=4),
    make((3, 3), (2, 1), stride=(3, 3), padding=(1, 0, 0, 0), channels=(1, 1), element=4),
    make((4, 3), (2, 1), stride=(3, 3), channels=(2, 1), element=4, depthwise=1),
    # 1 x 1, the whole map, one pixel, one row, one column.
    make((4, 5), (1, 1), channels=(3, 1)),
    make((3, 4), (3, 4), channels=(8, 2)),
    make((1, 1), (1, 1), channels=(4, 1)),
    make((1, 1), (3, 3), padding=(1, 1, 1, 1)),
    make((1, 7), (1, 3), padding=(0, 0, 1, 1)),
    make((7, 1), (3, 1), padding=(2, 1, 0, 0)),
    make((6, 1), (1, 3), padding=(0, 0, 2, 0)),
    # Pooling, depthwise.
    make((6, 6), (2, 2), stride=(2, 2), channels=(4, 2), depthwise=1),
    make((4, 5), (3, 3), padding=(1, 1, 1, 1), channels=(4, 2), depthwise=1, element=2),
    # Padding of other numbers: of one bit, of several elements a beat, of all bits.
    make((4, 4), (3, 3), padding=(1, 1, 1, 1), channels=(4, 2), pad_value=1),
    make((3, 4), (2, 3), padding=(1, 0, 0, 2), channels=(3, 3), element=4, pad_value=5),
    make((3, 3), (2, 2), padding=(0, 1, 1, 0), channels=(4, 2), element=3, depthwise=1, pad_value=7),
    # Memory styles.
    make((6, 6), (3, 3), channels=(4, 2), style="block"),
    make((6, 6), (3, 3), padding=(1, 1, 1, 1), channels=(4, 4), element=8, style="distributed"),
    # Banks of LUT RAM: three, the last one short, with padding; two, of a set depth, without.
    make((5, 9), (4, 3), padding=(1, 1, 1, 1), channels=(8, 2), element=2, style="distributed", pad_value=2, depth=135),
    make((5, 6), (3, 2), channels=(10, 2), style="distributed", depth=90),
    # A buffer of three blocks; the smallest one; one of an odd depth; the smallest of a map with one window only.
    make((6, 6), (3, 3), channels=(4, 2), depth=48),
    make((6, 6), (3, 3), channels=(4, 2), depth=2 * 12 + 6),
    make((6, 5), (3, 3), padding=(1, 1, 1, 1), channels=(2, 1), depth=2 * 10 + 6 + 1),
    make((3, 4), (3, 4), channels=(8, 2), depth=1),
]
# Buffers below the default: as correct, and slower.
SMALL_BUFFERS = INSTANCES[-3:]

# Maps that the default depth just fits: convolution, pooling, windows far apart, padding of every side; more beats out
# than in, as many, and fewer; groups together and apart. The first ones' least depth is a power of two, so that control
# that is slower by a cycle slows them. That of the next ones is one more, so that a least depth computed one too small
# halves the buffer. For the last ones a term of swu_pkg::window_depth does so: early release, place of the padding.
TIGHT = [
    make((5, 4), (1, 2), channels=(3, 1)),
    make((8, 6), (2, 1), padding=(0, 1, 0, 0), channels=(1, 1)),
    make((9, 5), (1, 3), stride=(1, 3), padding=(0, 0, 0, 1), channels=(2, 1)),
    make((12, 7), (2, 2), stride=(2, 1), padding=(0, 1, 1, 0), channels=(1, 1)),
    make((11, 7), (2, 1), stride=(2, 1), padding=(1, 0, 0, 0), channels=(1, 1)),
    make((11, 5), (5, 3), stride=(5, 4), padding=(4, 1, 1, 1), channels=(1, 1)),
    make((10, 4), (4, 4), stride=(2, 3), channels=(3, 1), depthwise=1),
    make((10, 1), (5, 1), stride=(2, 2), padding=(4, 2, 0, 0), channels=(3, 1), depthwise=1),
    make((8, 6), (1, 1), channels=(6, 1)),
    make((12, 6), (3, 2), stride=(3, 3), padding=(1, 1, 1, 1), channels=(6, 1)),
    make((12, 10), (2, 1), stride=(2, 1), padding=(0, 1, 0, 0), channels=(3, 1), depthwise=1),
    make((8, 3), (1, 1), stride=(3, 7), channels=(6, 1)),
    make((4, 8), (1, 5), stride=(2, 5), padding=(0, 0, 1, 4), channels=(2, 1)),
    make((7, 7), (5, 1), stride=(3, 6), padding=(3, 0, 0, 0), channels=(2, 1), depthwise=1),
    make((3, 10), (2, 3), channels=(1, 1)),
    make((4, 7), (2, 1), padding=(0, 1, 0, 0), channels=(1, 1)),
    make((10, 8), (2, 2), stride=(2, 2), padding=(0, 1, 1, 1), channels=(1, 1)),
    make((8, 4), (3, 1), stride=(3, 1), padding=(2, 0, 0, 0), channels=(1, 1)),
    make((5, 8), (2, 3), stride=(2, 1), padding=(1, 1, 1, 1), channels=(1, 1)),
    make((8, 7), (2, 2), stride=(2, 1), channels=(2, 1), depthwise=1),
    make((1, 11), (1, 4), stride=(2, 2), padding=(0, 0, 0, 3), channels=(2, 1), depthwise=1),
    make((3, 8), (2, 2), stride=(1, 3), channels=(1, 1)),
    make((6, 10), (2, 5), stride=(2, 5), padding=(1, 0, 3, 1), channels=(1, 1)),
    make((6, 6), (2, 1), stride=(1, 2), padding=(0, 1, 0, 0), channels=(4, 1), depthwise=1),
    make((8, 4), (2, 3), stride=(2, 7), channels=(1, 1)),
    make((12, 9), (2, 3), stride=(4, 5), padding=(0, 1, 2, 1), channels=(1, 1)),
    make((6, 6), (2, 3), stride=(3, 2), channels=(2, 1), depthwise=1),
    make((8, 4), (3, 1), stride=(1, 6), padding=(1, 0, 0, 0), channels=(3, 1), depthwise=1),
    make((6, 4), (3, 1), stride=(1, 2), channels=(1, 1)),
    make((9, 7), (3, 4), stride=(1, 7), channels=(3, 1)),
    make((8, 3), (3, 3), stride=(2, 1), channels=(4, 1), depthwise=1),
    make((10, 7), (2, 4), stride=(2, 4), padding=(1, 0, 1, 3), channels=(1, 1)),
    make((5, 4), (1, 3), stride=(3, 3), padding=(0, 0, 1, 1), channels=(3, 1)),
    make((5, 7), (1, 2), stride=(3, 2), padding=(0, 0, 1, 0), channels=(2, 1), depthwise=1),
]

# Layers of networks: those of docs/ip/swu.md, and some with padding and of a depthwise kind.
LAYERS = [
    make((32, 32), (3, 3), channels=(3, 3), element=8),
    make((30, 30), (3, 3), channels=(64, 32)),
    make((14, 14), (3, 3), channels=(64, 32)),
    make((12, 12), (3, 3), channels=(128, 32)),
    make((5, 5), (3, 3), channels=(128, 32)),
    make((3, 3), (3, 3), channels=(256, 32)),
    make((28, 28), (2, 2), stride=(2, 2), channels=(64, 64)),
    make((14, 14), (3, 3), padding=(1, 1, 1, 1), channels=(64, 32)),
    make((28, 28), (3, 3), stride=(2, 2), padding=(1, 1, 1, 1), channels=(64, 32)),
    make((24, 24), (7, 7), stride=(2, 2), padding=(3, 3, 3, 3), channels=(3, 3), element=8),
    make((28, 28), (1, 1), stride=(2, 2), channels=(64, 32)),
    make((28, 28), (2, 2), stride=(2, 2), channels=(64, 16), depthwise=1),
    make((14, 14), (3, 3), padding=(1, 1, 1, 1), channels=(64, 32), depthwise=1),
]
ALL = INSTANCES + TIGHT + LAYERS


class Frames:
    """The model: beats of some random frames, and the beats of their windows."""

    def __init__(self, bench: Bench, count: int) -> None:
        integers = {key: bench.instance.int_of(key) for key in bench.instance.parameters if key != "RAM_STYLE"}
        height, width, simd = integers["IFM_H"], integers["IFM_W"], integers["SIMD"]
        groups = integers["CHANNELS"] // simd
        padded_h = height + integers["PAD_TOP"] + integers["PAD_BOTTOM"]
        padded_w = width + integers["PAD_LEFT"] + integers["PAD_RIGHT"]
        kernel_h, kernel_w = integers["KERNEL_H"], integers["KERNEL_W"]
        element = integers["ELEMENT_W"]
        border = sum(integers.get("PAD_VALUE", 0) << element * i for i in range(simd))
        self.sent: list[Beat] = []
        self.expected: list[Beat] = []
        for _ in range(count):
            padded = {}
            for y in range(height):
                for x in range(width):
                    for group in range(groups):
                        beat = bench.rng.getrandbits(simd * integers["ELEMENT_W"])
                        padded[y + integers["PAD_TOP"], x + integers["PAD_LEFT"], group] = beat
                        self.sent.append(Beat(beat))
            windows = []
            for top in range(0, padded_h - kernel_h + 1, integers["STRIDE_H"]):
                for left in range(0, padded_w - kernel_w + 1, integers["STRIDE_W"]):
                    places = [(top + y, left + x) for y in range(kernel_h) for x in range(kernel_w)]
                    if integers["DEPTHWISE"]:
                        windows += [padded.get((*place, group), border) for group in range(groups) for place in places]
                    else:
                        windows += [padded.get((*place, group), border) for place in places for group in range(groups)]
            self.expected += [Beat(data, int(index == len(windows) - 1)) for index, data in enumerate(windows)]
        self.beats_in, self.beats_out = len(self.sent) // count, len(self.expected) // count


@each(INSTANCES)
async def gives_the_windows(bench: Bench) -> None:
    """All windows of all frames in order, under any traffic."""
    for kind in TRAFFIC:
        frames = Frames(bench, 3)
        await bench.run(frames.sent, frames.expected, *traffic(kind, bench.rng))


@each([instance for instance in INSTANCES if instance not in SMALL_BUFFERS] + TIGHT)
async def has_stated_timing(bench: Bench) -> None:
    """In steady state a frame takes the larger of its beats in and out; the first output waits 2 cycles."""
    count = 7
    frames = Frames(bench, count)
    source, sink = await bench.run(frames.sent, frames.expected)
    assert sink.cycles[0] == source.cycles[0] + 2
    ideal = max(frames.beats_in, frames.beats_out)
    ends = sink.cycles[frames.beats_out - 1 :: frames.beats_out]
    assert [b - a for a, b in zip(ends, ends[1:], strict=False)][3:] == [ideal] * (count - 4)


@each(LAYERS, timeout_us=2000)
async def keeps_the_rate_of_layers(bench: Bench) -> None:
    """Likewise for maps of real size: cycles between the ends of frames while both sides are always ready."""
    frames = Frames(bench, 1)
    edge = RisingEdge(bench.clock)
    valid, last = bench.signal("m_axis_tvalid"), bench.signal("m_axis_tlast")
    bench.signal("s_axis_tvalid").value = 1
    bench.signal("m_axis_tready").value = 1
    ends: list[int] = []
    while len(ends) < 4:
        if not int(last.value):
            await RisingEdge(last)
        await edge
        if int(valid.value) and int(last.value):
            ends.append(cycle())
    intervals = [b - a for a, b in zip(ends, ends[1:], strict=False)]
    assert intervals[1:] == [max(frames.beats_in, frames.beats_out)] * 2


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a frame leaves nothing of it behind."""
    for _ in range(5):
        await bench.interrupt(Frames(bench, 2).sent)
        frames = Frames(bench, 2)
        await bench.run(frames.sent, frames.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
