"""The host driver: opens an accelerator, checks that it is the right one, and runs pictures through it.

>>> from finn_rtl import driver
>>> with driver.open_pynq("cnv.bit") as accelerator:            # on a board with PYNQ
...     image = driver.read_image("cat.png", accelerator.description.shape)
...     print(accelerator.classify(image).names)

Needs numpy alone (and Pillow for pictures, pyserial for a UART): on boards it is the package finn-rtl-driver.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finn_rtl.driver.accelerator import Accelerator, Classification, Detection
from finn_rtl.driver.boxes import Box
from finn_rtl.driver.description import Description, read_description
from finn_rtl.driver.errors import DriverError, JobError, JobTimeoutError, WrongHardwareError
from finn_rtl.driver.images import read_image
from finn_rtl.driver.sets import ParameterSet, read_set
from finn_rtl.driver.transport import BATCH, GRACE_S, JobTiming, LoadTiming, RegisterTransport
from finn_rtl.driver.weights import read_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from finn_rtl.driver.device import Device

__all__ = [
    "Accelerator", "Box", "Classification", "Description", "Detection", "DriverError", "JobError", "JobTimeoutError",
    "JobTiming", "LoadTiming", "ParameterSet", "WrongHardwareError", "open_device", "open_linux", "open_pynq",
    "open_uart", "read_description", "read_image", "read_set", "read_weights",
]


def open_device(description: Description, device: Device, batch: int = BATCH, grace_s: float = GRACE_S,
                weights: NDArray[np.uint8] | None = None) -> Accelerator:
    """Open an accelerator with axi_host on any device.

    Args:
        description: of the hardware that shall be there.
        device: registers and memory.
        batch: frames of a job.
        grace_s: seconds that a job may take beyond four times its planned time.
        weights: what read_weights read, for hardware that reads some from memory (`description.weights`).

    Raises:
        WrongHardwareError: other hardware answers.
        DriverError: weights are missing or others.
    """
    _expect(description, "axi")
    return Accelerator(description, RegisterTransport(device, description, batch, grace_s, weights))


def _with_weights(place: Path) -> tuple[Description, NDArray[np.uint8] | None]:
    """accelerator.json, or that of a folder, and the weights beside it that the hardware reads from memory."""
    form = read_description(place)
    _expect(form, "axi")
    if not form.weights:
        return form, None
    return form, read_weights(place if place.is_dir() else place.parent, form)


def _expect(description: Description, host: str) -> None:
    if description.host != host:
        raise DriverError(f"{description.net}: accelerator.json is of one with host {description.host!r}, not {host!r}:"
                          f" open it by {'open_uart' if description.host == 'uart' else 'open_pynq or open_linux'}")


def open_pynq(bitstream: str | Path, description: str | Path | None = None, address: int | None = None,
              batch: int = BATCH) -> Accelerator:
    """Load a bitstream through PYNQ and open it.

    Args:
        bitstream: its .hwh lies beside it.
        description: accelerator.json; beside the bitstream where not named.
        address: of the control registers; that of the board targets where not named.
        batch: frames of a job.

    Raises:
        DriverError: PYNQ is not installed, or the bitstream does not load, or is another one, or a file is missing.
    """
    from finn_rtl.driver.pynq import PynqDevice

    path = Path(bitstream)
    form, weights = _with_weights(Path(description) if description else path.parent)
    return open_device(form, PynqDevice(path, address), batch, weights=weights)


def open_linux(description: str | Path, uio: str = "finn", memory: str = "udmabuf0",
               batch: int = BATCH) -> Accelerator:
    """Open an accelerator through UIO and u-dma-buf, without PYNQ; the bitstream is loaded already.

    Args:
        description: accelerator.json or its folder.
        uio: name of the UIO device in the device tree, or its path.
        memory: name of the u-dma-buf device.
        batch: frames of a job.

    Raises:
        DriverError: no such devices, other hardware, or a file is missing.
    """
    from finn_rtl.driver.linux import LinuxDevice

    form, weights = _with_weights(Path(description))
    return open_device(form, LinuxDevice(uio, memory), batch, weights=weights)


def open_uart(description: str | Path, port: str, baud: int) -> Accelerator:
    """Open an accelerator behind a serial port.

    Args:
        description: accelerator.json or its folder.
        port: as pyserial names it, /dev/ttyUSB0 or COM3.
        baud: bits a second.

    Raises:
        DriverError: no such port, nothing answers, or other hardware.
    """
    from finn_rtl.driver.uart import open_port

    form = read_description(Path(description))
    _expect(form, "uart")
    return Accelerator(form, open_port(form, port, baud))
