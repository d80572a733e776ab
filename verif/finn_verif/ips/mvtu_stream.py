# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks mvtu_stream, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = tuple(
    Proof("mvtu_reorder", {"FOLDS": folds, "VECTORS": vectors}, core="mvtu_stream", depth=depth, is_fast=is_fast)
    for folds, vectors, depth, is_fast in ((2, 2, 14, True), (2, 3, 15, False))
) + tuple(
    Proof("mvtu_stream", {"MW": columns, "MH": rows, "SIMD": simd, "PE": pe, "REUSE": reuse, "INPUT_W": bits},
          depth=depth, is_fast=is_fast)
    # Blocks of two vectors, and words that are not kept.
    for columns, rows, simd, pe, reuse, bits, depth, is_fast in (
        (2, 2, 1, 1, 2, 1, 18, True), (2, 2, 1, 1, 1, 1, 14, False))
)

MUTATIONS = (
    ("mvtu_reorder-2-2", "mvtu_reorder.sv", "write_q <= write_q + AddressW'(FOLDS);", "write_q <= write_q + 1'b1;"),
    ("mvtu_reorder-2-2", "mvtu_reorder.sv", "full_q[read_half_q] <= 1'b0;", "full_q[write_half_q] <= 1'b0;"),
    ("mvtu_reorder-2-2", "mvtu_reorder.sv", "s_axis_tready = !full_q[write_half_q];", "s_axis_tready = 1'b1;"),
    ("mvtu_reorder-2-2", "mvtu_reorder.sv", "m_axis_tlast <= read_vector_ends;", "m_axis_tlast <= read_block_ends;"),
    ("mvtu_stream-2-2-1-1-2-1", "mvtu_stream.sv", "      .word_valid,", "      .word_valid(1'b1),"),
    ("mvtu_stream-2-2-1-1-2-1", "mvtu_stream.sv", ".starts('0),", ".starts('1),"),
)

SHAPES: ModuleShapes = {
    "mvtu_stream": {
        "a beat a vector": lambda p: p["SIMD"] == p["MW"] > 1,
        "one row at a time": lambda p: p["PE"] == 1,
        "weights of several bits": lambda p: p["WEIGHT_W"] > 1,
        "inputs of several bits": lambda p: p["INPUT_W"] > 1,
        "words that are not kept": lambda p: p["REUSE"] == 1,
        "no registers inside": lambda p: p["STAGES"] == 0,
        "vectors in block RAM": lambda p: p["VECTORS_IN_BLOCK"] == 1,
        "words in block RAM": lambda p: p["WORDS_IN_BLOCK"] == 1,
    },
}

LINT: ModuleParameters = {
    "mvtu_stream": ({"MW": 8, "MH": 4, "SIMD": 4, "PE": 2, "REUSE": 1},
                    {"MW": 1, "MH": 2, "SIMD": 1, "PE": 1, "REUSE": 2, "STAGES": 0},
                    {"MW": 9, "MH": 6, "SIMD": 3, "PE": 2, "REUSE": 3, "INPUT_W": 3, "VECTORS_IN_BLOCK": 1,
                     "WORDS_IN_BLOCK": 1}),
    "mvtu_reorder": ({"FOLDS": 3, "VECTORS": 5},),
}

CHECKS = Checks("mvtu_stream", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
