"""The rules that the RTL checks (FINN_CHECK), so that nothing is planned or written which it would refuse.

RULES has them by module, for all modules that the generator gives parameters; names are those in rtl/, with the module
where that is one inside. A test goes through all FINN_CHECKs of rtl/ and compares both at the borders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from finn_rtl.errors import FinnError
from finn_rtl.heap import dot
from finn_rtl.modules import stage_module
from finn_rtl.pipeline import Mvtu, Pipeline, ceil_div
from finn_rtl.topology import MOST_BINARY_SIMD, SUM_BITS

# Values of a module's parameters.
Values = Mapping[str, Any]
Rule = Callable[[Values], bool]

STYLES = ("auto", "distributed", "block")
# Columns of a bit_heap, and what a bus of AXI or a frame in memory may have.
HEAP_COLUMNS = 24
MOST_STRIDE = 65535
MOST_INT = (1 << 31) - 1

# Parameters that may be left out: their values in rtl/.
DEFAULTS: Mapping[str, Values] = {
    "mvtu": {"INPUT_W": 1, "SIGNED_INPUTS": 0, "WEIGHT_SLICE": 0, "THRESHOLD_STYLE": "auto"},
    "swu": {"DEPTHWISE": 0, "DEPTH": MOST_INT},
    "swu_parallel": {"RAM_STYLE": "auto"},
    "maxpool": {"RAM_STYLE": "auto"},
    "axi_host": {"ADDR_W": 32},
    "uart_host": {"CLOCKS_PER_BIT": 16, "WINDOW": 16, "IDLE_BITS": 65536},
}


def _divides(part: str, whole: str) -> Rule:
    return lambda p: p[part] >= 1 and p[whole] >= 1 and p[whole] % p[part] == 0


def _within(name: str, low: int, high: int = MOST_INT) -> Rule:
    return lambda p: low <= int(p[name]) <= high


def _style(name: str, styles: tuple[str, ...] = STYLES) -> Rule:
    return lambda p: p[name] in styles


def _padded(p: Values) -> tuple[int, int]:
    return p["IFM_H"] + p["PAD_TOP"] + p["PAD_BOTTOM"], p["IFM_W"] + p["PAD_LEFT"] + p["PAD_RIGHT"]


def _window_span(p: Values) -> int:
    """finn_pkg::window_span."""
    (height, width), groups = _padded(p), p["CHANNELS"] // p["SIMD"]
    windows = ((height - p["KERNEL_H"]) // p["STRIDE_H"] + 1) * ((width - p["KERNEL_W"]) // p["STRIDE_W"] + 1)
    if windows == 1 and not (p["DEPTHWISE"] and groups > 1):
        return 1
    return int(((p["KERNEL_H"] - 1) * p["IFM_W"] + p["KERNEL_W"]) * groups)


def _stride(bits: int, data_w: int) -> int:
    return ceil_div(bits, data_w) * data_w // 8


_WINDOW: dict[str, Rule] = {
    "check_map": lambda p: p["IFM_H"] >= 1 and p["IFM_W"] >= 1,
    "check_simd": _divides("SIMD", "CHANNELS"),
    "check_kernel_h": lambda p: 1 <= p["KERNEL_H"] <= _padded(p)[0],
    "check_kernel_w": lambda p: 1 <= p["KERNEL_W"] <= _padded(p)[1],
    "check_stride": lambda p: p["STRIDE_H"] >= 1 and p["STRIDE_W"] >= 1,
    "check_element": _within("ELEMENT_W", 1),
    "check_style": _style("RAM_STYLE"),
}

RULES: Mapping[str, Mapping[str, Rule]] = {
    "axis_frame_guard": {
        "check_width": _within("WIDTH", 1), "check_beats": _within("BEATS", 1), "check_frames": _within("FRAMES", 2)},
    "axis_dwc": {
        "check_s_width": _within("S_WIDTH", 1), "check_m_width": _within("M_WIDTH", 1),
        "check_frame": _within("FRAME_BITS", 0)},
    "axis_fifo": {
        "check_width": _within("WIDTH", 1), "check_depth": _within("DEPTH", 1),
        "check_style": _style("STYLE", STYLES[1:]),
        "check_block": lambda p: p["STYLE"] != "block" or p["DEPTH"] >= 3},
    "swu": _WINDOW | {
        "check_pad_h": lambda p: max(p["PAD_TOP"], p["PAD_BOTTOM"]) < p["KERNEL_H"]
        and min(p["PAD_TOP"], p["PAD_BOTTOM"]) >= 0,
        "check_pad_w": lambda p: max(p["PAD_LEFT"], p["PAD_RIGHT"]) < p["KERNEL_W"]
        and min(p["PAD_LEFT"], p["PAD_RIGHT"]) >= 0,
        "check_depth": lambda p: p["DEPTH"] >= _window_span(p)},
    "swu_parallel": _WINDOW | {
        "check_pad_h": lambda p: p["PAD_TOP"] + p["PAD_BOTTOM"] < p["KERNEL_H"]
        and min(p["PAD_TOP"], p["PAD_BOTTOM"]) >= 0,
        "check_pad_w": lambda p: p["PAD_LEFT"] + p["PAD_RIGHT"] < p["KERNEL_W"]
        and min(p["PAD_LEFT"], p["PAD_RIGHT"]) >= 0},
    "maxpool": {
        "check_pe": _divides("PE", "CHANNELS"), "check_element": _within("ELEMENT_W", 1),
        "check_kernel_h": lambda p: 1 <= p["KERNEL_H"] <= p["IFM_H"],
        "check_kernel_w": lambda p: 1 <= p["KERNEL_W"] <= p["IFM_W"], "check_style": _style("RAM_STYLE")},
    "mvtu": {
        "check_simd": _divides("SIMD", "MW"), "check_pe": _divides("PE", "MH"),
        "check_thresholds": _within("THRESHOLDS", 0, 255), "check_input": _within("INPUT_W", 1, 16),
        "check_width": lambda p: p["MW"] < 1 << SUM_BITS - p["INPUT_W"],
        "mvtu_dot_binary.check_simd": lambda p: p["INPUT_W"] > 1 or p["SIMD"] <= MOST_BINARY_SIMD,
        "mvtu_dot_binary.check_stages": lambda p: p["INPUT_W"] > 1 or 0 <= p["STAGES"] < dot(p["SIMD"])[0],
        "mvtu_dot_integer.check_stages": lambda p: p["INPUT_W"] == 1
        or 0 <= p["STAGES"] <= (p["SIMD"] - 1).bit_length(),
        "rom_slices.check_slice": lambda p: p["WEIGHT_SLICE"] == 0
        or 0 < p["PE"] * p["SIMD"] <= 1000 * p["WEIGHT_SLICE"],
        "rom.check_style": lambda p: p["RAM_STYLE"] in STYLES and p["THRESHOLD_STYLE"] in STYLES},
    "mvtu_unfolded_control": {"check_stages": _within("STAGES", 0)},
    "mvtu_unfolded_rows": {
        "check_rows": _within("ROWS", 1, 8), "check_inputs": _within("INPUTS", 1, 4095),
        "check_sizes": lambda p: sum(p["SIZES"]) == p["INPUTS"],
        "check_stages": lambda p: 0 <= p["STAGES"] <= p["CLASS_LEVELS"] + p["SUM_LEVELS"],
        "check_levels": lambda p: p["SUM_LEVELS"] >= p["ROWS"] - 1,
        "bit_heap.check_width": lambda p: 1 <= p["CLASS_W"] <= HEAP_COLUMNS and 1 <= p["TOTAL_W"] <= HEAP_COLUMNS},
    "label_select": {
        "check_classes": _within("CLASSES", 2), "check_pe": _divides("PE", "CLASSES"),
        "check_score": _within("SCORE_W", 1)},
    "axi_host": {
        "check_addr_w": _within("ADDR_W", 32, 64), "check_input_w": _within("INPUT_W", 1),
        "check_frame": _within("INPUT_FRAME_BITS", 1), "check_result_w": _within("RESULT_W", 1),
        "check_result_beats": _within("RESULT_BEATS", 1),
        "check_strides": lambda p: _stride(p["INPUT_FRAME_BITS"], p["DATA_W"]) <= MOST_STRIDE
        and _stride(p["RESULT_W"] * p["RESULT_BEATS"], p["DATA_W"]) <= MOST_STRIDE,
        "dma_job.check_data_w": lambda p: p["DATA_W"] in (32, 64, 128, 256, 512, 1024)},
    "uart_host": {
        "check_frame": _within("FRAME_BYTES", 1), "check_window": _within("WINDOW", 1),
        "check_idle": lambda p: 16 <= p["IDLE_BITS"] <= MOST_INT // p["CLOCKS_PER_BIT"],
        "uart_rx.check_rate": _within("CLOCKS_PER_BIT", 4)},
}


def broken(module: str, parameters: Values) -> str | None:
    """The first rule that a module would find broken, as MODULE.CHECK; None where there is none."""
    values = {**DEFAULTS.get(module, {}), **parameters}
    for name, rule in RULES[module].items():
        if not rule(values):
            return name if "." in name else f"{module}.{name}"
    return None


def check(module: str, parameters: Values, where: str) -> None:
    """Raise FinnError, which begins with `where`, if a module would refuse its parameters."""
    rule = broken(module, parameters)
    if rule is not None:
        shown = ", ".join(f"{name}={value}" for name, value in parameters.items() if not isinstance(value, tuple))
        raise FinnError(f"{where}: no hardware is there for {shown} (rule {rule}); choose another folding, or fewer or"
                        " smaller elements")


def check_pipeline(pipeline: Pipeline, net: str) -> None:
    """Raise FinnError if a module of a network's hardware would refuse its parameters."""
    for stage in pipeline.stages:
        if isinstance(stage, Mvtu) and stage.unfolded:
            # Its parameters come from the weights; emit checks them.
            continue
        module, parameters, comment = stage_module(stage, net)
        check(module, parameters, f"{net}: {comment or module}")
