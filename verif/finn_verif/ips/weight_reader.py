# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks weight_reader, beside its cocotb tests: the proofs of dma_mm2s and axis_dwc are those of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

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

CHECKS = Checks("weight_reader", shapes=SHAPES, lint=LINT)
