# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""sumpool on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.sumpool import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_sumpool(simulator: str) -> None:
    """All cocotb tests of sumpool."""
    runner.run("sumpool", "finn:ip:sumpool", INSTANCES, "cocotb_tests.sumpool", simulator)
