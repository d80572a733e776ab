# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""label_select on both simulators."""

from __future__ import annotations

import pytest

from cocotb_tests.label_select import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_label_select(simulator: str) -> None:
    """All cocotb tests of label_select."""
    runner.run("label_select", "finn:ip:label_select", INSTANCES, "cocotb_tests.label_select", simulator)
