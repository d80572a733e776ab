# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""replay_buffer on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.replay_buffer import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_replay_buffer(simulator: str) -> None:
    """All cocotb tests of replay_buffer."""
    runner.run("replay_buffer", "finn:ip:common", INSTANCES, "cocotb_tests.replay_buffer", simulator)
