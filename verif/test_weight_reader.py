# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""weight_reader on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.weight_reader import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_weight_reader(simulator: str) -> None:
    """All cocotb tests of weight_reader."""
    runner.run("weight_reader", "finn:ip:weight_reader", INSTANCES, "cocotb_tests.weight_reader", simulator)
