"""axi_host and uart_host, which stand around a network: the rules on their parameters."""

from __future__ import annotations

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.rules import MOST_INT, Rules, within

# Bytes of a frame in memory.
MOST_STRIDE = 1 << 27
DATA_WIDTHS = (32, 64, 128, 256, 512, 1024)


def _stride(bits: int, data_w: int) -> int:
    return ceil_div(bits, data_w) * data_w // 8


AXI_RULES: Rules = {
    "check_addr_w": within("ADDR_W", 32, 64), "check_input_w": within("INPUT_W", 1),
    "check_frame": within("INPUT_FRAME_BITS", 1), "check_result_w": within("RESULT_W", 1),
    "check_result_beats": within("RESULT_BEATS", 1),
    "check_strides": lambda p: _stride(p["INPUT_FRAME_BITS"], p["DATA_W"]) <= MOST_STRIDE
    and _stride(p["RESULT_W"] * p["RESULT_BEATS"], p["DATA_W"]) <= MOST_STRIDE,
    "check_load": lambda p: p["LOAD_BYTES"] >= 0 and p["LOAD_BYTES"] % max(1, p["DATA_W"] // 8) == 0,
    "check_weights": lambda p: p["WEIGHTS_BYTES"] >= 0 and p["WEIGHTS_BYTES"] % 4096 == 0,
    "dma_job.check_data_w": lambda p: p["DATA_W"] in DATA_WIDTHS}
UART_RULES: Rules = {
    "check_frame": within("FRAME_BYTES", 1), "check_window": within("WINDOW", 1),
    "check_idle": lambda p: 16 <= p["IDLE_BITS"] <= MOST_INT // p["CLOCKS_PER_BIT"],
    "uart_rx.check_rate": within("CLOCKS_PER_BIT", 4)}
# Parameters that may be left out: their values in rtl/.
AXI_DEFAULTS = {"ADDR_W": 32, "LOAD_BYTES": 0, "WEIGHTS_BYTES": 0}
UART_DEFAULTS = {"CLOCKS_PER_BIT": 16, "WINDOW": 16, "IDLE_BITS": 65536}
