"""The driver on a model of axi_host: what it writes and reads, and how it tells of what goes wrong."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finn_rtl import driver, prepare, reference
from finn_rtl.accelerator import describe
from finn_rtl.driver.description import render
from finn_rtl.driver.linux import LinuxDevice, find_uio
from finn_rtl.driver.pynq import PynqDevice
from finn_rtl.driver.registers import Control, Register, Status
from finn_rtl.errors import FinnError
from finn_rtl.integer import Network
from finn_rtl.plan import Plan
from finn_rtl.topology import encode_images

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
    (np.zeros((2, 8, 8), np.float32), "float32, must be uint8"), (np.zeros((8,), np.uint8), "shape")])
def test_wrong_images(accelerator: Model, images: NDArray[Any], message: str) -> None:
    with driver.open_device(accelerator.form, accelerator) as opened, \
            pytest.raises(driver.DriverError, match=message):
        opened.classify(images)


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
    (lambda d: d.update(identity=3), "incomplete")])
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
    (tmp_path / "accelerator.json").write_text("{")
    with pytest.raises(FinnError, match="not JSON"):
        driver.read_description(tmp_path)


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


def test_linux_backend_on_files(tmp_path: Path, accelerator: Model) -> None:
    for folder in ("uio/uio0", "uio/uio1", "u-dma-buf/udmabuf0"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "uio/uio0/name").write_text("other\n")
    (tmp_path / "uio/uio1/name").write_text("finn\n")
    (tmp_path / "u-dma-buf/udmabuf0/phys_addr").write_text("0x1f400000\n")
    (tmp_path / "u-dma-buf/udmabuf0/size").write_text("16384\n")
    registers, memory = tmp_path / "registers", tmp_path / "udmabuf0"
    registers.write_bytes(bytes(range(256)) * 16)
    memory.write_bytes(bytes(16384))
    device = LinuxDevice(str(registers), "udmabuf0", tmp_path, tmp_path)
    assert find_uio("finn", tmp_path / "uio") == Path("/dev/uio1")
    assert device.read(4) == 0x07060504
    device.write(8, 0xFFFFFFFF)
    assert device.read(8) == 0xFFFFFFFF
    buffers = [device.allocate(size) for size in (5000, 100, 4096)]
    assert [buffer.address for buffer in buffers] == [0x1F400000, 0x1F402000, 0x1F403000]
    buffers[1].write(np.arange(100, dtype=np.uint8))
    assert buffers[1].read(7).tolist() == list(range(7))
    with pytest.raises(driver.DriverError, match="do not fit"):
        device.allocate(1)
    buffers[0].close()
    assert device.allocate(1).address == 0x1F400000
    device.close()
    assert memory.read_bytes()[8192:8199] == bytes(range(7))
    with pytest.raises(driver.DriverError, match="no UIO device is named 'finm'"):
        find_uio("finm", tmp_path / "uio")
    with pytest.raises(driver.DriverError, match="cannot be opened"):
        LinuxDevice(str(registers), "udmabuf1", tmp_path, tmp_path)


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
