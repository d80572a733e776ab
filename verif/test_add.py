# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""add on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.add import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_add(simulator: str) -> None:
    """All cocotb tests of add."""
    runner.run("add", "finn:ip:add", INSTANCES, "cocotb_tests.add", simulator)
