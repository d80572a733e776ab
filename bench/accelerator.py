# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What DMA and registers cost: jobs of 1,000 frames through whole accelerators; writes accelerator.md.

python bench/accelerator.py
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from rich.console import Console

from finn_rtl.common.text import package_version

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
FIGURES = ROOT / "build" / "verif" / "accelerator_speed" / "verilator" / "figures.json"
ERR = Console(stderr=True, highlight=False)


def table(figures: dict[str, dict[str, float]]) -> str:
    """Markdown."""
    lines = ["| network | frames | cycles from start to done | of the network alone | DMA and registers |"
             " interval (plan) | latency (plan) |", "|---|--:|--:|--:|--:|--:|--:|"]
    for net, row in figures.items():
        more = row["cycles"] / row["network_cycles"] - 1
        lines.append(f"| {net} | {row['frames']:,} | {row['cycles']:,} | {row['network_cycles']:,} | +{more:.2%} |"
                     f" {row['interval']:.2f} ({row['planned_interval']}) | {row['latency']}"
                     f" ({row['planned_latency']}) |")
    latency = next(iter(figures.values()))["memory_latency"]
    lines += ["", f"Simulated RTL of axi_host, DMA and network, driven by finn_rtl.driver, 64-bit memory with {latency}"
              " cycles from an address to its first data; cycles, interval and latency are those that the hardware's"
              f" own registers tell. All results equal the reference. finn-rtl {package_version()}, verilator"
              f" {version('verilator')}, cocotb {version('cocotb')}."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """1 when the simulation fails."""
    FIGURES.unlink(missing_ok=True)
    os.environ.pop("SIM", None)
    if pytest.main(["-q", str(ROOT / "verif" / "test_accelerator.py"), "-k", "test_full_speed"]) or \
            not FIGURES.exists():
        ERR.print("error: the simulation failed; nothing is written")
        return 1
    text = table(json.loads(FIGURES.read_text(encoding="utf-8")))
    (FOLDER / "accelerator.md").write_text("# Whole accelerators\n\nPrinted by `python bench/accelerator.py`.\n\n"
                                           + text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
