# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""dma_mm2s on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.dma_mm2s import ALL
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_dma_mm2s(simulator: str) -> None:
    """All cocotb tests of dma_mm2s."""
    runner.run("dma_mm2s", "finn:ip:dma_mm2s", ALL, "cocotb_tests.dma_mm2s", simulator)
