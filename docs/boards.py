# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Rewrites the table of networks in docs/boards/zynq.md: what each board's entry in a network's core becomes.

usage: docs/boards.py
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import replace_block, table  # noqa: E402

import finn_rtl  # noqa: E402
from finn_rtl.eda import ROOT  # noqa: E402
from finn_rtl.synth import Usage, synthesize  # noqa: E402

DOCS = Path(__file__).resolve().parent
BOARDS, NETWORKS = ("zc706", "pynq_z1", "kv260"), ("sfc", "lfc", "cnv")


def main() -> None:
    """The table; a folding that several boards share is synthesized once, and the parts of a network are kept."""
    rows = []
    found: dict[str, Usage] = {}
    for board in BOARDS:
        for net in NETWORKS:
            core = yaml.safe_load((ROOT / "cores" / net / f"{net}.core").read_text(encoding="utf-8"))
            wish = dict(core["generate"][f"{net}_{board}"]["parameters"])
            del wish["topology"], wish["host"]
            network, plan = finn_rtl.prepare(net, **wish)
            key = f"{net} {plan.pipeline}"
            if key not in found:
                print(board, net, flush=True)
                found[key], _ = synthesize(network, plan)
            rows.append((f"`{board}`" if net == NETWORKS[0] else "", f"`{net}`", f"{int(plan.fps):,}",
                         str(plan.cycles_per_frame), f"{found[key].lut:,}", f"{found[key].bram36:g}"))
    header = ("board", "network", "frames a second", "cycles a frame", "LUT", "BRAM36")
    replace_block(DOCS / "boards" / "zynq.md", "networks", table(header, rows, 2) + (
        "\nLUT and BRAM36 are those of the network alone, synthesized by Yosys for 7 series (`finn-rtl synth`, pyosys"
        f"\n{version('pyosys')}), which are neither Vivado's nor UltraScale+'s figures.\n"))


if __name__ == "__main__":
    main()
