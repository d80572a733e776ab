# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axis_fork, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleShapes

PROOFS = (
    *(Proof("axis_fork", {"OUTPUTS": outputs, "WIDTH": width}) for outputs, width in ((2, 2), (3, 1))),
)

MUTATIONS = (
    ("axis_fork-3-1", "axis_fork.sv", "s_axis_tready = behind_q == '0;", "s_axis_tready = !behind_q[0];"),
    ("axis_fork-2-2", "axis_fork.sv", "waits & (behind_q | {OUTPUTS{take}})", "waits & {OUTPUTS{take}}"),
    ("axis_fork-2-2", "axis_fork.sv", "behind_q[i] ? older_q : newest_q", "behind_q[0] ? older_q : newest_q"),
)

SHAPES: ModuleShapes = {
    "axis_fork": {
        "two outputs": lambda p: p["OUTPUTS"] == 2,
        "several outputs": lambda p: p["OUTPUTS"] > 2,
        "one bit": lambda p: p["WIDTH"] == 1,
    },
}

CHECKS = Checks("axis_fork", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES)
