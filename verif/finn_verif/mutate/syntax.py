# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Where operands, statements, blocks and assignments of a SystemVerilog file begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from finn_verif.mutate.tokens import brackets, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: A packed range follows one of these.
TYPES = ("logic", "wire", "reg", "bit", "signed", "unsigned")


@dataclass(frozen=True)
class Assignment:
    """Indices of tokens: the first one, the operator, the semicolon."""

    first: int
    operator: int
    last: int


class Syntax:
    """The tokens of a file, and what they make up."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.closing = brackets(self.tokens)
        self.opening = {end: begin for begin, end in self.closing.items()}

    def word(self, i: int) -> str:
        """Text of a token, empty beyond the ends."""
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def span(self, first: int, last: int) -> str:
        """Text of tokens, both ends included."""
        return self.text[self.tokens[first].begin : self.tokens[last].end]

    def is_operand(self, i: int) -> bool:
        """Whether an operator behind this token has two sides."""
        return self.tokens[i].kind != "operator" or self.word(i) in (")", "]", "}")

    def operand_end(self, i: int) -> int:
        """Last token of the operand that begins here."""
        while self.word(i) in ("!", "~", "-", "&", "|", "^"):
            i += 1
        i = self.closing.get(i, i)
        while self.word(i + 1) in ("[", ".", "::", "'", "(") and (
                self.tokens[i].kind != "number" or self.word(i + 1) == "'"):
            i = self.closing.get(i + 1, i + 2 if self.word(i + 1) in (".", "::") else i + 1)
        return i

    def operand_begin(self, i: int) -> int:
        """First token of the operand that ends here."""
        while True:
            i = self.opening.get(i, i)
            if self.word(i - 1) in (".", "::", "'"):
                i -= 2
            elif self.word(i) in ("[", "(") and (self.tokens[i - 1].kind == "identifier" or self.word(i - 1) == "]"):
                i -= 1
            else:
                return i

    def left_alone(self) -> set[int]:
        """Tokens that are not mutated: heads of modules but for localparams, widths of declarations and casts."""
        alone: set[int] = set()
        last = -1
        for i, token in enumerate(self.tokens):
            if token.text == "module":
                last = self.walk(i, ";")
            if i <= last:
                alone.add(i)
            if token.text == "[" and (self.word(i - 1) in TYPES or (self.word(i - 1) == "]" and i - 1 in alone)):
                alone.update(range(i, self.closing[i] + 1))
            if token.kind == "number" and self.word(i + 1) == "'":
                alone.add(i)
        for i, token in enumerate(self.tokens):
            if token.text == "localparam" and i in alone:
                begin = self.walk(i, "=")
                alone.difference_update(range(begin, self.walk(begin, ",", ")")))
        return alone

    def walk(self, i: int, *ends: str) -> int:
        """The next of these tokens that stands in no bracket opened on the way."""
        while i < len(self.tokens) and self.word(i) not in ends:
            i = self.closing.get(i, i) + 1
        return i

    def assignments(self) -> Iterator[Assignment]:
        """Those outside of brackets, of each statement the first."""
        i, is_open = 0, True
        while i < len(self.tokens):
            word = self.word(i)
            if word in (";", "begin", "end", "else"):
                is_open = True
            elif word in ("=", "<=") and is_open:
                is_open = False
                first = i - 1
                while self.word(first) in ("]", "}"):
                    first = self.opening[first]
                    if self.word(first) == "[":
                        first -= 1
                yield Assignment(first, i, self.walk(i, ";"))
            i = self.closing.get(i, i) + 1

    def block_end(self, i: int) -> int:
        """What ends the block that begins here."""
        begin = self.word(i)
        end, depth = {"begin": "end", "function": "endfunction"}.get(begin, "endcase"), 0
        while True:
            depth += (self.word(i) == begin) - (self.word(i) == end)
            if not depth:
                return i
            i += 1

    def statement_end(self, i: int) -> int:
        """Last token of the statement that begins here."""
        match self.word(i):
            case "unique" | "priority":
                return self.statement_end(i + 1)
            case "begin" | "case" | "casez":
                return self.block_end(i)
            case "if" | "for":
                end = self.statement_end(self.closing[i + 1] + 1)
                return self.statement_end(end + 2) if self.word(end + 1) == "else" else end
        return self.walk(i, ";")

    def children(self, i: int) -> list[tuple[int, int]]:
        """First and last tokens of the statements in the block that begins here."""
        last = self.block_end(i)
        found = []
        i += 3 if self.word(i + 1) == ":" else 1
        while i < last:
            end = self.statement_end(i)
            found.append((i, end))
            i = end + 1
        return found

    def constants(self) -> set[int]:
        """Tokens of what is computed in elaboration: localparams, parameters of instances, functions of packages."""
        found: set[int] = set()
        is_package = False
        for i, token in enumerate(self.tokens):
            if token.text in ("package", "endpackage"):
                is_package = token.text == "package"
            if token.text == "localparam":
                begin = self.walk(i, "=")
                found.update(range(begin, self.walk(begin, ",", ")", ";")))
            elif token.text == "#" and self.word(i + 1) == "(":
                found.update(range(i, self.closing[i + 1]))
            elif token.text == "function" and is_package:
                found.update(range(self.walk(i, ";"), self.block_end(i)))
        return found

    def targets(self, assignments: Sequence[Assignment], first: int, last: int) -> set[str]:
        """What is assigned in some tokens."""
        found: set[str] = set()
        for a in assignments:
            if first <= a.operator <= last:
                names = range(a.first, a.operator) if self.word(a.first) == "{" else (a.first,)
                found.update(self.word(k) for k in names if self.tokens[k].kind == "identifier")
        return found

    def head(self, i: int) -> str:
        """The first words of a statement: its condition, or what it assigns."""
        i += self.word(i) in ("unique", "priority")
        end = self.closing[i + 1] if self.word(i) in ("if", "case", "casez", "for") else i
        return self.span(i, end)
