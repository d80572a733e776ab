# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What checks the serial line, beside its cocotb tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finn_verif.ips.base import Checks, Proof

if TYPE_CHECKING:
    from finn_verif.ips.base import ModuleParameters

PROOFS = (
    *(
        Proof("uart_host", {"FRAME_BYTES": size, "WINDOW": 2}, core="uart", depth=24, is_inductive=True,
              promised_depth=0, stubs=("uart_rx", "uart_tx"))
        for size in (1, 2)
    ),
    *(
        Proof(ip, {"CLOCKS_PER_BIT": clocks}, core="uart", is_fast=clocks == 4, promised_depth=60)
        for ip in ("uart_rx", "uart_tx")
        for clocks in (4, 5)
    ),
    *(
        Proof("uart_frame_buffer", {"FRAME_BYTES": size, "FRAMES": frames}, core="uart")
        for size, frames in ((1, 1), (2, 2), (3, 2))
    ),
)

MUTATIONS = (
    ("uart_host-1-2", "uart_host.sv", "LeftW'(CrcBytes) && is_accepted_q", "LeftW'(CrcBytes)"),
    ("uart_host-1-2", "uart_host.sv", "error <= !(is_good", "error <= (is_good"),
    ("uart_host-1-2", "uart_host.sv", "|| !is_crc_right)", ")"),
    ("uart_host-1-2", "uart_host.sv", "CRC_LOW && !tells_overrun_q;", "CRC_LOW;"),
    ("uart_rx-4", "uart_rx.sv", "(left_q == Samples && line) ? '0 : ", ""),
    ("uart_rx-4", "uart_rx.sv", "error <= !line;", "error <= 1'b0;"),
    ("uart_tx-4", "uart_tx.sv", "<= {1'b1, bits_q};", "<= {1'b0, bits_q};"),
    ("uart_tx-4", "uart_tx.sv", "(is_last_q && bit_is_over)", "is_last_q"),
    ("uart_frame_buffer-2-2", "uart_frame_buffer.sv", "if (rewind) write_q <= begin_q;", ""),
    ("uart_frame_buffer-2-2", "uart_frame_buffer.sv", "frames_q != '0 && ", ""),
)

LINT: ModuleParameters = {
    "uart_frame_buffer": ({"FRAME_BYTES": 1, "FRAMES": 1}, {"FRAME_BYTES": 98, "FRAMES": 17}),
    "uart_host": ({"FRAME_BYTES": 1, "WINDOW": 1}, {"FRAME_BYTES": 3000, "WINDOW": 3}),
    "uart_rx": ({"CLOCKS_PER_BIT": 4}, {"CLOCKS_PER_BIT": 435}),
    "uart_tx": ({"CLOCKS_PER_BIT": 2},),
}

CHECKS = Checks("uart", proofs=PROOFS, mutations=MUTATIONS, lint=LINT, is_soaked=False)
