# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Makes the packages in this folder importable, wherever pytest was started, and sums up what was simulated.

A test with the mark `steady` comes out the same while no file of the repository changes: once it passed it is skipped
until then.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from finn_verif import kept, runner, summary  # noqa: E402


def steady_key(item: pytest.Item) -> str:
    """Name of a test's verdict; empty where it is not steady."""
    if item.get_closest_marker("steady") is None:
        return ""
    chosen = [os.environ.get(name, "") for name in ("SIM", "SEED")]
    return hashlib.sha256(repr((kept.repository(), *chosen, item.nodeid)).encode()).hexdigest()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips what is known to pass."""
    if (key := steady_key(item)) and kept.is_known(key):
        pytest.skip("passed before, and nothing changed since")


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Hands a test's simulations to its report, and so to the JUnit file and to the process that prints."""
    if call.when == "call":
        if call.excinfo is None and (key := steady_key(item)):
            kept.remember(key)
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
