"""Topology files: JSON that a user writes, read and validated; the format is documented in docs/topology.md."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import complaint, shown
from finn_rtl.description.encoding import MOST_DIGITS
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


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"key {shown(key)} stands twice in one object")
    return found


def _whole_number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits, at most {MOST_DIGITS} are taken")
    return int(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number that JSON knows")


def load_topology(path: Path) -> Topology:
    """Read and validate a topology file.

    Raises:
        FinnError: the file cannot be read, is not JSON, or breaks a rule.
    """
    if path.suffix.lower() == ".onnx":
        raise FinnError(f"{path}: an ONNX file, and no topology; bring it in first: finn-rtl import {path} -o DIR, then"
                        " name DIR/topology.json")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FinnError(f"{path}: has {path.stat().st_size} bytes; a topology has at most {MOST_BYTES}")
        document = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_no_duplicates,
                              parse_int=_whole_number, parse_constant=_no_number)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise FinnError(f"{path}: cannot be read ({reason})") from None
    except RecursionError:
        raise FinnError(f"{path}: not valid JSON: objects and lists are nested too deeply") from None
    except ValueError as error:
        raise FinnError(f"{path}: not valid JSON: {error}") from None
    return parse_topology(document, str(path))
