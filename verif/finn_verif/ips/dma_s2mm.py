# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks dma_s2mm, beside its cocotb tests."""

from __future__ import annotations

from finn_verif.ips import dma
from finn_verif.ips.base import Checks

MUTATIONS = (
    ("dma_s2mm-2-4-distributed", "dma_s2mm.sv", "s_axis_tkeep & wanted;", "s_axis_tkeep;"),
    ("dma_s2mm-2-4-distributed", "dma_s2mm.sv", "behind_q == 8'd1;", "behind_q == 8'd0;"),
    ("dma_s2mm-2-4-distributed", "dma_s2mm.sv", " && outstanding_q == '0;", ";"),
    ("dma_s2mm-2-4-distributed", "dma_job.sv", "left_behind = left + ~(BEATS_W'(take_length));",
     "left_behind = left - BEATS_W'(take_length);"),
)

CHECKS = Checks("dma_s2mm", proofs=dma.proofs("dma_s2mm"), mutations=MUTATIONS,
                shapes={"dma_s2mm": dma.SHAPES}, lint={"dma_s2mm": dma.LINT})
