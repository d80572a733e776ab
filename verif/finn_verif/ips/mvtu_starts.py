# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks the start values of mvtu: its tests and proofs, and a proof of places between edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

LINT: ModuleParameters = {
    "mvtu_starts": ({"READS": 0}, {"READS": 2, "STYLE": "block"}, {"READS": 3},
                    {"NF": 1, "ROWS": 3, "COLUMNS": 2, "TOP": 1, "RIGHT": 1}),
    "mvtu_places": ({"NF": 1, "ROWS": 1, "COLUMNS": 1, "TOP": 0, "BOTTOM": 0, "LEFT": 0, "RIGHT": 0},
                    {"NF": 3, "TOP": 0, "LEFT": 4, "RIGHT": 0}),
}

CHECKS = Checks("mvtu_starts", lint=LINT, folder="mvtu", files="mvtu_starts.sv mvtu_places.sv", tests=("mvtu",),
                proven_by=("mvtu_places", "mvtu"), is_soaked=False)
