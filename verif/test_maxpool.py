# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""maxpool on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.maxpool import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_maxpool(simulator: str) -> None:
    """All cocotb tests of maxpool."""
    runner.run("maxpool", "finn:ip:maxpool", INSTANCES, "cocotb_tests.maxpool", simulator)
