# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures networks with other trained parameters than the shipped ones; writes parameters.md.

The hardware is that of bench/run.py, in scenarios "max" and "fit": synthesized, and fed with random frames, every
result compared with the reference. It must meet the same targets, accuracy apart. Of the hardware unfolded layers
depend on the parameters most, as their weights are constants; of the others, the memories in LUTs.

usage: bench/parameters.py [--check] NAME=TOPOLOGY [NAME=TOPOLOGY ...]
e.g.   bench/parameters.py BNN-PYNQ=DIR/cnv.json
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import run
from page import write_page
from rich.console import Console

import finn_rtl
from finn_rtl.common.errors import FinnError
from finn_rtl.tools.simulation import result_summary, simulate
from finn_rtl.tools.synth import synthesis_summary, synthesize

ERR = Console(stderr=True, highlight=False)
SCENARIOS = ("max", "fit")
FRAMES = 100


def measure(topology: str, scenario: str) -> dict[str, Any]:
    """All figures of a network in a scenario."""
    network, plan = finn_rtl.prepare(topology, scenario)
    ERR.print(f"{topology}, {scenario}")
    figures = result_summary(plan, simulate(network, plan, finn_rtl.random_frames(network, FRAMES)), None)
    usage, parts = synthesize(network, plan, lambda name: ERR.print(f"  {name}"))
    return {**figures, "synthesis": synthesis_summary(plan, usage, parts)}


def row(name: str, figures: dict[str, Any]) -> str:
    """A row of the table, the shipped network beside it where it was measured."""
    def cells(some: dict[str, Any]) -> tuple[str, str]:
        lut = some["synthesis"]["lut"]
        return f"{lut:,}", f"{some['fps'] / lut:,.3g}"

    key = (figures["net"], figures["scenario"])
    shipped = [cells(saved) for saved in run.committed()["networks"] if (saved["net"], saved["scenario"]) == key]
    return (f"| {run.title(figures)} | {name} | {figures['cycles_per_frame']:g} | {figures['latency_us']:.3g} |"
            f" **{cells(figures)[0]}** | {cells(figures)[1]} | {figures['synthesis']['bram36']:g} |"
            f" {' | '.join(shipped[0] if shipped else ('', ''))} |")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    parser.add_argument("networks", nargs="+", metavar="NAME=TOPOLOGY",
                        help="where the parameters are from, and a topology file that names them")
    arguments = parser.parse_args()
    pairs = [text.partition("=")[::2] for text in arguments.networks]
    if not all(name and file for name, file in pairs):
        parser.error("each network must look like NAME=TOPOLOGY")
    lines = ["| network | parameters | cycles/frame | latency, us | LUT | FPS/LUT | BRAM36 | shipped: LUT | FPS/LUT |",
             "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
    failed = False
    try:
        for name, file in pairs:
            for scenario in SCENARIOS:
                figures = measure(file, scenario)
                lines.append(row(name, figures))
                found = run.shortfalls(figures)
                failed |= bool(found)
                if found:
                    ERR.print(f"[bold red]{run.title(figures)}, {name}[/]: {'; '.join(found)}")
    except FinnError as error:
        ERR.print(f"error: {error}")
        return 2
    versions = ", ".join(f"{tool} {number}" for tool, number in run.tools().items())
    lines += ["", f"Measured like the [networks](results.md), with {FRAMES} random frames. BNN-PYNQ:"
              " the parameters that BNN-PYNQ publishes for this network. Retrained: trained anew by"
              f" `finn_rtl.training.mlp`. {versions}."]
    is_good = write_page("parameters", "Other parameters", "the same networks with parameters of another training",
                         lines, not arguments.check)
    return int(failed or not is_good)


if __name__ == "__main__":
    sys.exit(main())
