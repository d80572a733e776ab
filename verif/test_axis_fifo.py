# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_fifo on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axis_fifo import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axis_fifo(simulator: str) -> None:
    """All cocotb tests of axis_fifo."""
    runner.run("axis_fifo", "finn:ip:axis_fifo", INSTANCES, "cocotb_tests.axis_fifo", simulator)
