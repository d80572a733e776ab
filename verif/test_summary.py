# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The table at the end of a test run."""

from __future__ import annotations

from finn_verif.run import summary
from finn_verif.run.runner import Simulation


def test_table() -> None:
    """A line an IP and simulator; a test's seconds are shared by its simulations."""
    one, other = Simulation("icarus", 5, 0, 1200, 7), Simulation("icarus", 3, 1, 800, 8)
    properties = [(summary.PROPERTY, summary.to_text(one)), ("other", "x")]
    assert summary.simulations(properties) == [one]
    lines = summary.table([("mvtu", 4.0, [one, other]), ("swu", 2.0, [one]), ("export", 9.0, [])])
    assert [line.split() for line in lines] == [
        ["IP", "simulator", "builds", "tests", "failed", "cycles", "seeds", "seconds"],
        ["mvtu", "icarus", "2", "8", "1", "2,000", "7,", "8", "4"],
        ["swu", "icarus", "1", "5", "0", "1,200", "7", "2"],
        ["all", "3", "13", "1", "3,200", "7,", "8", "6"],
    ]
    assert summary.table([("export", 9.0, [])]) == []
