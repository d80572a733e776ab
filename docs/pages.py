# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The parts of the pages that scripts write: blocks between `<!-- NAME:begin -->` and `<!-- NAME:end -->`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent


def replace_block(page: Path, name: str, text: str) -> None:
    """Put `text` between the markers of block `name`.

    Raises:
        ValueError: the page does not have exactly one such block.
    """
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    old = page.read_text(encoding="utf-8")
    if old.count(begin) != 1 or old.count(end) != 1 or old.index(begin) > old.index(end):
        raise ValueError(f"{page}: needs one block {name!r} between its begin and end markers")
    head, rest = old.split(begin)
    tail = rest.split(end)[1]
    page.write_text(f"{head}{begin}{text.rstrip()}\n{end}{tail}", encoding="utf-8")


def prose(text: str) -> str:
    """A paragraph, wrapped."""
    return textwrap.fill(text, 118, break_long_words=False, break_on_hyphens=False) + "\n"


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]], text_columns: int = 1) -> str:
    """A Markdown table; columns after the first `text_columns` are aligned to the right."""
    rule = ["---" if i < text_columns else "---:" for i in range(len(header))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, tuple(rule), *rows))
