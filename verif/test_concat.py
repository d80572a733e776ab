# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""concat on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.concat import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_concat(simulator: str) -> None:
    """All cocotb tests of concat."""
    runner.run("concat", "finn:ip:concat", INSTANCES, "cocotb_tests.concat", simulator)
