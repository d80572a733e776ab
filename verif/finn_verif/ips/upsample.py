# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks upsample, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(
        Proof("upsample", {"IFM_H": ifm[0], "IFM_W": ifm[1], "CHANNELS": channels[0], "PE": channels[1],
                           "ELEMENT_W": 1, "SCALE_H": scale[0], "SCALE_W": scale[1], "RAM_STYLE": style},
              is_fast=fast)
        for ifm, channels, scale, style, fast in (
            ((1, 2), (1, 1), (2, 2), "distributed", True),
            ((1, 2), (2, 1), (1, 2), "distributed", True),
            ((2, 1), (1, 1), (2, 1), "block", True),
            ((1, 1), (2, 2), (2, 3), "block", False),
            ((1, 3), (1, 1), (1, 1), "auto", True),
        )
    ),
    *(
        Proof("upsample", {"IFM_H": 1, "IFM_W": 2, "CHANNELS": channels, "PE": channels, "ELEMENT_W": 1,
                           "SCALE_H": scale[0], "SCALE_W": scale[1], "SPREAD": spread})
        for channels, scale, spread in ((2, (2, 1), 1), (4, (1, 2), 2))
    ),
)

MUTATIONS = (
    ("upsample-1-2-1-1-1-2-2-distributed", "upsample.sv", ".LENGTH(IFM_W * Groups)", ".LENGTH(Groups)"),
    ("upsample-1-2-2-1-1-1-2-distributed", "upsample.sv", ".LENGTH (Groups)", ".LENGTH (1)"),
    ("upsample-1-2-4-4-1-1-2-2", "upsample.sv", "(SPREAD == 1) ? p * Share + c", "(SPREAD != 1) ? p * Share + c"),
    ("upsample-1-2-2-2-1-2-1-1", "upsample.sv", "pixel_ends && column_q == ColumnW'(IFM_W - 1)", "pixel_ends"),
    ("upsample-1-3-1-1-1-1-1-auto", "upsample.sv", "m_axis_tlast ? '0 : beat_q + 1'b1", "beat_q + 1'b1"),
)

SHAPES: ModuleShapes = {
    "upsample": {
        "map of one pixel": lambda p: p["IFM_H"] == p["IFM_W"] == 1,
        "map of one row": lambda p: p["IFM_H"] == 1 < p["IFM_W"],
        "map of one column": lambda p: p["IFM_W"] == 1 < p["IFM_H"],
        "rows alone": lambda p: p["SCALE_W"] == 1 < p["SCALE_H"],
        "columns alone": lambda p: p["SCALE_H"] == 1 < p["SCALE_W"],
        "both alike": lambda p: p["SCALE_H"] == p["SCALE_W"] > 1,
        "both, not alike": lambda p: 1 < p["SCALE_H"] != p["SCALE_W"] > 1,
        "neither": lambda p: p["SCALE_H"] == p["SCALE_W"] == 1,
        "a pixel a beat": lambda p: p["PE"] == p["CHANNELS"],
        "several beats a pixel": lambda p: p["PE"] < p["CHANNELS"],
        "integers": lambda p: p["ELEMENT_W"] > 1,
        "shares of channels": lambda p: p["SPREAD"] == 1 and p["SCALE_H"] > 1 and p["SCALE_W"] > 1,
        "shares of channels, interleaved": lambda p: p["SPREAD"] == 2 and p["SCALE_H"] > 1 and p["SCALE_W"] > 1,
        "block RAM": lambda p: p["RAM_STYLE"] == "block" and p["SCALE_H"] > 1,
        "many beats in LUT RAM": lambda p: p["RAM_STYLE"] != "block" and 2 * p["IFM_W"] * p["CHANNELS"] // p["PE"] > 64
        and p["SCALE_H"] > 1,
    },
}

LINT: ModuleParameters = {
    "upsample": ({"CHANNELS": 8, "PE": 8, "SPREAD": 1},
                 {"CHANNELS": 6, "PE": 6, "SCALE_H": 3, "SCALE_W": 1, "SPREAD": 2},
                 {"CHANNELS": 2, "PE": 2, "SCALE_H": 1, "IFM_W": 1, "SPREAD": 1},
                 {"CHANNELS": 3, "PE": 3, "SCALE_H": 1, "SCALE_W": 1, "SPREAD": 1}),
}

CHECKS = Checks("upsample", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
