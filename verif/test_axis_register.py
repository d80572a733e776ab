# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_register on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axis_register import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axis_register(simulator: str) -> None:
    """All cocotb tests of axis_register."""
    runner.run("axis_register", "finn:ip:axis_register", INSTANCES, "cocotb_tests.axis_register", simulator)
