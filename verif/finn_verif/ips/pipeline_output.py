# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks pipeline_output, beside the tests and proofs of the units that it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

LINT: ModuleParameters = {
    "pipeline_output": ({"SPACED": 1},),
}

CHECKS = Checks("pipeline_output", lint=LINT, folder="axis_register", files="pipeline_output.sv",
                tests=("mvtu_precision", "mvtu"), proven_by=("mvtu",), is_soaked=False)
