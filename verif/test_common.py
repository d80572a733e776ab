# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""common on both simulators."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocotb_tests.common import INSTANCES, write_memories
from finn_verif.run import runner


@pytest.mark.parametrize("simulator", runner.simulators())
def test_common(simulator: str) -> None:
    """All cocotb tests of common."""
    for instance in INSTANCES:
        write_memories(instance, runner.folder("common"))
    runner.run("common", "finn:ip:common", INSTANCES, "cocotb_tests.common", simulator)


BENCH = """
module bench;
  reg aclk = 0;
  always #5 aclk = !aclk;
  wire [7:0] data;
  rom #(.WIDTH(8), .DEPTH(4), .FILE("short.mem"), .STYLE("STYLE_HERE")) u_rom (
      .aclk, .enable(1'b1), .address(2'd3), .data);
  initial #20 $finish;
endmodule
"""
WARNINGS = {"icarus": "Not enough words in the file for the requested range",
            "verilator": "file ended before specified final address"}


@pytest.mark.parametrize("style", ["distributed", "block"])
@pytest.mark.parametrize("simulator", runner.simulators())
def test_files_that_are_too_short_are_warned_of(simulator: str, style: str, tmp_path: Path) -> None:
    """Verilator fills up with zeros and says nothing unless it is told how many words there must be."""
    runner.require(simulator)
    common = runner.ROOT / "rtl" / "common"
    (tmp_path / "bench.sv").write_text(BENCH.replace("STYLE_HERE", style))
    sources = [f"-I{common}", str(common / "finn_pkg.sv"), str(common / "rom.sv"), "bench.sv"]
    build, run = {
        "icarus": (["iverilog", "-g2012", "-o", "bench", "-s", "bench", *sources], ["vvp", "-n", "bench"]),
        "verilator": (["verilator", "--binary", "--timing", "-CFLAGS", "-fcoroutines -std=c++20", "--output-split", "0",
                       "-Wno-fatal", "-Wno-lint", "--top-module", "bench", *sources], ["obj_dir/Vbench"]),
    }[simulator]
    for words, is_warned in ((3, True), (4, False)):
        (tmp_path / "short.mem").write_text("5a\n" * words)
        with runner.environment():
            if is_warned:
                status, text = runner.capture(build, tmp_path)
                assert not status, text
            status, text = runner.capture(run, tmp_path)
        assert not status, text
        assert (WARNINGS[simulator] in text) == is_warned
