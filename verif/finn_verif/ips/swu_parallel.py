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
)

MUTATIONS = (
    ("swu_parallel-2-2-2-2-1-1-0-0-0-0-1-1-1", "swu_parallel.sv", "spare_free_q ? s_axis_tdata : spare_q",
     "s_axis_tdata"),
    ("swu_parallel-2-2-2-2-1-1-1-0-1-0-1-1-1", "swu_parallel.sv", "is_row_outside[y] || ", ""),
    ("swu_parallel-1-2-1-2-1-1-0-0-1-0-1-1-2-2", "swu_parallel.sv", "{SIMD{ELEMENT_W'(PAD_VALUE)}}", "'0"),
)

SHAPES: ModuleShapes = {
    "swu_parallel": WINDOWS,
}

LINT: ModuleParameters = {
    "swu_parallel": (window_parameters((1, 1), (1, 1), (1, 1), (0, 0, 0, 0), (1, 1), 1),
                     window_parameters((8, 8), (3, 3), (2, 2), (1, 1, 1, 1), (4, 2), 8),
                     window_parameters((8, 1), (3, 1), (1, 1), (0, 0, 0, 0), (8, 2), 1),
                     {**window_parameters((4, 4), (3, 3), (1, 1), (1, 1, 1, 1), (4, 2), 4), "PAD_VALUE": 9},
                     {**window_parameters((30, 30), (3, 3), (1, 1), (1, 0, 1, 0), (64, 64), 1), "RAM_STYLE": "block"}),
}

CHECKS = Checks("swu_parallel", proofs=PROOFS, mutations=MUTATIONS, shapes=SHAPES, lint=LINT,
                folder="swu", files="swu_parallel.sv")
