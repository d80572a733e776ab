# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The parts of mvtu on both simulators, with the sums that are synthesized and in plain arithmetic."""

from __future__ import annotations

import pytest

from cocotb_tests.mvtu_parts import INSTANCES
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
@pytest.mark.parametrize("define", ["", "FINN_PLAIN_SUMS"])
def test_mvtu_parts(define: str, simulator: str) -> None:
    """All cocotb tests of the parts."""
    name = "mvtu_parts_plain" if define else "mvtu_parts"
    runner.run_files(name, runner.sources("finn:ip:mvtu"), INSTANCES, "cocotb_tests.mvtu_parts", simulator,
                     (define,) if define else ())
