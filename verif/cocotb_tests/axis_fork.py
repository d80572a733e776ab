# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_fork: every output gives every beat, whatever the others do, and every cycle is that of the header."""

from __future__ import annotations

from itertools import combinations, product

from cocotb.triggers import RisingEdge

from finn_verif.bench.bench import TRAFFIC, Bench, each, traffic
from finn_verif.buses import axis
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, clock_and_reset, stream_in, streams_out


def make(outputs: int, width: int) -> Instance:
    """An instance of one size."""
    ports = (
        *clock_and_reset(),
        *stream_in("s_axis", width, has_last=True),
        *streams_out("m_axis", outputs, width, has_last=True),
    )
    return Instance(f"f{outputs}_{width}", "axis_fork", {"OUTPUTS": outputs, "WIDTH": width}, ports)


INSTANCES = [make(2, 8), make(2, 1), make(3, 5), make(4, 33)]


def outputs_of(bench: Bench) -> list[str]:
    """Prefixes of the outputs."""
    return [f"m_axis_{i}" for i in range(bench.instance.int_of("OUTPUTS"))]


def random_beats(bench: Bench, count: int) -> list[Beat]:
    """Any data, any tlast."""
    return [Beat(bench.rng.getrandbits(bench.instance.int_of("WIDTH")), bench.rng.getrandbits(1)) for _ in range(count)]


@each(INSTANCES)
async def gives_everything_to_all(bench: Bench) -> None:
    """Beats leave each output unchanged and in order, under any traffic, alike at all outputs or different at each."""
    outputs = outputs_of(bench)
    kinds = [[kind] * len(outputs) for kind in TRAFFIC]
    kinds += [bench.rng.choices(TRAFFIC, k=len(outputs)) for _ in TRAFFIC]
    for source_kind, sink_kinds in zip(2 * TRAFFIC, kinds, strict=True):
        beats = random_beats(bench, 80)
        pauses = {"s_axis": traffic(source_kind, bench.rng)[0]}
        pauses |= {name: traffic(kind, bench.rng)[1] for name, kind in zip(outputs, sink_kinds, strict=True)}
        await bench.exchange({"s_axis": beats}, dict.fromkeys(outputs, beats), pauses)


@each(INSTANCES)
async def takes_one_cycle(bench: Bench) -> None:
    """Latency 1 cycle, throughput 1 beat a cycle."""
    beats = random_beats(bench, 30)
    sources, sinks = await bench.exchange({"s_axis": beats}, dict.fromkeys(outputs_of(bench), beats))
    cycles = sources["s_axis"].cycles
    assert cycles == list(range(cycles[0], cycles[0] + len(beats)))
    for sink in sinks.values():
        assert sink.cycles == [cycle + 1 for cycle in cycles]


@each(INSTANCES)
async def counts_as_stated(bench: Bench) -> None:
    """In every cycle: ready while no count is 2, each output valid while its own is not 0."""
    outputs = outputs_of(bench)
    source = bench.source(axis.random_pauses(bench.rng, 0.2))
    for name in outputs:
        bench.sink(axis.random_pauses(bench.rng, 0.5), name)
    for beat in random_beats(bench, 2000):
        source.append(beat)
    counts = dict.fromkeys(outputs, 0)
    # Until any two outputs have been in all states together.
    wanted = set(product(range(len(outputs)), range(3), range(len(outputs)), range(3)))
    wanted = {(i, a, j, b) for i, a, j, b in wanted if i < j}
    cycles = 0
    while wanted or cycles < 200:
        await RisingEdge(bench.clock)
        cycles += 1
        wanted -= {(i, counts[outputs[i]], j, counts[outputs[j]]) for i, j in combinations(range(len(outputs)), 2)}
        is_ready = bench.integer("s_axis_tready")
        assert is_ready == (max(counts.values()) < 2)
        take = bench.integer("s_axis_tvalid") and is_ready
        for name in outputs:
            is_valid = bench.integer(f"{name}_tvalid")
            assert is_valid == (counts[name] > 0)
            counts[name] += int(take) - int(is_valid and bench.integer(f"{name}_tready"))
    bench.stop()


@each(INSTANCES)
async def waits_for_the_slowest(bench: Bench) -> None:
    """With one output blocked the others get two beats, and it offers its first one; then nothing is taken."""
    for blocked in outputs_of(bench):
        beats = random_beats(bench, 6)
        sinks = {name: bench.sink(axis.always_paused() if name == blocked else None, name)
                 for name in outputs_of(bench)}
        source = bench.source()
        for beat in beats:
            source.append(beat)
        await bench.cycles(20)
        assert len(source.cycles) == 2
        for name, sink in sinks.items():
            assert bench.integer(f"{name}_tvalid") == (name == blocked)
            assert sink.beats == ([] if name == blocked else beats[:2])
        sinks[blocked].pauses = axis.no_pauses()
        for sink in sinks.values():
            await sink.wait_for(len(beats))
            assert sink.beats == beats
        bench.stop()


@each(INSTANCES)
async def works_after_reset(bench: Bench) -> None:
    """A reset at any moment leaves nothing behind."""
    outputs = outputs_of(bench)
    for _ in range(6):
        await bench.interrupt_all({"s_axis": random_beats(bench, 10)}, outputs)
        beats = random_beats(bench, 10)
        await bench.exchange({"s_axis": beats}, dict.fromkeys(outputs, beats))


@each(INSTANCES)
async def has_no_combinational_path(bench: Bench) -> None:
    """No stream sees another in the same cycle."""
    await bench.check_no_path()
