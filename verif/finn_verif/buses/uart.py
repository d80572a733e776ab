# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The far end of a serial line: 8 data bits, least significant first, 1 stop bit; and the host of uart_host there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge, Timer
from cocotb.utils import get_sim_time

from finn_rtl.driver.uart_protocol import Reply, ReplyReader
from finn_verif.buses import axis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cocotb.handle import LogicObject


def _now_ps() -> int:
    return int(get_sim_time("ps"))


class SerialSender:
    """Drives a line.

    Args:
        line: the signal, which is set high.
        clocks_per_bit: cycles of the design's clock a bit.
        rate: how much faster than that it sends, 1.02 for 2 %.
        clock: the design's clock, at whose falling edges bytes begin. A line that changes with the rising edge leaves
            it to the simulator whether that edge sees the change.
    """

    def __init__(
        self, line: LogicObject, clocks_per_bit: int, rate: float = 1.0, clock: LogicObject | None = None
    ) -> None:
        self.line = line
        self.clock = clock
        self.bit_ps = round(clocks_per_bit * axis.CLOCK_PERIOD_NS * 1000 / rate)
        self.line.value = 1

    async def bits(self, count: float) -> None:
        """Waits, in bit times."""
        await Timer(max(1, round(count * self.bit_ps)), "ps")

    async def send(self, data: Iterable[int], stop: int = 1) -> None:
        """Sends bytes without a pause; ``stop`` 0 spoils the stop bits."""
        if self.clock is not None:
            await FallingEdge(self.clock)
        for byte in data:
            for bit in (0, *(byte >> i & 1 for i in range(8)), stop):
                self.line.value = bit
                await self.bits(1)
        self.line.value = 1

    async def pulse(self, bits: float) -> None:
        """Pulls the line low for some bit times."""
        self.line.value = 0
        await self.bits(bits)
        self.line.value = 1


@dataclass(frozen=True)
class SerialByte:
    """A byte and the time at which its start bit began."""

    data: int
    start_ps: int


class SerialReceiver:
    """Takes down what a line carries; fails the test on a stop bit that is low."""

    def __init__(self, line: LogicObject, clocks_per_bit: int) -> None:
        self.line = line
        self.bit_ps = clocks_per_bit * axis.CLOCK_PERIOD_NS * 1000
        self.received: list[SerialByte] = []
        self._task = cocotb.start_soon(self._receive())

    @property
    def data(self) -> bytes:
        """The bytes so far."""
        return bytes(byte.data for byte in self.received)

    async def _receive(self) -> None:
        while True:
            await FallingEdge(self.line)
            start_ps, data = _now_ps(), 0
            await Timer(self.bit_ps // 2, "ps")
            assert not int(self.line.value), "the start bit is too short"
            for place in range(8):
                await Timer(self.bit_ps, "ps")
                data |= int(self.line.value) << place
            await Timer(self.bit_ps, "ps")
            assert int(self.line.value), "the stop bit is low"
            self.received.append(SerialByte(data, start_ps))

    async def wait_for(self, count: int, clock: LogicObject, limit: int) -> None:
        """Until ``count`` bytes have come since the receiver was made; fails after ``limit`` cycles without one."""
        waited, seen = 0, len(self.received)
        while len(self.received) < count:
            await RisingEdge(clock)
            waited = waited + 1 if len(self.received) == seen else 0
            seen = len(self.received)
            assert waited < limit, f"no byte for {limit} cycles, {seen} of {count} have come: {self.data.hex()}"

    def stop(self) -> None:
        """Ends for good."""
        self._task.cancel()


class SerialHost:
    """A host on both lines. Fails the test when anything but replies comes from the hardware.

    Args:
        rx: the line to the hardware.
        tx: the line from the hardware.
        clock: the hardware's.
        clocks_per_bit: its cycles a bit.
        result_bytes: bytes of a result.
    """

    def __init__(
        self, rx: LogicObject, tx: LogicObject, clock: LogicObject, clocks_per_bit: int, result_bytes: int
    ) -> None:
        self.clock = clock
        self.clocks = clocks_per_bit
        self.sender = SerialSender(rx, clocks_per_bit, clock=clock)
        self.receiver = SerialReceiver(tx, clocks_per_bit)
        self.reader = ReplyReader(result_bytes)
        self.replies: list[Reply] = []
        self._read = 0

    def poll(self) -> list[Reply]:
        """All replies so far."""
        data = self.receiver.data
        self.replies += self.reader.feed(data[self._read :])
        self._read = len(data)
        assert self.reader.skipped == 0, f"not a reply: {data.hex()}"
        return self.replies

    async def wait_for(self, count: int, limit_bits: int = 1000) -> list[Reply]:
        """Until so many replies have come; fails when the line is silent for so many bit times."""
        while len(self.poll()) < count:
            await self.receiver.wait_for(len(self.receiver.received) + 1, self.clock, limit_bits * self.clocks)
        return self.replies

    async def expect_silence(self) -> None:
        """No further reply comes."""
        count = len(self.poll())
        await self.sender.bits(30)
        assert len(self.poll()) == count, f"an unexpected reply: {self.replies[count:]}"

    def stop(self) -> None:
        """Ends for good."""
        self.receiver.stop()
