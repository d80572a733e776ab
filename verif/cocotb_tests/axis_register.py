# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_register: nothing lost, one cycle, two beats held, outputs from registers."""

from __future__ import annotations

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, clock_and_reset, stream_in, stream_out


def make(width: int, late: int = 0) -> Instance:
    """An instance of one width."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", width, has_last=True),
        *stream_out("m_axis", width, has_last=True),
    )
    return Instance(f"w{width}_{late}", "axis_register", {"WIDTH": width, "LATE_DATA": late}, ports)


INSTANCES = [make(1), make(8), make(33), make(1, 1), make(12, 1)]


def random_beats(bench: Bench, count: int) -> list[Beat]:
    """Any data, any tlast."""
    return [Beat(bench.rng.getrandbits(bench.instance.int_of("WIDTH")), bench.rng.getrandbits(1)) for _ in range(count)]


@each(INSTANCES)
async def passes_everything(bench: Bench) -> None:
    """Beats leave unchanged and in order under any traffic."""
    for kind in TRAFFIC:
        beats = random_beats(bench, 100)
        await bench.run(beats, beats, *traffic(kind, bench.rng))


@each(INSTANCES)
async def takes_one_cycle(bench: Bench) -> None:
    """Latency 1 cycle, throughput 1 beat a cycle."""
    beats = random_beats(bench, 30)
    source, sink = await bench.run(beats, beats)
    assert source.cycles == list(range(source.cycles[0], source.cycles[0] + len(beats)))
    assert sink.cycles == [cycle + 1 for cycle in source.cycles]


@each(INSTANCES)
async def holds_two_beats(bench: Bench) -> None:
    """With the output blocked two beats are taken, then no more; a beat is offered without waiting for ready."""
    beats = random_beats(bench, 6)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in beats:
        source.append(beat)
    await bench.cycles(20)
    assert len(source.cycles) == 2
    assert bench.integer("m_axis_tvalid")
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(beats))
    assert sink.beats == beats


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset at any moment leaves nothing behind."""
    for _ in range(5):
        await bench.interrupt(random_beats(bench, 10))
        beats = random_beats(bench, 10)
        await bench.run(beats, beats)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Outputs come from registers."""
    await bench.check_no_path()
