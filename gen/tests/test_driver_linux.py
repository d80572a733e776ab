"""The driver on Linux: registers by UIO, memory by u-dma-buf."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import driver
from finn_rtl.driver.linux import LinuxDevice, find_uio

pytestmark = pytest.mark.steady


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
