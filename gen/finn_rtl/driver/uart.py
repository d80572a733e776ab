"""Backend for accelerators behind a serial line: packets (uart_protocol) instead of registers and DMA."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.description import Description
from finn_rtl.driver.errors import DriverError, JobError, JobTimeoutError, WrongHardwareError
from finn_rtl.driver.transport import JobTiming, LoadTiming
from finn_rtl.driver.uart_protocol import (
    WINDOW,
    Kind,
    Reply,
    ReplyReader,
    classify_request,
    identity_request,
    idle_seconds,
)

TAGS = 256
# How often the frames without a result are sent again before the line is given up.
ATTEMPTS = 4
# Seconds without a reply after which some are missing, beyond the time of a window on the line.
GRACE_S = 0.5
BITS_PER_BYTE = 10


class Port(Protocol):
    """A serial line."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    @property
    def baud(self) -> int:
        """Bits a second."""
        ...

    def write(self, data: bytes) -> None:
        """Send."""
        ...

    def read(self, seconds: float) -> bytes:
        """What has come, at least a byte; nothing after so long."""
        ...

    def now(self) -> float:
        """Seconds, from any beginning."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class UartTransport:
    """Frames as requests, up to WINDOW of them on their way. What the line spoils is sent again."""

    def __init__(self, port: Port, description: Description, grace_s: float = GRACE_S) -> None:
        self.port = port
        self.grace_s = grace_s
        self.description = description
        self._reader = ReplyReader(description.output_stride)

    def identity(self) -> list[int]:
        """The words of the identity reply; the line is cleared first of what another program left behind."""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._clear()
            self.port.write(identity_request(attempt))
            for reply in self._replies(self.grace_s):
                if reply.kind == Kind.IDENTITY and reply.tag == attempt:
                    return list(reply.words)
        raise JobTimeoutError(f"{self.port.name}: nothing answers at {self.port.baud} baud; is the bitstream loaded,"
                              " and is this the right port?")

    def prepare(self) -> None:
        """See Transport: nothing."""

    def run(self, frames: NDArray[np.uint8], progress: Callable[[int], None] = lambda _: None) -> \
            tuple[NDArray[np.uint8], list[JobTiming]]:
        """See Transport; nothing is measured."""
        results = np.zeros((len(frames), self.description.output_stride), np.uint8)
        missing, trouble = list(range(len(frames))), ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._clear()
            missing, trouble = self._send(frames, missing, results, progress)
            if not missing:
                return results, []
        raise JobError(f"{self.port.name}: {len(missing)} of {len(frames)} frames have no result after {ATTEMPTS}"
                       f" attempts ({trouble}); is the line sound, and its speed right?")

    def close(self) -> None:
        """Close the port."""
        self.port.close()

    def loaded(self) -> int | None:
        """See Transport: none."""
        return None

    def load(self, packet: NDArray[np.uint8], signature: int) -> LoadTiming:
        """See Transport: refused."""
        raise WrongHardwareError(f"{self.port.name}: parameters behind a serial line are constants; build the network"
                                 " with host 'axi' for changeable ones")

    def _send(self, frames: NDArray[np.uint8], indices: list[int], results: NDArray[np.uint8],
              progress: Callable[[int], None]) -> tuple[list[int], str]:
        """Send some frames and put down their results; those that got none, and why, as far as is known."""
        waiting = deque(indices)
        flying: dict[int, int] = {}
        missing: list[int] = []
        trouble, tag = "", 0
        limit = self.grace_s + self._line_seconds(WINDOW)
        while waiting or flying:
            while waiting and len(flying) < WINDOW:
                index = waiting.popleft()
                flying[tag] = index
                self.port.write(classify_request(tag, frames[index].tobytes()))
                tag = (tag + 1) % TAGS
            replies = self._replies(limit)
            if not replies:
                trouble = "no reply came"
                break
            for reply in replies:
                if reply.kind == Kind.IDENTITY or reply.tag not in flying:
                    continue
                index = flying.pop(reply.tag)
                if reply.kind == Kind.RESULT:
                    results[index] = np.frombuffer(reply.payload, np.uint8)
                    progress(1)
                else:
                    missing.append(index)
                    trouble = reply.fault.name.lower().replace("_", " ")
            # After an error what is on its way may be cut at the wrong places.
            if trouble:
                break
        return sorted([*missing, *flying.values(), *waiting]), trouble

    def _replies(self, seconds: float) -> list[Reply]:
        """At least one reply, or none if none is complete after so long."""
        limit = self.port.now() + seconds
        while (left := limit - self.port.now()) > 0:
            replies = self._reader.feed(self.port.read(left))
            if replies:
                return replies
        return []

    def _line_seconds(self, requests: int) -> float:
        size = self.description.input_stride + self.description.output_stride + 10
        return requests * size * BITS_PER_BYTE / self.port.baud

    def _clear(self) -> None:
        """Be silent until hardware expects a new request, and forget what comes meanwhile."""
        silence = 1.1 * idle_seconds(self.port.baud) + self._line_seconds(WINDOW)
        limit = self.port.now() + silence
        while (left := limit - self.port.now()) > 0:
            self.port.read(left)
        self._reader.clear()


class SerialPort:
    """A port by pyserial.

    Raises:
        DriverError: pyserial is missing, or the port cannot be opened.
    """

    def __init__(self, name: str, baud: int) -> None:
        if type(baud) is not int or baud < 1:
            raise DriverError(f"{name}: {baud!r} baud: must be a whole number from 1")
        try:
            import serial
        except ImportError:
            raise DriverError("pyserial is not installed; pip install 'finn-rtl-driver[uart]', or pyserial"
                              " alone") from None
        self.name, self.baud = name, baud
        try:
            self._serial = serial.Serial(name, baud)
        except Exception as error:
            # Beside its own errors pyserial lets through those of termios, and of numbers too large for the system.
            raise DriverError(f"{name}: cannot be opened at {baud} baud ({' '.join(str(error).split())})") from None

    def write(self, data: bytes) -> None:
        """Send."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise DriverError(f"{self.name}: {error}; was it unplugged?") from None

    def read(self, seconds: float) -> bytes:
        """What has come."""
        try:
            self._serial.timeout = seconds
            return bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except OSError as error:
            raise DriverError(f"{self.name}: {error}; was it unplugged?") from None

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    def close(self) -> None:
        """Close it."""
        self._serial.close()


def open_port(description: Description, name: str, baud: int) -> UartTransport:
    """A transport over a serial port.

    Raises:
        DriverError: see SerialPort.
    """
    return UartTransport(SerialPort(name, baud), description)
