# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The table of proofs, for a terminal and for docs/formal.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.common.places import ROOT
from finn_verif.formal.prove import Result
from finn_verif.ips.catalog import PROOFS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finn_verif.ips.base import Proof

PAGE = ROOT / "docs" / "formal.md"
#: Around the table.
BEGIN, END = "<!-- proofs:begin -->\n", "<!-- proofs:end -->"


def header() -> tuple[str, ...]:
    """Columns of the table."""
    return ("IP", "parameters", "assertions", "covers", "holds for", "seconds", "verdict")


def row(result: Result) -> tuple[str, ...]:
    """A line of the table."""
    parameters = ", ".join(f"{key} {value}" for key, value in result.proof.parameters.items()
                           if not key.endswith("_FILE"))
    parameters += f", {result.proof.define}" if result.proof.define else ""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(result.kinds.items()))
    verdict = "FAIL" if result.failure else "PASS"
    return (result.proof.ip, parameters, kinds, str(result.covers), result.proof.method, f"{result.seconds:.1f}",
            verdict)


def summary(results: Sequence[Result]) -> str:
    """The table as text."""
    rows = [header(), *map(row, results)]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
                     for cells in rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """The table for docs/formal.md."""
    lines = [header(), ("---", "---", "---", "---:", "---", "---:", "---"), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def rows_of_page() -> list[tuple[str, ...]]:
    """The lines of the table in docs/formal.md."""
    table = PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]
    return [tuple(line.strip("| ").split(" | ")) for line in table.splitlines()[2:]]


def is_on_page(proof: Proof) -> bool:
    """Whether the table has a line for it."""
    return key(proof) in {cells[:2] for cells in rows_of_page()}


def key(proof: Proof) -> tuple[str, ...]:
    """What a line is known by: IP and parameters."""
    return row(Result(proof, "", {}, 0, 0))[:2]


def write_page(results: Sequence[Result]) -> None:
    """Puts the results into the table between its marks in docs/formal.md, in the place of older ones."""
    text = PAGE.read_text(encoding="utf-8")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    by_proof = {cells[:2]: cells for cells in (*rows_of_page(), *map(row, results))}
    table = markdown([by_proof[key(proof)] for proof in PROOFS if key(proof) in by_proof])
    PAGE.write_text(f"{head}{BEGIN}{table}{END}{tail}", encoding="utf-8")
