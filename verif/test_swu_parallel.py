# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""swu_parallel on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.swu_parallel import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_swu_parallel(simulator: str) -> None:
    """All cocotb tests of swu_parallel."""
    runner.run("swu_parallel", "finn:ip:swu", INSTANCES, "cocotb_tests.swu_parallel", simulator)
