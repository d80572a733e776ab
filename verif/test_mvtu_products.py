# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Dot products of few bits on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.mvtu_products import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_mvtu_products(simulator: str) -> None:
    """All cocotb tests of the dot products."""
    runner.run("mvtu_products", "finn:ip:mvtu", INSTANCES, "cocotb_tests.mvtu_products", simulator)
