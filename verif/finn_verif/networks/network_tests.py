# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""cocotb tests of a generated network; expected results and cycles come from vectors.json.

Used by the `sim` targets of the networks' cores. edalize 0.6.8 does not look at the outcome of cocotb tests, so a
failing test ends the simulator with a status of its own.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from finn_verif.buses import axis
from finn_verif.buses.axis import AxisChecker, AxisSource, Beat
from finn_verif.common import seeds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from cocotb.handle import HierarchyObject

_failed: list[str] = []


@atexit.register
def _fail() -> None:
    """Make the simulator's exit status tell of a failed test."""
    if _failed:
        print(f"failed: {', '.join(_failed)}", file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def network_test(function: Callable[[Network], Awaitable[None]]) -> Any:
    """Makes a cocotb test of a function of a network, reset and with its clock running."""

    @functools.wraps(function)
    async def test(dut: HierarchyObject) -> None:
        _failed.append(function.__name__)
        network = Network(dut)
        await network.start()
        await function(network)
        _failed.remove(function.__name__)

    # The signature is that of the wrapper, not of what it wraps.
    del test.__wrapped__
    return cocotb.test()(test)


class ResultSink(axis.AxisSink):
    """A sink that keeps tuser of each beat as well."""

    _optional_signals: Any = ["tlast", "tuser"]

    def __init__(self, *arguments: Any) -> None:
        self.users: list[int] = []
        super().__init__(*arguments)

    def _recv(self, received: axis.Received) -> None:
        self.users.append(int(self.bus.tuser.value))
        super()._recv(received)


@dataclass(frozen=True)
class Vectors:
    """What vectors.json holds."""

    frames: list[list[int]]
    results: list[list[int]]
    value_width: int
    values_per_beat: int
    signed_values: bool
    cycles_per_frame: int
    latency_cycles: int
    result_cycles: list[int]

    @property
    def result_beats(self) -> int:
        """Beats of a result."""
        return len(self.results[0]) // self.values_per_beat

    def values(self, beats: list[Beat]) -> list[int]:
        """Values of a result's beats."""
        width = self.value_width
        raw = [beat.data >> width * i & (1 << width) - 1 for beat in beats for i in range(self.values_per_beat)]
        return [value - (1 << width) if self.signed_values and value >> width - 1 else value for value in raw]


@dataclass(frozen=True)
class Words:
    """Weights that come over a stream: its name, how often a word comes, and the words of a frame."""

    name: str
    period: int
    frame: list[Beat]


def read_words(folder: Path, net: str) -> list[Words]:
    """Of each layer with weights from DRAM, by plan.json, where that is at hand."""
    plan = folder / "plan.json"
    document = json.loads(plan.read_text(encoding="utf-8")) if plan.exists() else {}
    found = []
    for layer in (document.get("dram") or {}).get("layers", ()):
        bits, count = layer["word_bits"], layer["words"]
        content = (folder / f"{net}__{layer['name']}_weights.bin").read_bytes()
        assert len(content) >= -(-count * bits // 8)
        number = int.from_bytes(content, "little")
        words = [number >> place & (1 << bits) - 1 for place in range(0, count * bits, bits)]
        beats = [Beat(word) for word in words] * layer["passes_per_frame"]
        found.append(Words(f"s_axis_weights_{layer['name']}", layer["cycles_per_word"], beats))
    return found


def paced(period: int) -> Iterator[bool]:
    """Goes again so many cycles after a beat was taken."""
    while True:
        yield False
        yield from itertools.repeat(True, period - 1)


def read_vectors(path: Path) -> Vectors:
    """Read vectors.json."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Vectors(
        [[int(beat, 16) for beat in frame] for frame in document["frames"]],
        document["results"],
        document["value_width"],
        document["values_per_beat"],
        document["signed_values"],
        document["cycles_per_frame"],
        document["latency_cycles"],
        document["result_cycles"],
    )


class Network:
    """The network under test with its agents."""

    def __init__(self, dut: HierarchyObject) -> None:
        self.dut: Any = dut
        # FuseSoC puts them into a folder of the network's own.
        places = (Path(dut._name, "vectors.json"), Path("vectors.json"))
        place = next(filter(Path.exists, places))
        self.vectors = read_vectors(place)
        self.words = read_words(place.parent, dut._name.removeprefix("finn_"))
        self.sources: list[AxisSource] = []
        self.rng = seeds.generator("network", dut._name)
        dut._log.info("seed %d", seeds.seed())
        self.source: AxisSource
        self.sink: ResultSink

    async def start(self) -> None:
        """Clock, reset, agents that never pause."""
        self.dut.aresetn.value = 0
        self.dut.s_axis_tvalid.value = 0
        self.dut.s_axis_tlast.value = 0
        self.dut.s_axis_tdata.value = 0
        self.dut.m_axis_tready.value = 0
        for words in self.words:
            getattr(self.dut, f"{words.name}_tvalid").value = 0
        Clock(self.dut.aclk, axis.CLOCK_PERIOD_NS, "ns", impl="gpi").start()
        await ClockCycles(self.dut.aclk, 4)
        self.dut.aresetn.value = 1
        self.attach(axis.no_pauses(), axis.no_pauses(), is_paced=True)
        AxisChecker(self.dut, "m_axis", self.dut.aclk, self.dut.aresetn)

    def attach(self, gaps: Iterator[bool], stalls: Iterator[bool], *, is_paced: bool = False) -> None:
        """New agents with these pauses; words come at the pace of the plan, or with any pauses."""
        self.source = AxisSource(self.dut, "s_axis", self.dut.aclk, gaps, self.rng)
        self.sink = ResultSink(self.dut, "m_axis", self.dut.aclk, stalls)
        for words in self.words:
            pauses = paced(words.period) if is_paced else axis.bursts(self.rng, 4 * words.period)
            source = AxisSource(self.dut, words.name, self.dut.aclk, pauses, self.rng)
            # More than any test takes.
            for beat in words.frame * (len(self.vectors.frames) + 8):
                source.append(beat)
            self.sources.append(source)

    def stop(self) -> None:
        """The agents end."""
        self.sink.stop()
        for source in (self.source, *self.sources):
            source.stop()
        self.sources.clear()

    def send(self, frame: list[int], last: int | None = None) -> None:
        """Queue a frame; tlast on beat `last`, by default the last one."""
        for index, data in enumerate(frame):
            self.source.append(Beat(data, int(index == (len(frame) - 1 if last is None else last))))

    async def results(self, count: int) -> list[list[int]]:
        """Values of the next `count` results, counted from the sink's begin; checks tlast."""
        beats = self.vectors.result_beats
        # Pauses of either side make a network a few times slower.
        limit = 20 * (self.vectors.latency_cycles + self.vectors.cycles_per_frame) + 1000
        await self.sink.wait_for(count * beats, limit)
        assert [beat.last for beat in self.sink.beats] == ([0] * (beats - 1) + [1]) * count, "tlast is wrong"
        return [self.vectors.values(self.sink.beats[i * beats : (i + 1) * beats]) for i in range(count)]


@network_test
async def full_speed(network: Network) -> None:
    """Frames without a gap: every result right, and in exactly the cycles that the plan gives."""
    vectors = network.vectors
    # The plan's frames have no end: one behind the last that counts, or it would leave a padded window sooner.
    for frame in (*vectors.frames, *vectors.frames[:2]):
        network.send(frame)
    assert await network.results(len(vectors.frames) + 2) == vectors.results + vectors.results[:2]
    ends = network.sink.cycles[vectors.result_beats - 1 :: vectors.result_beats][: len(vectors.frames)]
    assert [end - network.source.cycles[0] for end in ends] == vectors.result_cycles
    assert not any(network.sink.users)
    assert not int(network.dut.frame_error.value)


@network_test
async def gaps_and_back_pressure(network: Network) -> None:
    """Random gaps in the input and random back-pressure change no result."""
    network.stop()
    network.attach(axis.random_pauses(network.rng, 0.4), axis.bursts(network.rng, 60))
    frames, results = network.vectors.frames[:5], network.vectors.results[:5]
    for frame in frames:
        network.send(frame)
    assert await network.results(len(frames)) == results


@network_test
async def malformed_frames(network: Network) -> None:
    """A frame that ends early or late gives one result, marked; well-formed frames around it are right."""
    vectors, rng = network.vectors, network.rng
    network.stop()
    network.attach(axis.random_pauses(rng, 0.1), axis.random_pauses(rng, 0.1))
    # A frame of one beat cannot end early.
    can_be_short = len(vectors.frames[0]) > 1
    for index, frame in enumerate(vectors.frames[:5]):
        if index == 1 and can_be_short:
            network.send(frame[:rng.randrange(1, len(frame))])
        elif index == 3:
            network.send([*frame, *(rng.getrandbits(3) for _ in range(rng.randint(1, 4)))])
        else:
            network.send(frame)
    bad = {1, 3} if can_be_short else {3}
    found = await network.results(5)
    assert [found[i] for i in range(5) if i not in bad] == [vectors.results[i] for i in range(5) if i not in bad]
    beats = vectors.result_beats
    assert network.sink.users == [int(i in bad and beat == beats - 1) for i in range(5) for beat in range(beats)]
    assert int(network.dut.frame_error.value)


@network_test
async def reset_inside_a_frame(network: Network) -> None:
    """After a reset in the middle of frames, the next frames are classified right."""
    vectors, rng = network.vectors, network.rng
    network.stop()
    network.attach(axis.random_pauses(rng, 0.1), axis.random_pauses(rng, 0.1))
    network.send(vectors.frames[3])
    network.send(vectors.frames[4][:-1], last=-1)
    await network.source.wait_for(len(vectors.frames[3]) + rng.randrange(max(1, len(vectors.frames[4]) - 1)))
    network.stop()
    network.dut.aresetn.value = 0
    await ClockCycles(network.dut.aclk, rng.randint(1, 4))
    await RisingEdge(network.dut.aclk)
    network.dut.aresetn.value = 1
    network.attach(axis.no_pauses(), axis.no_pauses())
    for frame in vectors.frames[:2]:
        network.send(frame)
    assert await network.results(2) == vectors.results[:2]
    assert not int(network.dut.frame_error.value)
