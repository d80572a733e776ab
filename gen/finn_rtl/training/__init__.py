"""Training scripts; all but `graph` need the extra `training` (PyTorch)."""

from __future__ import annotations

import sys

from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require

PROGRAMS = tuple(f"{__name__}.{script}" for script in ("cnn", "few_bits", "mlp"))

# What python -m names is only looked for, and nothing of it loaded: here one line can come instead of a traceback.
if sys.argv[:1] == ["-m"] and not {*PROGRAMS}.isdisjoint(sys.orig_argv):
    try:
        require("training", "torch")
    except FinnError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
