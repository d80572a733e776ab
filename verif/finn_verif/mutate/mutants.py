# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""A fault to plant in a file, and a choice among many."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Mutant:
    """A fault: the text from `begin` to `end` of a file gives way to `new`."""

    path: str
    line: int
    kind: str
    #: What changes, for people: ``== -> !=``.
    change: str
    begin: int
    end: int
    new: str
    #: The line of the file, without what surrounds it.
    text: str

    @property
    def name(self) -> str:
        """Where and what; no two of a file have the same."""
        return f"{self.path}:{self.line}: {self.change}"

    def plant(self, text: str) -> str:
        """The file with the fault."""
        return f"{text[: self.begin]}{self.new}{text[self.end :]}"


def choose(all_mutants: Sequence[Mutant], number: int, seed: int, label: str) -> list[Mutant]:
    """So many of them, the kinds in turn; in the order of their places."""
    kinds: dict[str, list[Mutant]] = {}
    for mutant in all_mutants:
        kinds.setdefault(mutant.kind, []).append(mutant)
    for kind, found in kinds.items():
        random.Random(f"{seed}/{label}/{kind}").shuffle(found)
    chosen: set[Mutant] = set()
    while len(chosen) < min(number, len(all_mutants)):
        for kind in sorted(kinds):
            if kinds[kind] and len(chosen) < number:
                chosen.add(kinds[kind].pop())
    return [mutant for mutant in all_mutants if mutant in chosen]
