# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Networks whose parameters change: each frame is computed with one set, whole, whatever happens to a load."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from cocotb.triggers import ClockCycles, RisingEdge

from cocotb_tests.accelerator import LATENCY, Design, System
from finn_rtl import driver, load
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.numbers import whole_bytes
from finn_rtl.description.files import parse_topology
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.driver.sets import HEAD
from finn_rtl.driver.stream import pack_frames
from finn_rtl.meaning.integer import Network
from finn_rtl.output.parameters import parameter_set
from finn_rtl.plan.plan import make_plan
from finn_verif.bench.bench import Bench, each
from finn_verif.buses import axis
from finn_verif.buses.axi.ports import OKAY, SLVERR
from finn_verif.buses.axis import Beat
from finn_verif.testbench.instances import Instance, Port, clock_and_reset, stream_in, stream_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from finn_rtl.driver.sets import ParameterSet

#: Frames a second at 200 MHz.
FPS = 1e6
SIGNATURE_PLACE, LENGTH_PLACE, WORD_PLACE = 4, 8, 4 * HEAD + 40


def other_parameters(network: Network, seed: int) -> Network:
    """The same layers with other weights of the same kind, and with thresholds moved; some rows fall."""
    rng = np.random.default_rng(seed)
    layers = {}
    for name, layer in network.layers.items():
        weight, falling, thresholds = rng.permuted(layer.weight, axis=1), layer.falling, layer.thresholds
        if thresholds is not None:
            falling = rng.random(len(weight)) < 0.5
            thresholds = thresholds + rng.integers(-2, 3, (len(weight), 1))
        layers[name] = IntegerLayer(weight, thresholds, falling, layer.lowest)
    return replace(network, layers=layers)


def changeable(banks: int, data_w: int, net: str = "digits", fps: float = FPS) -> Design:
    """A shipped network, for a memory so wide."""
    network = load(net)
    network = replace(network, topology=network.topology.model_copy(update={"name": f"{net}_b{banks}"}))
    return Design(network, make_plan(network.topology, fps=fps, changeable=banks), 32, data_w)


def large() -> Design:
    """A network of frames with more bytes than 16 bits count, and of one result with as many."""
    topology = parse_topology({
        "name": "big_frames", "parameters": "none.npz", "output": "vector",
        "input": {"shape": [160, 140, 3], "encoding": {"type": "integer", "bits": 8, "signed": False}},
        "layers": [{"type": "conv", "name": "few", "channels": 2, "kernel": 20, "stride": 20, "activation": "sign"},
                   {"type": "fc", "name": "scores", "units": 3, "activation": "none"}]}, "big_frames.json")
    rng = np.random.default_rng(5)
    few = IntegerLayer(rng.choice(np.array([-1, 1], np.int8), (2, 1200)), rng.integers(-9000, 9000, (2, 1)))
    scores = IntegerLayer(rng.choice(np.array([-1, 1], np.int8), (3, 2 * 8 * 7)), None)
    return Design(Network(topology, {"few": few, "scores": scores}), make_plan(topology, fps=1000), 32, 64)


LARGE = large()
DESIGNS = {design.name: design for design in (changeable(1, 64), changeable(2, 128))}
OTHERS = {name: other_parameters(design.network, 7) for name, design in DESIGNS.items()}
HOSTED = [design.instance for design in DESIGNS.values()]


def bare(design: Design) -> Instance:
    """The network without a host."""
    pipeline = design.plan.pipeline
    ports = (*clock_and_reset(), *stream_in("s_axis", whole_bytes(pipeline.guard.width), has_last=True),
             *stream_out("m_axis", whole_bytes(pipeline.result.width), has_last=True), Port("m_axis_tuser", 1, False),
             *stream_in("s_axis_parameters", 32, has_last=True), Port("parameters_done", 1, False),
             Port("parameters_error", 3, False), Port("parameters_valid", 1, False), Port("parameters_set", 32, False),
             Port("frame_error", 1, False))
    return Instance(f"bare_{design.name}", f"finn_{design.name}", {"USE_TLAST": 1}, ports)


BARE = [bare(design) for design in DESIGNS.values()]
INSTANCES = [*HOSTED, *BARE, LARGE.instance]


def set_of(design: Design, network: Network) -> ParameterSet:
    """A set for the design."""
    return parameter_set(network, design.plan)


def changed(packet: NDArray[np.uint8], place: int) -> NDArray[np.uint8]:
    """A packet with one byte changed."""
    found = packet.copy()
    found[place] ^= 1
    return found


class Session:
    """One opened accelerator and what it must answer with each set."""

    def __init__(self, bench: Bench, design: Design | None = None, frames: int = 6) -> None:
        self.system = System(bench, design or DESIGNS[bench.instance.name])
        bench.stop()
        self.system.attach(LATENCY)
        self.own = self.system.network
        self.other = OTHERS[bench.instance.name] if design is None else other_parameters(self.own, 7)
        self.own_set, self.other_set = (set_of(self.system.design, network) for network in (self.own, self.other))
        self.has_two = self.system.plan.changeable == 2
        self.frames = self.system.frames(frames)

    def runs(self, accelerator: driver.Accelerator, network: Network) -> None:
        """A job is computed with these parameters."""
        found, _ = accelerator.run(self.frames)
        self.system.network = network
        assert found.tolist() == self.system.expected(self.frames).tolist()


async def one_after_the_other(bench: Bench, session: Session) -> list[driver.LoadTiming]:
    """Jobs with sets A, B, A, each equal to its own reference; times of the loads, a word a cycle and little more."""
    assert session.own_set.packet.tolist() != session.other_set.packet.tolist()

    def work(accelerator: driver.Accelerator) -> list[driver.LoadTiming]:
        session.runs(accelerator, session.own)
        timings = []
        for parameters, network in ((session.other_set, session.other), (session.own_set, session.own)):
            timings.append(accelerator.load(parameters))
            session.runs(accelerator, network)
        return timings

    timings: list[driver.LoadTiming] = await session.system.driven(work)
    for timing in timings:
        assert timing.size == len(session.own_set.packet)
        words = timing.size // 4
        bench.dut._log.info("a load of %d bytes: %d cycles", timing.size, timing.cycles)
        # The memory's latency, the chain, the reset.
        assert words < timing.cycles < words + 3 * LATENCY + 1000
    return timings


@each(HOSTED, timeout_us=20_000)
async def each_job_has_its_set(bench: Bench) -> None:
    """A, B, A; and who opens it next does not take the results for those of its own set."""
    session = Session(bench)
    await one_after_the_other(bench, session)
    await session.system.driven(lambda accelerator: accelerator.load(session.other_set))
    with pytest.raises(driver.DriverError, match="another program has loaded"):
        await session.system.driven(lambda accelerator: accelerator.run(session.frames))


@each(HOSTED, timeout_us=20_000)
async def wrong_sets_are_refused(bench: Bench) -> None:
    """Another signature or length changes nothing; a wrong checksum leaves no set in one bank, the old one in two."""
    session = Session(bench)
    system = session.system

    def work(accelerator: driver.Accelerator) -> None:
        accelerator.load(session.own_set)
        other = make_plan(system.network.topology, fps=FPS / 10, changeable=session.system.plan.changeable)
        with pytest.raises(driver.WrongHardwareError, match="for another network, or for another folding"):
            accelerator.load(parameter_set(session.own, other))
        session.runs(accelerator, session.own)
        for place, message in ((SIGNATURE_PLACE, "no set of parameters for this network"),
                               (LENGTH_PLACE, "wrong number of words"), (WORD_PLACE, "wrong checksum")):
            bad = changed(session.other_set.packet, place)
            with pytest.raises(driver.JobError, match=message):
                accelerator.transport.load(bad, session.own_set.signature)
            if place == WORD_PLACE and not session.has_two:
                with pytest.raises(driver.JobError, match="has no whole set of parameters"):
                    accelerator.run(session.frames)
            else:
                session.runs(accelerator, session.own)
        accelerator.load(session.other_set)
        session.runs(accelerator, session.other)

    await system.driven(work)


@each(HOSTED, timeout_us=50_000)
async def broken_loads_never_mix(bench: Bench) -> None:
    """Memory errors, aborts, resets at any moment: what is computed then is one set, or nothing; the next is right."""
    session = Session(bench)
    system, device = session.system, session.system.device
    buffer = device.allocate(len(session.other_set.packet))
    present = session.own

    def work(accelerator: driver.Accelerator) -> None:
        # As who knows what was loaded.
        accelerator._has_own_set = True
        try:
            session.runs(accelerator, present)
        except driver.JobError as error:
            assert "no whole set" in str(error)
            assert not session.has_two
        accelerator.load(session.own_set)
        session.runs(accelerator, session.own)

    for turn in range(9):
        kind = ("error", "abort", "reset")[turn % 3]
        buffer.write(session.other_set.packet)
        bad = buffer.address + bench.rng.randrange(len(session.other_set.packet) // 16) * 16
        if kind == "error":
            system.reads.response = lambda address, bad=bad: SLVERR if address == bad else OKAY
        await device.set(Register.INPUT_LOW, buffer.address)
        await device.set(Register.CONTROL, Control.START | Control.LOAD)
        if kind != "error":
            await ClockCycles(bench.clock, bench.rng.randint(1, len(session.other_set.packet) // 4 + 150))
        if kind == "abort":
            await device.set(Register.CONTROL, Control.ABORT)
        if kind == "reset":
            await bench.reset(bench.rng.choice((1, 3)))
            system.attach(LATENCY)
        status = await system.ended()
        system.reads.response = lambda _: OKAY
        assert (kind == "error") == bool(status & Status.READ_ERROR)
        number = await device.get(Register.SET_NUMBER)
        assert number in (session.own_set.number, session.other_set.number)
        present = session.other if number == session.other_set.number else session.own
        system.forget()
        await system.driven(work)


@each([LARGE.instance], timeout_us=20_000)
async def large_frames(bench: Bench) -> None:
    """Frames of more than 65,535 bytes in one job and in several, and a job that has more bytes than can be counted."""
    system = System(bench, LARGE)
    assert system.description.input_stride > 1 << 16
    await system.check(3)
    await system.check(2, batch=1)
    most = (1 << 32) // system.description.input_stride
    await system.start(most + 1, 0, 0)
    assert await system.ended() == Status.DONE | Status.FRAMES_ERROR


def beats(design: Design, frames: NDArray[np.int32]) -> list[Beat]:
    """Frames on the network's input."""
    packed = pack_frames(frames, design.plan.topology.input.map.bits, design.plan.pipeline.guard.width)
    return [Beat(int.from_bytes(beat.tobytes(), "little"), int(index == len(frame) - 1))
            for frame in packed for index, beat in enumerate(frame)]


@each(BARE, timeout_us=20_000)
async def sets_change_between_frames(bench: Bench) -> None:
    """Frames come without an end while sets are loaded: each result is of the set before, until one is of the next."""
    design = DESIGNS[bench.instance.name.removeprefix("bare_")]
    own, other = design.network, OTHERS[design.name]
    expect = System.expected
    rng = np.random.default_rng(bench.rng.getrandbits(32))
    frames = rng.integers(0, 2, (400, design.plan.topology.input.map.elements), dtype=np.int32)

    class Model:
        """What System.expected asks for."""

        plan = design.plan
        network: Any = None

    answers = []
    for network in (own, other):
        Model.network = network
        answers.append(expect(Model, frames)[:, 0].tolist())  # type: ignore[arg-type]
    assert sum(a != b for a, b in zip(*answers, strict=True)) > len(frames) // 2
    for pauses in (axis.no_pauses, lambda: axis.random_pauses(bench.rng, 0.3)):
        source, sink = bench.source(pauses()), bench.sink(pauses())
        loader = bench.source(pauses(), "s_axis_parameters")
        for beat in beats(design, frames):
            source.append(beat)
        loaded = []
        for network in (other, own):
            await sink.wait_for(len(sink.beats) + 30)
            words = set_of(design, network).packet.view("<u4").tolist()
            for index, word in enumerate(words):
                loader.append(Beat(word, int(index == len(words) - 1)))
            before = len(sink.beats)
            while not bench.integer("parameters_done"):
                await RisingEdge(bench.clock)
            assert not bench.integer("parameters_error")
            assert bench.integer("parameters_set") == set_of(design, network).number
            loaded.append((before, len(sink.beats)))
            await RisingEdge(bench.clock)
        await sink.wait_for(len(frames))
        found = [beat.data for beat in sink.beats]
        present, place = 0, 0
        for before, after in loaded:
            # With one bank no frame is computed during a load, with two all of them with the set before.
            for index in range(place, after):
                assert found[index] == answers[present][index], index
            assert design.plan.changeable == 2 or after - before <= design.plan.pipeline.guard.frames
            assert design.plan.changeable == 1 or after - before > 2
            present, place = 1 - present, after
        assert found[place:] == answers[present][place:]
        await bench.cycles(20)
        bench.stop()


@each(BARE, timeout_us=20_000)
async def packets_that_end_early(bench: Bench) -> None:
    """With tlast at any word but the last: an error; the set before is kept, or in one bank there is none."""
    design = DESIGNS[bench.instance.name.removeprefix("bare_")]
    words = set_of(design, OTHERS[design.name]).packet.view("<u4").tolist()
    total = design.plan.changeable
    for last in (0, 2, HEAD - 1, HEAD + 5, len(words) - 40, len(words) - 1):
        loader = bench.source(prefix="s_axis_parameters")
        for index, word in enumerate(words[:last + 1]):
            loader.append(Beat(word, int(index == last)))
        while not bench.integer("parameters_done"):
            await RisingEdge(bench.clock)
        is_whole = last == len(words) - 1
        assert bench.integer("parameters_error") == (0 if is_whole else 2), last
        await RisingEdge(bench.clock)
        assert bench.integer("parameters_valid") == (total == 2 or is_whole or last < HEAD)
        bench.stop()
