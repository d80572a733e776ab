# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Faults to plant in SystemVerilog: which there are in a file.

A file is split into tokens, so that no comment, string or attribute is touched. Left alone are the ports and
parameters of a module (not the localparams among them), the widths of declarations and casts, parameter checks, and
what only Yosys reads: no simulation can tell these apart, or a lint can.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from finn_verif.common.places import ROOT
from finn_verif.mutate.mutants import Mutant
from finn_verif.mutate.syntax import Assignment, Syntax

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from finn_verif.ips.base import Checks

PAIRS = {
    "comparison": ("== !=", "< <=", "> >="),
    "arithmetic": ("+ -",),
    "logic": ("&& ||",),
    "bitwise": ("& |", "^ ~^", "<< >>"),
}
#: Operators whose operands are dropped, and those between; what binds less comes first.
LEVELS = {"||": 1, "&&": 2, "|": 3, "^": 4, "~^": 4, "^~": 4, "&": 5}
DROPPED = ("||", "&&", "|", "&")
SWAPS = {old: (kind, new) for kind, pairs in PAIRS.items() for pair in pairs
         for old, new in (pair.split(), pair.split()[::-1])}


def changed(number: str) -> str:
    """Another number, as wide: 0 and 1 change places, others grow by one; empty where a digit is x or z."""
    if number in ("'0", "'1"):
        return "'1" if number == "'0" else "'0"
    mark = re.fullmatch(r"(?:(\d*) *'([sS]?)([bodhBODH]))?([\da-fA-FxXzZ_?]+)", number)
    if not mark or re.search("[xXzZ?]", mark[4]):
        return ""
    base = {"b": 2, "o": 8, "d": 10, "h": 16}[(mark[3] or "d").lower()]
    value = int(mark[4], base)
    value = 1 - value if value < 2 else value + 1
    if not mark[3]:
        return str(value)
    if mark[1]:
        value %= 1 << int(mark[1])
    return f"{mark[1]}'{mark[2]}{mark[3]}{value:{mark[3].lower().replace('h', 'x')}}"


class Finder(Syntax):
    """Finds the faults of one file."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(text)
        self.path = path
        self.found: list[Mutant] = []

    def add(self, kind: str, first: int, last: int, new: str, change: str) -> None:
        """A fault in place of some tokens."""
        begin, end = self.tokens[first].begin, self.tokens[last].end
        line = self.text.count("\n", 0, begin) + 1
        text = self.text.split("\n")[line - 1].strip()
        change = " ".join(change.split())
        same = sum(m.line == line and re.sub(r" #\d+$", "", m.change) == change for m in self.found)
        mark = f" #{same + 1}" if same else ""
        self.found.append(Mutant(self.path, line, kind, change + mark, begin, end, new, text))

    def find(self) -> list[Mutant]:
        """All faults, in the order of their places."""
        alone = self.left_alone()
        assignments = list(self.assignments())
        resets: set[int] = set()
        for i in range(len(self.tokens)):
            if self.word(i) == "if" and "!aresetn" in self.span(i, self.closing[i + 1]).replace(" ", ""):
                body = self.closing[i + 1] + 1
                is_block = self.word(body) == "begin"
                resets.update(range(body, (self.statement_end(body) if is_block else self.walk(body, ";")) + 1))
        for assignment in assignments:
            self.assignment(assignment, assignment.operator in resets)
        operators = {a.operator for a in assignments}
        constants = self.constants() - alone
        self.orders(assignments)
        for i, token in enumerate(self.tokens):
            if i in alone or i in operators:
                continue
            if token.text in ("+", "-", "*", "/", "%") and i in constants and self.is_operand(i - 1):
                self.term(i)
            if token.text in DROPPED and self.is_operand(i - 1):
                self.dropped(i, operators)
            if token.text == "for":
                self.bound(i + 1)
            if token.text in SWAPS and (token.text not in "+-" or self.is_operand(i - 1)):
                kind, new = SWAPS[token.text]
                self.add(kind, i, i, new, f"{token.text} -> {new}")
            elif token.kind == "number" and i not in resets and (new := changed(token.text)):
                self.add("constant", i, i, new, f"{token.text} -> {new}")
            elif token.text == "if":
                self.condition(i + 1)
            elif token.text == "?":
                self.ternary(i)
            elif token.text in ("!", "~"):
                self.negation(i)
            elif token.kind == "identifier":
                self.operand(i)
        return sorted(self.found, key=lambda mutant: (mutant.begin, mutant.end, mutant.name))

    def assignment(self, a: Assignment, is_reset: bool) -> None:
        """Remove it; give a reset another value."""
        if is_reset or self.word(a.operator) == "<=":
            text = self.span(a.first, a.last)
            self.add("reset" if is_reset else "assignment", a.first, a.last, ";", f"{text} removed")
        if is_reset:
            value = self.span(a.operator + 1, a.last - 1)
            is_number = a.last == a.operator + 2 and self.tokens[a.last - 1].kind == "number"
            new = changed(value) if is_number else f"~({value})"
            head = self.span(a.first, a.operator)
            self.add("reset", a.operator + 1, a.last - 1, new, f"{head} {value} -> {head} {new}")

    def condition(self, i: int) -> None:
        """Negate what stands in the bracket here; make it false, and true."""
        end = self.closing[i]
        condition = self.span(i + 1, end - 1)
        words = [self.word(k) for k in range(i + 1, end)]
        # One that is compared, as a whole, is negated by the other comparison.
        is_compared = sum(w in ("==", "!=") for w in words) == 1 and not {"&&", "||", "?", "&", "|", "^"} & set(words)
        for new in ("1'b0", "1'b1") if is_compared else (f"!({condition})", "1'b0", "1'b1"):
            self.add("condition", i + 1, end - 1, new, f"if ({condition}) -> if ({new})")

    def ternary(self, i: int) -> None:
        """Swap its two values."""
        colon, inner = i + 1, 0
        while inner or self.word(colon) != ":":
            inner += (self.word(colon) == "?") - (self.word(colon) == ":")
            colon = self.closing.get(colon, colon) + 1
        end, inner = colon + 1, 0
        while self.word(end) not in (",", ";", ")", "]", "}") and (inner or self.word(end) != ":"):
            inner += (self.word(end) == "?") - (self.word(end) == ":")
            end = self.closing.get(end, end) + 1
        yes, no = self.span(i + 1, colon - 1), self.span(colon + 1, end - 1)
        between = self.text[self.tokens[colon - 1].end : self.tokens[colon + 1].begin]
        self.add("condition", i + 1, end - 1, f"{no}{between}{yes}", f"? {yes} : {no} -> ? {no} : {yes}")

    def negation(self, i: int) -> None:
        """Remove it, unless it is all of a condition, which is negated as such."""
        end = self.operand_end(i)
        is_condition = self.word(i - 2) == "if" and self.closing.get(i - 1) == end + 1
        if self.word(i) == "~" or not is_condition:
            new = self.span(i + 1, end)
            self.add("logic" if self.word(i) == "!" else "bitwise", i, end, new, f"{self.span(i, end)} -> {new}")

    def term(self, i: int) -> None:
        """Drop the term or factor behind an operator, and the one before the first."""
        factors = ("*", "/", "%")
        is_sum = self.word(i) not in factors
        end = self.operand_end(i + 1)
        while is_sum and self.word(end + 1) in (*factors, "**"):
            end = self.operand_end(end + 2)
        self.add("term", i, end, "", f"{self.span(i, end)} dropped")
        begin = self.operand_begin(i - 1)
        while is_sum and self.word(begin - 1) in factors:
            begin = self.operand_begin(begin - 2)
        others = ("+", "-", *factors) if is_sum else factors
        is_first = self.tokens[begin - 1].kind == "operator" and self.word(begin - 1) not in others
        if is_first and self.word(i) in ("+", "-", "*"):
            new = "-" if self.word(i) == "-" else ""
            self.add("term", begin, i, new, f"{self.span(begin, i - 1)} {self.word(i)} dropped")

    def dropped(self, i: int, operators: set[int]) -> None:
        """Drop an operand; where a flag is cleared and set in one expression, let it be cleared at last."""
        level = LEVELS[self.word(i)]
        stops = [word for word, other in LEVELS.items() if other <= level]
        end = self.walk(i + 1, *stops, "?", ":", ",", ";", ")", "]", "}") - 1
        self.add("operand", i, end, "", f"{self.span(i, end)} dropped")
        begin = i
        ends = (*stops, "?", ":", ",", ";", "(", "[", "{", "=", "+=", "assign")
        while self.word(begin - 1) not in ends and begin - 1 not in operators:
            begin = self.opening.get(begin - 1, begin - 1)
        if LEVELS.get(self.word(begin - 1)) != level:
            self.add("operand", begin, i, "", f"{self.span(begin, i)} dropped")
            if self.word(i) == "&" and self.word(i + 1) == "~" and self.word(end + 1) == "|":
                last = self.walk(end + 2, "?", ":", ",", ";", ")", "]", "}", "||", "&&", "|") - 1
                kept, rest, added = self.span(begin, i - 1), self.span(i, end), self.span(end + 2, last)
                self.add("order", begin, last, f"({kept} | {added}) {rest}",
                         f"{kept} {rest} | {added} -> ({kept} | {added}) {rest}")

    def bound(self, i: int) -> None:
        """End the loop whose head is here a turn early."""
        begin = self.walk(i + 1, ";") + 1
        end = self.walk(begin, ";") - 1
        operator = self.walk(begin, "<", "<=", "!=", ">", ">=")
        if operator < end:
            bound = self.span(operator + 1, end)
            sign = "+" if self.word(operator).startswith(">") else "-"
            self.add("bound", operator + 1, end, f"({bound}) {sign} 1", f"{bound} -> ({bound}) {sign} 1")

    def orders(self, assignments: Sequence[Assignment]) -> None:
        """Of two statements that assign the same, let the first one win: the last goes before it."""
        i = 0
        while i < len(self.tokens):
            if not self.word(i).startswith("always"):
                i += 1
                continue
            begin = self.closing[i + 2] + 1 if self.word(i + 1) == "@" else i + 1
            i = self.statement_end(begin) + 1
            for block in (k for k in range(begin, i) if self.word(k) == "begin"):
                children = self.children(block)
                targets = [self.targets(assignments, *child) for child in children]
                for last, (first, end) in enumerate(children):
                    for before, (place, _) in enumerate(children[:last]):
                        # What an assignment without a condition would undo is as good as removed.
                        is_plain = any(a.first == place for a in assignments)
                        if targets[before] & targets[last] and not is_plain:
                            text = f"{self.span(first, end)}\n{self.span(place, first - 1)}"
                            change = f"{self.head(first)} before {self.head(place)}"
                            self.add("order", place, end, text, change)

    def operand(self, i: int) -> None:
        """Negate a plain operand of && or ||."""
        before, end = self.word(i - 1), self.operand_end(i)
        after = self.word(end + 1)
        junctions = ("&&", "||")
        is_whole = before in ("(", "=", "<=", "?", ":", *junctions) and after in (")", ";", "?", ":", *junctions)
        if is_whole and (before in junctions or after in junctions):
            self.add("logic", i, end, f"!{self.span(i, end)}", f"{self.span(i, end)} -> !{self.span(i, end)}")


def mutants(path: str, text: str) -> list[Mutant]:
    """All faults of a file."""
    return Finder(path, text).find()


def possible(ip: Checks, root: Path = ROOT) -> list[Mutant]:
    """All faults of an IP, in the repository or a copy of it."""
    return [mutant for path, text in ip.sources(root).items() for mutant in mutants(path, text)]
