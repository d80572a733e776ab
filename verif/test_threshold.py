# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""threshold on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.threshold import INSTANCES, write_memory
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_threshold(simulator: str) -> None:
    """All cocotb tests of threshold."""
    for instance in INSTANCES:
        write_memory(instance, runner.folder("threshold"))
    runner.run("threshold", "finn:ip:threshold", INSTANCES, "cocotb_tests.threshold", simulator)
