# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""replay_buffer: vectors, each of them several times, and every cycle against the header."""

from __future__ import annotations

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Port, clock_and_reset, stream_in


def make(width: int, length: int, repeats: int, use_block: int = 0, use_banks: int = 0) -> Instance:
    """An instance of one size; its output is seen as a stream, m_take as the transfer."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", width),
        Port("m_data", width, False, "m_axis_tdata"),
        Port("m_valid", 1, False, "m_axis_tvalid"),
        Port("m_take", 1, True, "m_axis_tready", "{u}_m_axis_tvalid && {u}_m_axis_tready"),
    )
    parameters = {"WIDTH": width, "LENGTH": length, "REPEATS": repeats, "USE_BLOCK": use_block,
                  "USE_BANKS": use_banks}
    return Instance(f"rep{width}_{length}_{repeats}_{use_block}_{use_banks}", "replay_buffer", parameters, ports)


INSTANCES = [
    make(8, 4, 2),
    make(5, 1, 2),
    make(3, 5, 3),
    make(1, 1, 7),
    make(8, 3, 4),
    make(8, 4, 2, 1),
    make(5, 1, 2, 1),
    make(3, 5, 3, 1),
    make(6, 1, 3, 1),
    # Banks: one, and three of which the last is short.
    make(4, 3, 2, use_banks=1),
    make(3, 71, 2, use_banks=1),
]


def ahead(bench: Bench) -> int:
    """Cycles from the read of a beat to the first in which it can be taken."""
    return bench.instance.int_of("USE_BLOCK") | bench.instance.int_of("USE_BANKS")


class Vectors:
    """The model: some vectors, and each of them several times."""

    def __init__(self, bench: Bench, count: int) -> None:
        width, self.length, self.repeats = (bench.instance.int_of(p) for p in ("WIDTH", "LENGTH", "REPEATS"))
        vectors = [[Beat(bench.rng.getrandbits(width)) for _ in range(self.length)] for _ in range(count)]
        self.sent = [beat for vector in vectors for beat in vector]
        self.expected = [beat for vector in vectors for beat in self.repeats * vector]


@each(INSTANCES)
async def repeats_every_vector(bench: Bench) -> None:
    """Each vector REPEATS times, under any traffic."""
    for kind in TRAFFIC:
        vectors = Vectors(bench, 15)
        await bench.run(vectors.sent, vectors.expected, *traffic(kind, bench.rng))


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """The first beat one cycle after it came, from block RAM and banks two, then one each cycle without a pause."""
    vectors = Vectors(bench, 12)
    source, sink = await bench.run(vectors.sent, vectors.expected)
    first = source.cycles[0] + 1 + ahead(bench)
    assert sink.cycles == list(range(first, first + len(vectors.expected)))


@each(INSTANCES)
async def holds_two_vectors(bench: Bench) -> None:
    """Nothing taken: two vectors fit. A place is free again in the cycle after it was read in the last pass."""
    vectors = Vectors(bench, 5)
    length, repeats = vectors.length, vectors.repeats
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in vectors.sent:
        source.append(beat)
    await bench.cycles(3 * length + 8)
    assert len(source.cycles) == 2 * length
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(vectors.expected))
    assert sink.beats == vectors.expected
    # Block RAM and banks are read when the beat before is taken.
    last_pass = [
        sink.cycles[index - ahead(bench)]
        for index in range(len(sink.cycles))
        if index % (length * repeats) >= length * (repeats - 1)
    ]
    refills = source.cycles[2 * length :]
    assert refills == [cycle + 1 for cycle in last_pass[: len(refills)]]


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset inside a vector leaves nothing of it behind."""
    for _ in range(8):
        await bench.interrupt(Vectors(bench, 4).sent)
        vectors = Vectors(bench, 4)
        await bench.run(vectors.sent, vectors.expected)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
