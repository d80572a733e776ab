# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks parameter_loader, beside its cocotb tests and those of whole networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

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

SHAPES: ModuleShapes = {
    "parameter_loader": {
        "one bank": lambda p: p["BANKS"] == 1,
        "two banks": lambda p: p["BANKS"] == 2,
        "one word": lambda p: p["WORDS"] == 1,
        "words of no power of two": lambda p: p["WORDS"] & p["WORDS"] - 1 > 0,
        "frames of one beat": lambda p: p["BEATS"] == 1,
        "frames of several beats": lambda p: p["BEATS"] > 1,
        "one frame inside": lambda p: p["FRAMES"] == 1,
    },
}

LINT: ModuleParameters = {
    "parameter_loader": ({"BANKS": 2, "WORDS": 1, "BEATS": 1, "FRAMES": 1},),
    "parameter_gate": ({"BEATS": 1, "FRAMES": 1},),
}

CHECKS = Checks("parameter_loader", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
