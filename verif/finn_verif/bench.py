# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What the cocotb tests share: clock, reset and agents of one instance, and checks that hold for every stream IP."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, Timer

from finn_verif import axis, coverage, seeds, testbench

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from cocotb.handle import HierarchyObject, LogicObject
    from cocotb.regression import Parameterized

    from finn_verif.axi import Agent
    from finn_verif.axis import AxisSink, AxisSource, Beat
    from finn_verif.testbench import Instance

#: Kinds of traffic that every stream IP must stand.
TRAFFIC = ("full_speed", "slow_source", "slow_sink", "random", "bursts")


#: Tests that failed in this simulation, and the one that runs.
_failed: list[str] = []


def traffic(kind: str, rng: random.Random) -> tuple[Iterator[bool], Iterator[bool]]:
    """Pauses of source and sink."""
    match kind:
        case "full_speed":
            return axis.no_pauses(), axis.no_pauses()
        case "slow_source":
            return axis.random_pauses(rng, 0.7), axis.no_pauses()
        case "slow_sink":
            return axis.no_pauses(), axis.random_pauses(rng, 0.7)
        case "random":
            return axis.random_pauses(rng, 0.4), axis.random_pauses(rng, 0.4)
        case "bursts":
            return axis.bursts(rng, 12), axis.bursts(rng, 12)
    raise ValueError(kind)


def each(
    instances: Sequence[Instance], timeout_us: int = 1000
) -> Callable[[Callable[..., Awaitable[None]]], Parameterized]:
    """Makes a function of a bench a cocotb test of each instance, with the clock running and the reset done.

    The timeout is simulated time: a design that hangs fails.
    """

    def decorate(function: Callable[..., Awaitable[None]]) -> Parameterized:
        async def test(dut: HierarchyObject, instance: Instance) -> None:
            # What only asks whether something fails need not wait for the rest.
            assert not (_failed and os.environ.get("FAIL_FAST")), f"not run: {_failed[0]} failed before"
            _failed.append(f"{function.__name__} of {instance.name}")
            bench = Bench(dut, instance)
            await bench.start()
            await function(bench)
            bench.check_rules()
            bench.record()
            _failed.pop()

        test.__name__ = function.__name__
        test.__qualname__ = function.__qualname__
        test.__doc__ = function.__doc__
        test.__module__ = function.__module__
        return cocotb.test(timeout_time=timeout_us, timeout_unit="us")(cocotb.parametrize(instance=instances)(test))

    return decorate


class Bench:
    """One instance under test."""

    def __init__(self, dut: HierarchyObject, instance: Instance) -> None:
        self.dut = dut
        self.rng = seeds.generator(instance.module, instance.name)
        self.agents: list[AxisSource | AxisSink | Agent] = []
        self.instance = instance
        self._signals: dict[str, LogicObject] = {}
        dut._log.info("seed %d, instance %s: %s", seeds.seed(), instance.name, dict(instance.parameters))

    def signal(self, name: str) -> LogicObject:
        """A signal of the instance."""
        if name not in self._signals:
            self._signals[name] = getattr(self.dut, f"{self.instance.name}_{name}")
        return self._signals[name]

    @property
    def clock(self) -> LogicObject:
        """The clock."""
        return self.signal("aclk")

    async def start(self) -> None:
        """Clock and reset, where the instance has them."""
        for port in self.instance.inputs():
            self.signal(port.signal).value = 0
        names = {port.name for port in self.instance.ports}
        if "aclk" in names:
            Clock(self.clock, axis.CLOCK_PERIOD_NS, "ns", impl="gpi").start()
            await RisingEdge(self.clock)
        if "aresetn" in names:
            await self.hold_reset()

    def check_rules(self) -> None:
        """No stream has broken a rule of AXI4-Stream since the last reset."""
        for prefix in testbench.streams(self.instance):
            assert not self.integer(f"{prefix}_{testbench.BROKEN}"), \
                f"{self.instance.name}_{prefix}: a beat was taken back or changed before it was taken"

    def record(self) -> None:
        """Keeps what the streams of the instance have shown, where coverage is measured."""
        if os.environ.get("RTL_COVERAGE"):
            streams = {prefix: self.integer(f"{prefix}_{testbench.SHOWN}")
                       for prefix in testbench.streams(self.instance)}
            with Path(coverage.STREAMS).open("a") as file:
                file.write(coverage.stream_line(self.instance, streams))

    async def reset(self, cycles: int = 3) -> None:
        """Stops all agents and holds the reset for some cycles; the rules must have been kept until then."""
        self.check_rules()
        await self.hold_reset(cycles)

    async def hold_reset(self, cycles: int = 3) -> None:
        """The same without a look at what was before.

        While it is held all is offered that can be, which must have no effect. It ends at the begin of the first cycle
        behind it: what is driven then is seen at that cycle's end.
        """
        for agent in self.agents:
            agent.stop()
        self.agents.clear()
        self.signal("aresetn").value = 0
        offered = testbench.offers(self.instance)
        for _ in range(cycles):
            for port in offered:
                self.signal(port.signal).value = 1 if port.name.endswith("valid") else self.rng.getrandbits(port.width)
            await RisingEdge(self.clock)
        for port in offered:
            if port.name.endswith(("valid", "ready")):
                self.signal(port.signal).value = 0
        self.signal("aresetn").value = 1
        await Timer(1, "step")

    async def cycles(self, count: int) -> None:
        """Waits."""
        await ClockCycles(self.clock, count)

    def source(self, pauses: Iterator[bool] | None = None, prefix: str = "s_axis") -> AxisSource:
        """A source on an input stream."""
        noise = random.Random(self.rng.getrandbits(32))
        name = f"{self.instance.name}_{prefix}"
        source = axis.AxisSource(self.dut, name, self.clock, pauses or axis.no_pauses(), noise, case_insensitive=False)
        self.agents.append(source)
        return source

    def sink(self, pauses: Iterator[bool] | None = None, prefix: str = "m_axis") -> AxisSink:
        """A sink on an output stream."""
        name = f"{self.instance.name}_{prefix}"
        sink = axis.AxisSink(self.dut, name, self.clock, pauses or axis.no_pauses(), case_insensitive=False)
        self.agents.append(sink)
        return sink

    def stop(self) -> None:
        """Ends the agents and leaves the design as it is."""
        for agent in self.agents:
            agent.stop()
        self.agents.clear()

    def integer(self, name: str) -> int:
        """The present value of a signal."""
        return int(self.signal(name).value)

    async def run(
        self,
        beats: Sequence[Beat],
        expected: Sequence[Beat],
        source_pauses: Iterator[bool] | None = None,
        sink_pauses: Iterator[bool] | None = None,
    ) -> tuple[AxisSource, AxisSink]:
        """Sends beats, compares what comes out, and looks that nothing follows it."""
        sink = self.sink(sink_pauses)
        source = self.source(source_pauses)
        for beat in beats:
            source.append(beat)
        await sink.wait_for(len(expected))
        await source.wait_for(len(beats))
        sink.pauses = axis.no_pauses()
        await self.cycles(12)
        compare(self.instance.name, sink.beats, expected)
        self.stop()
        return source, sink

    async def interrupt(self, beats: Sequence[Beat]) -> None:
        """Sends some of the beats and resets at a random moment, for one cycle or more; then nothing may be offered."""
        # A sink that takes nothing: beats wait on both sides.
        self.sink(axis.random_pauses(self.rng, self.rng.choice((0.1, 0.5, 0.9, 1.0, 1.0))))
        source = self.source(axis.random_pauses(self.rng, self.rng.choice((0.0, 0.5))))
        for beat in beats:
            source.append(beat)
        await self.cycles(self.rng.randint(2, 2 * len(beats) + 6))
        await self.reset(self.rng.choice((1, 1, 2)))
        assert not self.integer("m_axis_tvalid"), "m_axis_tvalid is high after reset"

    async def check_no_path(self, cycles: int = 60) -> None:
        """No combinational path leads from one side to the other.

        In the middle of a cycle the inputs of one side change while the outputs of the other must not. At its end
        they are back: at the clock's edges a beat that waits stays as it is.
        """
        valid, data = self.signal("s_axis_tvalid"), self.signal("s_axis_tdata")
        ready = self.signal("m_axis_tready")
        behind = [
            self.signal(port.signal)
            for port in self.instance.ports
            if port.signal.startswith("m_axis") and not port.is_input
        ]
        is_valid, word, waits = 0, 0, False
        for _ in range(cycles):
            await FallingEdge(self.clock)
            if not waits:
                is_valid, word = self.rng.getrandbits(1), self.rng.getrandbits(len(data))
            is_ready = self.rng.getrandbits(1)
            valid.value, data.value, ready.value = is_valid, word, is_ready
            await Timer(1, "ns")
            taken = str(self.signal("s_axis_tready").value)
            given = [str(signal.value) for signal in behind]
            ready.value = 1 - is_ready
            await Timer(1, "ns")
            assert str(self.signal("s_axis_tready").value) == taken, "path from m_axis_tready to s_axis_tready"
            ready.value = is_ready
            valid.value = 1 - is_valid
            data.value = self.rng.getrandbits(len(data))
            await Timer(1, "ns")
            assert [str(signal.value) for signal in behind] == given, "path from s_axis to m_axis"
            valid.value, data.value = is_valid, word
            waits = bool(is_valid) and taken != "1"


def compare(name: str, found: Sequence[Beat], expected: Sequence[Beat]) -> None:
    """Says where two lists of beats begin to differ."""
    for index, (got, wanted) in enumerate(zip(found, expected, strict=False)):
        assert got == wanted, (
            f"{name}: beat {index} is {got.data:#x} last={got.last}, not {wanted.data:#x} last={wanted.last}"
        )
    assert len(found) == len(expected), f"{name}: {len(found)} beats instead of {len(expected)}"
