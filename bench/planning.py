# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Measures what a plan takes: CPU time and memory of `finn-rtl estimate` with an empty cache; writes planning.md.

Each plan is a process of its own. CPU time is that of the process and of all its children; memory is the largest of the
process alone. The schedule is compiled before, as `make setup` does it. The networks that are not shipped are made
here, without parameters: a plan needs none. Simulation and synthesis are measured in the same way.

usage: bench/planning.py [--check] [--runs N] [--only NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from page import write_page
from rich.console import Console

from finn_rtl.common.places import shipped_names
from finn_rtl.common.programs import find_compiler
from finn_rtl.common.text import package_version
from finn_rtl.description.networks import find_topology

ERR = Console(stderr=True, highlight=False)
# CPU seconds that a plan may take.
SHIPPED_LIMIT, WIDE_LIMIT, DEEP_LIMIT = 2.0, 5.0, 15.0
# CPU seconds that these take at most, and how much faster the plain sums of simulation are at least.
DIGITS_LIMIT, FLIP_FLOP_LIMIT, TIMES = 6.0, 3.8, 4
SHIPPED_RATES = (1, 30, 1000, 30_000)
RATES = (1, 30, 100, 300, 1000)
# The command, and the largest memory of its process in KiB on standard error.
PROGRAM = ("import resource, sys; from finn_rtl.cli.program import cli; cli(sys.argv[1:], standalone_mode=False);"
           " print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)")
Layer = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """What a plan took: CPU seconds, KiB; and what it tells."""

    seconds: float
    memory: int
    cycles_per_frame: int


@dataclass(frozen=True)
class Case:
    """A network, by name or topology file, what is asked for, and what that may take."""

    name: str
    net: str
    options: tuple[str, ...]
    limit: float


def conv(name: str, channels: int, kernel: int = 3, activation: str = "sign") -> Layer:
    """A convolution that keeps the size of the map."""
    return {"type": "conv", "name": name, "channels": channels, "kernel": kernel, "padding": kernel // 2,
            "activation": activation}


def pool(name: str) -> Layer:
    """A pool of 2 x 2."""
    return {"type": "maxpool", "name": name, "kernel": 2}


def dense(name: str, units: int, activation: str = "sign") -> Layer:
    """A fully connected layer."""
    return {"type": "fc", "name": name, "units": units, "activation": activation}


def network(name: str, size: int, layers: Sequence[Layer], output: str = "label") -> dict[str, Any]:
    """A topology behind size x size pixels of 3 x 8 bits."""
    return {"name": name, "parameters": f"{name}.npz", "output": output, "layers": list(layers),
            "input": {"shape": [size, size, 3],
                      "encoding": {"type": "integer", "bits": 8, "signed": True, "offset": -128}}}


def wide() -> dict[str, Any]:
    """Padded CNV of twice as many channels: 1.2 G operations a frame."""
    layers = []
    for block, channels in enumerate((128, 256, 512)):
        layers += [conv(f"conv{2 * block}", channels), conv(f"conv{2 * block + 1}", channels), pool(f"pool{block}")]
    return network("wide", 32, [*layers, dense("fc0", 1024), dense("fc1", 1024), dense("fc2", 10, "none")])


def deep() -> dict[str, Any]:
    """A chain of 50 convolutions."""
    return network("deep", 32, [*(conv(f"conv{i}", 64) for i in range(50)), dense("last", 10, "none")])


def detection() -> dict[str, Any]:
    """Nine convolutions and five pools behind 416 x 416 pixels, to 13 x 13 x 125 scores."""
    layers = []
    for number, (channels, is_pooled) in enumerate(((16, False), (64, True), (64, True), (128, True), (256, True),
                                                    (512, True), (512, False), (512, False))):
        layers += [conv(f"conv{number}", channels), *([pool(f"pool{number}")] if is_pooled else [])]
    return network("detection", 416, [*layers, conv("conv8", 125, 1, "none")], "vector")


def shipped_cases() -> list[Case]:
    """All shipped networks in all their scenarios, and at rates from the slowest to a fast one."""
    cases = []
    for name in shipped_names():
        scenarios = sorted({"fit", "fix", "max", *find_topology(name)[0].scenarios})
        asked = [("--scenario", scenario) for scenario in scenarios]
        asked += [("--fps", str(fps)) for fps in SHIPPED_RATES]
        cases += [Case(name, name, options, SHIPPED_LIMIT) for options in asked]
    return cases


def made_cases(folder: Path) -> list[Case]:
    """The networks made here, as fast as they can be and at some rates."""
    cases = []
    for document, limit in ((wide(), WIDE_LIMIT), (deep(), DEEP_LIMIT), (detection(), DEEP_LIMIT)):
        path = folder / f"{document['name']}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        asked = [("--scenario", "fit"), *(("--fps", str(fps)) for fps in RATES)]
        cases += [Case(str(document["name"]), str(path), options, limit) for options in asked]
    return cases


def spend(command: Sequence[str], text: str = "") -> tuple[float, str, str]:
    """CPU seconds of a command and all its children with an empty cache, and what it says on both streams.

    Raises:
        RuntimeError: it fails.
    """
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work, tempfile.TemporaryFile() as said, \
            tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        said.write(text.encode())
        said.seek(0)
        child = subprocess.Popen([sys.executable, *command], stdin=said, stdout=out, stderr=err,
                                 env={**os.environ, "XDG_CACHE_HOME": work})
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        result, errors = out.read().decode(), err.read().decode()
        if child.returncode:
            raise RuntimeError(f"{' '.join(command)}: {errors}")
        return usage.ru_utime + usage.ru_stime, result, errors


def measure(case: Case) -> Figures:
    """Plan once.

    Raises:
        RuntimeError: the plan fails.
    """
    seconds, said, complaints = spend(["-c", PROGRAM, "estimate", case.net, *case.options, "--json"])
    return Figures(seconds, int(complaints.split()[-1]), json.loads(said)["cycles_per_frame"])


def least(case: Case, runs: int) -> Figures:
    """The quickest of several runs: other work on the machine makes a run slower, and nothing makes it quicker."""
    found = min((measure(case) for _ in range(runs)), key=lambda figures: figures.seconds)
    ERR.print(f"{case.name} {' '.join(case.options)}: {found.seconds:.2f} s, {found.memory // 1024} MiB")
    return found


def row(case: Case, figures: Figures, asked: str) -> str:
    """Of the table."""
    mark = "" if figures.seconds <= case.limit else " **too slow**"
    return (f"| {case.name} | {asked} | {figures.cycles_per_frame:,} | {figures.seconds:.2f}{mark} | {case.limit:g} |"
            f" {figures.memory / 1024:.0f} |")


def asked_for(case: Case) -> str:
    """In words."""
    kind, value = case.options
    return value if kind == "--scenario" else f"{int(value):,} frames a second"


def processor() -> str:
    """Its name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "unknown processor"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown processor")


def table(runs: int, only: str | None) -> tuple[list[str], bool]:
    """The lines of the page, and whether all limits are kept."""
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as folder:
        cases = [case for case in (*shipped_cases(), *made_cases(Path(folder))) if only in (None, case.name)]
        found = {case: least(case, runs) for case in cases}
    lines = ["| network | asked for | cycles a frame | CPU s | at most | MiB |", "|---|---|--:|--:|--:|--:|"]
    for name in dict.fromkeys(case.name for case in cases):
        of_name = [case for case in cases if case.name == name]
        if of_name[0].limit == SHIPPED_LIMIT:
            slowest = max(of_name, key=lambda case: found[case].seconds)
            text = f"{asked_for(slowest)}: the slowest of {len(of_name)}"
            lines.append(row(slowest, found[slowest], text))
        else:
            lines += [row(case, found[case], asked_for(case)) for case in of_name]
    compiler = subprocess.run([find_compiler(), "--version"], capture_output=True, text=True, check=True)
    lines += ["", f"The quickest of {runs} on {os.cpu_count()} cores of {processor()}."
              f" finn-rtl {package_version()}, Python {sys.version.split()[0]}, {compiler.stdout.splitlines()[0]}."]
    return lines, all(figures.seconds <= case.limit for case, figures in found.items())


def tools(runs: int) -> tuple[list[str], bool]:
    """The lines on simulation and synthesis, and whether all limits are kept."""
    def quickest(what: str, command: Sequence[str], text: str = "") -> float:
        seconds = min(spend(command, text)[0] for _ in range(runs))
        ERR.print(f"{what}: {seconds:.2f} s")
        return seconds

    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as folder:
        design = Path(folder) / "flip_flop.sv"
        design.write_text("module flip_flop (input logic aclk, d, output logic q);\n"
                          "    always_ff @(posedge aclk) q <= d;\nendmodule\n", encoding="utf-8")
        one = quickest("one flip-flop", ["-m", "finn_rtl.tools.yosys"],
                       f"read_slang {design} --top flip_flop\nmap_xilinx -family xc7 -flatten -top flip_flop\n")
    simulate = ["-m", "finn_rtl.cli", "simulate"]
    found = {frames: [quickest(" ".join((*frames, *form)), [*simulate, *frames, *form])
                      for form in ((), ("--as-synthesized",))]
             for frames in (("digits",), ("cnv", "--frames", "100"))}
    lines = ["| from nothing | CPU s | as synthesized | times as fast |", "|---|--:|--:|--:|"]
    lines += [f"| `finn-rtl simulate {' '.join(frames)}` | {plain:.2f} | {whole:.2f} | {whole / plain:.1f} |"
              for frames, (plain, whole) in found.items()]
    lines += [f"| Yosys for one flip-flop | {one:.2f} | | |"]
    (digits, _), (plain, whole) = found.values()
    return lines, digits < DIGITS_LIMIT and whole >= TIMES * plain and one < FLIP_FLOP_LIMIT


def main() -> int:
    """1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="print only; fail where a figure got worse (golden.py)")
    parser.add_argument("--runs", type=int, default=3, help="how often each plan is made; default: 3")
    parser.add_argument("--only", help="one network; implies --check")
    arguments = parser.parse_args()
    runs = max(1, arguments.runs)
    lines, is_kept = table(runs, arguments.only)
    if arguments.only is None:
        more, is_quick = tools(runs)
        lines[-2:-2] = ["", *more]
        is_kept = is_kept and is_quick
    what = """`finn-rtl estimate` with an empty cache, and the schedule compiled by `make setup` (else a second more):
CPU seconds of all its processes, and the largest memory of its own. Of a shipped network the slowest plan of all
scenarios and of rates from 1 frame a second on is shown. The others are made by the script: `wide` is padded CNV with
128 to 512 channels (1.2 G operations a frame), `deep` a chain of 50 convolutions of 64 channels on 32 x 32, `detection`
nine convolutions of up to 512 channels and five pools behind 416 x 416 pixels.

The last table is of the other tools, also with an empty cache, but with Verilator's runtime compiled, as `make setup`
leaves it: simulation with plain sums, which is the default, and with those that are synthesized"""
    is_good = write_page("planning", "Planning", what, lines, not (arguments.check or arguments.only))
    return int(not is_kept or not is_good)


if __name__ == "__main__":
    sys.exit(main())
