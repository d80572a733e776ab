# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_dwc on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axis_dwc import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axis_dwc(simulator: str) -> None:
    """All cocotb tests of axis_dwc."""
    runner.run("axis_dwc", "finn:ip:axis_dwc", INSTANCES, "cocotb_tests.axis_dwc", simulator)
