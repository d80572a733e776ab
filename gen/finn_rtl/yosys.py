"""Runs Yosys commands from standard input, one a line; the line `unparameterize PREFIX` is our own.

`unparameterize PREFIX` takes all parameters from the cells whose type begins with PREFIX, which a black box of one
fixed shape must not have. Run as ``python -m finn_rtl.yosys``, in a process of its own: Yosys ends it on an error.
"""

from __future__ import annotations

import sys

from pyosys import libyosys as ys


def unparameterize(design: ys.Design, prefix: str) -> None:
    """Take the parameters from all cells of types that begin with `prefix`."""
    for module in design.modules_.values():
        for cell in module.cells_.values():
            if cell.type.str().lstrip("\\").startswith(prefix):
                for name in list(cell.parameters.keys()):
                    cell.unsetParam(name)


def main() -> None:
    """Run the commands."""
    design = ys.Design()
    for command in sys.stdin.read().splitlines():
        if command.startswith("unparameterize "):
            unparameterize(design, command.split()[1])
        else:
            ys.run_pass(command, design)


if __name__ == "__main__":
    main()
