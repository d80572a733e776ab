# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axis_dwc, beside its cocotb tests."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(
        Proof("axis_dwc", {"S_WIDTH": s_width, "M_WIDTH": m_width, "FRAME_BITS": frame})
        for s_width, m_width, frame in ((2, 2, 0), (2, 4, 0), (6, 2, 0), (3, 2, 0), (3, 2, 7), (2, 3, 4), (3, 5, 7))
    ),
)

MUTATIONS = (
    ("axis_dwc-2-2-0", "axis_register.sv", "spare_free_q <= 1'b0;", "spare_free_q <= 1'b1;"),
    ("axis_dwc-2-4-0", "axis_dwc_widen.sv", "!(is_last && output_valid_q)", "1'b1"),
    ("axis_dwc-6-2-0", "axis_dwc_narrow.sv", "count_q   <= CountW'(RATIO);", "count_q <= CountW'(RATIO - 1);"),
    ("axis_dwc-3-2-7", "axis_dwc_gearbox.sv", "is_none_q || (is_one_q && m_axis_tready)", "is_none_q || is_one_q"),
    ("axis_dwc-3-5-7", "axis_dwc_gearbox.sv", "placed_ready | ~turned_valid_q", "'1"),
    ("axis_dwc-3-2-7", "axis_dwc_gearbox.sv", "BeatsW'(Beats) + BeatsW'(wraps)", "BeatsW'(Beats)"),
)

SHAPES: ModuleShapes = {
    "axis_dwc": {
        "the same width": lambda p: p["S_WIDTH"] == p["M_WIDTH"],
        "wider by a factor": lambda p: p["M_WIDTH"] > p["S_WIDTH"] and p["M_WIDTH"] % p["S_WIDTH"] == 0,
        "narrower by a factor": lambda p: p["S_WIDTH"] > p["M_WIDTH"] and p["S_WIDTH"] % p["M_WIDTH"] == 0,
        "wider by a fraction": lambda p: p["M_WIDTH"] > p["S_WIDTH"] and p["M_WIDTH"] % p["S_WIDTH"] != 0,
        "narrower by a fraction": lambda p: p["S_WIDTH"] > p["M_WIDTH"] and p["S_WIDTH"] % p["M_WIDTH"] != 0,
        "more than four places": lambda p: p["S_WIDTH"] % p["M_WIDTH"] != 0 and p["M_WIDTH"] > 4 * gcd(
            p["S_WIDTH"], p["M_WIDTH"], p["FRAME_BITS"]),
        "widths without a common divisor": lambda p: gcd(p["S_WIDTH"], p["M_WIDTH"]) == 1 < min(
            p["S_WIDTH"], p["M_WIDTH"]),
        "frame of no set length": lambda p: p["FRAME_BITS"] == 0,
        "frame of one beat": lambda p: 0 < p["FRAME_BITS"] <= p["S_WIDTH"],
        "last beat in not full": lambda p: p["FRAME_BITS"] % p["S_WIDTH"] > 0,
        "last beat out not full": lambda p: p["FRAME_BITS"] % p["M_WIDTH"] > 0,
    },
}

LINT: ModuleParameters = {
    "axis_dwc": ({"S_WIDTH": 8, "M_WIDTH": 8}, {"S_WIDTH": 24, "M_WIDTH": 8}, {"S_WIDTH": 3, "M_WIDTH": 2},
                 {"S_WIDTH": 2, "M_WIDTH": 3, "FRAME_BITS": 4}),
}

CHECKS = Checks("axis_dwc", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT)
