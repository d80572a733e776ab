# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks dma_mm2s, beside its cocotb tests."""

from __future__ import annotations

from finn_verif.ips import dma
from finn_verif.ips.base import Checks

MUTATIONS = (
    ("dma_mm2s-2-4-distributed", "dma_mm2s.sv", "(free_q) > Comp", "(free_q) >= Comp"),
    ("dma_mm2s-2-4-distributed", "dma_mm2s.sv", " || offset_q == '1;", ";"),
    ("dma_mm2s-2-4-distributed", "dma_mm2s.sv", "default: if (owed_q == '0) state_d", "default: state_d"),
    ("dma_mm2s-2-4-distributed", "dma_job.sv", "to_page = ~place_q[OffsetW-1:0]", "to_page = '1"),
)

CHECKS = Checks("dma_mm2s", proofs=dma.proofs("dma_mm2s"), mutations=MUTATIONS,
                shapes={"dma_mm2s": dma.SHAPES}, lint={"dma_mm2s": dma.LINT})
