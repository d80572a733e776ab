# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks parameter_loader, beside its cocotb tests, which are those of whole networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

PROOFS = tuple(Proof("parameter_loader", {"BANKS": banks, "BEATS": beats}, depth=16, is_inductive=True,
                     promised_depth=30)
               for banks in (1, 2) for beats in (1, 2))

MUTATIONS = (
    ("parameter_loader-1-2", "parameter_loader.sv", "if (empty || BANKS == 2) begin", "if (1) begin"),
    ("parameter_loader-1-2", "parameter_loader.sv", "if (BANKS == 1) valid_q <= 1'b0;", ""),
    ("parameter_loader-2-1", "parameter_loader.sv", "!valid_q || pending_q || ", "!valid_q || "),
    ("parameter_loader-2-1", "parameter_loader.sv", "if (empty) begin", "if (1) begin"),
    ("parameter_loader-1-2", "parameter_loader.sv", "(s_axis_tdata != ~crc_q) ? REFUSE : FILL", "FILL"),
    ("parameter_loader-1-2", "parameter_gate.sv", "beat_q == '0 && !m_axis_tvalid) open_q", "1'b1) open_q"),
)

LINT: ModuleParameters = {
    "parameter_loader": ({"BANKS": 2, "WORDS": 1, "BEATS": 1, "FRAMES": 1},),
    "parameter_gate": ({"BEATS": 1, "FRAMES": 1},),
}

CHECKS = Checks("parameter_loader", proofs=PROOFS, mutations=MUTATIONS, lint=LINT, tests=("accelerator",),
                is_soaked=False)
