"""Backend for boards with PYNQ: pynq.Overlay and pynq.allocate."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.errors import DriverError

REGISTERS_SIZE = 4096
# Where the board targets have the control registers: Zynq-7000, Zynq UltraScale+.
ADDRESSES = {"armv7l": 0x4000_0000, "aarch64": 0xA000_0000}


class PynqBuffer:
    """Memory by pynq.allocate."""

    def __init__(self, array: Any) -> None:
        self._array = array

    @property
    def address(self) -> int:
        """Physical address."""
        return int(self._array.physical_address)

    def write(self, data: NDArray[np.uint8]) -> None:
        """Bytes to the beginning."""
        self._array[:len(data)] = data
        self._array.flush()

    def read(self, count: int) -> NDArray[np.uint8]:
        """The first bytes."""
        self._array.invalidate()
        return np.array(self._array[:count], np.uint8)

    def close(self) -> None:
        """Give it back."""
        self._array.freebuffer()


class PynqDevice:
    """An accelerator in an overlay.

    Raises:
        DriverError: PYNQ is missing, or the bitstream cannot be loaded.
    """

    def __init__(self, bitstream: Path, address: int | None = None) -> None:
        address = ADDRESSES.get(platform.machine()) if address is None else address
        if address is None:
            raise DriverError(f"{platform.machine()}: not a board with PYNQ; name the address of the registers")
        try:
            import pynq
        except ImportError:
            raise DriverError("PYNQ is not installed: this runs on a board with its image (pynq.io), as root") from None
        if not bitstream.is_file():
            raise DriverError(f"{bitstream}: no such bitstream")
        self.name = bitstream.name
        self._allocate = pynq.allocate
        try:
            # Loads the bitstream, and sets the clocks as the .hwh says.
            pynq.Overlay(str(bitstream))
        except Exception as error:
            raise DriverError(f"{bitstream}: cannot be loaded ({' '.join(str(error).split())}); its .hwh must lie"
                              " beside it, and the program run as root") from None
        self._registers = pynq.MMIO(address, REGISTERS_SIZE)

    def read(self, offset: int) -> int:
        """A register."""
        return int(self._registers.read(int(offset)))

    def write(self, offset: int, value: int) -> None:
        """Set a register."""
        self._registers.write(int(offset), int(value))

    def allocate(self, size: int) -> PynqBuffer:
        """Contiguous memory."""
        return PynqBuffer(self._allocate(shape=(size,), dtype=np.uint8))

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Sleep; the registers are polled."""
        time.sleep(min(seconds, 0.01))

    def close(self) -> None:
        """The overlay stays loaded."""
