# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""label_select: the first of the largest scores, or several in order."""

from __future__ import annotations

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, clock_and_reset, stream_in, stream_out


def make(classes: int, pe: int, width: int, signed: int, labels: int = 1) -> Instance:
    """An instance of one size."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", pe * width),
        *stream_out("m_axis", labels * max(1, (classes - 1).bit_length())),
    )
    parameters = {"CLASSES": classes, "PE": pe, "SCORE_W": width, "SIGNED_SCORES": signed, "LABELS": labels}
    return Instance(f"c{classes}_{pe}_{width}_{signed}_{labels}", "label_select", parameters, ports)


INSTANCES = [
    *(make(10, pe, 8, signed) for pe in (1, 2, 5, 10) for signed in (0, 1)),
    make(2, 1, 1, 0),
    make(2, 1, 1, 1),
    make(2, 2, 3, 1),
    make(7, 7, 4, 0),
    make(12, 3, 16, 1),
    make(16, 4, 5, 0),
    make(2, 1, 2, 1, 2),
    make(5, 1, 2, 0, 5),
    make(8, 1, 3, 1, 8),
    make(10, 1, 8, 1, 3),
    make(13, 1, 4, 0, 2),
]


class Frames:
    """The model: scores of some frames, and their labels."""

    def __init__(self, bench: Bench, count: int) -> None:
        classes, self.pe, self.width, signed, labels = (bench.instance.int_of(p) for p in bench.instance.parameters)
        label_width = max(1, (classes - 1).bit_length())
        rng = bench.rng
        low, high = (-(1 << self.width - 1), (1 << self.width - 1) - 1) if signed else (0, (1 << self.width) - 1)
        self.beats = classes // self.pe
        self.sent: list[Beat] = []
        self.expected: list[Beat] = []
        for index in range(count):
            # Any scores; scores that are often equal; all equal; only extremes; the best at a chosen place.
            scores = [
                [rng.randint(low, high) for _ in range(classes)],
                rng.choices([rng.randint(low, high) for _ in range(2)], k=classes),
                [rng.randint(low, high)] * classes,
                rng.choices((low, high, 0, min(1, high)), k=classes),
                [low] * classes,
            ][index % 5]
            if index % 5 == 4:
                scores[rng.randrange(classes)] = high
            # Of equal scores the first: Python's sort keeps their order.
            ranking = sorted(range(classes), key=lambda label: -scores[label])[:labels]  # noqa: B023 - used at once
            self.expected.append(Beat(sum(label << i * label_width for i, label in enumerate(ranking))))
            fields = [score & (1 << self.width) - 1 for score in scores]
            for first in range(0, classes, self.pe):
                self.sent.append(Beat(sum(fields[first + i] << i * self.width for i in range(self.pe))))


@each(INSTANCES)
async def finds_the_label(bench: Bench) -> None:
    """Indices of the largest scores, the first of equal ones first, under any traffic."""
    for kind in TRAFFIC:
        frames = Frames(bench, 40)
        await bench.run(frames.sent, frames.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """Latency 1 cycle and one for each round of comparisons; a frame takes its beats."""
    frames = Frames(bench, 12)
    source, sink = await bench.run(frames.sent, frames.expected)
    ends = source.cycles[frames.beats - 1 :: frames.beats]
    latency = 1 + (frames.pe - 1).bit_length()
    assert sink.cycles == [cycle + latency for cycle in ends]
    assert [b - a for a, b in zip(sink.cycles, sink.cycles[1:], strict=False)] == [frames.beats] * 11


@each([instance for instance in INSTANCES if instance.int_of("CLASSES") == instance.int_of("PE")])
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked there is room for a frame behind every round, and for two at the output."""
    frames = Frames(bench, 20)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in frames.sent:
        source.append(beat)
    await bench.cycles(40)
    assert len(source.cycles) == (frames.pe - 1).bit_length() + 2
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(frames.expected))
    assert sink.beats == frames.expected


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a frame leaves nothing of it behind."""
    for _ in range(8):
        await bench.interrupt(Frames(bench, 3).sent)
        frames = Frames(bench, 5)
        await bench.run(frames.sent, frames.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
