# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axis_fifo, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(Proof("axis_fifo", {"WIDTH": 2, "DEPTH": depth, "STYLE": "distributed"}) for depth in (1, 2, 5)),
    *(Proof("axis_fifo", {"WIDTH": 2, "DEPTH": depth, "STYLE": "block"}) for depth in (3, 5)),
    Proof("axis_fifo", {"WIDTH": 1, "DEPTH": 8, "STYLE": "distributed"}),
    *(Proof("axis_fifo", {"WIDTH": 2, "DEPTH": depth, "STYLE": style, "OUTPUT_REGISTER": 1})
      for depth, style in ((3, "distributed"), (5, "distributed"), (4, "block"))),
)

MUTATIONS = (
    ("axis_fifo-2-2-distributed", "axis_fifo.sv", "if (push != pop) begin", "if (push) begin"),
    ("axis_fifo-2-3-block", "axis_fifo.sv", "PointerW'(MemoryDepth - 1);", "PointerW'(MemoryDepth - 2);"),
    ("axis_fifo-2-3-block", "axis_fifo.sv", "if (pop) output_q <=", "output_q <="),
    ("axis_fifo-2-4-block-1", "axis_fifo.sv", "m_axis_tready || !beat_valid_q", "1'b1"),
)

SHAPES: ModuleShapes = {
    "axis_fifo": {
        "one place": lambda p: p["DEPTH"] == 1,
        "a power of two": lambda p: p["DEPTH"] > 1 and p["DEPTH"] & p["DEPTH"] - 1 == 0,
        "no power of two": lambda p: p["DEPTH"] & p["DEPTH"] - 1 != 0,
        "block RAM": lambda p: p["STYLE"] == "block",
        "LUTs": lambda p: p["STYLE"] == "distributed",
        "output register": lambda p: p.get("OUTPUT_REGISTER") == 1,
    },
}

LINT: ModuleParameters = {
    "axis_fifo": ({"WIDTH": 1, "DEPTH": 1}, {"DEPTH": 2}, {"DEPTH": 100}, {"DEPTH": 512, "STYLE": "block"},
                  {"DEPTH": 3, "OUTPUT_REGISTER": 1}, {"DEPTH": 512, "STYLE": "block", "OUTPUT_REGISTER": 1}),
}

CHECKS = Checks("axis_fifo", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
