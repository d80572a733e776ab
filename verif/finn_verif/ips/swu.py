# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks swu, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.common.windows import WINDOWS, window_parameters
from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    Proof("swu", window_parameters((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), 1)),
    Proof("swu", window_parameters((2, 2), (2, 1), (1, 1), (1, 0, 0, 0), (1, 1), 1)),
    Proof("swu", {**window_parameters((1, 2), (1, 2), (1, 1), (0, 0, 0, 0), (2, 1), 1), "DEPTHWISE": 1}),
    Proof("swu", {**window_parameters((2, 2), (2, 1), (1, 1), (1, 0, 0, 0), (1, 1), 1), "PAD_VALUE": 1}),
    Proof("swu", window_parameters((2, 2), (2, 2), (1, 1), (1, 0, 1, 0), (1, 1), 1), is_fast=False),
    Proof("swu", window_parameters((3, 3), (2, 2), (2, 2), (0, 0, 0, 0), (1, 1), 1), is_fast=False),
    # Buffers that are no power of two: three blocks.
    Proof("swu", {**window_parameters((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), 1), "DEPTH": 3}),
    Proof("swu", {**window_parameters((1, 3), (1, 2), (1, 1), (0, 0, 0, 1), (1, 1), 1), "DEPTH": 6}, is_fast=False),
)

MUTATIONS = (
    ("swu-2-2-2-2-1-1-0-0-0-0-1-1-1", "swu.sv", "if (output_free) begin", "if (1'b1) begin"),
    ("swu-2-2-2-1-1-1-1-0-0-0-1-1-1", "swu.sv", "is_pad ? Padding : memory", "memory"),
    ("swu-2-2-2-1-1-1-1-0-0-0-1-1-1-1", "swu.sv", "{SIMD{ELEMENT_W'(PAD_VALUE)}}", "'0"),
    ("swu-2-2-2-2-1-1-0-0-0-0-1-1-1-3", "swu.sv", "(32'(write_block_q) == Blocks - 1)",
     "(32'(write_block_q) == Blocks - 2)"),
    ("swu-1-3-1-2-1-1-0-0-0-1-1-1-1-6", "swu.sv", "(BlockIndexW + 1)'(carries[BlockW])", "(BlockIndexW + 1)'(0)"),
    ("swu-1-2-1-2-1-1-0-0-0-0-2-1-1-1", "swu.sv", "(is_begin_q || is_draining)", "(1'b1 || is_draining)"),
)

SHAPES: ModuleShapes = {
    "swu": {**WINDOWS, "channel by channel": lambda p: p["DEPTHWISE"] == 1,
            "buffer of a set depth": lambda p: p.get("DEPTH", 0) > 0,
            "banks of LUT RAM": lambda p: p["RAM_STYLE"] == "distributed" and p.get("DEPTH", 0) > 64},
}

LINT: ModuleParameters = {
    "swu": ({**window_parameters((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1)},
            {**window_parameters((8, 8), (3, 3), (2, 2), (1, 1, 1, 1), (4, 2), 8), "DEPTHWISE": 1},
            {**window_parameters((4, 4), (3, 3), (1, 1), (1, 1, 1, 1), (4, 2), 4), "PAD_VALUE": 9},
            {**window_parameters((30, 30), (3, 3), (1, 1), (0, 0, 0, 0), (64, 32), 1), "RAM_STYLE": "block"},
            {**window_parameters((30, 30), (3, 3), (1, 1), (1, 1, 1, 1), (64, 32), 1), "RAM_STYLE": "distributed"}),
}

CHECKS = Checks("swu", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT, files="swu.sv")
