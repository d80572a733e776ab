# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""swu on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.swu import ALL
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_swu(simulator: str) -> None:
    """All cocotb tests of swu."""
    runner.run("swu", "finn:ip:swu", ALL, "cocotb_tests.swu", simulator)
