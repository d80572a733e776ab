"""The driver on a model of axi_host: what it writes and reads, and how it tells of what goes wrong."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finn_rtl import driver, prepare
from finn_rtl.common.errors import FinnError
from finn_rtl.description.encoding import encode_images
from finn_rtl.driver.__main__ import main
from finn_rtl.driver.description import render
from finn_rtl.driver.linux import LinuxDevice, find_uio
from finn_rtl.driver.pynq import PynqDevice
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.meaning import reference
from finn_rtl.meaning.integer import Network
from finn_rtl.output.accelerator import describe
from finn_rtl.plan.plan import Plan

pytestmark = pytest.mark.steady

MEMORY = 0x1_2000_0000


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
        self.memory = np.zeros(1 << 20, np.uint8)
        self.buffers: list[ModelBuffer] = []
        self.time, self.left, self.jobs = 0.0, -1, 0
        self.end_with: Status = Status(0)
        self.is_closed = self.is_dead = False

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
        data = self.memory[source:source + frames * form.input_stride].reshape(frames, -1)
        bits = np.unpackbits(data, axis=1, bitorder="little")[:, :form.frame_bits]
        scores = reference.infer(self.network, bits.astype(np.int32))
        out = np.zeros((frames, form.output_stride), np.uint8)
        if form.is_label:
            out[:, 0] = reference.labels(scores)
        else:
            raw = scores.astype("<i2").view(np.uint8).reshape(frames, -1)
            out[:, :raw.shape[1]] = raw
        self.memory[sink:sink + out.size] = out.reshape(-1)
        registers[Register.STATUS] = Status.DONE | self.end_with
        registers[Register.LATENCY] = form.identity["latency_cycles"]
        registers[Register.SPAN_LOW] = (frames - 1) * form.identity["cycles_per_frame"]
        registers[Register.CYCLES_LOW], registers[Register.CYCLES_HIGH] = 5, 1

    def allocate(self, size: int) -> ModelBuffer:
        used = sum(-(-buffer.size // 8) * 8 for buffer in self.buffers)
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


@pytest.fixture(params=["label", "scores"])
def accelerator(request: pytest.FixtureRequest) -> Model:
    network, plan = digits_network(request.param == "scores")
    return Model(network, describe(network, plan, "axi"))


def digits(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(4).integers(0, 17, (count, 8, 8)).astype(np.uint8)


def expected(model: Model, images: NDArray[np.uint8]) -> NDArray[np.int32]:
    return reference.infer(model.network, encode_images(model.network.topology.input, images))


@pytest.mark.parametrize(("frames", "batch"), [(1, 1000), (7, 7), (20, 7), (21, 7), (3, 1)])
def test_results_in_batches(accelerator: Model, frames: int, batch: int) -> None:
    images, done = digits(frames), []
    with driver.open_device(accelerator.form, accelerator, batch) as opened:
        found = opened.classify(images, done.append)
        scores = expected(accelerator, images)
        assert found.labels.tolist() == reference.labels(scores).tolist()
        assert found.names == tuple(str(label) for label in found.labels)
        if accelerator.form.is_label:
            assert found.scores is None
        else:
            assert found.scores is not None
            assert (found.scores == scores).all()
        assert sum(done) == frames
        assert [timing.frames for timing in found.timings] == done
        plan = accelerator.form.identity
        for timing in found.timings:
            assert timing.cycles == 5 + (1 << 32)
            assert timing.latency == plan["latency_cycles"]
            assert timing.interval == (plan["cycles_per_frame"] if timing.frames > 1 else None)
    assert accelerator.is_closed
    assert not any(buffer.is_open for buffer in accelerator.buffers)


def test_one_image_and_more_rooms(accelerator: Model) -> None:
    images = digits(30)
    with driver.open_device(accelerator.form, accelerator) as opened:
        assert opened.classify(images[0]).labels.shape == (1,)
        assert opened.classify(images).labels.tolist() == reference.labels(expected(accelerator, images)).tolist()
    assert not any(buffer.is_open for buffer in accelerator.buffers)


@pytest.mark.parametrize("word", ["magic", "map_version", "version", "network", "parameters", "folding",
                                  "cycles_per_frame"])
def test_other_hardware_is_refused(accelerator: Model, word: str) -> None:
    offset = Register(4 * list(accelerator.form.identity).index(word))
    accelerator.registers[offset] ^= 0x100
    with pytest.raises(driver.WrongHardwareError, match="no accelerator" if word == "magic" else word):
        driver.open_device(accelerator.form, accelerator)
    assert accelerator.is_closed


def test_other_width_of_memory_is_refused(accelerator: Model) -> None:
    accelerator.registers[Register.INPUT_STRIDE] += 8
    with driver.open_device(accelerator.form, accelerator) as opened, \
            pytest.raises(driver.WrongHardwareError, match="bytes apart"):
        opened.classify(digits(2))


@pytest.mark.parametrize("flag", [flag for flag in Status if flag not in (Status.BUSY, Status.DONE)])
def test_a_failed_job_gives_no_result(accelerator: Model, flag: Status) -> None:
    images = digits(5)
    with driver.open_device(accelerator.form, accelerator) as opened:
        accelerator.end_with = flag
        with pytest.raises(driver.JobError, match="the job of 5 frames failed: "):
            opened.classify(images)
        assert not accelerator.registers[Register.STATUS]
        accelerator.end_with = Status(0)
        assert opened.classify(images).labels.tolist() == reference.labels(expected(accelerator, images)).tolist()


def test_a_job_that_does_not_end_is_aborted(accelerator: Model) -> None:
    accelerator.polls = 10**9
    accelerator.registers[Register.FRAMES_IN] = 3
    with driver.open_device(accelerator.form, accelerator) as opened:
        with pytest.raises(driver.JobTimeoutError, match="5 frames took longer than 1 s.* 3 had entered"):
            opened.classify(digits(5))
        assert not accelerator.registers[Register.STATUS] & Status.BUSY
        assert accelerator.time < 3
        accelerator.polls = 2
        assert len(opened.classify(digits(5)).labels) == 5


def test_hardware_that_never_answers(accelerator: Model) -> None:
    with driver.open_device(accelerator.form, accelerator) as opened:
        accelerator.is_dead = True
        with pytest.raises(driver.JobTimeoutError, match="cannot be ended"):
            opened.classify(digits(5))


def test_hardware_in_use_is_left_alone(accelerator: Model) -> None:
    with driver.open_device(accelerator.form, accelerator) as opened:
        accelerator.registers[Register.STATUS] = Status.BUSY
        with pytest.raises(driver.DriverError, match="runs already"):
            opened.classify(digits(5))


@pytest.mark.parametrize(("images", "message"), [
    (np.zeros((2, 8, 9), np.uint8), r"shape \(2, 8, 9\)"), (np.zeros((0, 8, 8), np.uint8), "shape"),
    (np.zeros((2, 8, 8), np.float32), "float32, must be uint8"), (np.zeros((8,), np.uint8), "shape"),
    (None, "pixels are object, must be uint8"), ([], "pixels are float64"), (7, "pixels are int64"),
    ("cat.png", "pixels are <U7"), ([np.zeros((8, 8), np.uint8), np.zeros((8, 9), np.uint8)], "must be of one shape"),
    (np.zeros((0,), np.uint8), "shape")])
def test_wrong_images(accelerator: Model, images: Any, message: str) -> None:
    with driver.open_device(accelerator.form, accelerator) as opened, \
            pytest.raises(driver.DriverError, match=message):
        opened.classify(images)
    assert not accelerator.jobs


def test_a_list_of_images(accelerator: Model) -> None:
    images = digits(3)
    with driver.open_device(accelerator.form, accelerator) as opened:
        assert opened.classify(list(images)).labels.tolist() == opened.classify(images).labels.tolist()


@pytest.mark.parametrize(("elements", "message"), [
    (np.zeros((2, 191), int), r"have shape \(2, 191\), the network takes \('n', 192\)"),
    (np.zeros((0, 192), int), "shape"), (np.zeros(192, int), "shape"),
    (np.zeros((2, 192)), "are float64, must be integers"), (None, "are object"),
    (np.full((2, 192), 2), "element 2: must be 0 to 1"),
    (np.full((2, 192), -1), r"element -1: .* \(0 for -1, 1 for \+1\)"),
    (np.full((1, 192), 2**40), "element 1099511627776"), ([[1] * 192, [0]], "must be of one shape"),
    (np.full((1, 192), 1 << 63, np.uint64), "element 9223372036854775808")])
def test_wrong_elements(accelerator: Model, elements: Any, message: str) -> None:
    with driver.open_device(accelerator.form, accelerator) as opened, \
            pytest.raises(driver.DriverError, match=message):
        opened.run(elements)
    assert not accelerator.jobs


@pytest.mark.parametrize(("is_signed", "low", "high"), [(True, -128, 127), (False, 0, 255)])
def test_elements_of_several_bits(accelerator: Model, is_signed: bool, low: int, high: int) -> None:
    words = {**accelerator.form.identity, "input_bits": 8 | is_signed << 31}
    form = dataclasses.replace(accelerator.form, identity=words, element_bits=8)
    assert form.element_range == (low, high)
    for i, word in enumerate(words.values()):
        accelerator.registers[Register(4 * i)] = word
    with driver.open_device(form, accelerator) as opened:
        for value in (low - 1, high + 1):
            with pytest.raises(driver.DriverError, match=f"element {value}: must be {low} to {high}$"):
                opened.run(np.full((1, 192), value))


def test_use_after_close(accelerator: Model) -> None:
    with driver.open_device(accelerator.form, accelerator) as opened:
        opened.classify(digits(2))
    opened.close()
    for use in (lambda: opened.classify(digits(2)), lambda: opened.run(np.zeros((1, 192), int))):
        with pytest.raises(driver.DriverError, match="digits: the accelerator is closed; open it again"):
            use()
    assert accelerator.jobs == 1


def test_an_interrupted_job_is_ended_before_its_memory_is_given_back(accelerator: Model,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt), driver.open_device(accelerator.form, accelerator) as opened:
        monkeypatch.setattr(accelerator, "pause", interrupt)
        opened.classify(digits(2))
    assert not accelerator.registers[Register.STATUS] & Status.BUSY
    assert accelerator.registers[Register.STATUS] & Status.ABORTED
    assert accelerator.is_closed


@pytest.mark.parametrize("batch", [0, -1, 1 << 24])
def test_wrong_batch(accelerator: Model, batch: int) -> None:
    with pytest.raises(driver.DriverError, match="batch of"):
        driver.open_device(accelerator.form, accelerator, batch)


def test_description_survives_its_file(accelerator: Model, tmp_path: Path) -> None:
    (tmp_path / "accelerator.json").write_text(render(accelerator.form))
    found = driver.read_description(tmp_path)
    assert (found.table == accelerator.form.table).all()
    assert render(found) == render(accelerator.form)


@pytest.mark.parametrize(("change", "message"), [
    (lambda d: d.pop("classes"), "classes.*incomplete"), (lambda d: d.update(format=2), "format 1"),
    (lambda d: d.update(table=[[1]]), "256 pixel values"), (lambda d: d.update(shape="x"), "incomplete"),
    (lambda d: d.update(identity=3), "incomplete"), (lambda d: d["identity"].pop("latency_cycles"), "latency_cycles"),
    (lambda d: d["identity"].update(magic=1 << 32), "32-bit"), (lambda d: d["identity"].update(magic=-1), "32-bit"),
    (lambda d: d["identity"].update(magic=True), "32-bit"), (lambda d: d["identity"].update(magic=inf), "32-bit"),
    (lambda d: d.update(clock_mhz=inf), "'clock_mhz': value inf: must be a finite number"),
    (lambda d: d.update(clock_mhz=nan), "value nan"), (lambda d: d.update(clock_mhz=0), "value 0"),
    (lambda d: d.update(clock_mhz=10**400), "value 1000.*finite"), (lambda d: d.update(clock_mhz="fast"), "'fast'"),
    (lambda d: d.update(pixel_max=inf), "'pixel_max': value inf"), (lambda d: d.update(pixel_max=256), "from 1 to 255"),
    (lambda d: d.update(element_bits=-inf), "'element_bits'"),
    (lambda d: d.update(element_bits=2), "by 'identity' it has"),
    (lambda d: d.update(shape=[8, inf]), "'shape'"), (lambda d: d.update(shape=[8, 9]), "216 elements of 1 bits"),
    (lambda d: d.update(shape=[8, -8]), "'shape'"), (lambda d: d.update(shape=[]), "'shape'"),
    (lambda d: d.update(table=[[0, 1]] * 255 + [[0]]), "'table'"),
    (lambda d: d.update(table=[[0, 1, 2]] * 256), "0 to 1"),
    (lambda d: d.update(table=[[0, 1, inf]] * 256), "'table'"), (lambda d: d.update(table=[[]] * 256), "'table'"),
    (lambda d: d.update(result_beats=0), "'result_beats'"), (lambda d: d.update(result_beats=1 << 31), "65535"),
    (lambda d: d.update(result_width=12), "whole bytes"), (lambda d: d.update(data_width=63), "whole bytes"),
    (lambda d: d.update(values_per_beat=1000), "do not fit"), (lambda d: d.update(value_bits=64), "'value_bits'"),
    (lambda d: d.update(is_label=1), "true or false"), (lambda d: d.update(classes=[1]), "'classes'"),
    (lambda d: d.update(classes="ab"), "'classes'"), (lambda d: d.update(net=3), "'net'"),
    (lambda d: d.update(net="a\x1b[2J"), "'net'"), (lambda d: d.update(host="usb"), "'axi' or 'uart'")])
def test_changed_description(accelerator: Model, tmp_path: Path, change: Callable[[dict[str, Any]], None],
                             message: str) -> None:
    document = json.loads(render(accelerator.form))
    change(document)
    path = tmp_path / "accelerator.json"
    path.write_text(json.dumps(document))
    with pytest.raises(FinnError, match=message) as caught:
        driver.read_description(path)
    assert "\n" not in str(caught.value)


def test_description_that_is_missing_or_no_json(tmp_path: Path) -> None:
    with pytest.raises(FinnError, match="cannot be read"):
        driver.read_description(tmp_path)
    for data in (b"{", b"\xff", b"[" * 100_000, b"1" * 5000):
        (tmp_path / "accelerator.json").write_bytes(data)
        with pytest.raises(FinnError, match="not JSON"):
            driver.read_description(tmp_path)


def test_description_of_another_host(accelerator: Model, tmp_path: Path) -> None:
    (tmp_path / "accelerator.json").write_text(render(accelerator.form))
    with pytest.raises(driver.DriverError, match="host 'axi', not 'uart': open it by open_pynq or open_linux"):
        driver.open_uart(tmp_path, "/dev/ttyUSB0", 115200)
    form = dataclasses.replace(accelerator.form, host="uart")
    (tmp_path / "accelerator.json").write_text(render(form))
    for opener in (lambda: driver.open_linux(tmp_path), lambda: driver.open_device(form, accelerator),
                   lambda: driver.open_pynq(tmp_path / "a.bit")):
        with pytest.raises(driver.DriverError, match="host 'uart', not 'axi': open it by open_uart"):
            opener()


def test_pictures_are_cut_resized_and_scaled(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    array = np.zeros((40, 80, 3), np.uint8)
    array[:, 20:60] = (255, 0, 0)  # the middle square is red, the rest black
    path = tmp_path / "red.png"
    image.fromarray(array).save(path)
    found = driver.read_image(path, (32, 32, 3))
    assert found.shape == (32, 32, 3)
    assert (found == (255, 0, 0)).all()
    assert (driver.read_image(path, (8, 8), 16) == 5).all()  # red is 76 of 255 grey
    assert (driver.read_image(path, (8, 8), invert=True) == 255 - 76).all()
    empty = tmp_path / "empty.png"
    image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(empty)
    assert (driver.read_image(empty, (10, 10)) == 255).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (32, 32), (31, 33)])
def test_pictures_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    image = pytest.importorskip("PIL.Image")
    image.new("L", size, 200).save(tmp_path / "grey.png")
    assert (driver.read_image(tmp_path / "grey.png", (28, 28)) == 200).all()


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    (tmp_path / "a.png").write_bytes(b"no picture")
    for path, shape, message in ((tmp_path / "a.png", (8, 8), "cannot be read as a picture"),
                                 (tmp_path / "b.png", (8, 8), "cannot be read"),
                                 (tmp_path / "a.png", (64,), "takes no pictures"),
                                 (tmp_path / "a.png", (8, 8, 2), "takes no pictures")):
        with pytest.raises(driver.DriverError, match=message):
            driver.read_image(path, shape)


@pytest.fixture
def linux(tmp_path: Path) -> Path:
    """Files that stand for the devices, and what Linux says of them."""
    for folder in ("uio/uio0", "uio/uio1", "u-dma-buf/udmabuf0"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "uio/uio0/name").write_text("other\n")
    (tmp_path / "uio/uio1/name").write_text("finn\n")
    for name, text in (("phys_addr", "0x1f400000\n"), ("size", "16384\n"), ("sync_mode", "1\n")):
        (tmp_path / "u-dma-buf/udmabuf0" / name).write_text(text)
    (tmp_path / "registers").write_bytes(bytes(range(256)) * 16)
    (tmp_path / "udmabuf0").write_bytes(bytes([0xEE]) * 16384)
    return tmp_path


def linux_device(folder: Path, memory: str = "udmabuf0") -> LinuxDevice:
    return LinuxDevice(str(folder / "registers"), memory, folder, folder)


def test_linux_backend_on_files(linux: Path) -> None:
    device = linux_device(linux)
    assert find_uio("finn", linux / "uio") == Path("/dev/uio1")
    assert device.read(4) == 0x07060504
    device.write(8, 0xFFFFFFFF)
    assert device.read(8) == 0xFFFFFFFF
    buffers = [device.allocate(size) for size in (5000, 100, 4096)]
    assert [buffer.address for buffer in buffers] == [0x1F400000, 0x1F402000, 0x1F403000]
    buffers[1].write(np.arange(100, dtype=np.uint8))
    assert buffers[1].read(7).tolist() == list(range(7))
    # What is read is a copy, which the hardware does not change.
    before = buffers[1].read(100)
    buffers[1].write(np.full(100, 9, np.uint8))
    assert before.tolist() == list(range(100))
    with pytest.raises(driver.DriverError, match="do not fit"):
        device.allocate(1)
    buffers[0].close()
    assert device.allocate(1).address == 0x1F400000
    device.close()
    # Whole lines of 64 bytes, and nothing behind them.
    assert (linux / "udmabuf0").read_bytes()[8190:8192 + 130] == b"\xee\xee" + b"\x09" * 100 + bytes(28) + b"\xee\xee"


@pytest.mark.parametrize("count", [1, 63, 64, 65, 4000, 4096])
def test_linux_memory_of_any_size(linux: Path, count: int) -> None:
    device = linux_device(linux)
    first, second = device.allocate(count), device.allocate(count)
    data = np.random.default_rng(count).integers(0, 256, (2, count), dtype=np.uint8)
    first.write(data[0])
    second.write(data[1])
    assert np.array_equal(first.read(count), data[0])
    assert np.array_equal(second.read(count), data[1])
    device.close()


def test_mode_of_the_memory_is_set_before_it_is_opened(linux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mode, opened = linux / "u-dma-buf/udmabuf0/sync_mode", []
    actual = os.open

    def watched(path: Any, flags: int, *more: Any) -> int:
        opened.append((Path(path).name, bool(flags & os.O_SYNC), mode.read_text()))
        return actual(path, flags, *more)
    monkeypatch.setattr(os, "open", watched)
    linux_device(linux).close()
    assert opened == [("registers", False, "2"), ("udmabuf0", True, "2")]
    # Who may not write it may have had it set.
    mode.chmod(0o444)
    linux_device(linux).close()


@pytest.mark.parametrize(("file", "text"), [
    ("sync_mode", None), ("size", None), ("size", "many"), ("size", "100"), ("phys_addr", "zz"), ("phys_addr", "\xff")])
def test_linux_that_lacks_something(linux: Path, file: str, text: str | None) -> None:
    path = linux / "u-dma-buf/udmabuf0" / file
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    with pytest.raises(driver.DriverError, match="cannot be opened") as caught:
        linux_device(linux)
    assert "\n" not in str(caught.value)


def test_linux_devices_that_are_not_there(linux: Path) -> None:
    with pytest.raises(driver.DriverError, match="no UIO device is named 'finm'"):
        find_uio("finm", linux / "uio")
    with pytest.raises(driver.DriverError, match="cannot be opened"):
        linux_device(linux, "udmabuf1")
    (linux / "uio/uio1/name").unlink()
    with pytest.raises(driver.DriverError, match="name: cannot be opened"):
        LinuxDevice("finn", "udmabuf0", linux, linux)


def test_pynq_is_asked_for() -> None:
    with pytest.raises(driver.DriverError, match="PYNQ is not installed"):
        PynqDevice(Path("digits.bit"), 0x4000_0000)


def test_driver_needs_numpy_alone() -> None:
    """On a board nothing else is installed."""
    program = """
import sys
class Only:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pydantic", "click", "rich", "jinja2", "matplotlib", "sklearn", "yaml", "pyosys",
                                  "PIL", "serial", "fusesoc", "edalize", "cocotb"}:
            raise ImportError(name)
sys.meta_path.insert(0, Only())
from finn_rtl import driver
import finn_rtl.driver.linux, finn_rtl.driver.pynq
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scores_and_labels_differ_in_identity() -> None:
    label, scores = (describe(*digits_network(scores), "axi").identity for scores in (False, True))
    assert label["folding"] != scores["folding"]
    assert label["parameters"] == scores["parameters"]


def driver_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["finn_rtl.driver", *arguments])
    return main()


@pytest.mark.parametrize(("arguments", "part"), [
    (["--port", "/dev/null", "--baud", "0"], "/dev/null: 0 baud: must be a whole number from 1"),
    (["--port", "/dev/null", "--baud", "-9600"], "-9600 baud"),
    (["--port", "/dev/null", "--baud", str(10**30)], f"/dev/null: cannot be opened at {10**30} baud"),
    (["--port", "/dev/no\x1b[2Jport"], r"/dev/no\x1b[2Jport: cannot be opened at 1000000 baud"),
    (["--port", "/dev/null", "--hardware", "/nowhere"], "/nowhere: cannot be read"),
    (["--uio", "finn"], "host 'uart', not 'axi'")])
def test_command_line_refuses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                              arguments: list[str], part: str) -> None:
    pytest.importorskip("serial")
    (tmp_path / "accelerator.json").write_text(render(describe(*digits_network(False), "uart")))
    monkeypatch.chdir(tmp_path)
    assert driver_main(monkeypatch, "a.png", *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ") and captured.err.count("\n") == 1 and "\x1b" not in captured.err
    assert part in captured.err


def test_names_that_a_terminal_would_not_print(accelerator: Model, tmp_path: Path) -> None:
    """Control characters are shown, and letters that the terminal lacks."""
    pytest.importorskip("PIL.Image").new("L", (8, 8), 0).save(tmp_path / "a.png")
    name = "z\u00e4hl \x1b[2J \udc80"
    program = f"""
import numpy as np, sys
from finn_rtl import driver
from finn_rtl.driver import __main__ as command
form = driver.read_description(command.Path({str(tmp_path)!r}))
class Accelerator:
    description = form
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def classify(self, images):
        return driver.Classification(np.array([0]), ({ascii(name)},), None, ())
command.opened = lambda wanted: Accelerator()
sys.argv = ["driver", {str(tmp_path / "a.png")!r}, "--uio", "finn"]
sys.exit(command.main())
"""
    (tmp_path / "accelerator.json").write_text(render(accelerator.form))
    for encoding in ("ascii", "utf-8"):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False,
                              env={**os.environ, "PYTHONIOENCODING": encoding})
        assert done.returncode == 0, done.stderr
        letter = rb"\xe4" if encoding == "ascii" else "\u00e4".encode()
        assert done.stdout.endswith(b"a.png: z" + letter + rb"hl \x1b[2J \udc80" + b"\n")
