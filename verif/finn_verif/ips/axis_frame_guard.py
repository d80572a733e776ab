# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axis_frame_guard, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(
        Proof("axis_frame_guard", {"WIDTH": 1, "BEATS": beats, "FRAMES": frames, "USE_TLAST": use})
        for beats, frames, use in ((1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 2, 0))
    ),
)

MUTATIONS = (
    ("axis_frame_guard-1-3-2-1", "axis_frame_guard.sv", " && (flag_ready || !beat_is_last);", ";"),
    ("axis_frame_guard-1-3-2-1", "axis_frame_guard.sv", "is_bad = 1'b1;", "is_bad = 1'b0;"),
)

SHAPES: ModuleShapes = {
    "axis_frame_guard": {
        "frame of one beat": lambda p: p["BEATS"] == 1,
        "frame of several": lambda p: p["BEATS"] > 1,
        "without tlast": lambda p: p["USE_TLAST"] == 0,
    },
}

LINT: ModuleParameters = {
    "axis_frame_guard": ({"WIDTH": 1, "BEATS": 1, "FRAMES": 2}, {"BEATS": 3, "USE_TLAST": 0}),
}

CHECKS = Checks("axis_frame_guard", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
