# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu: every output bit against numpy, and every cycle against the header."""

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
from finn_verif.common.matrices import PACKED, Numbers, numbers_of
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, load_chain, stream_in, stream_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


EDGES = ("OFM_H", "OFM_W", "EDGE_TOP", "EDGE_BOTTOM", "EDGE_LEFT", "EDGE_RIGHT")


def make(mw: int, mh: int, simd: int, pe: int, thresholds: int, stages: int, style: str = "auto",  # noqa: PLR0913
         inputs: str = "u1", weights: str = "w1", weight_slice: int = 0, *, falling: bool = False,
         signed_output: bool = False, replay: str = "auto", packed: tuple[int, int, int, int] = Numbers.packed,
         bias: int = 0, zeros: tuple[int, int, int, int, int, int] | None = None, groups: int = 1,
         serial: bool = False, banks: int = 0, run: int = 0) -> Instance:
    """An instance of one size; its memories lie beside the folder in which the simulator runs.

    ``inputs``, ``weights`` and ``packed`` say what numbers they are, as in ``Numbers``. ``zeros``: rows and columns of
    vectors, and how many of them have zeros, above, below, left and right. ``groups`` of rows have inputs of their own.
    ``serial``: bit by bit. ``banks``: of weights and thresholds that can be loaded; 0 for constants. ``run``: lanes of
    a run that are recoded as parities.
    """
    numbers = Numbers(inputs, weights, packed, serial, run)
    ends = [inputs, weights] + ["falling"] * falling + ["signed"] * signed_output
    ends += [str(weight_slice)] * bool(weight_slice) + [f"r{replay}"] * (replay != "auto")
    ends += [f"b{bias}"] * bool(bias) + ([] if zeros is None else [f"z{'_'.join(map(str, zeros))}"])
    ends += [f"d{'_'.join(map(str, packed))}"] * (packed[0] > 0) + [f"g{groups}"] * (groups > 1) + ["serial"] * serial
    ends += [f"ram{banks}"] * bool(banks) + [f"run{run}"] * bool(run)
    name = f"m{mw}_{mh}_{simd}_{pe}_{thresholds}_{stages}_{style}_{'_'.join(ends)}"
    has_file = thresholds or bias or zeros or not numbers.is_popcount
    parameters: dict[str, Value] = {
        "MW": mw,
        "MH": mh,
        "SIMD": simd,
        "PE": pe,
        "GROUPS": groups,
        "THRESHOLDS": thresholds,
        "FALLING": int(falling),
        "SIGNED_OUTPUT": int(signed_output),
        "BIAS_W": bias,
        "ZEROS": int(zeros is not None),
        **dict(zip(EDGES, zeros or (1, 1, 0, 0, 0, 0), strict=True)),
        "STAGES": stages,
        "INPUT_W": 1,
        "SIGNED_INPUTS": 0,
        "BIPOLAR": 1,
        "WEIGHT_W": 1,
        "NARROW_WEIGHTS": 0,
        **dict(zip(PACKED, Numbers.packed, strict=True)),
        "SERIAL": 0,
        "RUN": 0,
        **numbers.parameters,
        "WEIGHT_FILE": f"../memories/{name}_weights.mem",
        "THRESHOLD_FILE": f"../memories/{name}_thresholds.mem" if has_file else "",
        "RAM_STYLE": style,
        "THRESHOLD_STYLE": style,
        "START_FILE": f"../memories/{name}_starts.mem" if zeros and thresholds > 1 else "",
        "START_STYLE": style,
        "REPLAY_STYLE": replay,
        "WEIGHT_SLICE": weight_slice,
        "WEIGHTS": "ram" if banks else "rom",
        "BANKS": max(1, banks),
    }
    out_width = thresholds.bit_length() or numbers.sum_width(mw, 0, bias, has_zeros=zeros is not None)
    ports = (
        *clock_and_reset(),
        *load_chain(),
        *stream_in("s_axis", max(1, pe * groups // mh) * simd * numbers.input_width),
        *stream_out("m_axis", pe * out_width, has_last=True),
    )
    return Instance(name, "mvtu", parameters, ports)


LOADED = [
    make(64, 16, 16, 4, 1, 1, weight_slice=32, banks=1),
    make(21, 15, 7, 5, 1, 1, "block", falling=True, weight_slice=32, banks=2),
    make(8, 6, 4, 2, 3, 0, "distributed", "u2", "n2", falling=True, banks=1),
    make(6, 10, 3, 5, 7, 1, "block", "s4", "w3", weight_slice=7, banks=2),
    make(2, 40, 1, 1, 3, 0, "distributed", "s2", banks=1),
    make(9, 6, 9, 6, 0, 0, "auto", "s3", "w4", weight_slice=32, bias=6, banks=2),
    make(12, 8, 4, 2, 3, 0, falling=True, zeros=(4, 2, 1, 2, 1, 1), banks=2),
    make(12, 6, 3, 2, 1, 0, "block", "s3", "w4", serial=True, banks=1),
    make(12, 8, 4, 4, 1, 3, "auto", "u4", "w4", packed=(4, 3, 25, 4), weight_slice=20, banks=1),
    make(1, 1, 1, 1, 1, 0, banks=2),
    make(20, 8, 10, 4, 1, 1, weight_slice=32, banks=2, run=9),
]
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
    make(7, 4, 7, 4, 3, 1, "auto", "s2"),
    make(5, 4, 5, 2, 3, 1, "auto", "u2"),
    # Weights of a few bits, with inputs of every kind.
    make(12, 8, 4, 2, 0, 1, "auto", "u1", "w2"),
    make(12, 8, 4, 4, 1, 0, "distributed", "u1", "n2"),
    make(9, 6, 3, 2, 3, 1, "auto", "u1", "w3"),
    make(12, 8, 4, 4, 0, 0, "auto", "z1", "w1"),
    make(15, 8, 5, 4, 1, 1, "auto", "z1", "w1"),
    make(15, 8, 15, 4, 3, 1, "auto", "z1", "w1"),
    make(12, 8, 4, 2, 0, 0, "auto", "z1", "n2"),
    make(10, 8, 2, 2, 1, 0, "block", "z1", "w4"),
    make(12, 8, 4, 2, 0, 2, "auto", "u2", "w2"),
    make(12, 8, 4, 4, 1, 1, "block", "u4", "w2"),
    make(12, 8, 12, 2, 3, 1, "distributed", "u2", "n2"),
    make(10, 6, 5, 3, 15, 2, "auto", "s4", "w4"),
    make(10, 6, 5, 3, 0, 0, "auto", "s3", "n3"),
    make(6, 6, 6, 6, 7, 1, "auto", "u3", "w5"),
    make(6, 4, 2, 2, 1, 0, "auto", "s8", "w8"),
    make(4, 4, 2, 1, 255, 0, "auto", "u8", "n8"),
    make(1, 1, 1, 1, 1, 0, "auto", "s2", "w2"),
    make(1, 2, 1, 1, 0, 0, "auto", "u8", "w8"),
    make(12, 8, 4, 2, 1, 1, "block", "u2", "w2", weight_slice=5),
    # Inputs of many bits.
    make(6, 4, 2, 2, 1, 0, "auto", "s12", "w3"),
    make(4, 4, 1, 2, 0, 0, "auto", "u16", "w8"),
    make(6, 4, 3, 4, 3, 1, "auto", "u9", "n2"),
    # Rows whose results are turned over, and results in two's complement.
    make(12, 8, 4, 2, 1, 1, "auto", falling=True),
    make(12, 8, 4, 4, 1, 1, "block", "s4", falling=True),
    make(12, 8, 4, 2, 3, 1, "auto", "s4", "w3", falling=True, signed_output=True),
    make(12, 8, 12, 2, 7, 1, "block", "u2", "w2", falling=True),
    make(21, 6, 7, 3, 3, 1, "distributed", signed_output=True),
    # The replay buffer in block RAM; many folds.
    make(12, 8, 4, 2, 1, 1, "auto", replay="block"),
    make(8, 6, 8, 2, 0, 0, "block", "s4", replay="block"),
    make(12, 9, 2, 3, 3, 1, "auto", "u2", "w2", replay="block"),
    make(2, 40, 1, 1, 3, 0, "auto", "s2"),
    # Biases, which make dot products of counts: narrower than the sums, and wider.
    make(12, 8, 4, 2, 0, 1, bias=3),
    make(16, 4, 16, 4, 0, 2, "block", bias=9),
    make(12, 8, 4, 4, 0, 0, "auto", "s4", "w3", bias=12),
    make(7, 4, 7, 1, 0, 1, "auto", "z1", bias=1),
    make(6, 8, 3, 4, 0, 2, "auto", "s3", "w3", bias=6, packed=(3, 3, 25, 4)),
    # Zeros by place, of maps of eight vectors: with and without places between the edges, folded and not.
    make(12, 8, 4, 2, 1, 1, zeros=(2, 4, 1, 0, 1, 1)),
    make(12, 8, 4, 2, 3, 0, falling=True, zeros=(4, 2, 1, 2, 1, 1)),
    make(9, 4, 9, 4, 1, 2, "block", falling=True, zeros=(1, 8, 0, 0, 2, 3)),
    make(9, 4, 9, 4, 7, 1, "block", zeros=(8, 1, 1, 1, 0, 0)),
    make(12, 6, 4, 6, 0, 1, zeros=(2, 4, 0, 0, 0, 0)),
    make(12, 6, 4, 3, 0, 1, bias=4, zeros=(4, 2, 1, 0, 0, 2)),
    make(10, 6, 5, 3, 1, 0, "distributed", "u1", "n2", zeros=(2, 4, 0, 1, 3, 1)),
    make(10, 6, 5, 2, 3, 0, "auto", "u1", "w3", zeros=(4, 2, 1, 1, 0, 1)),
    make(10, 6, 10, 2, 0, 0, "auto", "u1", "w2", bias=2, zeros=(2, 4, 1, 1, 1, 1)),
    # Rows with inputs of their own: folded by synapses, by rows, by both and not; all kinds of numbers and of memories.
    make(9, 6, 1, 2, 1, 0, groups=6),
    make(9, 6, 9, 6, 3, 1, "auto", "u4", "w4", groups=6),
    make(9, 6, 9, 3, 0, 2, "block", "s3", "n3", groups=6),
    make(4, 6, 2, 6, 7, 0, "auto", "u2", "w2", falling=True, signed_output=True, groups=6),
    make(9, 5, 1, 1, 3, 0, "block", "u1", "w2", groups=5),
    make(1, 4, 1, 2, 1, 0, "auto", "u3", "w3", groups=4),
    make(4, 4, 4, 2, 0, 1, "auto", "z1", "w2", bias=4, groups=4),
    make(9, 4, 9, 2, 1, 2, "auto", zeros=(2, 4, 1, 0, 1, 1), groups=4),
    make(9, 4, 1, 4, 3, 0, "auto", "u1", "w3", zeros=(2, 4, 1, 0, 1, 1), groups=4),
    # Groups of rows: one after the other, each whole, side by side.
    make(12, 12, 4, 2, 3, 1, "auto", "u2", "w2", groups=3),
    make(6, 8, 3, 4, 1, 1, "block", "s3", "n3", falling=True, groups=2),
    make(3, 12, 1, 6, 0, 0, "auto", "u2", "w3", groups=4),
    make(4, 6, 4, 1, 1, 1, groups=2, zeros=(2, 4, 1, 0, 1, 1)),
    make(6, 8, 3, 2, 1, 1, "auto", "s4", "w4", packed=(2, 2, 25, 2), groups=2),
    # Products in multipliers: lanes that overlap, that touch, and with room for chains; full multipliers and others; of
    # all rows of a beat and of some; every number of thresholds; the multipliers of DSP48E1 and of MULT18X18D.
    make(12, 8, 4, 4, 1, 3, "auto", "u4", "w4", packed=(4, 3, 25, 4)),
    make(9, 8, 3, 8, 3, 2, "block", "u2", "n2", packed=(5, 5, 25, 4)),
    make(12, 8, 4, 8, 0, 3, "auto", "s2", "w2", packed=(8, 8, 25, 4)),
    make(6, 6, 6, 3, 15, 2, "auto", "s4", "w4", falling=True, signed_output=True, packed=(3, 3, 18, 1)),
    make(6, 4, 2, 2, 1, 2, "auto", "s8", "w8", falling=True, packed=(2, 2, 25, 4)),
    make(10, 6, 5, 3, 7, 0, "auto", "u3", "w3", packed=(1, 1, 25, 4)),
    make(1, 2, 1, 1, 0, 1, "auto", "u8", "w8", packed=(1, 1, 18, 1)),
    make(6, 4, 6, 4, 3, 1, "auto", "u2", "w2", weight_slice=5, packed=(4, 4, 25, 2)),
    # Bit by bit: every kind of input, more bits of the one than of the other, every folding and number of thresholds.
    make(12, 8, 4, 2, 1, 1, "auto", "u2", "w2", serial=True),
    make(12, 6, 3, 2, 0, 0, "block", "s3", "w4", bias=5, replay="block", serial=True),
    make(21, 15, 7, 5, 3, 2, "distributed", "u4", "n2", falling=True, signed_output=True, serial=True),
    make(10, 6, 5, 3, 1, 0, "auto", "s4", "w1", falling=True, replay="block", serial=True),
    make(12, 4, 12, 4, 3, 1, "block", "u1", "w2", weight_slice=5, serial=True),
    make(9, 4, 3, 4, 1, 1, "auto", "z1", "w3", serial=True),
    make(1, 1, 1, 1, 1, 0, "auto", "u2", "w1", serial=True),
    make(1, 2, 1, 1, 0, 0, "auto", "u3", "n2", serial=True),
    make(2, 4, 1, 1, 0, 0, "auto", "u8", "w8", replay="block", serial=True),
    make(6, 6, 6, 2, 15, 1, "auto", "u3", "w5", serial=True),
    make(10, 6, 5, 2, 3, 1, "auto", "u1", "w3", zeros=(4, 2, 1, 1, 0, 1), serial=True),
    # Start values level by level, which turn results over, or are those of places, too.
    make(8, 6, 4, 2, 1, 1, "block", "u4", "w4", falling=True, serial=True),
    make(3, 4, 3, 2, 1, 0, "distributed", "u2", "w4", falling=True, serial=True),
    make(6, 4, 3, 2, 3, 1, "auto", "u1", "w5", zeros=(4, 2, 1, 1, 0, 1), serial=True),
    make(4, 3, 4, 3, 1, 0, "block", "u1", "w5", zeros=(2, 4, 1, 0, 1, 1), serial=True),
    # Lanes recoded as parities: in a run and in several, of every kind of input, folded and not, in every memory.
    make(24, 8, 12, 4, 1, 1, "distributed", run=5),
    make(33, 6, 33, 3, 0, 2, "block", replay="block", run=33),
    make(16, 4, 8, 4, 3, 0, weight_slice=5, run=7),
    make(12, 8, 4, 2, 0, 1, bias=4, run=3),
    make(12, 8, 6, 2, 1, 0, "auto", "z1", falling=True, run=5),
    make(12, 6, 4, 3, 3, 1, zeros=(2, 4, 1, 0, 1, 1), run=3),
    make(18, 8, 9, 4, 3, 2, "auto", "u2", falling=True, signed_output=True, run=9),
    make(21, 6, 7, 3, 1, 1, "block", "s4", run=3),
    make(9, 4, 9, 4, 0, 3, "auto", "s8", run=5),
    make(2, 2, 2, 1, 1, 0, "auto", "u3", run=3),
    make(12, 12, 4, 2, 3, 1, "auto", "u2", groups=3, run=3),
    # Weights and thresholds that can be loaded: in slices and not, in every memory, for every number of thresholds.
    *LOADED,
]


def weights_of(instance: Instance) -> np.ndarray:
    """MH x MW weights, the same in pytest and in the simulator."""
    rng = np.random.default_rng(seeds.generator("weights", instance.name).getrandbits(64))
    numbers = numbers_of(instance.parameters)
    weights = numbers.draw(rng, numbers.weight_range, (instance.int_of("MH"), instance.int_of("MW")))
    if not numbers.is_popcount:
        # Rows that reach both ends of the range.
        weights[0] = numbers.weight_range[1]
        weights[-1] = numbers.weight_range[0]
    return weights


def classes(rows: int, first: int, last: int) -> list[int]:
    """The class of each row of vectors: the first and the last ones are one each, all between are one."""
    between = first + last < rows
    return [row if row < first else max(first, row - rows + first + last + between) for row in range(rows)]


def zeros_of(instance: Instance) -> np.ndarray | None:
    """Which inputs are 0 in the vectors of each pair of classes (pairs, MW)."""
    if not instance.int_of("ZEROS"):
        return None
    rng = np.random.default_rng(seeds.generator("zeros", instance.name).getrandbits(64))
    height, width, top, bottom, left, right = (instance.int_of(name) for name in EDGES)
    pairs = (max(classes(height, top, bottom)) + 1) * (max(classes(width, left, right)) + 1)
    return rng.random((pairs, instance.int_of("MW"))) < 0.4


def places_of(instance: Instance, count: int) -> np.ndarray:
    """The pair of classes of each of the first vectors (count,)."""
    height, width, top, bottom, left, right = (instance.int_of(name) for name in EDGES)
    rows, columns = classes(height, top, bottom), classes(width, left, right)
    pairs = [row * (max(columns) + 1) + column for row in rows for column in columns]
    return np.array([pairs[index % len(pairs)] for index in range(count)])


def lacking_of(instance: Instance) -> np.ndarray | None:
    """What dot products lack in each pair of classes (pairs, MH)."""
    zeros = zeros_of(instance)
    return None if zeros is None else zeros @ weights_of(instance).T


def thresholds_of(instance: Instance) -> np.ndarray:
    """MH x THRESHOLDS numbers, ascending in a row; the first rows always or never fire, the last at one end alone."""
    rng = np.random.default_rng(seeds.generator("thresholds", instance.name).getrandbits(64))
    mw, mh, count = (instance.int_of(p) for p in ("MW", "MH", "THRESHOLDS"))
    numbers, weights = numbers_of(instance.parameters), weights_of(instance)
    low, most = numbers.dots(mw) if instance.int_of("ZEROS") else numbers.sums(mw)
    middle = (low + most) / 2
    # Around the middle, where accumulators fall.
    spread = (most - low) / mw**0.5 / (1.5 if numbers.is_popcount else 3)
    thresholds = np.sort(np.clip(rng.normal(middle, spread, (mh, count)).round(), low, most).astype(int), axis=1)
    if mh >= 4 and count:
        thresholds[0] = low
        thresholds[1] = most + 1
        thresholds[2, 0] = low
        thresholds[2, count - 1 :] = most + 1
        last = numbers.extremes(weights[mh - 1])[1]
        at_last = numbers.accumulators(weights[mh - 1 :], last[None])[0]
        thresholds[mh - 1, count - 1 :] = weights[mh - 1] @ last if instance.int_of("ZEROS") else at_last
        thresholds[mh - 1].sort()
    return thresholds


def bias_of(instance: Instance) -> np.ndarray | None:
    """What is added to the rows; both ends are there."""
    width = instance.int_of("BIAS_W")
    if not width:
        return None
    rng = np.random.default_rng(seeds.generator("bias", instance.name).getrandbits(64))
    half = 1 << width - 1
    bias = rng.integers(-half, half, instance.int_of("MH"))
    # Rows of the largest weights and of the smallest.
    bias[0], bias[-1] = half - 1, -half
    return bias


def falling_of(instance: Instance) -> np.ndarray | None:
    """Which rows are turned over."""
    if not instance.int_of("FALLING"):
        return None
    rng = np.random.default_rng(seeds.generator("falling", instance.name).getrandbits(64))
    return rng.permutation(instance.int_of("MH")) % 2 == 1


def memories_of(instance: Instance) -> Iterator[tuple[str, list[int], int]]:
    """Names, words and bits of the files that the parameters name, in the order in which loads take them."""
    pe, numbers, weights = instance.int_of("PE"), numbers_of(instance.parameters), weights_of(instance)
    simd, slice_width = instance.int_of("SIMD"), instance.int_of("WEIGHT_SLICE")
    lacking = lacking_of(instance)
    files = {"WEIGHT_FILE": list(numbers.weight_slices(weights, simd, pe, slice_width))}
    if instance.parameters["START_FILE"]:
        assert lacking is not None
        files["START_FILE"] = list(numbers.start_files(instance.int_of("MW"), lacking, pe))
    if instance.parameters["THRESHOLD_FILE"]:
        files["THRESHOLD_FILE"] = list(numbers.threshold_files(
            weights, thresholds_of(instance), falling_of(instance), pe, simd, bias_of(instance),
            instance.int_of("BIAS_W"), lacking))
    for parameter, parts in files.items():
        file = str(instance.parameters[parameter]).rpartition("/")[2]
        for end, words, width in parts:
            # Those of a word that is wider than what loads it lie in slices.
            is_wide = instance.parameters["WEIGHTS"] == "ram" and width > load.WORD_BITS
            for further, part, bits in memory_files.slices(words, width, load.WORD_BITS if is_wide else 0):
                yield f"{file}{end}{further}", part, bits


def write_memories(instance: Instance, place: Path) -> None:
    """The files that the parameters name, for a simulator that runs in a folder of ``place``."""
    for name, words, width in memories_of(instance):
        memory_files.write_words(place / "memories" / name, words, width)


class Vectors:
    """The model: input vectors and what the layer makes of them."""

    def __init__(self, bench: Bench, count: int, instance: Instance | None = None) -> None:
        instance = instance or bench.instance
        numbers = numbers_of(instance.parameters)
        mw, mh, self.simd, self.pe, thresholds = (
            instance.int_of(p) for p in ("MW", "MH", "SIMD", "PE", "THRESHOLDS")
        )
        self.sf, self.nf = mw // self.simd, mh // self.pe
        self.row = self.sf * numbers.passes
        weights = weights_of(instance)
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        low, high = numbers.input_range
        # Of each group (count, groups, mw), or of all (count, mw).
        groups = instance.int_of("GROUPS")
        own, sets = groups > 1, max(1, self.pe * groups // mh)
        vectors = numbers.draw(rng, (low, high), (count, groups, mw) if own else (count, mw))
        # The largest sum of some rows, the smallest, all elements the smallest, all the largest.
        special = [numbers.extremes(weights[mh // 2])[1], numbers.extremes(weights[0])[1],
                   numbers.extremes(weights[mh - 1])[0], np.full(mw, low), np.full(mw, high)]
        for place, vector in zip(rng.permutation(count), special, strict=False):
            vectors[place] = vector
        width = numbers.sum_width(mw, 0, instance.int_of("BIAS_W"), has_zeros=bool(instance.int_of("ZEROS")))

        def dots(elements: np.ndarray) -> np.ndarray:
            return np.einsum("ngc,guc->ngu", elements, weights.reshape(groups, -1, mw)).reshape(count, mh) \
                if own else elements @ weights.T
        out = np.concatenate([numbers.accumulators(weights[row : row + 1], vectors[:, row * groups // mh])
                              for row in range(mh)], axis=1) if own else numbers.accumulators(weights, vectors)
        bias, zeros = bias_of(instance), zeros_of(instance)
        if zeros is not None:
            # They come as -1 and count as 0.
            is_zero = zeros[places_of(instance, count)]
            is_zero = np.broadcast_to(is_zero[:, None], vectors.shape) if own else is_zero
            vectors[is_zero] = -1
            out = dots(np.where(is_zero, 0, vectors))
        if bias is not None:
            out = (dots(vectors) if zeros is None else out) + bias
        if thresholds:
            out = (out[:, :, None] >= thresholds_of(instance)[None, :, :]).sum(axis=2)
            falling, width = falling_of(instance), thresholds.bit_length()
            if falling is not None:
                out = np.where(falling, thresholds - out, out)
            if instance.int_of("SIGNED_OUTPUT"):
                out = out - (1 << width - 1)
        bits = numbers.input_bits(vectors)
        if own:
            bits = bits.reshape(count, groups // sets, sets, self.sf, self.simd).transpose(0, 1, 3, 4, 2)
        width_in = self.simd * sets
        self.sent = [Beat(pack(part, numbers.input_width)) for part in bits.reshape(-1, width_in)]
        self.expected = [
            Beat(pack(part, width), int(fold == self.nf - 1))
            for row in out
            for fold, part in enumerate(row.reshape(self.nf, self.pe))
        ]


def latency_of(instance: Instance) -> int:
    """Cycles from the last input beat of a vector to its first output beat."""
    mh, pe, thresholds = (instance.int_of(p) for p in ("MH", "PE", "THRESHOLDS"))
    latency = 2 + instance.int_of("STAGES") + int(instance.parameters["RAM_STYLE"] == "block")
    passes = numbers_of(instance.parameters).passes
    latency += (instance.int_of("MW") // instance.int_of("SIMD")) * (passes - 1)
    if mh // instance.int_of("GROUPS") > pe or passes > 1:
        latency += 1 + int(instance.parameters["REPLAY_STYLE"] == "block")
    if thresholds > 1:
        # Those of `threshold`, less the output register that it stands for.
        style, steps = instance.parameters["THRESHOLD_STYLE"], range(1, thresholds.bit_length())
        late = [style == "block" or mh // pe << step > 32 for step in steps]
        latency += thresholds.bit_length() + sum(late)
    return latency


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
    """SF * NF cycles a vector and pass without a bubble, and the latency that the header states."""
    vectors = Vectors(bench, 8)
    source, sink = await bench.run(vectors.sent, vectors.expected)
    sf, latency = vectors.sf, latency_of(bench.instance)
    last_input = source.cycles[sf - 1]
    assert last_input == source.cycles[0] + sf - 1
    # Every SF cycles and pass a beat leaves, from the first fold of the first vector to the last of the last.
    assert sink.cycles == [last_input + latency + vectors.row * index for index in range(len(vectors.expected))]


@each(INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked everything stops; afterwards all results are there."""
    # More than it holds.
    held = 6 + latency_of(bench.instance) // numbers_of(bench.instance.parameters).passes
    vectors = Vectors(bench, 2 + held)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in vectors.sent:
        source.append(beat)
    await bench.cycles(held * vectors.row * vectors.nf + 40)
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


@each(LOADED)
async def computes_what_was_loaded(bench: Bench) -> None:
    """With each set that is loaded, behind a reset, what numpy says; of two banks one computes while one is loaded."""
    present = bench.instance
    for name in ("other", "third", "other"):
        following = replace(bench.instance, name=f"{bench.instance.name}_{name}")
        words = [word for _, part, _ in memories_of(following) for word in part]
        assert all(bits <= load.WORD_BITS for _, _, bits in memories_of(following))
        loading = cocotb.start_soon(load.send(bench, words))
        if bench.instance.int_of("BANKS") == 2:
            vectors = Vectors(bench, 8, present)
            await bench.run(vectors.sent, vectors.expected)
        await loading
        await load.swap(bench)
        await bench.reset(1)
        present = following
        for kind in ("full_speed", "random"):
            vectors = Vectors(bench, 8, present)
            await bench.run(vectors.sent, vectors.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
