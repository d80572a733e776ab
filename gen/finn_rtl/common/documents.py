"""JSON that a user writes: read with complaints of our own."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import shown

# A number of more digits is no number of anything.
MOST_DIGITS = 64


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


def read_document(path: Path, what: str, most_bytes: int) -> Any:
    """Read a JSON file.

    Args:
        path: of the file.
        what: it is called in the message.
        most_bytes: a file of more bytes is something else.

    Raises:
        FinnError: it cannot be read or is not JSON.
    """
    try:
        if path.stat().st_size > most_bytes:
            raise FinnError(f"{path}: has {path.stat().st_size} bytes; a {what} has at most {most_bytes}")
        return json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_no_duplicates,
                          parse_int=_whole_number, parse_constant=_no_number)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise FinnError(f"{path}: cannot be read ({reason})") from None
    except RecursionError:
        raise FinnError(f"{path}: not valid JSON: objects and lists are nested too deeply") from None
    except ValueError as error:
        raise FinnError(f"{path}: not valid JSON: {error}") from None
