# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""dma_s2mm on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.dma_s2mm_setup import ALL
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_dma_s2mm(simulator: str) -> None:
    """All cocotb tests of dma_s2mm."""
    runner.run("dma_s2mm", "finn:ip:dma_s2mm", ALL, "cocotb_tests.dma_s2mm", simulator)
