# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_fork on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axis_fork import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axis_fork(simulator: str) -> None:
    """All cocotb tests of axis_fork."""
    runner.run("axis_fork", "finn:ip:axis_fork", INSTANCES, "cocotb_tests.axis_fork", simulator)
