# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks swu_parallel, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.common.windows import WINDOWS, window_parameters
from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters, ModuleShapes

PROOFS = (
    *(
        Proof("swu_parallel", window_parameters(ifm, kernel, stride, padding, channels, 1), core="swu", is_fast=fast)
        for ifm, kernel, stride, padding, channels, fast in (
            ((2, 2), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), True),
            ((3, 3), (2, 2), (1, 1), (0, 0, 0, 0), (1, 1), True),
            ((2, 2), (2, 2), (1, 1), (1, 0, 1, 0), (1, 1), True),
            ((2, 2), (2, 2), (1, 1), (0, 1, 0, 1), (2, 1), False),
            ((3, 3), (3, 3), (2, 2), (1, 1, 1, 1), (1, 1), False),
        )
    ),
    Proof("swu_parallel", {**window_parameters((1, 2), (1, 2), (1, 1), (0, 0, 1, 0), (1, 1), 2), "PAD_VALUE": 2},
          core="swu"),
    # Windows of a beat that lie beside the map; a row's end inside a beat, with padding behind it.
    Proof("swu_parallel", {**window_parameters((2, 4), (2, 2), (1, 1), (1, 0, 0, 0), (1, 1), 1), "PIXELS": 2},
          core="swu"),
    Proof("swu_parallel", {**window_parameters((2, 3), (2, 3), (1, 1), (1, 0, 1, 1), (1, 1), 1), "PIXELS": 2,
                           "PAD_VALUE": 1}, core="swu"),
)

MUTATIONS = (
    ("swu_parallel-2-2-2-2-1-1-0-0-0-0-1-1-1", "swu_parallel.sv", "spare_free_q ? s_axis_tdata : spare_q",
     "s_axis_tdata"),
    ("swu_parallel-2-2-2-2-1-1-1-0-1-0-1-1-1", "swu_parallel.sv", "is_row_outside[y] || ", ""),
    ("swu_parallel-1-2-1-2-1-1-0-0-1-0-1-1-2-2", "swu_parallel.sv", "{(PIXELS * SIMD) {ELEMENT_W'(PAD_VALUE)}}", "'0"),
    ("swu_parallel-2-4-2-2-1-1-1-0-0-0-1-1-1-2", "swu_parallel.sv", "PAD_TOP + PAD_BOTTOM + PAD_RIGHT", "PAD_RIGHT"),
    ("swu_parallel-2-3-2-3-1-1-1-0-1-1-1-1-1-2-1", "swu_parallel.sv", " || (p >= Rest && is_rest_outside[x])", ""),
)

SHAPES: ModuleShapes = {
    "swu_parallel": {
        **WINDOWS,
        "rows of whole beats": lambda p: p.get("PIXELS", 1) > 1 and p["IFM_W"] % p["PIXELS"] == 0,
        "rows that end inside a beat": lambda p: p["IFM_W"] % p.get("PIXELS", 1) > 0,
        "rows of less than a beat": lambda p: p["IFM_W"] < p.get("PIXELS", 1),
        "windows wider than a beat": lambda p: p["KERNEL_W"] > p.get("PIXELS", 1) > 1,
        "several pixels, padding, stride": lambda p: min(p.get("PIXELS", 1), p["STRIDE_W"], p["PAD_LEFT"] + 1) > 1,
    },
}

LINT: ModuleParameters = {
    "swu_parallel": (window_parameters((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1),
                     window_parameters((8, 8), (3, 3), (2, 2), (1, 1, 1, 1), (4, 2), 8),
                     window_parameters((8, 1), (3, 1), (1, 1), (0, 0, 0, 0), (8, 2), 1),
                     {**window_parameters((4, 4), (3, 3), (1, 1), (1, 1, 1, 1), (4, 2), 4), "PAD_VALUE": 9},
                     {**window_parameters((30, 30), (3, 3), (1, 1), (1, 0, 1, 0), (64, 64), 1), "RAM_STYLE": "block"},
                     {**window_parameters((9, 9), (3, 3), (2, 2), (1, 1, 1, 1), (4, 2), 2), "PIXELS": 4},
                     {**window_parameters((30, 30), (3, 3), (1, 1), (0, 0, 0, 0), (64, 64), 1), "PIXELS": 4}),
}

CHECKS = Checks("swu_parallel", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT,
                folder="swu", files="swu_parallel.sv")
