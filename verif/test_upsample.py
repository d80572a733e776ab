# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""upsample on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.upsample import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_upsample(simulator: str) -> None:
    """All cocotb tests of upsample."""
    runner.run("upsample", "finn:ip:upsample", INSTANCES, "cocotb_tests.upsample", simulator)
