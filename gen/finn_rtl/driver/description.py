"""What a driver must know of the hardware: accelerator.json, written by the generator beside the SystemVerilog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.errors import FinnError

FORMAT = 1
FILE = "accelerator.json"
# First word of an identity: "FINN" in the order of bytes in memory.
MAGIC = int.from_bytes(b"FINN", "little")


@dataclass(frozen=True)
class Description:
    """One accelerator.

    `identity` are the words that the hardware must answer. `table` int32 (256, elements a pixel) has the input elements
    of each pixel value. A result has `result_beats` beats of `result_width` bits (whole bytes); each starts with
    `values_per_beat` values of `value_bits` bits.
    """

    net: str
    #: "axi" or "uart": what is around the network.
    host: str
    identity: Mapping[str, int]
    #: Of an image: height, width[, channels]; or (n,).
    shape: tuple[int, ...]
    #: Largest pixel value that the network was trained with.
    pixel_max: int
    element_bits: int
    table: NDArray[np.int32]
    result_beats: int
    result_width: int
    values_per_beat: int
    value_bits: int
    signed_values: bool
    #: Whether the result is a label; else it is all scores.
    is_label: bool
    classes: tuple[str, ...]
    clock_mhz: float
    #: Bits of a beat in memory; 8 for a UART.
    data_width: int

    @property
    def frame_bits(self) -> int:
        """Bits of an input frame."""
        return prod(self.shape) * len(self.table[0]) * self.element_bits

    @property
    def input_stride(self) -> int:
        """Bytes from a frame to the next."""
        return -(-self.frame_bits // self.data_width) * self.data_width // 8

    @property
    def output_stride(self) -> int:
        """Bytes from a result to the next."""
        return -(-self.result_beats * self.result_width // self.data_width) * self.data_width // 8

    def class_name(self, label: int) -> str:
        """Name of a class, its number where it has none."""
        return self.classes[label] if label < len(self.classes) else str(label)


def render(description: Description) -> str:
    """The file's text."""
    fields = {**description.__dict__, "format": FORMAT, "table": description.table.tolist(),
              "identity": dict(description.identity)}
    return json.dumps({key: fields[key] for key in ("format", *description.__dict__)}) + "\n"


def read_description(path: Path) -> Description:
    """Read accelerator.json, or that of a folder.

    Raises:
        FinnError: no such file, or not one that the generator wrote.
    """
    if path.is_dir():
        path = path / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error}); the generator writes {FILE} beside the"
                        " SystemVerilog of an accelerator") from None
    except ValueError as error:
        raise FinnError(f"{path}: not JSON ({error})") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FinnError(f"{path}: is not an accelerator.json of format {FORMAT}; generate the hardware again")
    try:
        return _description(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FinnError(f"{path}: {error!r}: is incomplete or was changed; generate the hardware again") from None


def _description(document: dict[str, Any]) -> Description:
    table = np.array(document["table"], np.int32)
    if table.ndim != 2 or len(table) != 256:
        raise ValueError("table: must have a row for each of the 256 pixel values")
    return Description(
        net=str(document["net"]), host=str(document["host"]),
        identity={str(key): int(value) for key, value in document["identity"].items()},
        shape=tuple(int(size) for size in document["shape"]), pixel_max=int(document["pixel_max"]),
        element_bits=int(document["element_bits"]), table=table, result_beats=int(document["result_beats"]),
        result_width=int(document["result_width"]), values_per_beat=int(document["values_per_beat"]),
        value_bits=int(document["value_bits"]), signed_values=bool(document["signed_values"]),
        is_label=bool(document["is_label"]), classes=tuple(map(str, document["classes"])),
        clock_mhz=float(document["clock_mhz"]), data_width=int(document["data_width"]))
