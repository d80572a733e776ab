"""Backend for plain Linux: registers and interrupt through UIO, memory through u-dma-buf."""

from __future__ import annotations

import mmap
import os
import select
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.errors import DriverError

REGISTERS_SIZE = 4096
# Buffers begin on whole pages.
PAGE = 4096
# Bytes that are copied at once: aligned, and more than any instruction moves.
LINE = 64
# What O_SYNC shall mean to u-dma-buf: no cache, writes combined. With its default, 1, ARM64 takes the memory for a
# device's, and an access that is not aligned ends in a bus error.
SYNC_MODE = 2


def find_uio(name: str, root: Path = Path("/sys/class/uio")) -> Path:
    """Device file of a UIO device named in the device tree.

    Raises:
        DriverError: there is none.
        OSError: it cannot be asked.
    """
    if name.startswith("/"):
        return Path(name)
    names = {}
    for folder in sorted(root.glob("uio*")):
        names[(folder / "name").read_text(encoding="ascii").strip()] = folder.name
    if name not in names:
        raise DriverError(f"no UIO device is named {name!r} (there are: {', '.join(names) or 'none'}); the device tree"
                          " needs a node of that name with compatible = \"generic-uio\"")
    return Path("/dev") / names[name]


def _lines(count: int) -> int:
    """Bytes of all lines that `count` bytes touch."""
    return -(-count // LINE) * LINE


class DmaBuffer:
    """A part of a u-dma-buf device's memory."""

    def __init__(self, owner: LinuxDevice, offset: int, size: int) -> None:
        self._owner, self._offset, self._size = owner, offset, size

    @property
    def address(self) -> int:
        """Physical address."""
        return self._owner.memory_address + self._offset

    def write(self, data: NDArray[np.uint8]) -> None:
        """Bytes to the beginning; zeros up to the end of the last line."""
        lines = np.zeros(_lines(len(data)), np.uint8)
        lines[:len(data)] = data
        self._words(len(data))[:] = lines.view(np.uint64)

    def read(self, count: int) -> NDArray[np.uint8]:
        """The first bytes."""
        found: NDArray[np.uint8] = self._words(count).copy().view(np.uint8)
        return found[:count]

    def _words(self, count: int) -> NDArray[np.uint64]:
        """The lines of the first bytes."""
        return self._owner.memory[self._offset // 8:(self._offset + _lines(count)) // 8]

    def close(self) -> None:
        """Give it back."""
        self._owner.release(self._offset)


class LinuxDevice:
    """Registers behind /dev/uioN, memory behind /dev/udmabufN, opened O_SYNC so that caches need no care.

    Raises:
        DriverError: a device is missing or may not be opened.
    """

    def __init__(self, uio: str, memory: str, sys_root: Path = Path("/sys/class"), dev: Path = Path("/dev")) -> None:
        self._files: list[int] = []
        self._used: dict[int, int] = {}
        folder = sys_root / "u-dma-buf" / memory
        try:
            path = find_uio(uio, sys_root / "uio")
            self.name = str(path)
            self.memory_address = int((folder / "phys_addr").read_text(encoding="ascii"), 16)
            self._size = int((folder / "size").read_text(encoding="ascii")) // PAGE * PAGE
            if not self._size:
                raise ValueError(f"u-dma-buf memory {memory!r} has less than {PAGE} bytes")
            self._set_mode(folder / "sync_mode")
            self._uio = self._open(path)
            self._registers = mmap.mmap(self._uio, REGISTERS_SIZE)
            self._words = memoryview(self._registers).cast("I")
            self._map = mmap.mmap(self._open(dev / memory, os.O_SYNC), self._size)
            self.memory = np.frombuffer(self._map, np.uint64)
        except (OSError, ValueError) as error:
            self.close()
            reason = (error.strerror if isinstance(error, OSError) else None) or error
            raise DriverError(f"{getattr(error, 'filename', None) or uio}: cannot be opened ({reason}); are the"
                              " device-tree node of the accelerator and the u-dma-buf module loaded, and the program"
                              " run as root?") from None

    @staticmethod
    def _set_mode(path: Path) -> None:
        """Only where it is another: who is not root may have had it set."""
        if path.read_text(encoding="ascii").strip() != str(SYNC_MODE):
            path.write_text(str(SYNC_MODE), encoding="ascii")

    def _open(self, path: Path, flags: int = 0) -> int:
        self._files.append(os.open(path, os.O_RDWR | flags))
        return self._files[-1]

    def read(self, offset: int) -> int:
        """A register, in one access of 32 bits."""
        return self._words[offset // 4]

    def write(self, offset: int, value: int) -> None:
        """Set a register, in one access of 32 bits."""
        self._words[offset // 4] = int(value)

    def allocate(self, size: int) -> DmaBuffer:
        """The first gap that is large enough."""
        pages = -(-size // PAGE) * PAGE
        offset = 0
        for begin, length in sorted(self._used.items()):
            if begin - offset >= pages:
                break
            offset = begin + length
        if offset + pages > self._size:
            raise DriverError(f"{self.name}: {size} bytes do not fit the u-dma-buf memory of {self._size}; choose a"
                              " smaller batch, or load the module with more")
        self._used[offset] = pages
        return DmaBuffer(self, offset, size)

    def release(self, offset: int) -> None:
        """Give a buffer back."""
        self._used.pop(offset, None)

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait for the interrupt."""
        try:
            os.write(self._uio, (1).to_bytes(4, "little"))
        except OSError:
            # Without an interrupt in the device tree.
            time.sleep(min(seconds, 0.01))
            return
        if select.select([self._uio], [], [], min(seconds, 0.1))[0]:
            os.read(self._uio, 4)

    def close(self) -> None:
        """Close the files."""
        if hasattr(self, "_words"):
            self._words.release()
            self._registers.close()
        if hasattr(self, "memory"):
            # The array holds the map.
            del self.memory
            self._map.close()
        for number in self._files:
            os.close(number)
        self._files = []
