# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""ROMs and memories that are loaded, which several IPs share, and what checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

LINT: ModuleParameters = {
    "rom": ({"WIDTH": 1, "DEPTH": 1}, {"DEPTH": 512, "STYLE": "block"}, {"DEPTH": 100, "STYLE": "distributed"}),
    "load_port": ({"DEPTH": 1}, {"BANKS": 2}),
    "load_ram": ({"WIDTH": 32, "DEPTH": 5, "BANKS": 2, "STYLE": "block"}, {"DEPTH": 1, "STYLE": "distributed"}),
    "memory_slices": ({"WIDTH": 40, "SLICE": 16}, {"WIDTH": 40, "SLICE": 32, "BANKS": 2}),
}

CHECKS = Checks("common", lint=LINT, files="rom.sv memory_slices.sv", is_soaked=False)
