# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu: every output bit against numpy, and every cycle against the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common import memory_files, seeds
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def make(mw: int, mh: int, simd: int, pe: int, thresholds: int, stages: int, style: str = "auto",
         inputs: str = "u1", weight_slice: int = 0) -> Instance:
    """An instance of one size; its memories lie beside the folder in which the simulator runs.

    ``inputs`` says whether the input elements are signed and how many bits they have.
    """
    name = f"m{mw}_{mh}_{simd}_{pe}_{thresholds}_{stages}_{style}_{inputs}" + f"_{weight_slice}" * bool(weight_slice)
    input_width = int(inputs[1:])
    parameters: dict[str, Value] = {
        "MW": mw,
        "MH": mh,
        "SIMD": simd,
        "PE": pe,
        "THRESHOLDS": thresholds,
        "STAGES": stages,
        "INPUT_W": input_width,
        "SIGNED_INPUTS": int(inputs[0] == "s"),
        "WEIGHT_FILE": f"../memories/{name}_weights.mem",
        "THRESHOLD_FILE": f"../memories/{name}_thresholds.mem" if thresholds or input_width > 1 else "",
        "RAM_STYLE": style,
        "THRESHOLD_STYLE": style,
        "WEIGHT_SLICE": weight_slice,
    }
    out_width = thresholds.bit_length() or sum_width(parameters)
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", simd * input_width),
        *stream_out("m_axis", pe * out_width, has_last=True),
    )
    return Instance(name, "mvtu", parameters, ports)


def largest(parameters: Mapping[str, Value]) -> int:
    """The largest magnitude of an accumulator."""
    mw, input_width = int(parameters["MW"]), int(parameters["INPUT_W"])
    return mw * (1 << input_width - 1 if parameters["SIGNED_INPUTS"] else (1 << input_width) - 1)


def sum_width(parameters: Mapping[str, Value]) -> int:
    """Bits of an accumulator."""
    mw, input_width, thresholds = (int(parameters[name]) for name in ("MW", "INPUT_W", "THRESHOLDS"))
    return memory_files.sum_width(mw, input_width, bool(parameters["SIGNED_INPUTS"]), thresholds)


INSTANCES = [
    make(64, 16, 16, 4, 1, 1),
    # Sizes that are no powers of two; every number of registers; every memory style.
    make(21, 15, 7, 5, 1, 0, "distributed"),
    make(21, 15, 7, 5, 1, 1, "block"),
    # Weights in slices, the last one narrower.
    make(21, 15, 7, 5, 1, 1, "block", weight_slice=4),
    make(8, 2, 8, 2, 1, 0, weight_slice=1),
    make(21, 15, 7, 5, 1, 2),
    make(21, 15, 7, 5, 0, 2, "block"),
    make(21, 15, 7, 5, 3, 1, "distributed"),
    make(21, 15, 7, 5, 3, 2, "block"),
    # SF = NF = 1.
    make(16, 4, 16, 4, 1, 0),
    make(16, 4, 16, 4, 0, 2),
    make(16, 4, 16, 4, 3, 2),
    make(1, 1, 1, 1, 1, 0),
    make(1, 1, 1, 1, 0, 1),
    # SF = 1, NF > 1.
    make(12, 8, 12, 2, 1, 1),
    make(12, 8, 12, 2, 0, 0),
    make(12, 8, 12, 1, 3, 2),
    # SF > 1, NF = 1.
    make(12, 8, 3, 8, 1, 1),
    make(12, 8, 3, 8, 0, 0),
    make(12, 8, 6, 8, 3, 0),
    # SF = NF = 2, and one synapse at a time.
    make(8, 4, 4, 2, 1, 0),
    make(12, 6, 1, 1, 3, 0),
    make(12, 6, 1, 1, 1, 1),
    # The largest accumulator takes all bits; many thresholds.
    make(15, 6, 5, 3, 1, 1),
    make(31, 3, 31, 1, 15, 2),
    make(8, 4, 8, 2, 255, 1),
    # Integer inputs: every number of registers, kind of threshold, and width.
    make(21, 15, 7, 5, 1, 0, "distributed", "s8"),
    make(21, 15, 7, 5, 1, 1, "block", "u8"),
    make(21, 15, 7, 5, 1, 2, "auto", "s2"),
    make(21, 15, 7, 5, 1, 3, "auto", "u4"),
    make(21, 15, 7, 5, 0, 2, "block", "s4"),
    make(21, 15, 7, 5, 0, 1, "distributed", "u2"),
    make(21, 15, 7, 5, 3, 1, "distributed", "s8"),
    make(21, 15, 7, 5, 3, 3, "block", "u8"),
    make(27, 8, 27, 2, 1, 5, "auto", "s8"),
    make(27, 8, 9, 8, 1, 4, "auto", "u8"),
    make(27, 6, 3, 6, 0, 1, "auto", "s8"),
    # SF = NF = 1.
    make(16, 4, 16, 4, 1, 0, "auto", "s2"),
    make(16, 4, 16, 4, 0, 4, "auto", "u8"),
    make(13, 4, 13, 4, 7, 2, "auto", "s4"),
    make(1, 1, 1, 1, 1, 0, "auto", "s2"),
    make(1, 2, 1, 1, 0, 0, "auto", "u16"),
    make(1, 2, 1, 2, 3, 0, "auto", "s3"),
    # SF = 1, NF > 1.
    make(12, 8, 12, 2, 1, 1, "auto", "u2"),
    make(5, 8, 5, 2, 0, 0, "auto", "u2"),
    make(12, 8, 12, 1, 3, 3, "auto", "s5"),
    # SF > 1, NF = 1.
    make(12, 8, 3, 8, 1, 1, "auto", "s16"),
    make(12, 8, 2, 8, 0, 0, "auto", "s8"),
    make(12, 8, 6, 8, 3, 0, "auto", "u4"),
    # One synapse at a time; many thresholds; accumulators that take all bits.
    make(12, 6, 1, 1, 15, 0, "auto", "u8"),
    make(12, 6, 1, 1, 1, 0, "auto", "s8"),
    make(8, 4, 4, 2, 255, 2, "auto", "u2"),
    make(7, 4, 7, 4, 2, 1, "auto", "s2"),
    make(5, 4, 5, 2, 2, 1, "auto", "u2"),
]


def weights_of(instance: Instance) -> np.ndarray:
    """MH x MW bits, the same in pytest and in the simulator."""
    rng = np.random.default_rng(seeds.generator("weights", instance.name).getrandbits(64))
    weights = rng.integers(0, 2, (instance.int_of("MH"), instance.int_of("MW")))
    if instance.int_of("INPUT_W") > 1:
        # Rows that reach both ends of the range.
        weights[0] = 1
        weights[-1] = 0
    return weights


def thresholds_of(instance: Instance) -> np.ndarray:
    """MH x THRESHOLDS numbers, ascending in a row; the first rows always or never fire."""
    rng = np.random.default_rng(seeds.generator("thresholds", instance.name).getrandbits(64))
    mw, mh, count = (instance.int_of(p) for p in ("MW", "MH", "THRESHOLDS"))
    if instance.int_of("INPUT_W") > 1:
        return integer_thresholds(instance, rng)
    # Around the middle, where accumulators fall.
    thresholds = np.sort(np.clip(rng.normal(mw / 2, mw**0.5 / 1.5, (mh, count)).round(), 0, mw).astype(int), axis=1)
    highest = mw + 1 if count == 1 else (1 << mw.bit_length()) - 1
    if mh >= 4:
        thresholds[0] = 0
        thresholds[1] = highest
        thresholds[mh - 1, 0] = 0
        thresholds[mh - 1, count - 1 :] = mw
    return thresholds


def integer_thresholds(instance: Instance, rng: np.random.Generator) -> np.ndarray:
    """The same for integer inputs: also such that only the largest sum of the row reaches."""
    mh, count, most = instance.int_of("MH"), instance.int_of("THRESHOLDS"), largest(instance.parameters)
    spread = most / instance.int_of("MW") ** 0.5 / 1.5
    thresholds = np.sort(np.clip(rng.normal(0, spread, (mh, count)).round(), -most, most).astype(int), axis=1)
    if mh >= 4:
        thresholds[0] = -most
        thresholds[1] = most + 1
        thresholds[2, 0] = -most
        thresholds[2, count - 1 :] = most + 1
        thresholds[mh - 1, count - 1 :] = input_extremes(instance, weights_of(instance)[mh - 1])[1]
        thresholds[mh - 1].sort()
    return thresholds


def element_range(instance: Instance) -> tuple[int, int]:
    """Smallest and largest input element; binary ones are bits."""
    width = instance.int_of("INPUT_W")
    return (-(1 << width - 1), (1 << width - 1) - 1) if instance.int_of("SIGNED_INPUTS") else (0, (1 << width) - 1)


def input_extremes(instance: Instance, row: np.ndarray) -> tuple[int, int]:
    """Smallest and largest accumulator of a row of weights, for integer inputs."""
    low, high = element_range(instance)
    return int(np.where(row, low, -high).sum()), int(np.where(row, high, -low).sum())


def write_memories(instance: Instance, place: Path) -> None:
    """The files that the parameters name, for a simulator that runs in a folder of ``place``."""
    simd, pe, count = (instance.int_of(p) for p in ("SIMD", "PE", "THRESHOLDS"))
    run_folder = place / "simulator"
    weights = (run_folder / str(instance.parameters["WEIGHT_FILE"])).parent.name
    folder = place / weights
    weights_bits = weights_of(instance)
    words = memory_files.weight_words(weights_bits, simd, pe)
    memory_files.write_slices(folder / f"{instance.name}_weights.mem", words, pe * simd,
                              instance.int_of("WEIGHT_SLICE"))
    if instance.parameters["THRESHOLD_FILE"]:
        # Without thresholds the accumulators start at the number of weights -1: as with the threshold 0.
        thresholds = thresholds_of(instance) if count else np.zeros((len(weights_bits), 1), int)
        if instance.int_of("INPUT_W") > 1:
            thresholds = thresholds - (1 - weights_bits).sum(axis=1)[:, None]
        width = sum_width(instance.parameters)
        words = memory_files.threshold_words(thresholds, pe, width)
        memory_files.write_words(folder / f"{instance.name}_thresholds.mem", words, pe * max(count, 1) * width)


class Vectors:
    """The model: input vectors and what the layer makes of them."""

    def __init__(self, bench: Bench, count: int) -> None:
        mw, mh, self.simd, self.pe, thresholds = (
            bench.instance.int_of(p) for p in ("MW", "MH", "SIMD", "PE", "THRESHOLDS")
        )
        self.sf, self.nf = mw // self.simd, mh // self.pe
        weights = weights_of(bench.instance)
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        low, high = element_range(bench.instance)
        input_width = bench.instance.int_of("INPUT_W")
        vectors = rng.integers(low, high, (count, mw), endpoint=True)
        # The largest sum of a row, the smallest, all elements the smallest, all the largest.
        special = [np.where(weights[mh // 2], high, low), np.where(weights[mh - 1], low, high), np.full(mw, low),
                   np.full(mw, high)]
        for place, vector in zip(rng.permutation(count), special, strict=False):
            vectors[place] = vector
        if input_width == 1:
            sums = (vectors[:, None, :] == weights[None, :, :]).sum(axis=2)
        else:
            sums = vectors @ (2 * weights - 1).T
        if thresholds:
            out = (sums[:, :, None] >= thresholds_of(bench.instance)[None, :, :]).sum(axis=2)
            width = thresholds.bit_length()
        else:
            out, width = sums, sum_width(bench.instance.parameters)
        self.sent = [Beat(pack(part, input_width)) for vector in vectors for part in vector.reshape(self.sf, self.simd)]
        self.expected = [
            Beat(pack(part, width), int(fold == self.nf - 1))
            for row in out
            for fold, part in enumerate(row.reshape(self.nf, self.pe))
        ]


def pack(elements: np.ndarray, width: int) -> int:
    """Elements of ``width`` bits as one number, the first in the least significant place."""
    return sum((int(element) & (1 << width) - 1) << index * width for index, element in enumerate(elements))


@each(INSTANCES)
async def computes_the_layer(bench: Bench) -> None:
    """Exactly what numpy says, under any traffic."""
    for kind in TRAFFIC:
        vectors = Vectors(bench, 8)
        await bench.run(vectors.sent, vectors.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """SF * NF cycles a vector without a bubble, and the latency that the header states."""
    vectors = Vectors(bench, 8)
    source, sink = await bench.run(vectors.sent, vectors.expected)
    sf, nf = vectors.sf, vectors.nf
    latency = 2 + bench.instance.int_of("STAGES") + int(nf > 1) + int(bench.instance.int_of("THRESHOLDS") > 1)
    latency += int(bench.instance.parameters["RAM_STYLE"] == "block")
    last_input = source.cycles[sf - 1]
    assert last_input == source.cycles[0] + sf - 1
    # Every SF cycles a beat leaves, from the first fold of the first vector to the last of the last.
    assert sink.cycles == [last_input + latency + sf * index for index in range(len(vectors.expected))]


@each(INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked everything stops; afterwards all results are there."""
    vectors = Vectors(bench, 10)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in vectors.sent:
        source.append(beat)
    await bench.cycles(8 * vectors.sf * vectors.nf + 40)
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
    taken = len(source.cycles)
    await bench.cycles(20)
    assert len(source.cycles) == taken < len(vectors.sent)
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(vectors.expected))
    assert sink.beats == vectors.expected


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a vector leaves nothing of it behind."""
    for _ in range(5):
        await bench.interrupt(Vectors(bench, 3).sent)
        vectors = Vectors(bench, 3)
        await bench.run(vectors.sent, vectors.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
