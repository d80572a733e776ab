# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Rewrites the tables of networks in docs/boards: what each board's entry in a network's core becomes.

python docs/boards.py [BOARD...]

The table of the Zynq boards is by Yosys alone, the others by the whole flow up to the bitstream.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from pages import asked, prose, replace_block, table  # noqa: E402

import finn_rtl  # noqa: E402
from finn_rtl.common import processes  # noqa: E402
from finn_rtl.common.errors import FinnError  # noqa: E402
from finn_rtl.common.places import CHECKOUT  # noqa: E402
from finn_rtl.driver.description import read_description  # noqa: E402
from finn_rtl.driver.uart_protocol import classify_request  # noqa: E402
from finn_rtl.tools.bitstream import ECP5, GATEMATE, GW1N, GW2A, ICE40, Family  # noqa: E402
from finn_rtl.tools.synth import Usage, synthesize  # noqa: E402  # noqa: E402

DOCS = Path(__file__).resolve().parent
BOARDS, NETWORKS = ("zc706", "pynq_z1", "kv260"), ("sfc", "lfc", "cnv")
#: By board: networks, family of the device, what else the note says.
OPEN = {"ulx3s": (("digits", "sfc"), ECP5, ", speed grade 6"), "icebreaker": (("digits",), ICE40, ""),
        "tangnano9k": (("digits",), GW1N, ""), "tangnano20k": (("digits", "sfc"), GW2A, ""),
        "gatemate_evb": (("digits",), GATEMATE, ", its worst case")}
BAUD, BITS_A_BYTE = 1_000_000, 10


def wish(net: str, board: str) -> dict[str, Any]:
    """What a network's core asks the generator for."""
    core = yaml.safe_load((CHECKOUT / "cores" / net / f"{net}.core").read_text(encoding="utf-8"))
    found = dict(core["generate"][f"{net}_{board}"]["parameters"])
    del found["topology"], found["host"]
    return found


def zynq() -> None:
    """A folding that several boards share is synthesized once, and the parts of a network are kept."""
    rows = []
    found: dict[str, Usage] = {}
    for board in BOARDS:
        for net in NETWORKS:
            network, plan = finn_rtl.prepare(net, **wish(net, board))
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


def flow(net: str, board: str, folder: Path) -> Path:
    """Runs the flow of a board; the folder with what comes out.

    Raises:
        FinnError: it fails.
    """
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = processes.run([sys.executable, "-c", program, "run", f"--build-root={folder}", f"--target={board}",
                          f"finn:net:{net}"], CHECKOUT, {**os.environ, "PATH": path})
    if done.returncode:
        raise FinnError(f"finn:net:{net}: the flow fails:\n{done.stdout}{done.stderr}")
    [report] = folder.glob(f"*/{board}/*.report.json")
    return report.parent


def by_open_tools(board: str, networks: Sequence[str], family: Family, note: str) -> None:
    """Everything but the rates is what nextpnr reports."""
    columns: dict[str, list[str]] = {}
    cells: dict[str, int] = {}
    for net in networks:
        print(board, net, flush=True)
        _, plan = finn_rtl.prepare(net, **wish(net, board))
        with processes.workspace() as work:
            place = flow(net, board, work)
            report = json.loads(next(place.glob("*.report.json")).read_text(encoding="utf-8"))
            frame = read_description(place / f"finn_{net}" / "accelerator.json").input_stride
        used = {name: report["utilization"][family.resources[name]] for name in family.shown}
        cells = {name: cell["available"] for name, cell in used.items()}
        [clock] = report["fmax"].values()
        line = BAUD / (BITS_A_BYTE * len(classify_request(0, bytes(frame))))
        columns[net] = [str(frame), str(plan.cycles_per_frame), f"{int(plan.fps):,}", f"{int(line):,}",
                        *(f"{cell['used']:,}" for cell in used.values()), f"{plan.clock_mhz:g}",
                        f"{clock['achieved']:.1f}"]
    names = ("frame, bytes", "cycles a frame", f"frames a second of the network at {plan.clock_mhz:g} MHz",
             f"frames a second of the line at {BAUD // 1_000_000} Mbaud",
             *(f"{name} of {available:,}" for name, available in cells.items()), "clock wanted, MHz",
             "clock reached by nextpnr's estimate, MHz")
    rows = [(name, *values) for name, *values in zip(names, *columns.values(), strict=True)]
    tools = f"pyosys {version('pyosys')}, nextpnr {version(family.nextpnr)}"
    text = table(("", *(f"`{net}`" for net in columns)), rows)
    told = prose(f"Written by docs/boards.py from what the flow itself reports ({tools}{note}).")
    replace_block(DOCS / "boards" / f"{board}.md", "networks", f"{text}\n{told}")


def main() -> None:
    """All tables, or those that are named."""
    wanted = asked(__doc__, ("zynq", *OPEN), "board")
    if "zynq" in wanted:
        zynq()
    for board, how in OPEN.items():
        if board in wanted:
            by_open_tools(board, *how)


if __name__ == "__main__":
    main()
