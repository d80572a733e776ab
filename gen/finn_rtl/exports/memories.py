"""Memory files that a user gives to an IP, and those that it reads."""

from __future__ import annotations

import glob
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from finn_rtl.common.errors import FinnError
from finn_rtl.ips.memory_text import read_words


def memories_given(module: str, name: str, value: str, is_sliced: bool) -> dict[str, str]:
    """Names and texts of the memory files that a parameter names by their path.

    They are those of its slices, or one and, where there are any, those of the further steps of a threshold unit.

    Raises:
        FinnError: it cannot be read, or Vivado would not take it.
    """
    path = Path(value)
    if path.suffix != ".mem":
        raise FinnError(f"{module}: {name}={value} must end in .mem, by which Vivado knows files for $readmemh")
    begin, digits = glob.escape(path.name), "[0-9][0-9][0-9]"
    paths = sorted(path.parent.glob(f"{begin}.{digits}.mem")) if is_sliced else [
        path, *sorted(path.parent.glob(f"{begin}.[1-7].{digits}.mem"))]
    if not paths:
        raise FinnError(f"{module}: {name}={value}: the slices must be in {path.name}.000.mem and so on; none is there")
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in paths}
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise FinnError(f"{module}: {name}={value} cannot be read ({reason})") from None


def memories_read(node: Any) -> Iterator[tuple[str, tuple[int, int]]]:
    """Files that a part of an elaborated design reads by $readmemh: name, words and bits of a word."""
    if isinstance(node, list):
        for member in node:
            yield from memories_read(member)
    elif isinstance(node, dict):
        if node.get("kind") == "Call" and node.get("subroutine") == "$readmemh":
            file, memory, *_ = node["arguments"]
            # As logic[63:0]$[0:15].
            left, right, first, last = map(int, re.findall(r"\d+", memory["type"]))
            name = bytes.fromhex(file["constant"].partition("'h")[2]).decode("ascii")
            yield name, (abs(last - first) + 1, abs(left - right) + 1)
        else:
            for member in node.values():
                yield from memories_read(member)


def check_memories(module: str, given: Mapping[str, tuple[str, str]],
                    needed: Collection[tuple[str, tuple[int, int]]]) -> None:
    """Compare memory files with the memories that read them.

    Args:
        module: for messages.
        given: by name, the parameter that named a file, as NAME=VALUE, and its text.
        needed: names of the files that are read, with words and bits of a word.

    Raises:
        FinnError: one is missing or not read, has too few or too many words, too wide ones, or something else than
            hexadecimal numbers.
    """
    for file, (words, bits) in needed:
        rule = f"it must have {words} words of at most {bits} bits"
        if file not in given:
            raise FinnError(f"{module}: {file}: is missing; {rule}")
        parameter, text = given[file]
        place = f"{module}: {parameter}" + ("" if parameter.endswith(file) else f": {file}")
        try:
            found = read_words(text)
        except ValueError as error:
            raise FinnError(f"{place}: {error}; {rule}") from None
        widest = max((word.bit_length() for word in found.values()), default=0)
        if found.keys() != set(range(words)) or widest > bits:
            raise FinnError(f"{place}: has {len(found)} words, the widest of {widest} bits; {rule}")
    for file in given.keys() - {file for file, _ in needed}:
        raise FinnError(f"{module}: {given[file][0]}: {file} is not read with these parameters; leave it out")
