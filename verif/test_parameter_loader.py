# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""parameter_loader on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.parameter_loader import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_parameter_loader(simulator: str) -> None:
    """All cocotb tests of parameter_loader."""
    runner.run("parameter_loader", "finn:ip:parameter_loader", INSTANCES, "cocotb_tests.parameter_loader", simulator)
