# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Places in the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: Of the proofs, and the rules of AXI4-Stream that testbenches have too.
HARNESSES = ROOT / "verif" / "formal"
#: Testbenches and what they leave.
TESTBENCHES = ROOT / "build" / "verif"
