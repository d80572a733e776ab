# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axis_frame_guard on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axis_frame_guard import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axis_frame_guard(simulator: str) -> None:
    """All cocotb tests of axis_frame_guard."""
    runner.run("axis_frame_guard", "finn:ip:axis_frame_guard", INSTANCES, "cocotb_tests.axis_frame_guard", simulator)
