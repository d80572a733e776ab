"""Ways of getting frames into hardware and results back: jobs over registers and DMA here, packets in uart.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.description import PAGE, Description
from finn_rtl.driver.device import Buffer, Device
from finn_rtl.driver.errors import DriverError, JobError, JobTimeoutError, WrongHardwareError
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.driver.weights import check_weights

# A job is given up when it takes longer than so many times its planned time, and so many seconds more.
PATIENCE = 4.0
GRACE_S = 1.0
# Frames of a job, unless said otherwise.
BATCH = 1000
# Largest number of frames of a job.
MOST_FRAMES = (1 << 24) - 1

ERRORS = {
    Status.READ_ERROR: "the memory answered a read with an error",
    Status.WRITE_ERROR: "the memory answered a write with an error",
    Status.ADDRESS_ERROR: "an address is not aligned to a beat, or past the end of the address space",
    Status.FRAMES_ERROR: "the job has no frames, or more bytes than the hardware counts",
    Status.BURST_ERROR: "the memory ended a burst too early or too late",
    Status.START_WHILE_BUSY: "another program started a job meanwhile",
    Status.FRAME_ERROR: "the network found a frame malformed",
    Status.PARAMETERS_ERROR: "the hardware has no whole set of parameters; load one",
    Status.SIGNATURE_ERROR: "what was loaded is no set of parameters for this network",
    Status.LENGTH_ERROR: "what was loaded has a wrong number of words",
    Status.CHECKSUM_ERROR: "what was loaded has a wrong checksum",
    Status.WEIGHTS_ERROR: "the memory answered a read of weights with an error",
    Status.WEIGHTS_ADDRESS_ERROR: "the hardware knows no address of its weights, or a wrong one; open it again",
    Status.ABORTED: "it was aborted",
}
# The most bytes that a job reads, or writes.
MOST_BYTES = (1 << 32) - 1


@dataclass(frozen=True)
class JobTiming:
    """What the hardware measured of a job, in its clock cycles.

    `interval` is the mean distance of results, None for a single frame; `latency` from the first frame's first beat to
    its result; `cycles` from start to done.
    """

    frames: int
    cycles: int
    latency: int
    interval: float | None


@dataclass(frozen=True)
class LoadTiming:
    """What the hardware measured of a load of parameters, in its clock cycles from start to done, and its bytes."""

    cycles: int
    size: int


class Transport(Protocol):
    """Runs frames."""

    def identity(self) -> Sequence[int]:
        """The words that the hardware says of itself."""
        ...

    def prepare(self) -> None:
        """Before the first frame, of hardware that is the right one: what it needs beside frames.

        Raises:
            DriverError: it cannot have that.
        """
        ...

    def run(self, frames: NDArray[np.uint8], progress: Callable[[int], None]) -> \
            tuple[NDArray[np.uint8], list[JobTiming]]:
        """Frames uint8 (n, input_stride) to results uint8 (n, output_stride), in order.

        Raises:
            DriverError: nothing is returned where anything failed.
        """
        ...

    def load(self, packet: NDArray[np.uint8], signature: int) -> LoadTiming:
        """A set of parameters to the hardware: its packet (sets.ParameterSet).

        Raises:
            DriverError: it is not for this hardware, or it failed; what the hardware holds then, it tells.
        """
        ...

    def loaded(self) -> int | None:
        """The number of the set that the hardware holds; None where its parameters cannot be changed."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class RegisterTransport:
    """Jobs of axi_host. Two pairs of buffers: while one job runs, the next one's frames are put into memory.

    A job is given up when it takes more than PATIENCE times its planned time and `grace_s` seconds. `weights` are those
    that the hardware reads from memory, where the description has some: they have a buffer for as long as it is open.
    """

    def __init__(self, device: Device, description: Description, batch: int = BATCH, grace_s: float = GRACE_S,
                 weights: NDArray[np.uint8] | None = None) -> None:
        if not 1 <= batch <= MOST_FRAMES:
            raise DriverError(f"batch of {batch} frames: must be 1 to {MOST_FRAMES}")
        self.device = device
        self.description = description
        self.batch = max(1, min(batch, MOST_BYTES // max(description.input_stride, description.output_stride)))
        self.grace_s = grace_s
        self._pairs: list[tuple[Buffer, Buffer]] = []
        self._room = 0
        self._weights = weights
        self._weights_buffer: Buffer | None = None

    def identity(self) -> list[int]:
        """The identity registers."""
        return [self.device.read(Register.MAGIC + 4 * i) for i in range(len(self.description.identity))]

    def prepare(self) -> None:
        """See Transport: weights into memory, and their address to the hardware."""
        size, name = self.description.weights_size, self.device.name
        if (found := self.device.read(Register.WEIGHTS_BYTES)) != size:
            raise WrongHardwareError(f"{name}: reads {found} bytes of weights from memory, accelerator.json says"
                                     f" {size}; load the bitstream that was made with this accelerator.json")
        if not size:
            return
        if self._weights is None:
            raise DriverError(f"{name}: reads weights from memory, and got none; give what driver.read_weights reads")
        check_weights(self._weights, self.description, name)
        self._check_idle()
        self._weights_buffer = self.device.allocate(size)
        address = self._weights_buffer.address
        if not address or address % PAGE:
            raise DriverError(f"{name}: the memory for weights begins at {address:#x}, which must be a multiple of"
                              f" {PAGE} and not 0")
        self._weights_buffer.write(self._weights)
        self._set_weights(address)

    def run(self, frames: NDArray[np.uint8], progress: Callable[[int], None] = lambda _: None) -> \
            tuple[NDArray[np.uint8], list[JobTiming]]:
        """See Transport."""
        self._allocate(min(self.batch, len(frames)))
        parts = [frames[i:i + self.batch] for i in range(0, len(frames), self.batch)]
        results: list[NDArray[np.uint8]] = []
        timings: list[JobTiming] = []
        self._fill(0, parts[0])
        for index, part in enumerate(parts):
            self._start(index, len(part))
            try:
                if index + 1 < len(parts):
                    self._fill(index + 1, parts[index + 1])
                self._wait(f"the job of {len(part)} frames", self._planned_s(len(part)))
            except BaseException:
                # The memory must not be given back while the hardware writes to it.
                self.abort()
                raise
            timings.append(self._timing(len(part)))
            output = self._pairs[index % 2][1].read(len(part) * self.description.output_stride)
            results.append(output.reshape(len(part), -1))
            progress(len(part))
        return np.concatenate(results), timings

    def loaded(self) -> int | None:
        """See Transport."""
        return self.device.read(Register.SET_NUMBER) if self.device.read(Register.LOAD_BYTES) else None

    def load(self, packet: NDArray[np.uint8], signature: int) -> LoadTiming:
        """See Transport."""
        name, size = self.device.name, self.device.read(Register.LOAD_BYTES)
        if not size:
            raise WrongHardwareError(f"{name}: its parameters are constants; build it with changeable ones")
        found = self.device.read(Register.SIGNATURE)
        if (found, size) != (signature, len(packet)):
            raise WrongHardwareError(f"{name}: takes sets of {size} bytes with signature {found:#010x}, this one has"
                                     f" {len(packet)} and {signature:#010x}: it was made for another network, or for"
                                     " another folding of it")
        buffer = self.device.allocate(size)
        try:
            buffer.write(packet)
            self._command(1, buffer.address, 0, Control.LOAD)
            # A word a cycle and more, and the frames that are still inside.
            seconds = (size + self.description.identity["latency_cycles"]) / (self.description.clock_mhz * 1e6)
            try:
                self._wait(f"the load of {size} bytes", seconds)
            except BaseException:
                self.abort()
                raise
            return LoadTiming(self._counter(Register.CYCLES_LOW, Register.CYCLES_HIGH), size)
        finally:
            buffer.close()

    def abort(self) -> None:
        """End a job that runs.

        Raises:
            JobTimeoutError: it does not end: the memory does not answer.
        """
        if not self._status() & Status.BUSY:
            return
        self.device.write(Register.CONTROL, Control.ABORT)
        limit = self.device.now() + self.grace_s
        while self._status() & Status.BUSY:
            if self.device.now() > limit:
                raise JobTimeoutError(f"{self.device.name}: a job cannot be ended, because the memory does not answer;"
                                      " load the bitstream again")
            self.device.pause(self.grace_s / 100)

    def close(self) -> None:
        """Give the memory and the device back."""
        self._free()
        if self._weights_buffer is not None:
            # Whoever starts a job next must say where weights are.
            self._set_weights(0)
            self._weights_buffer.close()
            self._weights_buffer = None
        self.device.close()

    def _set_weights(self, address: int) -> None:
        self.device.write(Register.WEIGHTS_LOW, address & 0xFFFFFFFF)
        self.device.write(Register.WEIGHTS_HIGH, address >> 32)

    def _free(self) -> None:
        for pair in self._pairs:
            for buffer in pair:
                buffer.close()
        self._pairs = []
        self._room = 0

    def _allocate(self, frames: int) -> None:
        if self._pairs and self._room >= frames:
            return
        self._free()
        form = self.description
        strides = self.device.read(Register.INPUT_STRIDE), self.device.read(Register.OUTPUT_STRIDE)
        if strides != (form.input_stride, form.output_stride):
            raise WrongHardwareError(f"{self.device.name}: frames and results are {strides} bytes apart,"
                                     f" accelerator.json says {(form.input_stride, form.output_stride)}: it was made"
                                     " for another width of the memory's beats")
        self._pairs = [(self.device.allocate(frames * form.input_stride),
                        self.device.allocate(frames * form.output_stride)) for _ in range(2)]
        self._room = frames

    def _status(self) -> Status:
        return Status(self.device.read(Register.STATUS))

    def _fill(self, index: int, frames: NDArray[np.uint8]) -> None:
        self._pairs[index % 2][0].write(frames.reshape(-1))

    def _start(self, index: int, frames: int) -> None:
        source, sink = (buffer.address for buffer in self._pairs[index % 2])
        self._command(frames, source, sink)

    def _command(self, frames: int, source: int, sink: int, kind: Control = Control(0)) -> None:  # noqa: B008
        self._check_idle()
        for register, value in ((Register.FRAMES, frames), (Register.INPUT_LOW, source & 0xFFFFFFFF),
                                (Register.INPUT_HIGH, source >> 32), (Register.OUTPUT_LOW, sink & 0xFFFFFFFF),
                                (Register.OUTPUT_HIGH, sink >> 32),
                                (Register.CONTROL, Control.START | Control.IRQ_ENABLE | kind)):
            self.device.write(register, value)

    def _check_idle(self) -> None:
        if self._status() & Status.BUSY:
            raise DriverError(f"{self.device.name}: a job runs already; is it used by another program?")

    def _planned_s(self, frames: int) -> float:
        words = self.description.identity
        return (frames * words["cycles_per_frame"] + words["latency_cycles"]) / (self.description.clock_mhz * 1e6)

    def _wait(self, what: str, planned: float) -> None:
        patience = PATIENCE * planned + self.grace_s
        limit = self.device.now() + patience
        while not (status := self._status()) & Status.DONE:
            if self.device.now() > limit:
                entered, left = self.device.read(Register.FRAMES_IN), self.device.read(Register.RESULTS)
                self.abort()
                raise JobTimeoutError(
                    f"{self.device.name}: {what} took longer than {patience:.3g} s"
                    f" (planned: {planned:.3g} s) and were aborted; {entered} had entered the network, {left} results"
                    " had left it; does the memory answer?")
            self.device.pause(planned / 8)
        # Clears done, and with it the interrupt.
        self.device.write(Register.STATUS, int(status))
        reasons = [text for flag, text in ERRORS.items() if status & flag]
        if reasons:
            raise JobError(f"{self.device.name}: {what} failed: {'; '.join(reasons)}")

    def _timing(self, frames: int) -> JobTiming:
        cycles = self._counter(Register.CYCLES_LOW, Register.CYCLES_HIGH)
        span = self._counter(Register.SPAN_LOW, Register.SPAN_HIGH)
        return JobTiming(frames, cycles, self.device.read(Register.LATENCY),
                         span / (frames - 1) if frames > 1 else None)

    def _counter(self, low: Register, high: Register) -> int:
        # The hardware keeps the high half when the low half is read.
        below = self.device.read(low)
        return self.device.read(high) << 32 | below
