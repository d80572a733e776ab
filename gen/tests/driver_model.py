"""A model of axi_host for tests of the driver."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl import driver, prepare
from finn_rtl.common.places import library
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network
from finn_rtl.plan.plan import Plan

MEMORY = 0x1_2000_0000
PAGE = 4096


class ModelBuffer:
    """A part of the model's memory."""

    def __init__(self, memory: NDArray[np.uint8], offset: int, size: int) -> None:
        self.memory, self.offset, self.size = memory, offset, size
        self.address = MEMORY + offset
        self.is_open = True

    def write(self, data: NDArray[np.uint8]) -> None:
        assert len(data) <= self.size
        self.memory[self.offset:self.offset + len(data)] = data

    def read(self, count: int) -> NDArray[np.uint8]:
        assert count <= self.size
        return self.memory[self.offset:self.offset + count].copy()

    def close(self) -> None:
        assert self.is_open
        self.is_open = False


class Model:
    """Registers and memory; a job takes `polls` reads of the status, and is computed by the reference."""

    name = "model"

    def __init__(self, network: Network, description: driver.Description, polls: int = 3) -> None:
        self.network, self.form, self.polls = network, description, polls
        self.registers = dict.fromkeys(Register, 0)
        # High halves of counters, as they were when the low halves were read.
        self.kept = {Register.SPAN_HIGH: 0, Register.CYCLES_HIGH: 0}
        for i, word in enumerate(description.identity.values()):
            self.registers[Register(4 * i)] = word
        self.registers[Register.INPUT_STRIDE] = description.input_stride
        self.registers[Register.OUTPUT_STRIDE] = description.output_stride
        self.registers[Register.WEIGHTS_BYTES] = description.weights_size
        # What it finds where its weights are, at each job.
        self.weights: list[NDArray[np.uint8]] = []
        self.memory = np.zeros(1 << 20, np.uint8)
        self.buffers: list[ModelBuffer] = []
        self.time, self.left, self.jobs = 0.0, -1, 0
        self.end_with: Status = Status(0)
        self.is_closed = self.is_dead = False
        # By which buffers miss the begin of a page.
        self.shift = 0

    def read(self, offset: int) -> int:
        if offset == Register.STATUS and self.left >= 0 and not self.is_dead:
            self.left -= 1
            if self.left < 0:
                self._finish()
        if offset in (Register.SPAN_LOW, Register.CYCLES_LOW):
            self.kept[offset + 4] = self.registers[Register(offset + 4)]
        return self.kept.get(offset, self.registers[Register(offset)])

    def write(self, offset: int, value: int) -> None:
        assert 0 <= value < 1 << 32
        if offset == Register.STATUS:
            self.registers[Register.STATUS] &= ~value | Status.BUSY
        elif offset == Register.CONTROL:
            if value & Control.START:
                assert not self.registers[Register.STATUS] & Status.BUSY
                self.registers[Register.STATUS] = Status.BUSY
                self.left = self.polls
            if value & Control.ABORT and not self.is_dead:
                self.registers[Register.STATUS] = Status.DONE | Status.ABORTED
                self.left = -1
        else:
            self.registers[Register(offset)] = value

    def _finish(self) -> None:
        self.jobs += 1
        form, registers = self.form, self.registers
        frames = registers[Register.FRAMES]
        source = (registers[Register.INPUT_HIGH] << 32 | registers[Register.INPUT_LOW]) - MEMORY
        sink = (registers[Register.OUTPUT_HIGH] << 32 | registers[Register.OUTPUT_LOW]) - MEMORY
        assert source % 8 == sink % 8 == 0
        if form.weights:
            place = (registers[Register.WEIGHTS_HIGH] << 32 | registers[Register.WEIGHTS_LOW]) - MEMORY
            self.weights.append(self.memory[place:place + form.weights_size].copy())
        data = self.memory[source:source + frames * form.input_stride].reshape(frames, -1)
        bits = np.unpackbits(data, axis=1, bitorder="little")[:, :form.frame_bits]
        places = 1 << np.arange(form.element_bits)
        if self.network.topology.input.map.signed:
            places[-1] *= -1
        elements = bits.reshape(frames, -1, form.element_bits).astype(np.int32) @ places
        scores = reference.infer(self.network, elements.astype(np.int32))
        out = np.zeros((frames, form.output_stride), np.uint8)
        if form.is_label:
            ranked = reference.ranking(scores, form.values_per_beat)
            words = (ranked << form.value_bits * np.arange(form.values_per_beat)).sum(axis=1).astype("<u4")
            raw = words.view(np.uint8).reshape(frames, -1)[:, :out.shape[1]]
            out[:, :raw.shape[1]] = raw
        else:
            raw = scores.astype(f"<i{form.value_bits // 8}").view(np.uint8).reshape(frames, -1)
            out[:, :raw.shape[1]] = raw
        self.memory[sink:sink + out.size] = out.reshape(-1)
        registers[Register.STATUS] = Status.DONE | self.end_with
        registers[Register.LATENCY] = form.identity["latency_cycles"]
        registers[Register.SPAN_LOW] = (frames - 1) * form.identity["cycles_per_frame"]
        registers[Register.CYCLES_LOW], registers[Register.CYCLES_HIGH] = 5, 1

    def allocate(self, size: int) -> ModelBuffer:
        used = sum(-(-buffer.size // PAGE) * PAGE for buffer in self.buffers) + self.shift
        self.buffers.append(ModelBuffer(self.memory, used, size))
        return self.buffers[-1]

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds

    def close(self) -> None:
        assert not self.is_closed
        self.is_closed = True


@functools.cache
def digits_network(scores: bool) -> tuple[Network, Plan]:
    return prepare("digits", fps=1e6, scores=scores)


def telling(labels: int, folder: Path) -> tuple[Network, Plan]:
    """The same, which tells several labels; its files are put into a folder."""
    source = library() / "cores" / "digits"
    document = json.loads((source / "digits.json").read_text()) | {"labels": labels}
    (folder / "digits.json").write_text(json.dumps(document))
    (folder / "digits.npz").write_bytes((source / "digits.npz").read_bytes())
    return prepare(str(folder / "digits.json"), fps=1e6)
