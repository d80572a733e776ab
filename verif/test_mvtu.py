# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.mvtu import INSTANCES, write_memories
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_mvtu(simulator: str) -> None:
    """All cocotb tests of mvtu; with the adders of the hardware on Icarus, in plain arithmetic on Verilator."""
    for instance in INSTANCES:
        write_memories(instance, runner.folder("mvtu"))
    runner.run_files("mvtu", runner.sources("finn:ip:mvtu"), INSTANCES, "cocotb_tests.mvtu", simulator,
                     runner.plain_sums(simulator))
