# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""requant on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.requant import INSTANCES, write_memories
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_requant(simulator: str) -> None:
    """All cocotb tests of requant."""
    for instance in INSTANCES:
        write_memories(instance, runner.folder("requant"))
    runner.run("requant", "finn:ip:requant", INSTANCES, "cocotb_tests.requant", simulator)
