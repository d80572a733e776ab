# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The words of a SystemVerilog file, as far as faults need them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/|\(\*(?!\s*\)).*?\*\))
    |(?P<string>"(?:\\.|[^"\\])*")
    |(?P<directive>`(?:ifdef|ifndef|elsif|else|endif)\b[ \t]*\w*
                  |`(?:include|define|undef|default_nettype|timescale)\b(?:\\\n|[^\n])*)
    |(?P<number>\d[\d_]*[ ]*'[sS]?[bodhBODH][\da-fA-FxXzZ_?]+|'[sS]?[bodhBODH][\da-fA-FxXzZ_?]+|'[01xXzZ]\b|\d[\d_]*)
    |(?P<identifier>[`$]?[A-Za-z_][\w$]*)
    |(?P<operator><<<=?|>>>=?|===|!==|==\?|!=\?|<<=|>>=|\*\*|::|[+\-]:|\+\+|--|->|&&|\|\||==|!=|<=|>=|<<|>>|~[&|^]
                 |\^~|[+\-*/%&|^]=|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
#: Macros that no simulator defines.
UNSEEN = ("YOSYS", "__slang__")


@dataclass(frozen=True)
class Token:
    """A word of the text; `begin` to `end` is its place."""

    kind: str
    text: str
    begin: int
    end: int


def tokenize(text: str) -> list[Token]:
    """The words that a simulator sees, without the parameter checks."""
    found: list[Token] = []
    unseen: list[bool] = []
    place = 0
    while place < len(text):
        mark = TOKEN.match(text, place)
        assert mark and mark.lastgroup, f"no token at {text[place : place + 20]!r}"
        place = mark.end()
        word, *name = mark[0].split()[:2] or [""]
        if mark.lastgroup == "directive":
            if word in ("`ifdef", "`ifndef"):
                unseen.append(word == "`ifdef" and name[0] in UNSEEN)
            elif word in ("`elsif", "`else"):
                unseen[-1] = word == "`elsif" and name[0] in UNSEEN
            elif word == "`endif":
                unseen.pop()
        elif mark.lastgroup != "skip" and not any(unseen):
            found.append(Token(mark.lastgroup, mark[0], *mark.span()))
    closing = brackets(found)
    seen: list[Token] = []
    i = 0
    while i < len(found):
        if found[i].text == "`FINN_CHECK":
            i = closing[i + 1]
        else:
            seen.append(found[i])
        i += 1
    return seen


def brackets(tokens: Sequence[Token]) -> dict[int, int]:
    """Where each bracket closes."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for i, token in enumerate(tokens):
        if token.text in CLOSING:
            opened.append(i)
        elif token.text in CLOSING.values():
            pairs[opened.pop()] = i
    return pairs
