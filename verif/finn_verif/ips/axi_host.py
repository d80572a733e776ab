# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks axi_host, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

PROOFS = (
    Proof("axi_host_registers", core="axi_host"),
    Proof("axi_host", stubs=("dma_mm2s", "dma_s2mm")),
    Proof("axi_host", {"WEIGHTS_BYTES": 8192}, stubs=("dma_mm2s", "dma_s2mm"), is_fast=False),
)

MUTATIONS = (
    ("axi_host_registers", "axi_host_registers.sv", " && !s_axil_bvalid;", ";"),
    ("axi_host_registers", "axi_host_registers.sv", "start <= asked && !busy && !start;", "start <= asked;"),
    ("axi_host_registers", "axi_host_registers.sv", "if (start) cleared = '1;", ""),
    ("axi_host", "axi_host.sv", ".aresetn(network_aresetn),\n      .s_axis_tdata(read_tdata)",
     ".aresetn,\n      .s_axis_tdata(read_tdata)"),
    ("axi_host", "axi_host_job.sv", "!is_bad && !is_too_far_q && !is_unset && !is_weightless_q;",
     "!is_bad;"),
    ("axi_host", "axi_host_job.sv", "read_over_q && write_over_q", "read_over_q"),
    ("axi_host", "axi_host_job.sv", " && state_q != ABORT && state_q != DRAIN && !(state_q == FINISH && aborted_q);",
     ";"),
    ("axi_host-8192", "axi_host_job.sv", " && state_q != DRAIN && !(", " && !("),
    ("axi_host-8192", "axi_host_job.sv", "DRAIN: if (weights_drained)", "DRAIN: if (1'b1)"),
    ("axi_host-8192", "axi_host_job.sv", "!is_unset && !is_weightless_q;", "!is_unset;"),
)

LINT: ModuleParameters = {
    "axi_host": ({"ADDR_W": 64, "DATA_W": 1024, "INPUT_W": 24, "INPUT_FRAME_BITS": 3072, "RESULT_BEATS": 3},
                 {"ADDR_W": 40, "DATA_W": 32, "INPUT_W": 7, "INPUT_FRAME_BITS": 21, "RESULT_W": 5},
                 {"DATA_W": 128, "LOAD_BYTES": 4096, "SIGNATURE": 5}, {"ADDR_W": 64, "WEIGHTS_BYTES": 4096},
                 {"WEIGHTS_BYTES": 12288}),
}

CHECKS = Checks("axi_host", proofs=PROOFS, mutations=MUTATIONS, lint=LINT,
                tests=("axi_host", "accelerator"), top="axi_host",
                is_soaked=False)
