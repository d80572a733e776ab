# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axis_register, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(Proof("axis_register", {"WIDTH": width, "LATE_DATA": late}) for width, late in ((1, 0), (2, 0), (2, 1))),
)

MUTATIONS = (
    ("axis_register-2-0", "axis_register.sv", "<= s_axis_tvalid || !spare_free_q;", "<= s_axis_tvalid;"),
    ("axis_register-2-0", "axis_register.sv", "if (spare_free_q) spare_q", "spare_q"),
    ("axis_register-2-1", "axis_register.sv", "if (spare_free_q) older_q", "older_q"),
)

SHAPES: ModuleShapes = {
    "axis_register": {"one bit": lambda p: p["WIDTH"] == 1, "several": lambda p: p["WIDTH"] > 1,
                      "late data": lambda p: p["LATE_DATA"] == 1},
}

LINT: ModuleParameters = {
    "axis_register": ({"WIDTH": 1}, {"LATE_DATA": 1}),
}

CHECKS = Checks("axis_register", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT,
                files="axis_register.sv")
