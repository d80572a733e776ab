# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""axi_host without a network, on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.axi_host import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_axi_host(simulator: str) -> None:
    """All cocotb tests of axi_host."""
    runner.run("axi_host", "finn:ip:axi_host", INSTANCES, "cocotb_tests.axi_host", simulator)
