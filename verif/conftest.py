# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Makes the packages in this folder importable, wherever pytest was started, and sums up what was simulated."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finn_verif.run import runner, steady, summary  # noqa: E402


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is known to pass."""
    steady.skip_known(item)


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Hands a test's simulations to its report, and so to the JUnit file and to the process that prints."""
    steady.remember(item, call)
    if call.when == "call":
        item.user_properties += [(summary.PROPERTY, summary.to_text(found)) for found in runner.simulations]
        runner.simulations.clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line an IP and simulator."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])
               if report.when == "call"]
    lines = summary.table([(Path(report.location[0]).stem.removeprefix("test_"), report.duration,
                            summary.simulations(report.user_properties)) for report in reports])
    if lines:
        terminalreporter.write_sep("=", "simulated")
        for line in lines:
            terminalreporter.write_line(line)
