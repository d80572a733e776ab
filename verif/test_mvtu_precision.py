# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_precision on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.mvtu_precision import INSTANCES, write_memories
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_mvtu_precision(simulator: str) -> None:
    """All cocotb tests of mvtu_precision."""
    for instance in INSTANCES:
        write_memories(instance, runner.folder("mvtu_precision"))
    runner.run("mvtu_precision", "finn:ip:mvtu", INSTANCES, "cocotb_tests.mvtu_precision", simulator)
