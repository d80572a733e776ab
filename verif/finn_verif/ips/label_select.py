# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks label_select, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(
        Proof("label_select", {"CLASSES": classes, "PE": pe, "SCORE_W": width, "SIGNED_SCORES": signed})
        for classes, pe, width, signed in ((3, 1, 2, 0), (2, 2, 2, 1), (3, 3, 2, 0), (4, 2, 2, 0), (6, 3, 1, 0))
    ),
    *(
        Proof("label_select", {"CLASSES": classes, "PE": 1, "SCORE_W": 2, "SIGNED_SCORES": signed, "LABELS": labels})
        for classes, signed, labels in ((4, 1, 2), (3, 0, 3))
    ),
)

MUTATIONS = (
    ("label_select-3-1-2-0", "label_select.sv", "beat_score > best_score_q", "beat_score >= best_score_q"),
    ("label_select-4-1-2-1-2", "label_select.sv", "beat_score > best_score_q", "beat_score >= best_score_q"),
    ("label_select-4-1-2-1-2", "label_select.sv", "? g_place[i-1].best_label_q : label", "? label : label"),
    ("label_select-3-1-2-0-3", "label_select.sv", "<= g_place[i-1].is_filled;", "<= 1'b1;"),
    ("label_select-2-2-2-1", "label_select.sv", "= take || !beat_valid", "= 1'b1"),
    ("label_select-4-2-2-0", "label_select.sv", "!(is_last && output_valid_q)", "1'b1"),
)

SHAPES: ModuleShapes = {
    "label_select": {
        "a score a beat": lambda p: p["PE"] == 1,
        "some scores a beat": lambda p: 1 < p["PE"] < p["CLASSES"],
        "all scores in one beat": lambda p: p["PE"] == p["CLASSES"],
        "scores a beat no power of two": lambda p: p["PE"] & p["PE"] - 1 != 0,
        "signed": lambda p: p["SIGNED_SCORES"] == 1,
        "unsigned": lambda p: p["SIGNED_SCORES"] == 0,
        "several labels": lambda p: 1 < p["LABELS"] < p["CLASSES"],
        "all labels": lambda p: p["LABELS"] == p["CLASSES"],
    },
}

LINT: ModuleParameters = {
    "label_select": ({"CLASSES": 10, "PE": 10, "SIGNED_SCORES": 1}, {"CLASSES": 2, "PE": 2, "SCORE_W": 1},
                     {"CLASSES": 10, "LABELS": 3}),
}

CHECKS = Checks("label_select", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
