# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""From the FuseSoC command line to bitstreams for small boards, and what is in them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyosys
import pytest

from cocotb_tests import serial_board
from finn_verif.run import runner

pytestmark = [pytest.mark.slow, pytest.mark.steady]

NAME = "finn_net_digits_0.1.0"
CELLS = Path(pyosys.__file__).parent / "share"


@dataclass(frozen=True)
class Board:
    """What comes out for a board: `said` on the terminal, `begin` somewhere in the first bytes of NAME.`suffix`.

    `cells`: Yosys' models of the device's cells, below its share, and `defines` that they need for Icarus.
    """

    said: str
    suffix: str
    begin: bytes
    cells: str
    defines: tuple[str, ...] = ()


BOARDS = {
    # Behind the comments, the preamble.
    "icebreaker": Board(r"[\d,]+ logic cells, [1-9]\d* block RAMs; 12 MHz wanted", "bin", b"\x7e\xaa\x99\x7e",
                        "ice40/cells_sim.v", ("NO_ICE40_DEFAULT_ASSIGNMENTS",)),
}


@pytest.mark.parametrize("name", BOARDS)
def test_bitstream_of_digits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bitstream comes out, the clock is met, and the netlist that went into it classifies digits."""
    runner.require("icarus")
    board, top = BOARDS[name], f"{name}_top"
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    done = subprocess.run(
        [sys.executable, "-c", program, "run", f"--build-root={tmp_path}", f"--target={name}", "finn:net:digits",
         f"--BAUD={serial_board.baud(name)}"], cwd=runner.ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(board.said + r", [\d.]+ MHz reached", done.stdout)
    work = tmp_path / NAME / name
    assert board.begin in (work / f"{NAME}.{board.suffix}").read_bytes()[:1000]
    assert ": met" in (work / "timing.txt").read_text()
    assert "block RAMs" in (work / "utilization.txt").read_text()

    place = runner.folder(name)
    netlist = place / "netlist.v"
    subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"],
                   input=f"read_json {work / NAME}.json\nwrite_verilog -noattr netlist.v\n", text=True, cwd=place,
                   check=True, capture_output=True)
    run = place / "icarus"
    shutil.rmtree(run, ignore_errors=True)
    monkeypatch.setenv("BOARD", name)
    runner.simulate(top, runner.Sources((CELLS / board.cells, netlist), (), ()), "cocotb_tests.serial_board", "icarus",
                    run, False, board.defines)
