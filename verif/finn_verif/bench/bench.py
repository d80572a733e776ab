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

from finn_verif.buses import axis
from finn_verif.common import seeds
from finn_verif.testbench import instances, notes, top

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

    from cocotb.handle import HierarchyObject, LogicObject
    from cocotb.regression import Parameterized

    from finn_verif.buses.agent import Agent
    from finn_verif.buses.axis import AxisSink, AxisSource, Beat
    from finn_verif.testbench.instances import Instance

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
        for prefix in instances.streams(self.instance):
            assert not self.integer(f"{prefix}_{top.BROKEN}"), \
                f"{self.instance.name}_{prefix}: a beat was taken back or changed before it was taken"

    def record(self) -> None:
        """Keeps what the streams of the instance have shown, where coverage is measured."""
        if os.environ.get("RTL_COVERAGE"):
            streams = {prefix: self.integer(f"{prefix}_{top.SHOWN}")
                       for prefix in instances.streams(self.instance)}
            with Path(notes.STREAMS).open("a") as file:
                file.write(notes.stream_line(self.instance, streams))

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
        offered = instances.offers(self.instance)
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
        pauses = {"s_axis": source_pauses or axis.no_pauses(), "m_axis": sink_pauses or axis.no_pauses()}
        sources, sinks = await self.exchange({"s_axis": beats}, {"m_axis": expected}, pauses)
        return sources["s_axis"], sinks["m_axis"]

    async def exchange(
        self,
        beats: Mapping[str, Sequence[Beat]],
        expected: Mapping[str, Sequence[Beat]],
        pauses: Mapping[str, Iterator[bool]] | None = None,
    ) -> tuple[dict[str, AxisSource], dict[str, AxisSink]]:
        """The same with several inputs, several outputs or both, each by its prefix."""
        pauses = pauses or {}
        sinks = {prefix: self.sink(pauses.get(prefix), prefix) for prefix in expected}
        sources = {prefix: self.source(pauses.get(prefix), prefix) for prefix in beats}
        for prefix, source in sources.items():
            for beat in beats[prefix]:
                source.append(beat)
        for prefix, sink in sinks.items():
            await sink.wait_for(len(expected[prefix]))
        for prefix, source in sources.items():
            await source.wait_for(len(beats[prefix]))
        for sink in sinks.values():
            sink.pauses = axis.no_pauses()
        await self.cycles(12)
        for prefix, sink in sinks.items():
            compare(f"{self.instance.name}_{prefix}", sink.beats, expected[prefix])
        self.stop()
        return sources, sinks

    async def interrupt(self, beats: Sequence[Beat]) -> None:
        """Sends some of the beats and resets at a random moment, for one cycle or more; then nothing may be offered."""
        await self.interrupt_all({"s_axis": beats}, ("m_axis",))

    async def interrupt_all(self, beats: Mapping[str, Sequence[Beat]], outputs: Sequence[str]) -> None:
        """The same with several inputs, several outputs or both, each by its prefix."""
        # A sink that takes nothing: beats wait on both sides.
        for prefix in outputs:
            self.sink(axis.random_pauses(self.rng, self.rng.choice((0.1, 0.5, 0.9, 1.0, 1.0))), prefix)
        for prefix, sent in beats.items():
            source = self.source(axis.random_pauses(self.rng, self.rng.choice((0.0, 0.5))), prefix)
            for beat in sent:
                source.append(beat)
        await self.cycles(self.rng.randint(2, 2 * max(map(len, beats.values())) + 6))
        await self.reset(self.rng.choice((1, 1, 2)))
        for prefix in outputs:
            assert not self.integer(f"{prefix}_tvalid"), f"{prefix}_tvalid is high after reset"

    async def check_no_path(self, cycles: int = 60) -> None:
        """No combinational path leads from one stream to another, by valid and data or by ready.

        In the middle of a cycle the inputs of one stream change while the outputs of the others must not. At its end
        they are back: at the clock's edges a beat that waits stays as it is.
        """
        driven: dict[str, list[str]] = {prefix: [] for prefix in instances.streams(self.instance)}
        watched: dict[str, list[str]] = {prefix: [] for prefix in driven}
        for port in self.instance.ports:
            prefix, _, end = port.signal.rpartition("_")
            if prefix in driven and end in top.STREAM_SIGNALS:
                (driven if port.is_input else watched)[prefix].append(port.signal)
        step = Timer(100, "ps")

        def read(prefix: str) -> list[str]:
            return [str(self.signal(name).value) for name in watched[prefix]]

        waits = dict.fromkeys(driven, False)
        values: dict[str, int] = {}
        for _ in range(cycles):
            await FallingEdge(self.clock)
            for prefix, names in driven.items():
                for name in names:
                    if not waits[prefix]:
                        values[name] = self.rng.getrandbits(len(self.signal(name)))
                    self.signal(name).value = values[name]
            await step
            given = {prefix: read(prefix) for prefix in watched}
            for prefix, names in driven.items():
                for name in names:
                    self.signal(name).value = values[name] ^ (self.rng.getrandbits(len(self.signal(name))) | 1)
                await step
                for other in watched:
                    assert other == prefix or read(other) == given[other], f"path from {prefix} to {other}"
                for name in names:
                    self.signal(name).value = values[name]
                await step
            for prefix in driven:
                is_taken = str(self.signal(f"{prefix}_tready").value) == "1"
                waits[prefix] = bool(values.get(f"{prefix}_tvalid")) and not is_taken


def compare(name: str, found: Sequence[Beat], expected: Sequence[Beat]) -> None:
    """Says where two lists of beats begin to differ."""
    for index, (got, wanted) in enumerate(zip(found, expected, strict=False)):
        assert wanted.is_met(got), (
            f"{name}: beat {index} is {got.data:#x} last={got.last}, not {wanted.data:#x} last={wanted.last}"
        )
    assert len(found) == len(expected), f"{name}: {len(found)} beats instead of {len(expected)}"
