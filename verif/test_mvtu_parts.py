# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The parts of mvtu on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.mvtu_parts import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_mvtu_parts(simulator: str) -> None:
    """All cocotb tests of the parts."""
    runner.run("mvtu_parts", "finn:ip:mvtu", INSTANCES, "cocotb_tests.mvtu_parts", simulator)
