# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Lints every module of every IP as its own top: ``python -m finn_verif.lint`` (part of ``make lint``).

Verilator with -Wall; slang with -Wextra and -Wconversion; Yosys with both of its front ends, no wire having several
drivers. Files and waivers come from the cores. The last two look at some further sets of parameters too.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pyslang.driver import Driver

from finn_rtl.common.programs import find_tool, tool_environment
from finn_rtl.common.repository import repository
from finn_rtl.tools.eda import Sources, core_sources
from finn_verif.windows import window_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from finn_verif.testbench import Value

#: Verilator leaves a recursive module empty where it is the top itself; popcount lints it.
RECURSIVE = {"bit_heap"}

#: What slang says is an error. A cast to a width made of parameters is of no use for some of them.
SLANG = ("--threads", "1", "-Wextra", "-Wconversion", "-Wno-useless-cast", "-Werror")

#: Further parameters of a module: what changes its structure, and the smallest of everything.
SETS: Mapping[str, tuple[Mapping[str, Value], ...]] = {
    "axi_host": ({"ADDR_W": 64, "DATA_W": 1024, "INPUT_W": 24, "INPUT_FRAME_BITS": 3072, "RESULT_BEATS": 3},
                 {"ADDR_W": 40, "DATA_W": 32, "INPUT_W": 7, "INPUT_FRAME_BITS": 21, "RESULT_W": 5}),
    "axis_dwc": ({"S_WIDTH": 8, "M_WIDTH": 8}, {"S_WIDTH": 24, "M_WIDTH": 8}, {"S_WIDTH": 3, "M_WIDTH": 2},
                 {"S_WIDTH": 2, "M_WIDTH": 3, "FRAME_BITS": 4}),
    "axis_fifo": ({"WIDTH": 1, "DEPTH": 1}, {"DEPTH": 2}, {"DEPTH": 100}, {"DEPTH": 512, "STYLE": "block"}),
    "axis_frame_guard": ({"WIDTH": 1, "BEATS": 1, "FRAMES": 2}, {"BEATS": 3, "USE_TLAST": 0}),
    "axis_register": ({"WIDTH": 1},),
    "dma_job": ({"ADDR_W": 12, "DATA_W": 32, "LENGTH_W": 8, "BURST": 1, "AVAILABLE_W": 1},
                {"ADDR_W": 64, "DATA_W": 1024, "BURST": 256, "AVAILABLE_W": 12}),
    **{f"dma_{way}": ({"ADDR_W": 12, "DATA_W": 32, "LENGTH_W": 8, "BURST": 1, "BUFFER": 1,
                       "BUFFER_STYLE": "distributed"},
                      {"ADDR_W": 64, "DATA_W": 1024, "BURST": 256, "BUFFER": 300, "BUFFER_STYLE": "block"})
       for way in ("mm2s", "s2mm")},
    "label_select": ({"CLASSES": 10, "PE": 10, "SIGNED_SCORES": 1}, {"CLASSES": 2, "PE": 2, "SCORE_W": 1}),
    "maxpool": ({"IFM_H": 2, "IFM_W": 2, "CHANNELS": 1, "PE": 1}, {"ELEMENT_W": 8, "SIGNED_ELEMENTS": 1},
                {"IFM_H": 3, "IFM_W": 5, "ELEMENT_W": 2, "KERNEL_W": 3, "RAM_STYLE": "block"}),
    "mvtu": ({"THRESHOLDS": 0, "STAGES": 0}, {"THRESHOLDS": 3, "RAM_STYLE": "block"}, {"INPUT_W": 8},
             {"MW": 27, "SIMD": 3, "PE": 16, "INPUT_W": 8, "SIGNED_INPUTS": 1, "WEIGHT_SLICE": 16},
             {"MW": 1, "MH": 1, "SIMD": 1, "PE": 1, "STAGES": 0}),
    "mvtu_dot_binary": ({"SIMD": 1}, {"SIMD": 64, "STAGES": 1}),
    "mvtu_dot_integer": ({"SIMD": 1}, {"SIMD": 4, "STAGES": 2, "SIGNED_INPUTS": 1}),
    "popcount": ({"WIDTH": 1}, {"WIDTH": 100, "REGISTERS": 3}),
    "replay_buffer": ({"LENGTH": 1}, {"LENGTH": 5, "REPEATS": 3}),
    "requant": ({"OUT_BITS": 1, "INPUT_W": 1, "SIGNED_INPUT": 0, "SCALE_W": 2, "OFFSET_W": 1, "SHIFT": 0,
                 "CHANNELS": 1, "PE": 1, "USE_DSP": "no"},
                {"OUT_BITS": 4, "SIGNED_OUTPUT": 1, "LOW": -7, "INPUT_W": 32, "SCALE_W": 25, "OFFSET_W": 48,
                 "SHIFT": 47, "USE_DSP": "yes", "CHANNELS": 6, "SCALE_STYLE": "block"}),
    "requant_lane": ({"USE_DSP": "no", "SHIFT": 40}, {"USE_DSP": "yes", "LOW": -127, "HIGH": 127}),
    "rom": ({"WIDTH": 1, "DEPTH": 1}, {"DEPTH": 512, "STYLE": "block"}, {"DEPTH": 100, "STYLE": "distributed"}),
    "rom_slices": ({"WIDTH": 40, "SLICE": 16},),
    "swu": ({**window_parameters((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1)},
            {**window_parameters((8, 8), (3, 3), (2, 2), (1, 1, 1, 1), (4, 2), 8), "DEPTHWISE": 1},
            {**window_parameters((30, 30), (3, 3), (1, 1), (0, 0, 0, 0), (64, 32), 1), "RAM_STYLE": "block"}),
    "swu_parallel": (window_parameters((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1),
                     window_parameters((8, 8), (3, 3), (2, 2), (1, 1, 1, 1), (4, 2), 8),
                     window_parameters((8, 1), (3, 1), (1, 1), (0, 0, 0, 0), (8, 2), 1),
                     {**window_parameters((30, 30), (3, 3), (1, 1), (1, 0, 1, 0), (64, 64), 1), "RAM_STYLE": "block"}),
    "threshold": ({"OUT_BITS": 1, "INPUT_W": 1, "CHANNELS": 1, "PE": 1},
                  {"OUT_BITS": 4, "SIGNED_INPUT": 1, "CHANNELS": 6, "RAM_STYLE": "block"},
                  {"OUT_BITS": 3, "CHANNELS": 9, "PE": 3, "LUT_DEPTH": 6, "FALLING": 1, "SIGNED_OUTPUT": 1}),
    "threshold_compare": ({"COUNT": 2, "WIDTH": 1}, {"SIGNED_VALUES": 1}),
    "uart_frame_buffer": ({"FRAME_BYTES": 1, "FRAMES": 1}, {"FRAME_BYTES": 98, "FRAMES": 17}),
    "uart_host": ({"FRAME_BYTES": 1, "WINDOW": 1}, {"FRAME_BYTES": 3000, "WINDOW": 3}),
    "uart_rx": ({"CLOCKS_PER_BIT": 4}, {"CLOCKS_PER_BIT": 435}),
    "uart_tx": ({"CLOCKS_PER_BIT": 2},),
}


def sets(top: str) -> tuple[Mapping[str, Value], ...]:
    """The sets of parameters with which a module is looked at, its defaults first."""
    return {}, *SETS.get(top, ())


def verilator(sources: Sources, top: str, folder: Path) -> str:
    """What Verilator says against a module; empty if nothing."""
    done = subprocess.run(
        [find_tool("verilator"), "--lint-only", "-Wall", "--quiet", "--top-module", top,
         *(f"-I{path}" for path in sources.include_folders), *map(str, (*sources.waivers, *sources.hdl))],
        env=tool_environment(), capture_output=True, text=True, check=False, cwd=folder)
    return done.stdout + done.stderr + f"status {done.returncode}" if done.returncode else ""


def slang(sources: Sources, top: str, parameters: Mapping[str, Value] | None = None,
          defines: Sequence[str] = ()) -> bool:
    """Whether slang has nothing against a module; it tells itself what it has, on standard error."""
    values = [f"-G{name}=" + (f'"{value}"' if isinstance(value, str) else str(value))
              for name, value in (parameters or {}).items()]
    words = ["slang", *SLANG, "--top", top, *values, *(f"-D{define}" for define in defines),
             *(f"-I{path}" for path in sources.include_folders), *map(str, sources.hdl)]
    # As they are synthesized, and as large networks are simulated.
    for define in ((), ("-DFINN_PLAIN_SUMS",)):
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
        all_of_them = Path(work) / "all_of_them.sv"
        all_of_them.write_text(f"module all_of_them;\n{''.join(instances)}endmodule\n")
        commands += [" ".join(["read_verilog -sv -defer", *includes, *hdl, str(all_of_them)]),
                     "hierarchy -check -top all_of_them"]
        done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], input="\n".join(commands),
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
        print(f"{name:24} {top:22} {tool:10} {'ok' if is_good else 'FAILED'}", flush=True)
        if not is_good:
            failed.append(f"{top}: {tool}")
            print(said, flush=True)

    for top in own:
        if top not in RECURSIVE:
            said = verilator(sources, top, sources.hdl[-1].parent)
            tell(top, "Verilator", not said, said)
        tell(top, "slang", all(slang(sources, top, parameters) for parameters in sets(top)))
    said = yosys(sources, own)
    tell("all", "Yosys", not said, said)
    return failed


def main() -> int:
    """Lint; 1 when a module has a finding."""
    failed = []
    for core in sorted((repository() / "rtl").glob("*/*.core")):
        found = re.search(r"^name: (finn:ip:\w+)", core.read_text(encoding="utf-8"), re.MULTILINE)
        assert found, f"{core}: no name of an IP"
        sources = core_sources(found[1])
        own = [path.stem for path in sources.hdl if path.parent == core.parent and not path.stem.endswith("_pkg")]
        failed += lint(found[1], sources, own)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
