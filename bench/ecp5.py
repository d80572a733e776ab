# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures how many LUTs of 4 inputs a LUT of the estimate becomes on an ECP5; writes ecp5.md.

The estimate is of LUTs of 6 inputs. Networks are mapped whole by Yosys (`synth_ecp5`), and the places that their cells
take in nextpnr are counted: one for a LUT4, two for a carry (CCU2C), six for a LUT RAM of 16 x 4 (TRELLIS_DPR16X4).
What a device is planned with is the most of these ratios, in `LUT4_PER_LUT` of gen/finn_rtl/plan/devices.py.

usage: bench/ecp5.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from page import write_page  # noqa: E402

from finn_rtl import api  # noqa: E402
from finn_rtl.common import processes  # noqa: E402
from finn_rtl.common.text import module_name  # noqa: E402
from finn_rtl.output.emit import render, write_files  # noqa: E402
from finn_rtl.plan.devices import LUT4_PER_LUT  # noqa: E402
from finn_rtl.plan.plan import Plan  # noqa: E402
from finn_rtl.tools.eda import READ_SLANG, core_sources  # noqa: E402
from finn_rtl.tools.synth import run_yosys  # noqa: E402

DESIGNS = (("digits", "fix"), ("digits", "max"), ("digits_w2a2", "fix"), ("sfc", "fix"))
PLACES = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6}


def mapped(net: str, scenario: str) -> tuple[Plan, Counter[str]]:
    """A design, and its cells on an ECP5."""
    network, plan = api.prepare(net, scenario)
    with processes.workspace() as work:
        design = work / "design"
        write_files(render(network, plan), design)
        sources = core_sources(f"finn:built:{net}", [design])
        includes = " ".join(f"-I {folder}" for folder in sources.include_folders)
        top, files = module_name(net), " ".join(map(str, sources.hdl))
        return plan, run_yosys([f"{READ_SLANG} --best-effort-hierarchy --top {top} {includes} {files}",
                                "check_drivers", f"synth_ecp5 -top {top}", "tee -q -o cells.json stat -json"], design)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    arguments = parser.parse_args()
    lines = ["| network | LUT ~ | LUT4 | LUT4 a LUT ~ | BRAM36 ~ | DP16KD |", "|---|--:|--:|--:|--:|--:|"]
    ratios = []
    for net, scenario in DESIGNS:
        plan, cells = mapped(net, scenario)
        lut4 = sum(places * cells[cell] for cell, places in PLACES.items())
        ratios.append(lut4 / plan.cost.lut)
        lines.append(f"| {net}, {scenario} | {plan.cost.lut:.0f} | {lut4} | {ratios[-1]:.2f} | {plan.cost.bram36:g} |"
                     f" {cells['DP16KD']} |")
    lines += ["", f"~: the estimate, of LUTs of 6 inputs and block RAMs of 36 Kib. Yosys (pyosys {version('pyosys')},"
              " `synth_ecp5`); no place and route. An ECP5 is planned as if it had as many LUTs of 6 inputs as its"
              f" LUT4 divided by {LUT4_PER_LUT:g}, and as many block RAMs of 36 Kib as half its DP16KD: what the plan"
              " says fits does so for the worst of these networks."]
    is_good = write_page("ecp5", "LUTs of an ECP5", "", lines, not arguments.check)
    if max(ratios) > LUT4_PER_LUT:
        print(f"a network takes more than {LUT4_PER_LUT:g} LUT4 a LUT", file=sys.stderr)
    return int(max(ratios) > LUT4_PER_LUT or not is_good)


if __name__ == "__main__":
    sys.exit(main())
