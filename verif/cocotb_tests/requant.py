# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""requant: every result against plain integers, and every cycle against the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common import memory_files, seeds
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def latency(instance: Instance) -> int:
    """Cycles from a beat to its results."""
    return 3 + instance.int_of("STAGES")


def make(
    out: tuple[int, int, int, int],
    value: tuple[int, int],
    scale_w: int,
    offset_w: int,
    shift: int,
    channels: tuple[int, int],
    styles: tuple[str, str] = ("auto", "auto"),
    use_dsp: str = "auto",
    stages: int = 1,
) -> Instance:
    """An instance; `out` are bits, signedness, least and greatest output, `value` bits and signedness of an input."""
    name = f"r{'_'.join(str(n).replace('-', 'm') for n in (*out, *value, scale_w, offset_w, shift, *channels))}"
    name += f"_{'_'.join(styles)}_{use_dsp}_{stages}"
    parameters: dict[str, Value] = {
        "OUT_BITS": out[0],
        "SIGNED_OUTPUT": out[1],
        "LOW": out[2],
        "HIGH": out[3],
        "INPUT_W": value[0],
        "SIGNED_INPUT": value[1],
        "SCALE_W": scale_w,
        "OFFSET_W": offset_w,
        "SHIFT": shift,
        "CHANNELS": channels[0],
        "PE": channels[1],
        "SCALE_FILE": f"../memories/{name}_scales.mem",
        "OFFSET_FILE": f"../memories/{name}_offsets.mem",
        "SCALE_STYLE": styles[0],
        "OFFSET_STYLE": styles[1],
        "USE_DSP": use_dsp,
        "STAGES": stages,
    }
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", channels[1] * value[0], has_last=True),
        *stream_out("m_axis", channels[1] * out[0], has_last=True),
    )
    return Instance(name, "requant", parameters, ports)


INSTANCES = [
    make((8, 0, 0, 255), (16, 1), 16, 32, 22, (8, 2)),
    make((8, 1, -128, 127), (18, 1), 12, 30, 20, (6, 3), ("distributed", "distributed"), "yes"),
    make((8, 1, -127, 127), (12, 0), 10, 20, 13, (5, 1), ("block", "block"), "no"),
    make((8, 1, -127, 127), (12, 1), 10, 20, 13, (6, 2), ("block", "block"), "no", 4),
    make((4, 0, 0, 15), (9, 0), 6, 14, 10, (6, 2), use_dsp="no", stages=6),
    make((4, 0, 0, 15), (9, 1), 7, 14, 10, (2, 2), use_dsp="no", stages=2),
    make((4, 0, 0, 15), (9, 0), 6, 14, 10, (4, 4), ("distributed", "block")),
    make((3, 1, -3, 3), (8, 1), 5, 9, 8, (6, 2), use_dsp="no"),
    make((2, 0, 0, 2), (6, 1), 4, 8, 6, (3, 1)),
    make((5, 1, 2, 9), (7, 1), 3, 12, 4, (2, 2)),
    # The smallest.
    make((1, 0, 0, 1), (1, 0), 2, 1, 0, (1, 1)),
    make((1, 1, -1, 0), (1, 1), 2, 2, 1, (2, 1), use_dsp="no"),
    # The largest; one whose offset is wider than its products, and one whose shift is wider than both.
    make((8, 0, 0, 255), (32, 1), 25, 48, 47, (4, 2)),
    make((8, 1, -128, 127), (32, 0), 25, 48, 47, (3, 3), use_dsp="no"),
    make((6, 0, 0, 63), (4, 1), 3, 16, 9, (4, 1)),
    make((4, 1, -8, 7), (5, 1), 4, 6, 20, (4, 2)),
]


def limits(width: int, signed: int) -> tuple[int, int]:
    """The least and the greatest number of some bits."""
    low = -(1 << width - 1) if signed else 0
    return low, low + (1 << width) - 1


def numbers_of(instance: Instance) -> tuple[list[int], list[int]]:
    """Scales and offsets, the same in pytest and in the simulator; the extremes are among them.

    Most are such that results are about the outputs that there are.
    """
    rng = seeds.generator("requant", instance.name)
    channels, shift = instance.int_of("CHANNELS"), instance.int_of("SHIFT")
    scale_limits, offset_limits = (limits(instance.int_of(name), 1) for name in ("SCALE_W", "OFFSET_W"))
    greatest = max(map(abs, limits(instance.int_of("INPUT_W"), instance.int_of("SIGNED_INPUT"))))
    span = (instance.int_of("HIGH") - instance.int_of("LOW") + 1) << shift
    steepest = min(scale_limits[1], max(1, 2 * span // greatest))
    scales = [rng.choice((1, 1, -1)) * rng.randint(steepest // 4, steepest) for _ in range(channels)]
    middle = instance.int_of("LOW") + instance.int_of("HIGH") << shift - 1 if shift else instance.int_of("LOW")
    offsets = [min(max(middle + rng.randint(-span, span), offset_limits[0]), offset_limits[1]) for _ in range(channels)]
    scales[0], offsets[-1] = scale_limits[0], rng.choice(offset_limits)
    return scales, offsets


def pack(elements: Sequence[int], width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((element & (1 << width) - 1) << index * width for index, element in enumerate(elements))


def write_memories(instance: Instance, place: Path) -> None:
    """The files that the parameters name, for a simulator that runs in a folder of ``place``."""
    pe = instance.int_of("PE")
    for parameter, numbers in zip(("SCALE", "OFFSET"), numbers_of(instance), strict=True):
        width = instance.int_of(f"{parameter}_W")
        file = (place / "simulator" / str(instance.parameters[f"{parameter}_FILE"])).resolve()
        words = [pack(numbers[low : low + pe], width) for low in range(0, len(numbers), pe)]
        memory_files.write_words(file, words, pe * width)


class Pixels:
    """The model: some pixels, and what becomes of them."""

    def __init__(self, bench: Bench, count: int) -> None:
        instance = bench.instance
        width, out_bits, pe, shift = (instance.int_of(p) for p in ("INPUT_W", "OUT_BITS", "PE", "SHIFT"))
        least, most = (instance.int_of(p) for p in ("LOW", "HIGH"))
        scales, offsets = numbers_of(instance)
        low, high = limits(width, instance.int_of("SIGNED_INPUT"))
        self.sent: list[Beat] = []
        self.expected: list[Beat] = []
        for _ in range(count):
            values = []
            for scale, offset in zip(scales, offsets, strict=True):
                # Any, the extremes, or one at the step to any output or beside it.
                step = (bench.rng.randint(least, most + 1) << shift) - offset
                near = step // (scale or 1) + bench.rng.randint(-1, 1)
                value = bench.rng.choice((bench.rng.randint(low, high), near, near, low, high))
                values.append(min(max(value, low), high))
            results = [
                min(max((value * scale + offset) >> shift, least), most)
                for value, scale, offset in zip(values, scales, offsets, strict=True)
            ]
            for first in range(0, len(values), pe):
                last = bench.rng.getrandbits(1)
                self.sent.append(Beat(pack(values[first : first + pe], width), last))
                self.expected.append(Beat(pack(results[first : first + pe], out_bits), last))


def enough(bench: Bench) -> int:
    """Pixels that make some fifty beats."""
    return 2 + 48 * bench.instance.int_of("PE") // bench.instance.int_of("CHANNELS")


@each(INSTANCES)
async def computes_every_result(bench: Bench) -> None:
    """Exactly what integers say, and tlast with its beat, under any traffic."""
    for kind in TRAFFIC:
        pixels = Pixels(bench, enough(bench))
        await bench.run(pixels.sent, pixels.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """A beat a cycle, as late as stated."""
    pixels = Pixels(bench, enough(bench))
    source, sink = await bench.run(pixels.sent, pixels.expected)
    assert source.cycles == [source.cycles[0] + index for index in range(len(pixels.sent))]
    assert sink.cycles == [cycle + latency(bench.instance) for cycle in source.cycles]


@each(INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked everything moves up and stops; afterwards all results are there."""
    pixels = Pixels(bench, enough(bench))
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    # Two beats fill the output's register, which does not stop those that come late.
    for beat in pixels.sent[:2]:
        source.append(beat)
    await bench.cycles(latency(bench.instance) + 10)
    for beat in pixels.sent[2:]:
        source.append(beat)
    await bench.cycles(len(pixels.sent) + 10)
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
    # A beat in each register, and two in the output register.
    assert len(source.cycles) == latency(bench.instance) + 1
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(pixels.expected))
    assert sink.beats == pixels.expected


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a pixel leaves nothing of it behind."""
    for _ in range(6):
        await bench.interrupt(Pixels(bench, 3).sent)
        pixels = Pixels(bench, 3)
        await bench.run(pixels.sent, pixels.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
