# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks dma_job, beside the tests of the DMAs around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips import dma
from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

LINT: ModuleParameters = {
    "dma_job": ({"ADDR_W": 12, "DATA_W": 32, "LENGTH_W": 8, "BURST": 1, "AVAILABLE_W": 1},
                {"ADDR_W": 64, "DATA_W": 1024, "BURST": 256, "AVAILABLE_W": 12}),
}

CHECKS = Checks("dma_job", lint=LINT, tests=dma.NAMES, proven_by=dma.NAMES, is_soaked=False)
