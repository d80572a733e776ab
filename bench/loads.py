# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What a load of parameters takes: CNV with sets A, B, A in simulation; writes the table of docs/changeable.md.

python bench/loads.py
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

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "build" / "verif" / "accelerator_load_cnv" / "verilator" / "figures.json"
PAGE = ROOT / "docs" / "changeable.md"
BEGIN, END = "<!-- loads:begin -->\n", "<!-- loads:end -->"
CLOCK_MHZ = 200.0
ERR = Console(stderr=True, highlight=False)


def table(figures: dict[str, object], cycles: list[int]) -> str:
    """Markdown."""
    span = f"{min(cycles):,}" if min(cycles) == max(cycles) else f"{min(cycles):,} to {max(cycles):,}"
    lines = ["| network | cycles a frame | bytes of a set | cycles of a load | at 200 MHz |", "|---|--:|--:|--:|--:|",
             f"| {figures['network']} | {figures['cycles_per_frame']:,} | {figures['bytes']:,} | {span} |"
             f" {max(cycles) / CLOCK_MHZ:,.0f} us |", "",
             f"Simulated RTL with {figures['frames']} frames a job and sets A, B, A; all results equal the reference of"
             " their set. Cycles",
             "are those of the hardware's own registers, from start to done. `python bench/loads.py`; finn-rtl"
             f" {package_version()}, verilator {version('verilator')}."]
    return "\n".join(lines) + "\n"


def main() -> int:
    """1 when the simulation fails."""
    FIGURES.unlink(missing_ok=True)
    os.environ.pop("SIM", None)
    os.environ["LOADS_OF_CNV"] = "1"
    if pytest.main(["-q", str(ROOT / "verif" / "test_accelerator.py"), "-k", "test_loads_of_cnv"]) or \
            not FIGURES.exists():
        ERR.print("error: the simulation failed; nothing is written")
        return 1
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    PAGE.write_text(head + BEGIN + table(figures, figures["cycles"]) + END + rest.split(END)[1], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
