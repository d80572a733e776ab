# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Lints every module of every IP as its own top: ``python -m finn_verif.lint`` (part of ``make lint``).

First lines of all SystemVerilog, comments too, proofs and boards among it, are measured: verible passes over comments.
Verilator with -Wall; slang with -Wextra and -Wconversion; Yosys with both of its front ends, no wire having several
drivers. Files and waivers come from the cores. The last two look at some further sets of parameters too. IPs are looked
at beside each other, on as many cores as there are; each line names its IP. With names of IPs (``python -m
finn_verif.lint mvtu swu``) these alone are looked at.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pyslang.driver import Driver

from finn_rtl.common import workers
from finn_rtl.common.places import library
from finn_rtl.common.programs import find_tool, tool_environment
from finn_rtl.tools.eda import Sources, core_sources
from finn_verif.common.places import ROOT
from finn_verif.ips.catalog import LINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from finn_verif.ips.base import Parameters

#: Verilator leaves a recursive module empty where it is the top itself; popcount lints it.
RECURSIVE = {"bit_heap"}

#: What slang says is an error. A cast to a width made of parameters is of no use for some of them.
SLANG = ("--threads", "1", "-Wextra", "-Wconversion", "-Wno-useless-cast", "-Werror")

#: As they are synthesized, and as `finn-rtl simulate` takes them.
FORMS: tuple[tuple[str, ...], ...] = ((), ("-DFINN_PLAIN_SUMS",))


#: Columns of a line, and the folders with SystemVerilog that is written by hand.
MOST_COLUMNS = 120
FOLDERS = ("rtl", "cores", "verif", "docs", "examples")


def long_lines(root: Path) -> list[str]:
    """Lines with too many columns, comments too, of all SystemVerilog in the folders of a checkout."""
    files = sorted(path for folder in FOLDERS for kind in ("sv", "svh") for path in (root / folder).rglob(f"*.{kind}"))
    return [f"{path.relative_to(root)}:{number}: {len(line)} columns, of {MOST_COLUMNS}" for path in files
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > MOST_COLUMNS]


def sets(top: str) -> tuple[Parameters, ...]:
    """The sets of parameters with which a module is looked at, its defaults first."""
    return {}, *LINT.get(top, ())


def verilator(sources: Sources, top: str, folder: Path, defines: Sequence[str] = ()) -> str:
    """What Verilator says against a module; empty if nothing."""
    done = subprocess.run(
        [find_tool("verilator"), "--lint-only", "-Wall", "--quiet", *defines, "--top-module", top,
         *(f"-I{path}" for path in sources.include_folders), *map(str, (*sources.waivers, *sources.hdl))],
        env=tool_environment(), capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout + done.stderr + f"status {done.returncode}" if done.returncode else ""


def slang(sources: Sources, top: str, parameters: Parameters | None = None,
          defines: Sequence[str] = ()) -> bool:
    """Whether slang has nothing against a module; it tells itself what it has, on standard error."""
    values = [f"-G{name}=" + (f'"{value}"' if isinstance(value, str) else str(value))
              for name, value in (parameters or {}).items()]
    words = ["slang", *SLANG, "--top", top, *values, *(f"-D{define}" for define in defines),
             *(f"-I{path}" for path in sources.include_folders), *map(str, sources.hdl)]
    for define in FORMS:
        driver = Driver()
        driver.addStandardArgs()
        if not (driver.parseCommandLine(shlex.join((*words, *define))) and driver.processOptions()
                and driver.parseAllSources() and driver.runFullCompilation(True)):
            return False
    return True


def yosys(sources: Sources, tops: Sequence[str]) -> str:
    """What Yosys says against some modules, in a process for all of them; empty if nothing."""
    includes = [f"-I {path}" for path in sources.include_folders]
    hdl = [str(path) for path in sources.hdl]
    commands: list[str] = []
    instances: list[str] = []
    for top in tops:
        for parameters in sets(top):
            values = {name: f'"{value}"' if isinstance(value, str) else str(value)
                      for name, value in parameters.items()}
            settings = [f"-G {name}={value}" for name, value in values.items()]
            commands += [
                " ".join(["read_slang --threads 1 --top", top, *settings, *includes, *hdl]),
                "check_drivers",
                "new_design",
            ]
            connections = ", ".join(f".{name}({value})" for name, value in values.items())
            instances.append(f"  {top} #({connections}) u_{len(instances)} ();\n")
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        # Yosys' own front end: one module with all of them.
        name = "all_of_them.sv"
        Path(work, name).write_text(f"module all_of_them;\n{''.join(instances)}endmodule\n")
        commands += [" ".join(["read_verilog -sv -defer", *includes, *hdl, name]),
                     "hierarchy -check -top all_of_them"]
        done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], input="\n".join(commands), cwd=work,
                              capture_output=True, text=True, errors="replace", check=False)
    if not done.returncode:
        return ""
    said = (done.stdout + done.stderr).splitlines()
    ran = [line for line in said if line.startswith("-- Running command `") and "read_" in line]
    errors = [line for line in said if re.search("ERROR|error:", line)]
    return "\n".join([*ran[-1:], *(errors or said[-1:])])


def lint(name: str, sources: Sources, own: Sequence[str]) -> list[str]:
    """Prints a line for each of the modules and Yosys' line for all; which failed, and in what."""
    failed = []

    def tell(top: str, tool: str, is_good: bool, said: str = "") -> None:
        line = f"{name:24} {top:22} {tool:10} {'ok' if is_good else 'FAILED'}\n"
        if not is_good:
            failed.append(f"{top}: {tool}")
            line += f"{said}\n"
        # In one piece: others print at the same time.
        sys.stdout.write(line)
        sys.stdout.flush()

    for top in own:
        if top not in RECURSIVE:
            said = "".join(verilator(sources, top, sources.hdl[-1].parent, form) for form in FORMS)
            tell(top, "Verilator", not said, said)
        tell(top, "slang", all(slang(sources, top, parameters) for parameters in sets(top)))
    said = yosys(sources, own)
    tell("all", "Yosys", not said, said)
    return failed


def lint_core(core: Path) -> list[str]:
    """The same for the modules of a core."""
    found = re.search(r"^name: (finn:ip:\w+)", core.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{core}: no name of an IP"
    sources = core_sources(found[1])
    own = [path.stem for path in sources.hdl if path.parent == core.parent and not path.stem.endswith("_pkg")]
    return lint(found[1], sources, own)


def main() -> int:
    """Lint; 1 when a line or a module has a finding."""
    # Those of many modules first: they take longest.
    cores = {core.stem: core for core in sorted((library() / "rtl").glob("*/*.core"),
                                                key=lambda core: -len(list(core.parent.glob("*.sv"))))}
    parser = argparse.ArgumentParser(prog="finn_verif.lint", description="Lint every module of every IP as its own top")
    parser.add_argument("ips", nargs="*", metavar="IP", help="folder of rtl/ with a core; all if none is given")
    asked = parser.parse_args().ips or cores
    if unknown := [name for name in asked if name not in cores]:
        parser.error(f"{unknown[0]}: no such IP, but {', '.join(sorted(cores))}")
    failed = long_lines(ROOT)
    print("\n".join([*failed, f"{'lines of all files':57} {'FAILED' if failed else 'ok'}"]), flush=True)
    with workers.local() as executor:
        for findings in executor.map(lint_core, [core for name, core in cores.items() if name in asked]):
            failed += findings
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
