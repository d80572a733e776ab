# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks replay_buffer, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(
        Proof("replay_buffer", {"WIDTH": 1, "LENGTH": length, "REPEATS": repeats, "USE_BLOCK": block,
                                "USE_BANKS": banks}, core="common")
        for length, repeats, block, banks in ((1, 2, 0, 0), (2, 2, 0, 0), (2, 3, 0, 0), (1, 2, 1, 0), (2, 2, 1, 0),
                                              (2, 2, 0, 1))
    ),
)

MUTATIONS = (
    ("replay_buffer-1-2-2-0-0", "replay_passes.sv", "s_axis_tready = !full_q", "s_axis_tready = 1'b1"),
    ("replay_buffer-1-2-2-0-0", "replay_passes.sv", "^ pass_is_last", "^ pass_is_first"),
    ("replay_buffer-1-2-2-1-0", "replay_passes.sv", "is_there && (m_take || !output_valid_q)", "is_there"),
)

SHAPES: ModuleShapes = {
    "replay_buffer": {
        "vector of one beat": lambda p: p["LENGTH"] == 1,
        "vector of several": lambda p: p["LENGTH"] > 1,
        "twice": lambda p: p["REPEATS"] == 2,
        "more often": lambda p: p["REPEATS"] > 2,
        "block RAM": lambda p: p["USE_BLOCK"] == 1,
        "one bank": lambda p: p["USE_BANKS"] == 1 and p["LENGTH"] <= 32,
        "several banks": lambda p: p["USE_BANKS"] == 1 and p["LENGTH"] > 32,
    },
}

LINT: ModuleParameters = {
    "replay_passes": ({"LENGTH": 1, "USE_BLOCK": 1}, {"LENGTH": 50, "USE_BANKS": 1},
                      {"WIDTH": 9, "USE_BLOCK": 1, "PARTS": 3}),
    "replay_buffer": ({"LENGTH": 1}, {"LENGTH": 5, "REPEATS": 3}),
}

CHECKS = Checks("replay_buffer", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT,
                folder="common", files="replay_*.sv")
