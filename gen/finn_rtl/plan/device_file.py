"""Devices that a user describes in a file; the format is documented in docs/devices.md."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StrictInt, ValidationError, model_validator

from finn_rtl.common.documents import read_document
from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import MOST, Model, Text, complaint, shown
from finn_rtl.plan.devices import DEVICES, LUT4_PER_LUT, Device

# A file of more bytes is something else.
MOST_BYTES = 1 << 16
MOST_NAME = 63
Some = Annotated[StrictInt, Field(ge=1, le=MOST)]
Many = Annotated[StrictInt, Field(ge=0, le=MOST)]
Rate = Annotated[float, Field(strict=True, ge=0, le=1e6, allow_inf_nan=False)]
# Two keys that say one thing in different units.
PAIRS = (("lut", "lut4"), ("bram36", "bram18"))


class DeviceFile(Model):
    """A device as a user writes it."""

    name: Text
    lut: Some | None = None
    lut4: Some | None = None
    bram36: Many | None = None
    bram18: Many | None = None
    dsp: Many
    ff: Many = 0
    uram: Many = 0
    source: Text = ""
    dram_gb_s: Rate = 0.0
    board: Text = ""

    @model_validator(mode="after")
    def _check_units(self) -> DeviceFile:
        for keys in PAIRS:
            given = [key for key in keys if getattr(self, key) is not None]
            if len(given) != 1:
                why = "both are there" if given else "neither is there"
                raise ValueError(f"must have one of the keys {keys[0]!r} and {keys[1]!r}, {why}")
        if self.lut4 is not None and self.lut4 < LUT4_PER_LUT:
            raise ValueError(f"key 'lut4': value {self.lut4}: must be at least {LUT4_PER_LUT:g}")
        if not 1 <= len(self.name) <= MOST_NAME:
            raise ValueError(f"key 'name': value {shown(self.name)}: must have 1 to {MOST_NAME} characters")
        if self.name in DEVICES:
            raise ValueError(f"key 'name': {self.name!r} is known already, with other counts; give it another name")
        return self


def device_of(given: DeviceFile) -> Device:
    """The device that a file describes."""
    lut = given.lut if given.lut is not None else int((given.lut4 or 0) / LUT4_PER_LUT)
    blocks = given.bram36 if given.bram36 is not None else (given.bram18 or 0) // 2
    return Device(given.name, lut, blocks, given.dsp, given.ff, given.uram, given.source, given.dram_gb_s * 1e9,
                  given.board, "ecp5" if given.lut4 is not None else "xilinx")


def parse_device(document: Any, source: str) -> Device:
    """Validate a decoded JSON document.

    Raises:
        FinnError: one line that names source, key, value and rule.
    """
    try:
        return device_of(DeviceFile.model_validate(document))
    except ValidationError as error:
        location, value, rule = complaint(error)
        key = f"key {'.'.join(map(str, location))!r}" if location else ""
        if rule == "unknown key":
            rule += f"; there are {', '.join(DeviceFile.model_fields)}"
        elif key == "key 'dsp'" and rule == "is missing":
            rule += "; 0 where there are none"
        shows = value and (location or not isinstance(document, dict))
        raise FinnError(": ".join(part for part in (source, key, f"value {value}" if shows else "", rule) if part)
                        ) from None


def load_device(path: Path | str) -> Device:
    """Read and validate a device file.

    Raises:
        FinnError: the file cannot be read, is not JSON, or breaks a rule.
    """
    return parse_device(read_document(Path(path), "device file", MOST_BYTES), str(path))
