"""The driver on a model of axi_host: what it writes and reads, and how it tells of what goes wrong."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driver_model import Model, digits_network, telling
from numpy.typing import NDArray

from finn_rtl import driver
from finn_rtl.description.encoding import encode_images
from finn_rtl.driver.__main__ import main
from finn_rtl.driver.description import render
from finn_rtl.driver.pynq import PynqDevice
from finn_rtl.driver.registers import Register, Status
from finn_rtl.meaning import reference
from finn_rtl.output.accelerator import describe

pytestmark = pytest.mark.steady


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


def test_several_labels(tmp_path: Path) -> None:
    network, plan = telling(3, tmp_path)
    model = Model(network, describe(network, plan, "axi"))
    images = digits(20)
    with driver.open_device(model.form, model) as opened:
        found = opened.classify(images)
        ranking = reference.ranking(expected(model, images), 3)
        assert found.ranking is not None and found.ranking.tolist() == ranking.tolist()
        assert found.labels.tolist() == ranking[:, 0].tolist() and found.scores is None


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


def driver_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["finn_rtl.driver", *arguments])
    return main()


@pytest.mark.parametrize(("arguments", "part"), [
    (["--port", "/dev/null", "--baud", "0"], "/dev/null: 0 baud: must be a whole number from 1"),
    (["--port", "/dev/null", "--baud", "-9600"], "-9600 baud"),
    (["--port", "/dev/null", "--baud", str(10**30)], f"/dev/null: cannot be opened at {10**30} baud"),
    (["--port", "/dev/no\x1b[2Jport"], r"/dev/no\x1b[2Jport: cannot be opened at 1000000 baud"),
    (["--port", "/dev/null", "--hardware", "nowhere"], "nowhere: cannot be read"),
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
