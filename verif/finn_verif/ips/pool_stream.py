# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks pool_stream, beside the tests and proofs of the pools around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

USERS = ("maxpool", "sumpool")

LINT: ModuleParameters = {
    "pool_stream": ({"IFM_H": 2, "IFM_W": 2, "GROUPS": 1},
                    {"IFM_H": 3, "IFM_W": 5, "KERNEL_H": 1, "KERNEL_W": 1}),
}

CHECKS = Checks("pool_stream", lint=LINT, tests=USERS, proven_by=USERS, is_soaked=False)
