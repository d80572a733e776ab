# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""ROMs, which several IPs share, and what checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

LINT: ModuleParameters = {
    "rom": ({"WIDTH": 1, "DEPTH": 1}, {"DEPTH": 512, "STYLE": "block"}, {"DEPTH": 100, "STYLE": "distributed"}),
    "rom_slices": ({"WIDTH": 40, "SLICE": 16},),
}

CHECKS = Checks("common", lint=LINT, files="rom*.sv", is_soaked=False)
