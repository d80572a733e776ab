# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""add: every sum against plain integers, and every cycle against the header."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from cocotb.triggers import RisingEdge

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Sequence

INPUTS = ("s_axis_a", "s_axis_b")


@dataclass(frozen=True)
class Element:
    """What an element of a stream is; one of 1 bit is -1/+1 or, if not bipolar, 0/1."""

    width: int
    is_signed: bool
    is_bipolar: bool = True
    scale: int = 1

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the most number."""
        if self.width == 1:
            return -int(self.is_bipolar), 1
        return (-(1 << self.width - 1), (1 << self.width - 1) - 1) if self.is_signed else (0, (1 << self.width) - 1)

    def term(self, bits: int) -> int:
        """What some bits add."""
        return self.scale * self.number(bits)

    def number(self, bits: int) -> int:
        """What some bits stand for."""
        if self.width == 1:
            return 2 * bits - 1 if self.is_bipolar else bits
        return bits - (bits >> self.width - 1 << self.width if self.is_signed else 0)


def sum_width(a: Element, b: Element) -> int:
    """Bits of a sum: the fewest that hold the least and the most."""
    low, high = (a.scale * x + b.scale * y for x, y in zip(a.limits, b.limits, strict=True))
    return next(width for width in range(1, 64)
                if (-(1 << width - 1) <= low and high < 1 << width - 1 if low < 0 else high < 1 << width))


def elements_of(instance: Instance) -> tuple[Element, Element]:
    """Those of both inputs."""
    a, b = (Element(instance.int_of(f"{side}_W"), bool(instance.int_of(f"{side}_SIGNED")),
                    bool(instance.int_of(f"{side}_BIPOLAR")), instance.int_of(f"{side}_SCALE")) for side in "AB")
    return a, b


def make(elements: int, a: str, b: str, beats: int, scale: tuple[int, int] = (1, 1)) -> Instance:
    """An instance of one size; ``a`` and ``b`` are s or u and the bits of an element; z1 is 0/1."""
    kinds = [Element(int(text[1:]), text[0] == "s", text[0] != "z", factor)
             for text, factor in zip((a, b), scale, strict=True)]
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis_a", elements * kinds[0].width),
        *stream_in("s_axis_b", elements * kinds[1].width),
        *stream_out("m_axis", elements * sum_width(*kinds), has_last=True),
    )
    parameters = {"ELEMENTS": elements, "BEATS": beats}
    for side, kind in zip("AB", kinds, strict=True):
        parameters |= {f"{side}_W": kind.width, f"{side}_SIGNED": int(kind.is_signed),
                       f"{side}_BIPOLAR": int(kind.is_bipolar), f"{side}_SCALE": kind.scale}
    return Instance(f"add{elements}_{a}_{b}_{beats}_{scale[0]}_{scale[1]}", "add", parameters, ports)


INSTANCES = [
    make(4, "u1", "u1", 5),
    make(3, "s1", "u4", 4),
    make(2, "s3", "s1", 1),
    make(4, "z1", "z1", 3),
    make(3, "z1", "u1", 2),
    make(2, "u3", "z1", 2),
    make(2, "z1", "s3", 2),
    make(2, "u2", "u2", 7),
    make(1, "u8", "u3", 3),
    make(2, "u4", "s4", 8),
    make(3, "s2", "u5", 2),
    make(2, "s6", "s3", 6),
    make(1, "s2", "s2", 1),
    make(1, "u30", "u30", 3),
    make(1, "s30", "u30", 4),
    make(2, "s4", "u3", 3, (13, 9)),
    make(3, "u1", "u4", 2, (7, 1)),
    make(1, "u8", "s8", 2, (511, 2)),
]


def pack(elements: Sequence[int], width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((element & (1 << width) - 1) << index * width for index, element in enumerate(elements))


class Frames:
    """The model: frames of both inputs, and of their sums."""

    def __init__(self, bench: Bench, count: int) -> None:
        kinds = elements_of(bench.instance)
        elements, self.beats = (bench.instance.int_of(name) for name in ("ELEMENTS", "BEATS"))
        width = sum_width(*kinds)
        self.sent: dict[str, list[Beat]] = {prefix: [] for prefix in INPUTS}
        self.expected: list[Beat] = []
        for index in range(count * self.beats):
            # The least and the most are likely.
            words = [[bench.rng.choice((bench.rng.getrandbits(kind.width), *self.extremes(kind)))
                      for _ in range(elements)] for kind in kinds]
            for prefix, word, kind in zip(INPUTS, words, kinds, strict=True):
                self.sent[prefix].append(Beat(pack(word, kind.width)))
            sums = [kinds[0].term(a) + kinds[1].term(b) for a, b in zip(*words, strict=True)]
            self.expected.append(Beat(pack(sums, width), int(index % self.beats == self.beats - 1)))

    @staticmethod
    def extremes(kind: Element) -> list[int]:
        """Bits of the least and of the most number."""
        return [max(0, low) if kind.width == 1 else low & (1 << kind.width) - 1 for low in kind.limits]


def enough(bench: Bench) -> int:
    """Frames that make some fifty beats."""
    return 2 + 48 // bench.instance.int_of("BEATS")


@each(INSTANCES)
async def adds_everything(bench: Bench) -> None:
    """Exactly what integers say, tlast at the end of each frame, under any traffic, alike at both inputs or not."""
    kinds = [(kind, kind) for kind in TRAFFIC] + [tuple(bench.rng.sample(TRAFFIC, 2)) for _ in TRAFFIC]
    for a_kind, b_kind in kinds:
        frames = Frames(bench, enough(bench))
        pauses = {"s_axis_a": traffic(a_kind, bench.rng)[0], "s_axis_b": traffic(b_kind, bench.rng)[0],
                  "m_axis": traffic(a_kind, bench.rng)[1]}
        await bench.exchange(frames.sent, {"m_axis": frames.expected}, pauses)


@each([instance for instance in INSTANCES if sum(kind.width for kind in elements_of(instance)) <= 10])
async def adds_every_pair(bench: Bench) -> None:
    """All pairs of numbers, where there are few."""
    a, b = elements_of(bench.instance)
    pairs = list(product(range(1 << a.width), range(1 << b.width)))
    count, beats = bench.instance.int_of("ELEMENTS"), bench.instance.int_of("BEATS")
    sent: dict[str, list[Beat]] = {prefix: [] for prefix in INPUTS}
    expected = []
    for index, (x, y) in enumerate(pairs):
        sent["s_axis_a"].append(Beat(pack([x] * count, a.width)))
        sent["s_axis_b"].append(Beat(pack([y] * count, b.width)))
        sums = [a.term(x) + b.term(y)] * count
        expected.append(Beat(pack(sums, sum_width(a, b)), int(index % beats == beats - 1)))
    await bench.exchange(sent, {"m_axis": expected})


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """A beat a cycle, 2 cycles late; behind the later of two inputs."""
    for late in (None, *INPUTS):
        frames = Frames(bench, enough(bench))
        sink = bench.sink()
        sources = {}
        for prefix in sorted(INPUTS, key=lambda name: name == late):
            if prefix == late:
                await bench.cycles(7)
                assert not bench.integer("m_axis_tvalid")
            sources[prefix] = bench.source(prefix=prefix)
            for beat in frames.sent[prefix]:
                sources[prefix].append(beat)
        await sink.wait_for(len(frames.expected))
        cycles = sources[late or "s_axis_a"].cycles
        assert cycles == list(range(cycles[0], cycles[0] + len(cycles)))
        assert sink.cycles == [cycle + 2 for cycle in cycles]
        await bench.reset()


@each(INSTANCES)
async def holds_what_is_stated(bench: Bench) -> None:
    """In every cycle: an input is ready while it holds less than two beats, and sums are made as soon as they can."""
    frames = Frames(bench, 2 + 1000 // bench.instance.int_of("BEATS"))
    bench.sink(axis.random_pauses(bench.rng, 0.3))
    for prefix in INPUTS:
        source = bench.source(axis.random_pauses(bench.rng, 0.3), prefix)
        for beat in frames.sent[prefix]:
            source.append(beat)
    held, is_full, cycles = dict.fromkeys(INPUTS, 0), False, 0
    # Until the inputs have been in all states together.
    wanted = set(product(range(3), range(3)))
    while wanted or cycles < 150:
        await RisingEdge(bench.clock)
        cycles += 1
        wanted -= {(held["s_axis_a"], held["s_axis_b"])}
        assert bench.integer("m_axis_tvalid") == is_full
        take = all(held.values()) and (not is_full or bench.integer("m_axis_tready"))
        is_full = bool(take or (is_full and not bench.integer("m_axis_tready")))
        for prefix in INPUTS:
            assert bench.integer(f"{prefix}_tready") == (held[prefix] < 2)
            held[prefix] += int(bench.integer(f"{prefix}_tvalid") and held[prefix] < 2) - int(take)
    bench.stop()


@each(INSTANCES)
async def waits_for_the_other_input(bench: Bench) -> None:
    """Of one input alone two beats are taken, and nothing leaves; with the output blocked three of each are."""
    for alone in INPUTS:
        frames = Frames(bench, enough(bench))
        source = bench.source(prefix=alone)
        for beat in frames.sent[alone]:
            source.append(beat)
        await bench.cycles(10)
        assert len(source.cycles) == 2
        assert not bench.integer("m_axis_tvalid")
        await bench.reset()
    frames = Frames(bench, enough(bench))
    sink = bench.sink(axis.always_paused())
    sources = [bench.source(prefix=prefix) for prefix in INPUTS]
    for source, prefix in zip(sources, INPUTS, strict=True):
        for beat in frames.sent[prefix]:
            source.append(beat)
    await bench.cycles(10)
    assert bench.integer("m_axis_tvalid")
    assert [len(source.cycles) for source in sources] == [3, 3]
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(frames.expected))
    assert sink.beats == frames.expected


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a frame leaves nothing of it behind."""
    for _ in range(6):
        await bench.interrupt_all(Frames(bench, enough(bench) // 2).sent, ("m_axis",))
        frames = Frames(bench, 2)
        await bench.exchange(frames.sent, {"m_axis": frames.expected})


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """No stream sees another in the same cycle."""
    await bench.check_no_path()
