# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""mvtu_stream on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.mvtu_stream import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_mvtu_stream(simulator: str) -> None:
    """All cocotb tests of mvtu_stream."""
    runner.run("mvtu_stream", "finn:ip:mvtu_stream", INSTANCES, "cocotb_tests.mvtu_stream", simulator)
