"""What the driver needs of the place that it runs in: registers, memory that the hardware reaches, and time."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Buffer(Protocol):
    """Memory that the processor and the hardware share."""

    @property
    def address(self) -> int:
        """Physical address of the first byte."""
        ...

    def write(self, data: NDArray[np.uint8]) -> None:
        """Put bytes at the beginning, so that the hardware sees them."""
        ...

    def read(self, count: int) -> NDArray[np.uint8]:
        """The first bytes, as the hardware left them."""
        ...

    def close(self) -> None:
        """Give it back."""
        ...


class Device(Protocol):
    """An accelerator with axi_host in a system."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    def read(self, offset: int) -> int:
        """A register."""
        ...

    def write(self, offset: int, value: int) -> None:
        """Set a register."""
        ...

    def allocate(self, size: int) -> Buffer:
        """Memory of `size` bytes, aligned to a beat."""
        ...

    def now(self) -> float:
        """Seconds, from any beginning."""
        ...

    def pause(self, seconds: float) -> None:
        """Let at most about so much time pass; may return early, as on an interrupt."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...
