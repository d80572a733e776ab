# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""common on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.common import INSTANCES, write_memories
from finn_verif import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_common(simulator: str) -> None:
    """All cocotb tests of common."""
    for instance in INSTANCES:
        write_memories(instance, runner.folder("common"))
    runner.run("common", "finn:ip:common", INSTANCES, "cocotb_tests.common", simulator)
