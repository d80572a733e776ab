# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""threshold: every level against numpy, and every cycle against the header."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cocotb
import numpy as np

from finn_verif.bench import load
from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common import memory_files, seeds
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, load_chain, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def make(
    out_bits: int,
    width: int,
    signed: int,
    channels: int,
    pe: int,
    style: str = "auto",
    depth: int = 64,
    falling: int = 0,
    signed_output: int = 0,
    wider: int = 0,
    banks: int = 0,
) -> Instance:
    """An instance of one size; its memories lie beside the folder in which the simulator runs."""
    name = f"t{out_bits}_{width}_{signed}_{channels}_{pe}_{style}_{depth}_{falling}_{signed_output}_{wider}"
    name += f"_ram{banks}" * bool(banks)
    parameters: dict[str, Value] = {
        "OUT_BITS": out_bits,
        "INPUT_W": width,
        "THRESHOLD_W": width + wider,
        "SIGNED_INPUT": signed,
        "SIGNED_OUTPUT": signed_output,
        "FALLING": falling,
        "CHANNELS": channels,
        "PE": pe,
        "THRESHOLD_FILE": f"../memories/{name}.mem",
        "RAM_STYLE": style,
        "LUT_DEPTH": depth,
        "BANKS": banks,
    }
    ports = (
        *clock_and_reset(),
        *load_chain(),
        *stream_in("s_axis", pe * width, has_last=True),
        *stream_out("m_axis", pe * out_bits, has_last=True),
    )
    return Instance(name, "threshold", parameters, ports)


LOADED = [
    make(3, 12, 1, 9, 3, "distributed", falling=1, banks=1),
    make(4, 9, 0, 6, 6, depth=2, banks=2),
    make(2, 8, 1, 42, 1, "distributed", banks=1),
    make(1, 6, 0, 16, 8, "block", falling=1, banks=2),
]
INSTANCES = [
    # Few folds (comparison in LUTs) and many (in a carry chain); every memory style.
    make(1, 11, 0, 8, 4),
    make(1, 16, 1, 64, 4, "distributed"),
    make(1, 12, 0, 40, 1, "block"),
    make(2, 8, 1, 6, 6),
    make(2, 8, 0, 15, 5, "distributed", signed_output=1),
    make(2, 8, 1, 21, 3, "block"),
    # More words than one is chosen from and compared with in a cycle, with the bit of falling channels, from the first.
    make(2, 6, 1, 34, 1, "distributed", falling=1),
    make(3, 5, 0, 66, 2, "distributed"),
    make(3, 7, 1, 12, 4),
    make(4, 16, 1, 18, 2, falling=1),
    make(4, 9, 0, 6, 1, "block", falling=1, signed_output=1),
    make(8, 8, 0, 2, 2),
    make(8, 10, 1, 3, 1),
    # The last steps in block RAM, with folds that are no power of two, an odd number of elements, and one.
    make(4, 9, 1, 15, 5, depth=10),
    make(3, 6, 0, 20, 4, depth=5, falling=1),
    make(5, 8, 1, 14, 1, depth=56, signed_output=1),
    make(3, 8, 0, 4, 4, depth=0, falling=1, signed_output=1),
    # Block RAM behind many words in LUTs, at the second step and later.
    make(2, 5, 0, 70, 1, depth=70),
    make(3, 6, 1, 35, 1, depth=70, falling=1),
    # The smallest.
    make(1, 1, 0, 1, 1),
    make(1, 1, 1, 2, 1, "block", falling=1),
    make(1, 3, 0, 2, 2, signed_output=1, falling=1),
    make(3, 2, 1, 2, 2),
    # Thresholds above every input.
    make(1, 4, 0, 6, 2, wider=1),
    make(2, 5, 1, 24, 2, "distributed", wider=1),
    make(3, 4, 0, 24, 3, "block", wider=1, falling=1),
    make(2, 6, 1, 4, 4, wider=1),
    # Thresholds that can be loaded.
    *LOADED,
]


def limits(instance: Instance) -> tuple[int, int]:
    """The smallest and the largest input."""
    width = instance.int_of("INPUT_W")
    low = -(1 << width - 1) if instance.int_of("SIGNED_INPUT") else 0
    return low, low + (1 << width) - 1


def thresholds_of(instance: Instance) -> np.ndarray:
    """CHANNELS x COUNT numbers, ascending in a row, the same in pytest and in the simulator; equal ones are likely."""
    rng = np.random.default_rng(seeds.generator("thresholds", instance.name).getrandbits(64))
    low, high = limits(instance)
    count = (1 << instance.int_of("OUT_BITS")) - 1
    if instance.int_of("THRESHOLD_W") > instance.int_of("INPUT_W"):
        high += 1 + (high - low) // 4
    thresholds = rng.integers(low, high + 1, (instance.int_of("CHANNELS"), count))
    # One channel with the extremes, the last one in a narrow band.
    thresholds[0, 0], thresholds[0, -1] = low, high
    thresholds[-1] = np.clip(rng.integers(low, high + 1) + rng.integers(-2, 3, count), low, high)
    return np.sort(thresholds, axis=1)


def falling_of(instance: Instance) -> np.ndarray:
    """Whether a channel's levels fall, 0/1 (CHANNELS,); both occur where there are two channels."""
    channels = instance.int_of("CHANNELS")
    falling = seeds.generator("falling", instance.name).getrandbits(channels)
    bits = np.array([falling >> channel & 1 for channel in range(channels)])
    bits[0], bits[-1] = 0, 1
    return bits if instance.int_of("FALLING") else np.zeros_like(bits)


def memories_of(instance: Instance) -> Iterator[tuple[str, list[int], int]]:
    """Names, words and bits of the files that the parameter names, in the order in which loads take them."""
    width, pe = instance.int_of("THRESHOLD_W"), instance.int_of("PE")
    file = str(instance.parameters["THRESHOLD_FILE"]).rpartition("/")[2]
    for name, words, bits in memory_files.level_words(
        file, thresholds_of(instance), falling_of(instance) if instance.int_of("FALLING") else None, pe, width
    ):
        # Those of a word that is wider than what loads it lie in slices.
        is_wide = instance.int_of("BANKS") > 0 and bits > load.WORD_BITS
        for end, part, width_of_part in memory_files.slices(words, bits, load.WORD_BITS if is_wide else 0):
            yield name + end, part, width_of_part


def write_memory(instance: Instance, place: Path) -> None:
    """These files, for a simulator that runs in a folder of ``place``."""
    for name, words, bits in memories_of(instance):
        memory_files.write_words(place / "memories" / name, words, bits)


def in_block(instance: Instance, step: int) -> bool:
    """Whether the thresholds of a step are in block RAM."""
    words = instance.int_of("CHANNELS") // instance.int_of("PE") << step
    style = instance.parameters["RAM_STYLE"]
    return style == "block" or (style == "auto" and words > instance.int_of("LUT_DEPTH"))


def registers(instance: Instance) -> int:
    """Registers in front of that of the output: one a step, and behind the first another for block RAM or many LUTs."""
    out_bits, folds = instance.int_of("OUT_BITS"), instance.int_of("CHANNELS") // instance.int_of("PE")
    return out_bits + sum(in_block(instance, step) or folds << step > 32 for step in range(1, out_bits))


def pack(elements: np.ndarray, width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((int(element) & (1 << width) - 1) << index * width for index, element in enumerate(elements))


class Pixels:
    """The model: some pixels, and the levels of their channels by counting."""

    def __init__(self, bench: Bench, count: int, instance: Instance | None = None) -> None:
        instance = instance or bench.instance
        pe, width, out_bits = (instance.int_of(p) for p in ("PE", "INPUT_W", "OUT_BITS"))
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        thresholds = thresholds_of(instance)
        low, high = limits(instance)
        values = rng.integers(low, high + 1, (count, len(thresholds)))
        # Every other value lies at one of its channel's thresholds, or beside it.
        near = thresholds[np.arange(len(thresholds)), rng.integers(0, thresholds.shape[1], values.shape)]
        near = np.clip(near + rng.integers(-1, 2, values.shape), low, high)
        values = np.where(rng.integers(0, 2, values.shape), near, values)
        levels = (values[:, :, None] >= thresholds[None, :, :]).sum(axis=2)
        levels = np.where(falling_of(instance), thresholds.shape[1] - levels, levels)
        levels -= instance.int_of("SIGNED_OUTPUT") << out_bits - 1
        lasts = [bench.rng.getrandbits(1) for _ in range(values.size // pe)]
        self.sent = [Beat(pack(part, width), last) for part, last in zip(values.reshape(-1, pe), lasts, strict=True)]
        self.expected = [
            Beat(pack(part, out_bits), last) for part, last in zip(levels.reshape(-1, pe), lasts, strict=True)
        ]


def enough(bench: Bench) -> int:
    """Pixels that make some fifty beats."""
    return 2 + 48 * bench.instance.int_of("PE") // bench.instance.int_of("CHANNELS")


@each(INSTANCES)
async def finds_every_level(bench: Bench) -> None:
    """Exactly what counting says, and tlast with its beat, under any traffic."""
    for kind in TRAFFIC:
        pixels = Pixels(bench, enough(bench))
        await bench.run(pixels.sent, pixels.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """A beat a cycle, OUT_BITS + 1 cycles late, and more for deep steps behind the first."""
    pixels = Pixels(bench, enough(bench))
    source, sink = await bench.run(pixels.sent, pixels.expected)
    assert source.cycles == [source.cycles[0] + index for index in range(len(pixels.sent))]
    assert sink.cycles == [cycle + registers(bench.instance) + 1 for cycle in source.cycles]


@each(INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked everything moves up and stops; afterwards all results are there."""
    pixels = Pixels(bench, enough(bench))
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    # Two beats fill the output's register, which does not stop those that come late.
    for beat in pixels.sent[:2]:
        source.append(beat)
    await bench.cycles(registers(bench.instance) + 10)
    for beat in pixels.sent[2:]:
        source.append(beat)
    await bench.cycles(len(pixels.sent) + 10)
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
    # A beat in each register, and two in the output register.
    assert len(source.cycles) == registers(bench.instance) + 2
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


@each(LOADED)
async def finds_levels_of_what_was_loaded(bench: Bench) -> None:
    """With each set that is loaded what counting says; of two banks one is searched while the other is loaded."""
    present = bench.instance
    for name in ("other", "third"):
        following = replace(bench.instance, name=f"{bench.instance.name}_{name}")
        loading = cocotb.start_soon(load.send(bench, [word for _, part, _ in memories_of(following) for word in part]))
        if bench.instance.int_of("BANKS") == 2:
            pixels = Pixels(bench, enough(bench), present)
            await bench.run(pixels.sent, pixels.expected)
        await loading
        await load.swap(bench)
        await bench.reset(1)
        present = following
        pixels = Pixels(bench, enough(bench), present)
        await bench.run(pixels.sent, pixels.expected, *traffic("random", bench.rng))


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
