# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_fifo: exact capacity, latency and throughput, in both styles."""

from __future__ import annotations

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import AxisSink, AxisSource, Beat
from finn_verif.testbench.instances import Instance, Value, clock_and_reset, stream_in, stream_out


def make(width: int, depth: int, style: str, register: int = 0) -> Instance:
    """An instance of one size."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", width, has_last=True),
        *stream_out("m_axis", width, has_last=True),
    )
    parameters: dict[str, Value] = {"WIDTH": width, "DEPTH": depth, "STYLE": style, "OUTPUT_REGISTER": register}
    return Instance(f"{style}{depth}_{register}", "axis_fifo", parameters, ports)


INSTANCES = [
    make(8, 1, "distributed"),
    make(1, 2, "distributed"),
    make(5, 3, "distributed"),
    make(9, 7, "distributed"),
    make(8, 16, "distributed"),
    make(8, 3, "block"),
    make(1, 4, "block"),
    make(17, 6, "block"),
    make(8, 17, "block"),
    make(8, 3, "distributed", 1),
    make(5, 9, "distributed", 1),
    make(3, 4, "block", 1),
    make(8, 19, "block", 1),
]


def random_beats(bench: Bench, count: int) -> list[Beat]:
    """Any data, any tlast."""
    return [Beat(bench.rng.getrandbits(bench.instance.int_of("WIDTH")), bench.rng.getrandbits(1)) for _ in range(count)]


def high_water(bench: Bench) -> int:
    """The design's own record of the largest level."""
    return int(getattr(bench.dut, bench.instance.name).high_water.value)


def most_held(source: AxisSource, sink: AxisSink) -> int:
    """The largest number of beats that were inside at once, from the cycles in which they came and went."""
    changes = [(cycle, 1) for cycle in source.cycles] + [(cycle, -1) for cycle in sink.cycles]
    level = largest = 0
    for cycle in range(source.cycles[0], sink.cycles[-1] + 1):
        level += sum(change for at, change in changes if at == cycle)
        largest = max(largest, level)
    return largest


@each(INSTANCES)
async def passes_everything(bench: Bench) -> None:
    """Beats leave unchanged and in order under any traffic; high_water is the largest number held."""
    for kind in TRAFFIC:
        await bench.reset()
        beats = random_beats(bench, 100)
        source, sink = await bench.run(beats, beats, *traffic(kind, bench.rng))
        assert high_water(bench) == most_held(source, sink)


@each(INSTANCES)
async def has_stated_timing(bench: Bench) -> None:
    """Latency 1 to 3 cycles; 1 beat a cycle, every second cycle for one entry."""
    beats = random_beats(bench, 40)
    source, sink = await bench.run(beats, beats)
    step = 2 if bench.instance.parameters["DEPTH"] == 1 else 1
    latency = 1 + (bench.instance.parameters["STYLE"] == "block") + bench.instance.int_of("OUTPUT_REGISTER")
    assert source.cycles == list(range(source.cycles[0], source.cycles[0] + step * len(beats), step))
    assert sink.cycles == [cycle + latency for cycle in source.cycles]


@each(INSTANCES)
async def holds_exactly_depth(bench: Bench) -> None:
    """With the output blocked DEPTH beats are taken, then no more; freed places are used again."""
    depth = bench.instance.int_of("DEPTH")
    beats = random_beats(bench, 3 * depth + 5)
    sink = bench.sink(axis.always_paused())
    source = bench.source()
    for beat in beats:
        source.append(beat)
    await bench.cycles(3 * depth + 12)
    assert len(source.cycles) == depth
    assert bench.integer("m_axis_tvalid")
    assert not bench.integer("s_axis_tready")
    assert high_water(bench) == depth
    sink.pauses = iter([False, *[True] * (depth + 12)])
    await bench.cycles(depth + 10)
    assert (len(sink.beats), len(source.cycles)) == (1, depth + 1)
    sink.pauses = axis.no_pauses()
    await sink.wait_for(len(beats))
    assert sink.beats == beats
    assert high_water(bench) == depth


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset at any moment leaves nothing behind, high_water included."""
    for _ in range(6):
        await bench.interrupt(random_beats(bench, 2 * bench.instance.int_of("DEPTH") + 2))
        assert high_water(bench) == 0
        beats = random_beats(bench, 20)
        source, sink = await bench.run(beats, beats, *traffic("random", bench.rng))
        assert high_water(bench) == most_held(source, sink)


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """Neither side sees the other in the same cycle."""
    await bench.check_no_path()
