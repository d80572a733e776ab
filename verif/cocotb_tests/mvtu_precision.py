# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_precision: every output bit against numpy, and every cycle against the header, in all precisions in turn."""

from __future__ import annotations

from itertools import accumulate, product
from typing import TYPE_CHECKING

import numpy as np

from cocotb_tests.mvtu import pack
from finn_rtl.ips.products import Operands, excess
from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.common import memory_files, seeds
from finn_verif.common.matrices import Numbers, numbers_of
from finn_verif.testbench.instances import Instance, Port, Value, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from pathlib import Path

#: Bits of the weights and of the inputs that count.
Precision = tuple[int, int]


def make(mw: int, mh: int, simd: int, pe: int, thresholds: int, stages: int, inputs: str, weights: str,  # noqa: PLR0913
         style: str = "auto", replay: str = "auto", weight_slice: int = 0) -> Instance:
    """An instance of one size, with numbers as in ``Numbers``; its memories lie beside the simulator's folder."""
    numbers = Numbers(inputs, weights)
    name = f"p{mw}_{mh}_{simd}_{pe}_{thresholds}_{stages}_{inputs}_{weights}_{style}_{replay}_{weight_slice}"
    parameters: dict[str, Value] = {
        "MW": mw, "MH": mh, "SIMD": simd, "PE": pe, "THRESHOLDS": thresholds, "STAGES": stages,
        "INPUT_W": numbers.input_width, "SIGNED_INPUTS": int(inputs[0] == "s"), "BIPOLAR": int(inputs[0] != "z"),
        "WEIGHT_W": numbers.weight_width, "RAM_STYLE": style, "THRESHOLD_STYLE": style, "REPLAY_STYLE": replay,
        "WEIGHT_SLICE": weight_slice, "WEIGHT_FILE": f"../memories/{name}_weights.mem",
        "THRESHOLD_FILE": f"../memories/{name}_starts.mem",
    }
    width, user = simd * numbers.input_width, sum(map(int.bit_length, (numbers.input_width, numbers.weight_width)))
    out_width = 1 if thresholds else sum_width(mw, numbers, 0)
    # The precision stands above the data, so that it is one stream.
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", width + user)[1:],
        Port("s_axis_tdata", width + user, True, "", f"{{u}}_s_axis_tdata[{width - 1}:0]"),
        Port("s_axis_tuser", user, False, "", f"{{u}}_s_axis_tdata[{width + user - 1}:{width}]"),
        *stream_out("m_axis", pe * out_width, has_last=True),
    )
    return Instance(name, "mvtu_precision", parameters, ports)


def sum_width(columns: int, numbers: Numbers, thresholds: int) -> int:
    """Bits of an accumulator."""
    return Numbers(numbers.inputs, numbers.weights, serial=True).sum_width(columns, thresholds) + 1


INSTANCES = [
    make(12, 8, 4, 2, 1, 1, "u4", "w4"),
    # More bits of the one or of the other; every kind of input; every memory style.
    make(12, 6, 3, 2, 0, 0, "s3", "w2", "block"),
    make(28, 6, 14, 3, 1, 2, "u2", "w5", "distributed", "block"),
    make(9, 4, 3, 4, 0, 1, "s4", "w1"),
    make(8, 6, 8, 3, 1, 0, "u1", "w3", "auto", "block"),
    make(8, 4, 4, 1, 0, 1, "z1", "w2", "block", "auto", 3),
    # A row in a cycle; one column and row; many planes.
    make(6, 4, 6, 4, 1, 1, "u2", "w2"),
    make(6, 4, 6, 4, 0, 0, "u2", "w2", "auto", "block"),
    make(1, 1, 1, 1, 1, 0, "s2", "w1"),
    make(4, 2, 2, 1, 1, 0, "u8", "w8"),
]


def precisions(numbers: Numbers) -> list[Precision]:
    """All that there are."""
    return list(product(range(1, numbers.weight_width + 1), range(1, numbers.input_width + 1)))


def weights_of(instance: Instance) -> np.ndarray:
    """MH x MW weights, the same in pytest and in the simulator."""
    rng = np.random.default_rng(seeds.generator("weights", instance.name).getrandbits(64))
    numbers = numbers_of(instance.parameters)
    weights = numbers.draw(rng, numbers.weight_range, (instance.int_of("MH"), instance.int_of("MW")))
    # Rows that reach both ends of the range.
    weights[0], weights[-1] = numbers.weight_range[1], numbers.weight_range[0]
    return weights


def shifted(numbers: Numbers, weights: np.ndarray, vectors: np.ndarray, precision: Precision
            ) -> tuple[np.ndarray, np.ndarray]:
    """Weights and inputs of which so many bits count."""
    return weights >> numbers.weight_width - precision[0], vectors >> numbers.input_width - precision[1]


def thresholds_of(instance: Instance, precision: Precision) -> np.ndarray:
    """MH thresholds: around what is reached, and of two rows those that always and never fire."""
    rng = np.random.default_rng(seeds.generator("thresholds", instance.name, *map(str, precision)).getrandbits(64))
    numbers, weights = numbers_of(instance.parameters), weights_of(instance)
    columns = weights.shape[1]
    some = numbers.draw(rng, numbers.input_range, (200, columns))
    few, inputs = shifted(numbers, weights, some, precision)
    dots = inputs @ few.T
    found: np.ndarray = dots[rng.integers(0, 200, len(weights)), np.arange(len(weights))]
    ends = [shifted(numbers, weights, np.array(end), precision)[1] for end in numbers.extremes(weights[-1])]
    if len(weights) > 3:
        # The last row goes from its lowest to its highest: one below, and one above.
        found[0] = min(int(few[0] @ end) for end in (inputs.min(axis=0), inputs.max(axis=0)))
        found[-1] = max(int(few[-1] @ end) for end in ends) + 1
        found[1] = min(int(few[1] @ shifted(numbers, weights, end, precision)[1])
                       for end in numbers.extremes(weights[1]))
    return found


def write_memories(instance: Instance, place: Path) -> None:
    """The files that the parameters name."""
    numbers, weights = numbers_of(instance.parameters), weights_of(instance)
    simd, pe, nf = instance.int_of("SIMD"), instance.int_of("PE"), len(weights) // instance.int_of("PE")
    width = sum_width(weights.shape[1], numbers, instance.int_of("THRESHOLDS"))
    folds, planes = 1 << (nf - 1).bit_length(), 1 << (numbers.input_width - 1).bit_length()
    words = [0] * (folds * planes << (numbers.weight_width - 1).bit_length())
    for precision in precisions(numbers):
        weight_low, input_low = numbers.weight_width - precision[0], numbers.input_width - precision[1]
        few = weights >> weight_low
        kind = Operands(precision[1], precision[0], numbers.inputs[0] == "s",
                        bipolar=numbers.is_bipolar, serial=True)
        starts = -excess(few, kind)
        if instance.int_of("THRESHOLDS"):
            starts = starts - thresholds_of(instance, precision)
        first = (weight_low * planes + input_low) * folds
        scaled = (starts << weight_low + input_low).reshape(-1, pe)
        assert (scaled >= -1 << width - 1).all()
        assert (scaled < 1 << width - 1).all()
        words[first : first + nf] = memory_files.field_words(scaled, width)
    place /= "memories"
    memory_files.write_words(place / f"{instance.name}_starts.mem", words, pe * width)
    serial = Numbers(numbers.inputs, numbers.weights, serial=True)
    for end, part, bits in serial.weight_slices(weights, simd, pe, instance.int_of("WEIGHT_SLICE")):
        memory_files.write_words(place / f"{instance.name}_weights.mem{end}", part, bits)


class Vectors:
    """The model: input vectors, the precision of each, and what the layer makes of them."""

    def __init__(self, bench: Bench, count: int) -> None:
        instance, numbers = bench.instance, numbers_of(bench.instance.parameters)
        mw, simd, pe = (instance.int_of(p) for p in ("MW", "SIMD", "PE"))
        weights, has_thresholds = weights_of(instance), instance.int_of("THRESHOLDS")
        self.sf, self.nf = mw // simd, len(weights) // pe
        rng = np.random.default_rng(bench.rng.getrandbits(64))
        vectors = numbers.draw(rng, numbers.input_range, (count, mw))
        for place, end in zip(rng.permutation(count), (*numbers.extremes(weights[0]), *numbers.extremes(weights[-1])),
                              strict=False):
            vectors[place] = end
        known = precisions(numbers)
        self.precisions = [known[index] for index in rng.integers(0, len(known), count)]
        self.sent, self.expected = [], []
        #: Cycles of each beat that leaves.
        self.rows: list[int] = []
        width = 1 if has_thresholds else sum_width(mw, numbers, 0)
        for vector, precision in zip(vectors, self.precisions, strict=True):
            few, inputs = shifted(numbers, weights, vector, precision)
            out = few @ inputs
            if has_thresholds:
                out = (out >= thresholds_of(instance, precision)).astype(int)
            for sf, part in enumerate(numbers.input_bits(vector).reshape(self.sf, simd)):
                user = self._user(bench, numbers, precision) if sf == 0 else bench.rng.getrandbits(8)
                user &= (1 << instance.ports[-5].width) - 1
                data = pack(part, numbers.input_width)
                self.sent.append(Beat(user << simd * numbers.input_width | data))
            self.expected += [Beat(pack(part, width), int(fold == self.nf - 1))
                              for fold, part in enumerate(out.reshape(self.nf, pe))]
            self.rows += [self.sf * precision[0] * precision[1]] * self.nf

    @staticmethod
    def _user(bench: Bench, numbers: Numbers, precision: Precision) -> int:
        """What says a precision; all bits in one of several ways."""
        found = []
        for bits, most in zip(precision, (numbers.weight_width, numbers.input_width), strict=True):
            above = range(most, 1 << most.bit_length())
            found.append(bench.rng.choice((0, *above)) if bits == most else bits)
        return found[0] | found[1] << numbers.weight_width.bit_length()


def delay_of(instance: Instance) -> int:
    """Cycles from the last input beat of a vector to its first output beat, for a single pass."""
    return 3 + instance.int_of("STAGES") + sum(instance.parameters[name] == "block"
                                               for name in ("RAM_STYLE", "REPLAY_STYLE"))


@each(INSTANCES)
async def computes_in_every_precision(bench: Bench) -> None:
    """Exactly what numpy says, under any traffic, with another precision from vector to vector."""
    for kind in TRAFFIC:
        vectors = Vectors(bench, 12)
        await bench.run(vectors.sent, vectors.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """SF cycles a pass, and as many passes as the vector's precision has, without a bubble."""
    vectors = Vectors(bench, 12)
    source, sink = await bench.run(vectors.sent, vectors.expected)
    last_input = source.cycles[vectors.sf - 1]
    assert last_input == source.cycles[0] + vectors.sf - 1
    begin = last_input + delay_of(bench.instance) - vectors.sf
    assert sink.cycles == [begin + cycles for cycles in accumulate(vectors.rows)]


@each(INSTANCES)
async def loses_nothing_when_blocked(bench: Bench) -> None:
    """With the output blocked everything stops; afterwards all results are there."""
    vectors = Vectors(bench, 12)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in vectors.sent:
        source.append(beat)
    await bench.cycles(sum(vectors.rows[: 8 * vectors.nf]) + 40)
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
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


