# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks join_stream, beside the tests and proofs of the IPs with two inputs around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

USERS = ("add", "concat")

LINT: ModuleParameters = {
    "join_stream": ({"A_WIDTH": 1, "B_WIDTH": 1, "RESULT_W": 1, "BEATS": 1},),
}

CHECKS = Checks("join_stream", lint=LINT, tests=USERS, proven_by=USERS, is_soaked=False)
