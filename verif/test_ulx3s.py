# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""From the FuseSoC command line to a bitstream for the ULX3S, and what is in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyosys
import pytest

from cocotb_tests import ulx3s
from finn_verif.run import runner

NAME = "finn_net_digits_0.1.0"
DP16KD_BUSES = {"AD": 14, "DI": 18, "DO": 18}


def fusesoc(build: Path, net: str, *arguments: str, root: Path = runner.ROOT) -> subprocess.CompletedProcess[str]:
    """Run FuseSoC as a user would, with nothing but the environment's programs and the system's on the path."""
    program = "import sys; from fusesoc.main import main; sys.exit(main())"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.defpath])
    return subprocess.run(
        [sys.executable, "-c", program, "run", f"--build-root={build}", "--target=ulx3s", net, *arguments], cwd=root,
        capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})


def with_models(netlist: dict[str, Any]) -> dict[str, Any]:
    """The netlist with the cells of harness/ecp5_models.sv in the place of black boxes."""
    for cell in netlist["modules"]["ulx3s_top"]["cells"].values():
        pins, parameters = cell["connections"], cell["parameters"]
        if cell["type"] == "EHXPLLL":
            cell.update(type="model_ehxplll", parameters={},
                        connections={pin: pins[pin] for pin in ("CLKI", "CLKOP", "LOCK")})
        elif cell["type"] == "DP16KD":
            for side in "AB":
                assert parameters[f"REGMODE_{side}"] == "NOREG"
                assert parameters[f"CLK{side}MUX"] == f"CLK{side}"
                assert parameters[f"WRITEMODE_{side}"] == "READBEFOREWRITE"
                assert pins[f"RST{side}"] == ["0"]
            # A row of INITVAL holds 16 words, 20 bits apart; the most significant bit comes first in the text.
            rows = [parameters[f"INITVAL_{row:02X}"][::-1] for row in range(64)]
            contents = "".join(row[20 * i:20 * i + 18] for row in rows for i in range(16))
            joined = {bus + side: [pins[f"{bus}{side}{i}"][0] for i in range(width)]
                      for bus, width in DP16KD_BUSES.items() for side in "AB"}
            single = {pin + side: pins[pin + side] for pin in ("CLK", "CE", "WE") for side in "AB"}
            cell.update(
                type="model_dp16kd", connections={**joined, **single},
                parameters={**{key: parameters[key] for key in ("DATA_WIDTH_A", "DATA_WIDTH_B")},
                            "INIT": contents[::-1]})
        else:
            continue
        cell["port_directions"] = {pin: "output" if pin in ("CLKOP", "LOCK", "DOA", "DOB") else "input"
                                   for pin in cell["connections"]}
    return netlist


@pytest.mark.slow
@pytest.mark.steady
def test_bitstream_of_digits(tmp_path: Path) -> None:
    """A bitstream comes out, the clock is met, and the netlist that went into it classifies digits."""
    runner.require("icarus")
    done = fusesoc(tmp_path, "finn:net:digits", f"--BAUD={ulx3s.BAUD}")
    assert done.returncode == 0, done.stdout + done.stderr
    said = r"[\d,]+ LUT4, [\d,]+ flip-flops, [1-9]\d* block RAMs; 50 MHz wanted, [\d.]+ MHz reached"
    assert re.search(said, done.stdout)
    work = tmp_path / NAME / "ulx3s"
    # An ECP5 bitstream: after the comments a preamble, and at its end frames of the device's size.
    assert b"\xff\xff\xbd\xb3" in (work / f"{NAME}.bit").read_bytes()[:1000]
    assert ": met" in (work / "timing.txt").read_text()

    place = runner.folder("ulx3s")
    (place / "netlist.json").write_text(json.dumps(with_models(json.loads((work / f"{NAME}.json").read_text()))))
    subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"],
                   input="read_json netlist.json\nwrite_verilog netlist.v\n", text=True, cwd=place, check=True,
                   capture_output=True)
    cells = Path(pyosys.__file__).parent / "share" / "ecp5"
    # Icarus does not take nextpnr's own cell, which no netlist of Yosys has.
    common = re.sub(r"module TRELLIS_COMB.*?endmodule", "", (cells / "common_sim.vh").read_text(), flags=re.DOTALL)
    (place / "cells.v").write_text(common)
    models = Path(__file__).parent / "harness" / "ecp5_models.sv"
    run = place / "icarus"
    shutil.rmtree(run, ignore_errors=True)
    files = runner.Sources((place / "cells.v", cells / "ccu2c_sim.vh", models, place / "netlist.v"), (cells,), ())
    runner.simulate("ulx3s_top", files, "cocotb_tests.ulx3s", "icarus", run, False)


@pytest.mark.slow
@pytest.mark.steady
def test_a_clock_that_is_not_reached_fails(tmp_path: Path) -> None:
    """With the PLL at 200 MHz there is a report, but no bitstream, and FuseSoC's status tells."""
    root = runner.copied_library(tmp_path / "checkout")
    for path, old, new in ((root / "cores/boards/ulx3s/ulx3s_clock.sv", ".CLKFB_DIV(2)", ".CLKFB_DIV(8)"),
                           (root / "cores/boards/ulx3s/ulx3s_clock.sv", ".CLKOP_DIV(12)", ".CLKOP_DIV(3)"),
                           (root / "cores/digits/digits.core", 'clock_mhz: "50"', 'clock_mhz: "200"')):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    done = fusesoc(tmp_path / "build", "finn:net:digits", root=root)
    work = tmp_path / "build" / NAME / "ulx3s"
    assert done.returncode != 0
    assert "error: the clock is not reached" in done.stdout + done.stderr
    assert "FAILED" in (work / "timing.txt").read_text()
    assert not (work / f"{NAME}.bit").exists()


def test_broken_rtl_fails(tmp_path: Path) -> None:
    """A syntax error is said, with its place."""
    root = runner.copied_library(tmp_path / "checkout")
    top = root / "cores/boards/ulx3s/ulx3s_top.sv"
    top.write_text(top.read_text().replace("endmodule", "assign nothing = ;\nendmodule"))
    done = fusesoc(tmp_path / "build", "finn:net:digits", root=root)
    assert done.returncode != 0
    assert "ulx3s_top.sv" in done.stdout + done.stderr
    assert "ERROR: expected expression" in done.stdout + done.stderr
