# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axi_read_arbiter, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = tuple(
    Proof("axi_read_arbiter", {"PORTS": ports, "OUTSTANDING": outstanding}, depth=10, is_inductive=True,
          is_fast=is_fast, promised_depth=12)
    for ports, outstanding, is_fast in ((2, 2, True), (3, 3, False))
)

MUTATIONS = (
    ("axi_read_arbiter-2-2", "axi_read_arbiter.sv", "PORTS'(1) << owner : '0", "PORTS'(1) << turn_q : '0"),
    ("axi_read_arbiter-2-2", "axi_read_arbiter.sv", "beat_ready && ends_burst", "beat_ready"),
    ("axi_read_arbiter-2-2", "axi_read_arbiter.sv", "beat_q == length", "s_axi_rlast"),
    ("axi_read_arbiter-2-2", "axi_read_arbiter.sv", "address_ready && owner_ready", "address_ready"),
    ("axi_read_arbiter-2-2", "axi_read_arbiter.sv", "turn_valid_q <= next_valid || s_axi_arvalid[turn_q];",
     "turn_valid_q <= next_valid;"),
)

SHAPES: ModuleShapes = {
    "axi_read_arbiter": {
        "two masters": lambda p: p["PORTS"] == 2,
        "masters of no power of two": lambda p: p["PORTS"] & p["PORTS"] - 1 != 0,
        "the fewest bursts": lambda p: p["OUTSTANDING"] == 2,
        "the narrowest memory": lambda p: p["DATA_W"] == 32,
    },
}

LINT: ModuleParameters = {
    "axi_read_arbiter": ({"PORTS": 2, "ADDR_W": 12, "DATA_W": 32, "OUTSTANDING": 2},
                         {"PORTS": 16, "ADDR_W": 64, "DATA_W": 1024}),
}

CHECKS = Checks("axi_read_arbiter", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
