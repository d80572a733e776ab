# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures the sliding window units beside those of FINN; writes windows.md.

Cycles are measured: Icarus runs the RTL with input always there and output always taken, and tells when the last beat
of each frame leaves. LUTs (LUT RAM included) and flip-flops are Yosys' figures (docs/cost.py), FINN's were measured in
the same way.

usage: bench/windows.py [--check]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "docs"))

from cost import Design, parallel, synthesize, window  # noqa: E402
from page import write_page  # noqa: E402

from finn_rtl.common.programs import find_tool  # noqa: E402
from finn_rtl.tools.eda import core_sources  # noqa: E402
from finn_rtl.tools.synth import Usage  # noqa: E402

FRAMES = 6
TESTBENCH = """
module tb;
  logic aclk = 0;
  logic aresetn = 0;
  int cycle = 0;
  int frames = 0;
  wire last;
  logic [WIDTH-1:0] data = '0;
  wire valid;
  always #5 aclk = !aclk;
  always @(posedge aclk) begin
    cycle <= cycle + 1;
    if (cycle == 4) aresetn <= 1;
    if (aresetn && valid && last) begin
      $display("%0d", cycle);
      frames <= frames + 1;
      if (frames == FRAMES - 1) $finish;
    end
  end
  MODULE #(PARAMETERS) dut (.aclk, .aresetn, .s_axis_tdata(data), .s_axis_tvalid(1'b1), .s_axis_tready(),
      .m_axis_tdata(), .m_axis_tlast(last), .m_axis_tvalid(valid), .m_axis_tready(1'b1));
endmodule
"""


@dataclass(frozen=True)
class Row:
    """A unit, and what FINN's takes: cycles a frame, LUTs (of them LUT RAM), flip-flops."""

    name: str
    design: Design
    ideal: int
    finn_cycles: int
    finn_lut: int
    finn_lut_ram: int
    finn_ff: int


ROWS = (
    Row("3 x 3, 3 channels of 8 bits, 32 x 32, SIMD 3", window(32, 3, 3, 8, 3), 8100, 8160, 199, 48, 100),
    Row("3 x 3, 64 channels, 30 x 30, SIMD 32", window(30, 64, 32, 1, 3), 14112, 14222, 229, 88, 113),
    Row("3 x 3, 64 channels, 14 x 14, SIMD 32", window(14, 64, 32, 1, 3), 2592, 2638, 155, 44, 103),
    Row("3 x 3, 128 channels, 12 x 12, SIMD 32", window(12, 128, 32, 1, 3), 3600, 3674, 203, 88, 111),
    Row("3 x 3, 128 channels, 5 x 5, SIMD 32", window(5, 128, 32, 1, 3), 324, 342, 125, 44, 96),
    Row("3 x 3, 256 channels, 3 x 3, SIMD 32", window(3, 256, 32, 1, 3), 72, 74, 161, 72, 96),
    Row("2 x 2 pool, 64 channels, 28 x 28, SIMD 64", window(28, 64, 64, 1, 2, 2), 784, 812, 157, 88, 132),
    Row("3 x 3 at once, 64 channels, 30 x 30, SIMD 64", parallel(30, 64, 64, 1, 3), 900, 901, 131, 88, 766),
)


def measured_cycles(design: Design) -> list[int]:
    """Cycles from one frame's last beat to the next one's."""
    sources = core_sources("finn:ip:swu")
    parameters = [f".{name}({value})" for name, value in design.numbers.items()]
    parameters += [f'.{name}("{value}")' for name, value in design.strings.items()]
    text = TESTBENCH.replace("MODULE", design.module).replace("PARAMETERS", ", ".join(parameters))
    text = text.replace("WIDTH", str(int(design.numbers["SIMD"]) * int(design.numbers["ELEMENT_W"])))
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        folder = Path(work)
        (folder / "tb.sv").write_text(text.replace("FRAMES", str(FRAMES)), encoding="utf-8")
        includes = [f"-I{path}" for path in sources.include_folders]
        subprocess.run([find_tool("iverilog"), "-g2012", "-s", "tb", "-o", "tb.vvp", *includes,
                        *map(str, sources.hdl), "tb.sv"], cwd=folder, check=True)
        said = subprocess.run([find_tool("vvp"), "-n", "tb.vvp"], cwd=folder, check=True, capture_output=True,
                              text=True)
    ends = [int(line) for line in said.stdout.split() if line.isdigit()]
    return [b - a for a, b in pairwise(ends)]


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    arguments = parser.parse_args()
    lines = ["| window | | cycles/frame | LUT + LUT RAM | FF |", "|---|---|--:|--:|--:|"]
    failed = False
    for row in ROWS:
        intervals = measured_cycles(row.design)[1:]
        used: Usage = synthesize(row.design, core_sources("finn:ip:swu"))
        finn_lut = row.finn_lut + row.finn_lut_ram
        lines += [f"| {row.name} | finn-rtl | {intervals[-1]} | **{used.lut}** | {used.ff} |",
                  f"| | FINN | {row.finn_cycles} | {finn_lut} | {row.finn_ff} |"]
        failed |= set(intervals) != {row.ideal} or used.lut > finn_lut or used.ff > row.finn_ff or used.bram36 > 0
    tool = f"pyosys {version('pyosys')}"
    lines += ["", "finn-rtl: cycles in steady state measured by RTL simulation (Icarus), all equal to max(beats in,"
              f" beats out); LUT and FF by Yosys ({tool}, `synth_xilinx -family xc7`), no block RAM. FINN: its RTL"
              " sliding window generator, measured once elsewhere by Yosys 0.70 (`synth_xilinx -flatten`); no script"
              " here repeats that."]
    is_good = write_page("windows", "Sliding windows", "", lines, not arguments.check)
    if failed:
        print("a row is not reached", file=sys.stderr)
    return int(failed or not is_good)


if __name__ == "__main__":
    sys.exit(main())
