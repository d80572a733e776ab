# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks bank_ram, beside the tests and proofs of the buffers around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

LINT: ModuleParameters = {
    "bank_ram": ({"DEPTH": 1}, {"WIDTH": 1, "DEPTH": 65}),
}

CHECKS = Checks("bank_ram", lint=LINT, folder="common", files="bank_ram.sv", tests=("replay_buffer", "swu"),
                proven_by=("replay_buffer",), is_soaked=False)
