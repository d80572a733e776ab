# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Lints every module of every IP as its own top with Verilator -Wall; files and waivers come from the cores."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from finn_rtl.eda import core_sources, find_tool, repository, tool_environment

# Verilator leaves a recursive module empty where it is the top itself; popcount lints it.
RECURSIVE = {"bit_heap"}


def main() -> int:
    """Lint; 1 when a module has a finding."""
    verilator = find_tool("verilator")
    failed = 0
    for core in sorted((repository() / "rtl").glob("*/*.core")):
        found = re.search(r"^name: (finn:ip:\w+)", core.read_text(encoding="utf-8"), re.MULTILINE)
        assert found, f"{core}: no name of an IP"
        sources = core_sources(found[1])
        includes = [f"-I{folder}" for folder in sources.include_folders]
        own = [path.stem for path in sources.hdl if path.parent == core.parent]
        for top in [name for name in own if name not in RECURSIVE and not name.endswith("_pkg")]:
            done = subprocess.run(
                [verilator, "--lint-only", "-Wall", "--quiet", "--top-module", top, *includes,
                 *map(str, sources.waivers), *map(str, sources.hdl)],
                env=tool_environment(), capture_output=True, text=True, check=False, cwd=Path(core).parent)
            print(f"{found[1]:28} {top:20} {'ok' if done.returncode == 0 else 'FAILED'}")
            if done.returncode:
                failed += 1
                print(done.stdout + done.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
