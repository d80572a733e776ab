"""Compiles what every run needs and keeps it: the schedule, the reference's kernels, and Verilator's runtime.

`make setup` runs it as ``python -m finn_rtl.tools.install`` with XDG_CACHE_HOME naming the environment's own folder
(INSTALLED of finn_rtl.common.cache). Without it the first run does the same.
"""

from __future__ import annotations

import sys

from finn_rtl.common.errors import FinnError
from finn_rtl.meaning import compiled
from finn_rtl.plan import engine
from finn_rtl.tools import simulation, verilator


def main() -> int:
    """Compile; 1 where that cannot be."""
    try:
        engine.library()
        compiled.library()
        verilator.keep_runtime(simulation.WATCH)
    except (FinnError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
