"""Topology files: JSON that a user writes, read and validated; the format is documented in docs/topology.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from finn_rtl.common.documents import read_document
from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import complaint, shown
from finn_rtl.description.topology import Topology
from finn_rtl.operators.catalog import TYPES
from finn_rtl.operators.schema import OBJECT, WORD

# What a topology writes as the type of an encoding.
ENCODINGS = tuple((name,) for name in ("binary", "thermometer", "integer", "table", "real"))
# A file of more bytes is something else.
MOST_BYTES = 1 << 24


def _place(location: tuple[int | str, ...], document: Any) -> str:
    """'layer 'fc1': key 'units'' for an error's location inside the document."""
    parts: list[str] = []
    # pydantic names the chosen member of a union in the location; the user did not write that.
    if location[:1] == ("layers",) and len(location) >= 2:
        try:
            name = document["layers"][location[1]]["name"]
        except (KeyError, IndexError, TypeError):
            name = None
        parts.append(f"layer {shown(name)}" if isinstance(name, str) else f"layers[{location[1]}]")
        location = location[2:]
        location = location[1:] if location[:1] and location[0] in TYPES else location
    elif location[:2] == ("input", "encoding") and location[2:3] in ENCODINGS:
        location = (*location[:2], *location[3:])
    keys = [str(part) for part in location if part not in ("[key]", WORD, OBJECT)]
    if keys:
        parts.append(f"key {shown('.'.join(keys))}")
    return ": ".join(parts)


def parse_topology(document: Any, source: str) -> Topology:
    """Validate a decoded JSON document.

    Raises:
        FinnError: one line that names source, layer, key, value and rule.
    """
    try:
        return Topology.model_validate(document)
    except ValidationError as error:
        location, value, rule = complaint(error)
        place = _place(location, document)
        # A rule about the whole names what breaks it.
        value = f"value {value}" if value and (place or not isinstance(document, dict)) else ""
        rule += "; see docs/topology.md" if rule == "unknown key" else ""
        raise FinnError(": ".join(part for part in (source, place, value, rule) if part)) from None


def load_topology(path: Path | str) -> Topology:
    """Read and validate a topology file.

    Raises:
        FinnError: the file cannot be read, is not JSON, or breaks a rule.
    """
    path = Path(path)
    if path.suffix.lower() == ".onnx":
        raise FinnError(f"{path}: an ONNX file, and no topology; bring it in first: finn-rtl import {path} -o DIR, then"
                        " name DIR/topology.json")
    return parse_topology(read_document(path, "topology", MOST_BYTES), str(path))
