# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""bit_heap and its parts on both simulators."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocotb_tests.bit_heap import INSTANCES
from finn_verif.run import runner

MODULE = "cocotb_tests.bit_heap"


@pytest.mark.parametrize("simulator", runner.simulators())
def test_bit_heap(simulator: str) -> None:
    """All cocotb tests of bit_heap and its parts."""
    runner.run("bit_heap", "finn:ip:bit_heap", INSTANCES, MODULE, simulator)


@pytest.mark.parametrize("simulator", runner.simulators())
def test_plain_sums(simulator: str) -> None:
    """The same with the plain arithmetic that large networks are simulated with."""
    files = runner.sources("finn:ip:bit_heap")
    define = runner.folder("bit_heap_plain") / "plain_sums.sv"
    runner.write(define, "`define FINN_PLAIN_SUMS\n")
    files = replace(files, hdl=(define, *files.hdl))
    runner.run_files("bit_heap_plain", files, INSTANCES, MODULE, simulator)
