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

PAGE = ROOT / "docs" / "formal.md"


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


def write_page(results: Sequence[Result]) -> None:
    """Puts the results into the table between its marks in docs/formal.md, in the place of older ones."""
    begin, end = "<!-- proofs:begin -->\n", "<!-- proofs:end -->"
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(begin)
    table, tail = rest.split(end)
    rows = [tuple(line.strip("| ").split(" | ")) for line in table.splitlines()[2:]]
    rows += [row(result) for result in results]
    by_proof = {cells[:2]: cells for cells in rows}
    order = [row(Result(proof, "", {}, 0, 0))[:2] for proof in PROOFS]
    table = markdown([by_proof[key] for key in order if key in by_proof])
    PAGE.write_text(f"{head}{begin}{table}{end}{tail}", encoding="utf-8")
