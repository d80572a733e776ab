"""Weights that hardware reads from memory: their files, their buffer, and what is said where one is wrong."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from driver_model import Model
from test_streams import planned

from finn_rtl import FinnError, api, driver
from finn_rtl.driver.description import MOST_WEIGHTS, PAGE, Description, render
from finn_rtl.driver.linux import LinuxDevice
from finn_rtl.driver.registers import Register, Status
from finn_rtl.meaning import reference
from finn_rtl.output.accelerator import MOST_READERS, describe, render_accelerator

pytestmark = pytest.mark.steady


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an accelerator that reads the weights of two layers from memory."""
    folder = tmp_path_factory.mktemp("built") / "hw"
    api.build(*planned(), folder, "axi", 128)
    return folder


@pytest.fixture
def form(built: Path) -> Description:
    return driver.read_description(built)


@pytest.fixture
def model(form: Description) -> Model:
    return Model(planned()[0], form)


def copied(built: Path, folder: Path) -> Path:
    for path in (*built.glob("*.bin"), built / "accelerator.json"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_weights_are_in_memory_while_it_is_open(built: Path, form: Description, model: Model) -> None:
    weights = driver.read_weights(built, form)
    assert [stream.layer for stream in form.weights] == ["a", "b"]
    assert form.weights_offsets == (0, PAGE) and form.weights_size == len(weights) == 2 * PAGE
    files = [(built / stream.file).read_bytes() for stream in form.weights]
    assert weights[:len(files[0])].tobytes() == files[0] and not weights[len(files[0]):PAGE].any()
    assert weights[PAGE:PAGE + len(files[1])].tobytes() == files[1]
    frames = api.random_frames(model.network, 5, 3)
    with driver.open_device(form, model, 2, weights=weights) as opened:
        [buffer] = model.buffers
        assert buffer.address == model.registers[Register.WEIGHTS_HIGH] << 32 | model.registers[Register.WEIGHTS_LOW]
        found, _ = opened.run(frames)
        expected = reference.labels(reference.infer(model.network, frames))
        assert found[:, 0].tolist() == expected.tolist()
    assert len(model.weights) == 3 and all((there == weights).all() for there in model.weights)
    # The next program must say where its weights are.
    assert not model.registers[Register.WEIGHTS_LOW] and not model.registers[Register.WEIGHTS_HIGH]
    assert model.is_closed and not any(buffer.is_open for buffer in model.buffers)


def test_wrong_weights_never_reach_the_hardware(built: Path, form: Description) -> None:
    weights = driver.read_weights(built, form)
    changed = weights.copy()
    changed[PAGE + 3] ^= 4
    for given, message in ((None, "reads weights from memory, and got none; give what driver.read_weights reads"),
                           (weights[:-1], r"weights are uint8 \(8191,\), must be uint8 \(8192,\)"),
                           (weights.view(np.int8), "weights are int8"),
                           (changed, r"model: tiny__b_weights.bin: is not the one .*SHA-256 differs")):
        model = Model(planned()[0], form)
        with pytest.raises(driver.DriverError, match=message) as caught:
            driver.open_device(form, model, weights=given)
        assert "\n" not in str(caught.value) and model.is_closed
        assert not model.buffers and not model.registers[Register.WEIGHTS_LOW]


def test_hardware_that_cannot_have_them(built: Path, form: Description, model: Model) -> None:
    weights = driver.read_weights(built, form)
    model.registers[Register.WEIGHTS_BYTES] = PAGE
    with pytest.raises(driver.WrongHardwareError, match="reads 4096 bytes of weights from memory, .* says 8192"):
        driver.open_device(form, model, weights=weights)
    model = Model(model.network, form)
    with pytest.raises(driver.WrongHardwareError, match="reads 8192 bytes of weights from memory, .* says 0"):
        driver.open_device(dataclasses.replace(form, weights=()), model)
    model = Model(model.network, form)
    model.registers[Register.STATUS] = Status.BUSY
    with pytest.raises(driver.DriverError, match="a job runs already"):
        driver.open_device(form, model, weights=weights)
    model = Model(model.network, form)
    model.shift = 64
    with pytest.raises(driver.DriverError, match="begins at 0x120000040, which must be a multiple of 4096"):
        driver.open_device(form, model, weights=weights)
    assert not any(buffer.is_open for buffer in model.buffers) and model.is_closed


@pytest.mark.parametrize("flag", [Status.WEIGHTS_ERROR, Status.WEIGHTS_ADDRESS_ERROR])
def test_a_job_with_wrong_weights_gives_no_result(built: Path, form: Description, model: Model, flag: Status) -> None:
    frames = api.random_frames(model.network, 2, 3)
    with driver.open_device(form, model, weights=driver.read_weights(built, form)) as opened:
        model.end_with = flag
        with pytest.raises(driver.JobError, match="weights"):
            opened.run(frames)
        model.end_with = Status(0)
        assert len(opened.run(frames)[0]) == 2


def test_files_that_are_wrong(built: Path, form: Description, tmp_path: Path) -> None:
    folder = copied(built, tmp_path)
    path = folder / form.weights[1].file
    whole = path.read_bytes()
    for content, message in ((whole[:-1], f"has {len(whole) - 1} bytes, accelerator.json says {len(whole)}: it"),
                             (b"", "has 0 bytes"), (whole + b"\0", f"has {len(whole) + 1} bytes"),
                             (whole[:9] + bytes([whole[9] ^ 1]) + whole[10:], "is not the one")):
        path.write_bytes(content)
        with pytest.raises(driver.DriverError, match=message) as caught:
            driver.read_weights(folder, form)
        assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    path.unlink()
    for attempt in (lambda: driver.read_weights(folder, form), lambda: driver.open_linux(folder),
                    lambda: driver.open_pynq(folder / "tiny.bit")):
        # Before any device is looked for.
        with pytest.raises(driver.DriverError, match="cannot be read .*layer 'b' from memory, .* copy it, too"):
            attempt()


def test_memory_that_is_too_small(built: Path, form: Description, tmp_path: Path) -> None:
    """That of u-dma-buf, which all buffers share."""
    for folder in ("uio/uio0", "u-dma-buf/udmabuf0"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in (("phys_addr", "0x1f400000\n"), ("size", "4096\n"), ("sync_mode", "2\n")):
        (tmp_path / "u-dma-buf/udmabuf0" / name).write_text(text)
    registers = np.zeros(1024, "<u4")
    registers[:len(form.identity)] = list(form.identity.values())
    registers[Register.WEIGHTS_BYTES // 4] = form.weights_size
    (tmp_path / "registers").write_bytes(registers.tobytes())
    (tmp_path / "udmabuf0").write_bytes(bytes(4096))
    device = LinuxDevice(str(tmp_path / "registers"), "udmabuf0", tmp_path, tmp_path)
    with pytest.raises(driver.DriverError, match="8192 bytes do not fit the u-dma-buf memory of 4096"):
        driver.open_device(form, device, weights=driver.read_weights(built, form))


def test_descriptions(form: Description, tmp_path: Path) -> None:
    """Without the key there are none; a serial line has no memory; more than the hardware counts is refused."""
    path = tmp_path / "accelerator.json"
    path.write_text(render(dataclasses.replace(form, weights=())))
    assert driver.read_description(path).weights_size == 0 and driver.read_description(path).weights_offsets == ()
    path.write_text(render(dataclasses.replace(form, host="uart", data_width=8)))
    with pytest.raises(FinnError, match="host 'uart' has no memory"):
        driver.read_description(path)
    much = dataclasses.replace(form.weights[0], size=MOST_WEIGHTS)
    path.write_text(render(dataclasses.replace(form, weights=(much, form.weights[1]))))
    with pytest.raises(FinnError, match="must be at most 2147479552"):
        driver.read_description(path)


def test_hardware_that_is_refused(form: Description, monkeypatch: pytest.MonkeyPatch) -> None:
    """More layers than a port serves, more bytes than are counted."""
    monkeypatch.setattr("finn_rtl.output.accelerator.MOST_READERS", 1)
    with pytest.raises(FinnError, match="the weights of 2 layers come from DRAM, and a port of its memory serves 1"):
        describe(*planned(), "axi")
    monkeypatch.setattr("finn_rtl.output.accelerator.MOST_READERS", MOST_READERS)
    monkeypatch.setattr("finn_rtl.output.accelerator.MOST_WEIGHTS", PAGE)
    with pytest.raises(FinnError, match="weights of 8192 bytes come from DRAM, and host 'axi' takes 4096 at most"):
        describe(*planned(), "axi")


def test_a_port_of_its_own(built: Path) -> None:
    """Of the top level, with all readers behind it; a network without has none."""
    top = (built / "finn_tiny_axi.sv").read_text()
    assert top.count("weight_reader #(") == 2 and top.count("axi_read_arbiter #(") == 1
    assert ".WEIGHTS_BYTES(8192)" in top and ".address(weights_address + ADDR_W'(4096))" in top
    assert {'"finn:ip:weight_reader"', '"finn:ip:axi_read_arbiter"'} <= set(
        (built / "finn_tiny.core").read_text().replace("[", " ").replace("]", " ").replace(",", " ").split())
    plain = render_accelerator(*planned({}), "axi")
    assert "m_axi_weights" not in plain["finn_tiny_axi.sv"] and "weight_reader" not in plain["finn_tiny.core"]
