# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""A table of what a test run simulated: IP by simulator."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from finn_verif.run.runner import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Name of the property of a test's report.
PROPERTY = "simulation"
HEADER = ("IP", "simulator", "builds", "tests", "failed", "cycles", "seeds", "seconds")


def to_text(simulation: Simulation) -> str:
    """For a report."""
    return json.dumps(dataclasses.asdict(simulation))


def simulations(properties: Iterable[tuple[str, object]]) -> list[Simulation]:
    """Those among the properties of a report."""
    return [Simulation(**json.loads(str(value))) for name, value in properties if name == PROPERTY]


def table(tests: Iterable[tuple[str, float, Sequence[Simulation]]]) -> list[str]:
    """Lines of the table.

    Args:
        tests: of each the IP, the seconds that it took, and its simulations.

    Returns:
        Header, one line an IP and simulator, and their sum; nothing where nothing was simulated.
    """
    rows: dict[tuple[str, str], list[tuple[float, Simulation]]] = {}
    for ip, seconds, found in tests:
        for simulation in found:
            rows.setdefault((ip, simulation.simulator), []).append((seconds / len(found), simulation))
    if not rows:
        return []
    everything = [entry for entries in rows.values() for entry in entries]
    cells = [HEADER, *(_row(*key, rows[key]) for key in sorted(rows)), _row("all", "", everything)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    return ["  ".join(cell.ljust(width) if column < 2 else cell.rjust(width)
                      for column, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in cells]


def _row(ip: str, simulator: str, entries: Sequence[tuple[float, Simulation]]) -> tuple[str, ...]:
    found = [simulation for _, simulation in entries]
    return (ip, simulator, str(len(found)), f"{sum(s.tests for s in found):,}", str(sum(s.failed for s in found)),
            f"{sum(s.cycles for s in found):,}", ", ".join(sorted({str(s.seed) for s in found})),
            f"{sum(seconds for seconds, _ in entries):.0f}")
