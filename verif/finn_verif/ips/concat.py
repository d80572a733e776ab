# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks concat, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def forms(p: Mapping[str, Any]) -> list[str]:
    """What the elements of both streams are."""
    return sorted(("bipolar" if p[f"{side}_BIPOLAR"] else "0/1") if p[f"{side}_W"] == 1 else
                  "signed" if p[f"{side}_SIGNED"] else "unsigned" for side in "AB")


def parameters(elements: tuple[int, int], a: tuple[int, int, int], b: tuple[int, int, int], beats: int
               ) -> dict[str, int | str]:
    """Parameters; `a` and `b` are the bits of an element, whether it is signed, and whether bipolar."""
    found: dict[str, int | str] = {"A_ELEMENTS": elements[0], "B_ELEMENTS": elements[1]}
    for side, (bits, signed, bipolar) in (("A", a), ("B", b)):
        found |= {f"{side}_W": bits, f"{side}_SIGNED": signed, f"{side}_BIPOLAR": bipolar}
    return found | {"BEATS": beats}


PROOFS = (
    Proof("concat", parameters((2, 1), (1, 0, 1), (1, 0, 1), 2)),
    Proof("concat", parameters((1, 1), (1, 0, 0), (1, 0, 1), 1)),
    Proof("concat", parameters((1, 2), (2, 1, 1), (2, 0, 1), 3)),
    Proof("concat", parameters((1, 1), (1, 0, 1), (3, 0, 1), 2)),
)

MUTATIONS = (
    ("concat-2-1-1-0-1-1-0-1-2", "concat.sv", "{b_data, a_data}", "{a_data, b_data}"),
    ("concat-1-1-1-0-0-1-0-1-1", "finn_pkg.sv", "is_bipolar && !element[0]", "is_bipolar && element[0]"),
    ("concat-1-2-2-1-1-2-0-1-3", "concat.sv", "+:B_W]), B_W, B_SIGNED", "+:B_W]), B_W, A_SIGNED"),
    ("concat-1-1-1-0-1-3-0-1-2", "join_stream.sv", "a_valid && b_valid && (", "a_valid && ("),
)

SHAPES: ModuleShapes = {
    "concat": {
        "more elements of a": lambda p: p["A_ELEMENTS"] > p["B_ELEMENTS"],
        "more elements of b": lambda p: p["A_ELEMENTS"] < p["B_ELEMENTS"],
        "bipolar and bipolar": lambda p: forms(p) == ["bipolar", "bipolar"],
        "0/1 and 0/1": lambda p: forms(p) == ["0/1", "0/1"],
        "0/1 and bipolar": lambda p: forms(p) == ["0/1", "bipolar"],
        "0/1 and unsigned": lambda p: forms(p) == ["0/1", "unsigned"],
        "bipolar and unsigned": lambda p: forms(p) == ["bipolar", "unsigned"],
        "bipolar and signed": lambda p: forms(p) == ["bipolar", "signed"],
        "signed and unsigned": lambda p: forms(p) == ["signed", "unsigned"],
        "unsigned and unsigned": lambda p: forms(p) == ["unsigned", "unsigned"],
        "signed and signed": lambda p: forms(p) == ["signed", "signed"],
        "the widest elements": lambda p: p["A_W"] == p["B_W"] == 30,
        "frame of one beat": lambda p: p["BEATS"] == 1,
        "frame of several": lambda p: p["BEATS"] > 1,
    },
}

LINT: ModuleParameters = {
    "concat": ({"A_W": 1, "B_W": 1, "A_ELEMENTS": 1}, {"A_W": 1, "B_W": 1, "B_BIPOLAR": 0}, {"A_SIGNED": 1, "B_W": 1}),
}

CHECKS = Checks("concat", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
