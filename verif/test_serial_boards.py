# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""From the FuseSoC command line to bitstreams for small boards, and what is in them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyosys
import pytest

from cocotb_tests import serial_board
from finn_verif.run import runner

pytestmark = [pytest.mark.slow, pytest.mark.steady]

NAME = "finn_net_digits_0.1.0"
CELLS = Path(pyosys.__file__).parent / "share"
HARNESS = Path(__file__).parent / "harness"


def gowin_models(cell: dict[str, Any]) -> None:
    """Puts a model of harness/gowin_models.sv in the place of a block RAM, which Yosys has as a black box only."""
    if cell["type"] not in {"SP", "DPX9B"}:
        return
    parameters = cell["parameters"]
    rows = [parameters.pop(f"INIT_RAM_{row:02X}") for row in reversed(range(64))]
    modes = {name: int(value, 2) for name, value in parameters.items() if name != "RESET_MODE"}
    assert not any(value for name, value in modes.items() if name.startswith(("BLK_SEL", "READ_MODE")))
    if cell["type"] == "DPX9B":
        assert modes["BIT_WIDTH_0"] == modes["BIT_WIDTH_1"] == 9 and modes["WRITE_MODE0"] == 1
        assert "1" not in "".join(rows)
        parameters = {}
    else:
        assert modes["BIT_WIDTH"] in {1, 2, 4, 8}
        parameters = {"BIT_WIDTH": parameters["BIT_WIDTH"], "INIT": "".join(rows)}
    cell.update(type=f"model_{cell['type'].lower()}", parameters=parameters)


@dataclass(frozen=True)
class Board:
    """What comes out for a board.

    `said` on the terminal, `begin` (the preamble) in the first bytes of NAME.`suffix`. `cells`: Yosys' models of the
    device's cells, below its share, and `defines` that they need for Icarus. `models`: ours, in harness, which `adapt`
    puts into the place of a cell. `is_placed`: whether a bitstream is made here. It takes half a minute, and boards of
    one flow differ in nothing that would not show in one of them.
    """

    cells: str
    said: str = ""
    suffix: str = ""
    begin: bytes = b""
    defines: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    adapt: Callable[[dict[str, Any]], None] = lambda cell: None
    is_placed: bool = True


GOWIN = Board("gowin/cells_sim.v", r"[\d,]+ LUT4, [\d,]+ flip-flops, [1-9]\d* block RAMs; 27 MHz wanted", "fs",
              b"\n1010010111000011\n", models=("gowin_models.sv",), adapt=gowin_models)
BOARDS = {
    "icebreaker": Board("ice40/cells_sim.v", r"[\d,]+ logic cells, [1-9]\d* block RAMs; 12 MHz wanted", "bin",
                        b"\x7e\xaa\x99\x7e", ("NO_ICE40_DEFAULT_ASSIGNMENTS",)),
    "tangnano9k": GOWIN,
    "gatemate_evb": Board(
        "gatemate/cells_sim.v", r"[\d,]+ half CPEs, [\d,]+ flip-flops, [1-9]\d* block RAM cells; 10 MHz wanted", "bit",
        b"\xd9\x01\xed\x96"),
    "tangnano20k": replace(GOWIN, is_placed=False),
}


def run(*command: str, cwd: Path = runner.ROOT) -> str:
    """What a program says; it is to succeed, with no programs but the environment's and the system's on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False,
                          env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", BOARDS)
def test_bitstream_of_digits(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bitstream comes out, the clock is met, and the netlist that went into it classifies digits."""
    runner.require("icarus")
    board, top = BOARDS[name], f"{name}_top"
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "run", f"--build-root={tmp_path}", f"--target={name}"]
    design = ("finn:net:digits", f"--BAUD={serial_board.baud(name)}")
    work = tmp_path / NAME / name
    if board.is_placed:
        assert re.search(board.said + r", [\d.]+ MHz reached", run(*command, *design))
        assert board.begin in (work / f"{NAME}.{board.suffix}").read_bytes()[:1000]
        assert ": met" in (work / "timing.txt").read_text()
        assert re.search(r"block RAM[\w ]* +[1-9]", (work / "utilization.txt").read_text())
    else:
        run(*command, "--setup", *design)
        run("make", f"{NAME}.json", cwd=work)

    netlist = json.loads((work / f"{NAME}.json").read_text())
    for cell in netlist["modules"][top]["cells"].values():
        board.adapt(cell)
    place = runner.folder(name)
    (place / "netlist.json").write_text(json.dumps(netlist))
    subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"],
                   input="read_json netlist.json\nwrite_verilog -noattr netlist.v\n", text=True, cwd=place, check=True,
                   capture_output=True)
    build = place / "icarus"
    shutil.rmtree(build, ignore_errors=True)
    files = (CELLS / board.cells, *(HARNESS / model for model in board.models), place / "netlist.v")
    monkeypatch.setenv("BOARD", name)
    runner.simulate(top, runner.Sources(files, (), ()), "cocotb_tests.serial_board", "icarus", build, False,
                    board.defines)
