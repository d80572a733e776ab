"""Sets of parameters that hardware loads at run time: files that finn-rtl pack writes."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.errors import DriverError

# First word of a packet: "SETP" in the order of bytes in memory.
MAGIC = int.from_bytes(b"SETP", "little")
# Packets are whole beats of every memory (1,024 bits), so that each width of DMA takes them.
UNIT = 128
# Words in front of those for the memories, and the place of the set's number among them.
HEAD = 4
NUMBER = 3


@dataclass(frozen=True)
class ParameterSet:
    """A set of parameters: the packet uint8 (bytes,) that hardware takes, and what its results mean.

    `classes` are the names of the classes that it tells, `table` int32 (256, elements a pixel) has the input elements
    of each pixel value, as in accelerator.json.
    """

    packet: NDArray[np.uint8]
    classes: tuple[str, ...]
    table: NDArray[np.int32]

    @property
    def signature(self) -> int:
        """What hardware it is for."""
        return int(self.packet[4:8].view("<u4")[0])

    @property
    def number(self) -> int:
        """Which set it is."""
        return int(self.packet[4 * NUMBER:4 * NUMBER + 4].view("<u4")[0])


def make_packet(signature: int, number: int, words: Sequence[int]) -> NDArray[np.uint8]:
    """The packet of some words for the memories.

    Words of 32 bits, the least significant byte first: MAGIC, the signature of the hardware, the number of words for
    the memories, that of the set, the words, the CRC-32 of all bytes before it, and zeros that fill it up.
    """
    body = np.array([MAGIC, signature, len(words), number, *words], "<u4").tobytes()
    body += zlib.crc32(body).to_bytes(4, "little")
    return np.frombuffer(body + bytes(-len(body) % UNIT), np.uint8)


def set_file(parameters: ParameterSet) -> bytes:
    """Contents of the file of a set, an .npz."""
    file = BytesIO()
    np.savez(file, packet=parameters.packet, classes=np.array(parameters.classes, np.str_), table=parameters.table)
    return file.getvalue()


def read_set(path: Path | str) -> ParameterSet:
    """Read such a file.

    Raises:
        DriverError: no such file, another one, or one that was changed.
    """
    hint = "finn-rtl pack writes such files"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if not isinstance(arrays, np.lib.npyio.NpzFile) or not {"packet", "classes", "table"} <= {*arrays}:
                raise DriverError(f"{path}: is no set of parameters that was made for hardware; {hint}")
            packet, classes, table = arrays["packet"], arrays["classes"], arrays["table"]
    except OSError as error:
        raise DriverError(f"{path}: cannot be read ({error.strerror or error}); {hint}") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        raise DriverError(f"{path}: is no set of parameters, or was cut off; {hint}") from None
    right = packet.dtype == np.uint8 and packet.ndim == 1 and len(packet) >= UNIT and len(packet) % UNIT == 0
    if not right or table.dtype != np.int32 or table.ndim != 2 or len(table) != 256 or classes.dtype.kind != "U":  # noqa: PLR2004
        raise DriverError(f"{path}: is incomplete or was changed; {hint}")
    head = packet[:4 * HEAD].view("<u4")
    end = 4 * (HEAD + int(head[2]))
    if head[0] != MAGIC or end + 4 > len(packet):
        raise DriverError(f"{path}: its packet is incomplete; {hint}")
    if zlib.crc32(packet[:end].tobytes()) != int(packet[end:end + 4].view("<u4")[0]):
        raise DriverError(f"{path}: its checksum is wrong, it was changed; {hint}")
    return ParameterSet(packet, tuple(str(name) for name in classes), table)
