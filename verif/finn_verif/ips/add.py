# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks add, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_verif.ips.base import ModuleParameters, ModuleShapes


def signs(p: Mapping[str, Any]) -> list[int]:
    """Whether the integers of both streams are signed; none of a bipolar stream."""
    return [p[f"{side}_SIGNED"] for side in "AB" if p[f"{side}_W"] > 1]


def bits(p: Mapping[str, Any]) -> list[int]:
    """Whether the bits of both streams are -1/+1; none of a stream of integers."""
    return [p[f"{side}_BIPOLAR"] for side in "AB" if p[f"{side}_W"] == 1]


PROOFS = (
    *(
        Proof("add", {"ELEMENTS": elements, "A_W": a[0], "A_SIGNED": a[1], "B_W": b[0], "B_SIGNED": b[1],
                      "BEATS": beats})
        for elements, a, b, beats in (
            (1, (1, 0), (1, 0), 2), (1, (2, 0), (1, 0), 3), (2, (2, 1), (2, 0), 1), (1, (3, 0), (2, 0), 2),
            (1, (2, 1), (2, 1), 2)
        )
    ),
    # 0/1, with its like and with -1/+1.
    *(Proof("add", {"ELEMENTS": 1, "A_W": 1, "A_BIPOLAR": 0, "B_W": 1, "B_BIPOLAR": bipolar, "BEATS": 1 + bipolar})
      for bipolar in (0, 1)),
    # Numbers that count several times.
    Proof("add", {"ELEMENTS": 1, "A_W": 2, "A_SIGNED": 1, "A_SCALE": 5, "B_W": 2, "B_SIGNED": 0, "B_SCALE": 3,
                  "BEATS": 2}),
)

MUTATIONS = (
    ("add-1-1-0-1-0-2", "finn_pkg.sv", "!element[0]", "element[0]"),
    ("add-2-2-1-2-0-1", "add.sv", "+:B_W]), B_W, B_SIGNED", "+:B_W]), B_W, A_SIGNED"),
    ("add-1-1-0-1-1-2", "add.sv", "+:A_W]), A_W, A_SIGNED, A_BIPOLAR", "+:A_W]), A_W, A_SIGNED, B_BIPOLAR"),
    ("add-1-3-0-2-0-2", "join_stream.sv", "a_valid && b_valid && (", "a_valid && ("),
    ("add-1-2-0-1-0-3", "join_stream.sv", "beat_q <= beat_is_last ? '0 : beat_q", "beat_q <= beat_q"),
    ("add-1-2-1-5-2-0-3-2", "add.sv", "(number << i)", "number"),
    ("add-1-2-1-5-2-0-3-2", "add.sv", "scaled(b, B_SCALE)", "scaled(b, A_SCALE)"),
    ("add-1-2-1-2-1-2", "join_stream.sv", "(m_axis_tready || !output_valid_q)", "!output_valid_q"),
)

SHAPES: ModuleShapes = {
    "add": {
        "an element a beat": lambda p: p["ELEMENTS"] == 1,
        "several elements a beat": lambda p: p["ELEMENTS"] > 1,
        "bipolar and bipolar": lambda p: bits(p) == [1, 1],
        "bipolar and integer": lambda p: bits(p) == [1],
        "0/1 and 0/1": lambda p: bits(p) == [0, 0],
        "0/1 and bipolar": lambda p: sorted(bits(p)) == [0, 1],
        "0/1 and integer": lambda p: bits(p) == [0],
        "unsigned and unsigned": lambda p: signs(p) == [0, 0],
        "unsigned and signed": lambda p: sorted(signs(p)) == [0, 1],
        "signed and signed": lambda p: signs(p) == [1, 1],
        "the widest elements": lambda p: p["A_W"] == p["B_W"] == 30,
        "numbers as they are": lambda p: p.get("A_SCALE", 1) == p.get("B_SCALE", 1) == 1,
        "numbers several times": lambda p: p.get("A_SCALE", 1) > 1 and p.get("B_SCALE", 1) > 1,
        "frame of one beat": lambda p: p["BEATS"] == 1,
        "frame of several": lambda p: p["BEATS"] > 1,
    },
}

LINT: ModuleParameters = {"add": ({"A_SCALE": 5, "B_SIGNED": 1}, {"A_W": 1, "B_W": 1, "B_SCALE": 4})}

CHECKS = Checks("add", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
