# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Ends the simulator with status 1 unless every test passed: edalize 0.6 does not look at the outcome of cocotb tests.

Stands before the tests in `cocotb_module`, so that an import that fails is seen too.
"""

from __future__ import annotations

import atexit
import os
from pathlib import Path

RESULTS = Path("results.xml")
RESULTS.unlink(missing_ok=True)


@atexit.register
def tell() -> None:
    """Runs after cocotb has written its results."""
    text = RESULTS.read_text() if RESULTS.exists() else ""
    if "<testcase" not in text or "<failure" in text or "<error" in text:
        os._exit(1)
