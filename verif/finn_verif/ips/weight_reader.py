# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks weight_reader, beside its cocotb tests; those of dma_mm2s and axis_dwc are checks of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = tuple(
    Proof("weight_reader", {"WORD_W": word_w, "WORDS": words}, is_fast=is_fast, stubs=("dma_mm2s",))
    # Words that beats are cut into, a pass within a beat, words of several beats.
    for word_w, words, is_fast in ((16, 3, True), (5, 3, False), (64, 2, False))
)

MUTATIONS = (
    ("weight_reader-16-3", "weight_reader.sv", "converter_resetn_q <= aresetn && is_reading;",
     "converter_resetn_q <= aresetn;"),
    ("weight_reader-16-3", "weight_reader.sv", "if (fails || !run) state_q <= STOP;", "if (!run) state_q <= STOP;"),
    ("weight_reader-16-3", "weight_reader.sv", "if (command_ready && !run) state_q <= IDLE;",
     "if (!run) state_q <= IDLE;"),
    ("weight_reader-16-3", "weight_reader.sv", "(error_response || error_length || error_address)", "error_response"),
    ("weight_reader-16-3", "weight_reader.sv", ".abort(state_q == STOP)", ".abort(error)"),
)

SHAPES: ModuleShapes = {
    "weight_reader": {
        "words of several beats": lambda p: p["WORD_W"] > p["DATA_W"],
        "words that beats are cut into": lambda p: p["WORD_W"] < p["DATA_W"] and p["DATA_W"] % p["WORD_W"] != 0,
        "words as wide as beats": lambda p: p["WORD_W"] == p["DATA_W"],
        "a pass within a beat": lambda p: p["WORDS"] * p["WORD_W"] < p["DATA_W"],
        "block RAM": lambda p: p["BUFFER_STYLE"] == "block",
    },
}

LINT: ModuleParameters = {
    "weight_reader": ({"ADDR_W": 12, "DATA_W": 32, "WORD_W": 1, "WORDS": 1, "BURST": 1, "BUFFER": 3},
                      {"ADDR_W": 64, "DATA_W": 1024, "WORD_W": 1152, "WORDS": 2048, "BUFFER_STYLE": "block"}),
}

CHECKS = Checks("weight_reader", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
