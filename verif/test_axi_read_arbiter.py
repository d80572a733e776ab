# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axi_read_arbiter on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axi_read_arbiter import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axi_read_arbiter(simulator: str) -> None:
    """All cocotb tests of axi_read_arbiter."""
    runner.run("axi_read_arbiter", "finn:ip:axi_read_arbiter", INSTANCES, "cocotb_tests.axi_read_arbiter", simulator)
