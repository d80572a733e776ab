# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Runs Yosys commands from standard input, one a line; the lines below are our own.

`unparameterize PREFIX` takes all parameters from the cells whose type begins with PREFIX, which a black box of one
fixed shape must not have. `check_drivers` ends with an error if a wire has several drivers or logic is a loop.
`map_xilinx OPTIONS` is `synth_xilinx OPTIONS` up to its last check. `new_design` begins again with nothing.
Run as ``python -m finn_rtl.tools.yosys``, in a process of its own: Yosys ends it on an error.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from pyosys import libyosys as ys

#: Bits of a register that is taken apart early.
WIDE = 16384


def unparameterize(design: ys.Design, prefix: str) -> None:
    """Take the parameters from all cells of types that begin with `prefix`."""
    for module in design.modules_.values():
        for cell in module.cells_.values():
            if cell.type.str().lstrip("\\").startswith(prefix):
                for name in list(cell.parameters.keys()):
                    cell.unsetParam(name)


def check_drivers(design: ys.Design) -> bool:
    """End the process with status 1 if a wire has several drivers or logic is a loop, neither of which simulators tell.

    Returns whether there are memories. A second process looks, and leaves the design as it is here: what Yosys makes of
    it depends on the numbers in its names.
    """
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        report, memories = Path(work) / "check.txt", Path(work) / "memories.txt"
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.chdir(work)  # Yosys takes paths with spaces apart
            for command in ("proc", "flatten", "opt_clean", f"tee -q -o {memories.name} select -list t:$mem*",
                            f"tee -q -o {report.name} check"):
                ys.run_pass(command, design)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status or not report.is_file():
            sys.exit("error: the check of the drivers itself failed")
        problems = re.findall(r"^Warning: (.*?):?$", report.read_text(encoding="utf-8"), re.MULTILINE)
        has_memories = bool(memories.read_text(encoding="utf-8").strip())
    if problems:
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        sys.exit(f"error: {problems[0]}{more}")
    return has_memories


def has_wide_registers(design: ys.Design) -> bool:
    """Whether there is a register of WIDE bits or more."""
    return any(cell.type.str().startswith("$") and "dff" in cell.type.str()
               and cell.getParam(ys.IdString("\\WIDTH")).as_int() >= WIDE
               for module in design.modules_.values() for cell in module.cells_.values())


def map_xilinx(design: ys.Design, options: str, has_memories: bool) -> None:
    """Map to cells; the libraries of RAMs, which take longer to read than a small part to map, for memories alone.

    The cells that come out are the same with and without these. Registers of very many bits are taken apart behind the
    search for those of memories, and before all others: Yosys copies a register as a whole to look at one of its bits.
    """
    if has_memories:
        ys.run_pass(f"synth_xilinx {options} -run begin:map_dsp", design)
        if has_wide_registers(design):
            ys.run_pass("memory_dff", design)
            ys.run_pass(f"simplemap t:$*dff* r:WIDTH>={WIDE} %i", design)
        ys.run_pass(f"synth_xilinx {options} -run map_dsp:check", design)
        return
    top = options.split("-top ")[1].split()[0]
    for command in ("read_verilog -lib -specify +/xilinx/cells_sim.v", f"hierarchy -check -top {top}",
                    f"synth_xilinx {options} -run prepare:map_memory", f"synth_xilinx {options} -run map_ffram:check"):
        ys.run_pass(command, design)


def name_temporary_folder() -> None:
    """Give Yosys, which takes paths with spaces apart, a name of the folder for temporary files that has none."""
    if len(tempfile.gettempdir().split()) > 1:
        relative = os.path.relpath(tempfile.gettempdir())
        os.environ["TMPDIR"] = relative if len(relative.split()) == 1 else "."


def main() -> None:
    """Run the commands."""
    name_temporary_folder()
    design, has_memories = ys.Design(), True
    for command in sys.stdin.read().splitlines():
        if command.startswith("unparameterize "):
            unparameterize(design, command.split()[1])
        elif command == "check_drivers":
            has_memories = check_drivers(design)
        elif command.startswith("map_xilinx "):
            map_xilinx(design, command.removeprefix("map_xilinx "), has_memories)
        elif command == "new_design":
            design, has_memories = ys.Design(), True
        else:
            ys.run_pass(command, design)


if __name__ == "__main__":
    main()
