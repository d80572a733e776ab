from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, api
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.places import library
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import Topology
from finn_rtl.ips.bit_heap import dot
from finn_rtl.ips.catalog import RULES, broken, check
from finn_rtl.ips.packing import Packing
from finn_rtl.ips.parities import summed
from finn_rtl.ips.products import Operands, planes
from finn_rtl.meaning.integer import Network
from finn_rtl.operators.schema import Fold
from finn_rtl.output.emit import write_files
from finn_rtl.plan.plan import make_plan
from finn_rtl.tools.eda import READ_SLANG

pytestmark = pytest.mark.steady

RTL = library() / "rtl"
# Checks of modules that stand inside others, which derive what is checked from parameters that keep the rules.
DERIVED = {
    "axis_dwc_gearbox.check_frame", "axis_fifo.check_register", "axis_dwc_narrow.check_ratio",
    "axis_dwc_widen.check_ratio", "axis_register.check_width", "bank_ram.check_depth", "bank_ram.check_width",
    "bit_heap.check_heights", "bit_heap.check_levels", "bit_heap.check_registers", "bit_heap_count.check_second",
    "bit_heap_level.check_heights", "dma_job.check_addr_w", "dma_job.check_available_w", "dma_job.check_burst",
    "dma_job.check_length_w", "dma_mm2s.check_least", "dma_mm2s.check_buffer", "dma_mm2s.check_style",
    "dma_s2mm.check_least", "dma_s2mm.check_buffer", "dma_s2mm.check_style", "mvtu_digit.check_digit",
    "mvtu_digit_adder.check_sum", "mvtu_digit_sum.check_levels", "mvtu_dot_dsp.check_input",
    "mvtu_dot_dsp.check_rows", "mvtu_dot_dsp.check_weight", "mvtu_dot_planes.check_input",
    "mvtu_dot_planes.check_signed", "mvtu_dot_planes.check_weight", "mvtu_dsp_chain.check_products",
    "load_port.check_banks", "load_port.check_depth", "load_ram.check_width",
    "mvtu_dot_parities.check_run", "mvtu_leaves.check_synapses", "mvtu_parities.check_run", "mvtu_pe.check_run",
    "mvtu_pe.check_sum", "mvtu_serial_pe.check_sum", "mvtu_plane_leaves.check_products",
    "mvtu_sum_planes.check_columns", "replay_buffer.check_repeats", "replay_passes.check_length",
    "replay_passes.check_parts", "rom.check_depth", "rom.check_width", "threshold_stage.check_step",
    "uart_frame_buffer.check_frame", "uart_frame_buffer.check_frames", "uart_tx.check_rate"}
# Modules that no generated design has.
UNUSED = {"axi_read_arbiter", "mvtu_precision", "popcount", "weight_reader"}

PACKED = {"INPUT_W": 4, "WEIGHT_W": 4, "DSP_ROWS": 2, "LANES": 2}
PACKING = Packing(Operands(4, 4), asked_lanes=4)
WINDOW = {"IFM_H": 4, "IFM_W": 5, "CHANNELS": 4, "SIMD": 2, "ELEMENT_W": 1, "KERNEL_H": 3, "KERNEL_W": 2,
          "STRIDE_H": 1, "STRIDE_W": 1, "PAD_TOP": 0, "PAD_BOTTOM": 0, "PAD_LEFT": 0, "PAD_RIGHT": 0}
ROWS = {"INPUTS": 3, "STAGES": 2, "ROWS": 2, "SIZES": (2, 1), "ORDER": (0, 2, 1), "FLIPS": (0, 0, 0), "OFFSETS": (0, 0),
        "ROUND": (0, 0), "BASE": 1, "TOTAL_W": 2, "CLASS_W": 2, "CLASS_LEVELS": 1, "SUM_LEVELS": 1}
# Of each module: parameters that it takes, and changes that are at a border of a rule, or one beyond it.
LEGAL: dict[str, dict[str, Any]] = {
    "axis_frame_guard": {"WIDTH": 1, "BEATS": 1, "FRAMES": 2},
    "axis_dwc": {"S_WIDTH": 3, "M_WIDTH": 2, "FRAME_BITS": 7},
    "axis_fifo": {"WIDTH": 1, "DEPTH": 3, "STYLE": "block"},
    "swu": {**WINDOW, "DEPTHWISE": 0, "RAM_STYLE": "distributed"},
    "swu_parallel": WINDOW,
    "maxpool": {"IFM_H": 4, "IFM_W": 5, "CHANNELS": 4, "PE": 2, "ELEMENT_W": 1, "SIGNED_ELEMENTS": 0, "KERNEL_H": 2,
                "KERNEL_W": 2},
    "sumpool": {"IFM_H": 8, "IFM_W": 9, "CHANNELS": 4, "PE": 2, "ELEMENT_W": 1, "SIGNED_ELEMENTS": 0, "KERNEL_H": 2,
                "KERNEL_W": 2},
    "mvtu": {"MW": 16, "MH": 4, "SIMD": 8, "PE": 2, "INPUT_W": 1, "SIGNED_INPUTS": 0, "THRESHOLDS": 1, "STAGES": 0,
             "RAM_STYLE": "distributed"},
    "mvtu_stream": {"MW": 16, "MH": 4, "SIMD": 8, "PE": 2, "REUSE": 1, "STAGES": 0},
    "mvtu_unfolded_control": {"S_WIDTH": 1, "M_WIDTH": 1, "STAGES": 0},
    "mvtu_unfolded_rows": ROWS,
    "mvtu_unfolded_terms": {"INPUTS": 3, "ROWS": 2, "TERMS": 5, "THRESHOLDS": 1, "SUM_W": 2, "RESULT_W": 1},
    "threshold": {"OUT_BITS": 2, "INPUT_W": 4, "SIGNED_INPUT": 0, "CHANNELS": 4, "PE": 2, "RAM_STYLE": "auto"},
    "add": {"ELEMENTS": 2, "A_W": 3, "A_SIGNED": 0, "B_W": 1, "B_SIGNED": 0, "BEATS": 3},
    "concat": {"A_ELEMENTS": 2, "A_W": 3, "A_SIGNED": 0, "B_ELEMENTS": 1, "B_W": 1, "B_SIGNED": 0, "BEATS": 3},
    "axis_fork": {"OUTPUTS": 2, "WIDTH": 1},
    "upsample": {"IFM_H": 1, "IFM_W": 1, "CHANNELS": 2, "PE": 1, "ELEMENT_W": 1, "SCALE_H": 1, "SCALE_W": 1,
                 "RAM_STYLE": "auto"},
    "label_select": {"CLASSES": 2, "PE": 1, "SCORE_W": 1},
    "axi_host": {"DATA_W": 32, "INPUT_W": 1, "INPUT_FRAME_BITS": 1, "RESULT_W": 1, "RESULT_BEATS": 1},
    "uart_host": {"FRAME_BYTES": 1},
    "parameter_loader": {"WORDS": 1, "BANKS": 1, "BEATS": 1, "FRAMES": 1},
    "requant": {"OUT_BITS": 4, "SIGNED_OUTPUT": 0, "LOW": 0, "HIGH": 15, "INPUT_W": 9, "SIGNED_INPUT": 1, "SCALE_W": 8,
                "OFFSET_W": 16, "SHIFT": 6, "CHANNELS": 4, "PE": 2},
}
TAKEN: dict[str, list[dict[str, Any]]] = {
    "axis_fifo": [{"DEPTH": 1, "STYLE": "distributed"}],
    "axis_dwc": [{"FRAME_BITS": 0}, {"S_WIDTH": 1, "M_WIDTH": 1, "FRAME_BITS": 1}],
    "swu": [{"KERNEL_H": 4}, {"KERNEL_W": 5}, {"PAD_TOP": 2, "PAD_BOTTOM": 2}, {"PAD_LEFT": 1, "PAD_RIGHT": 1},
            {"DEPTH": 24}, {"RAM_STYLE": "auto"}, {"DEPTH": 1, "KERNEL_H": 4, "KERNEL_W": 5},
            {"DEPTHWISE": 1, "KERNEL_H": 4, "KERNEL_W": 5, "DEPTH": 40},
            {"PAD_VALUE": 1}, {"PAD_VALUE": 7, "ELEMENT_W": 3}, {"PAD_VALUE": (1 << 31) - 1, "ELEMENT_W": 31}],
    "swu_parallel": [{"KERNEL_H": 4}, {"PAD_VALUE": 1}, {"PAD_TOP": 1, "PAD_BOTTOM": 1}, {"PAD_RIGHT": 1},
                     {"RAM_STYLE": "block"}, {"PIXELS": 3}, {"PIXELS": 8, "STRIDE_W": 4}, {"PIXELS": 1, "STRIDE_W": 2}],
    "maxpool": [{"KERNEL_H": 4}, {"KERNEL_W": 5}, {"RAM_STYLE": "block"}, {"PIXELS": 4, "KERNEL_W": 1},
                {"PIXELS": 6}, {"PIXELS": 4, "IFM_W": 6}],
    "sumpool": [{"KERNEL_H": 8}, {"KERNEL_W": 9}, {"ELEMENT_W": 24, "KERNEL_H": 8, "KERNEL_W": 8}],
    "mvtu_stream": [{"REUSE": 3, "INPUT_W": 2, "WEIGHT_W": 2, "RESULT_STYLE": "block"}, {"SIMD": 16, "PE": 1},
                    {"BIPOLAR": 0, "STAGES": 1, "VECTORS_IN_BLOCK": 1, "WORDS_IN_BLOCK": 1}],
    "mvtu": [{"WEIGHTS": "ram"}, {"WEIGHTS": "ram", "BANKS": 2, "WEIGHT_SLICE": 1, "FALLING": 1},
             {"WEIGHTS": "ram", "SIMD": 16, "PE": 4, "WEIGHT_SLICE": 32, "RAM_STYLE": "block"},
             {"WEIGHTS": "ram", "THRESHOLDS": 3}, {"WEIGHTS": "ram", "INPUT_W": 2, "SERIAL": 1},
             {"WEIGHTS": "ram", "BANKS": 2, "MW": 2000, "SIMD": 500, "WEIGHT_SLICE": 1},
             {"RUN": 3}, {"RUN": 4095, "INPUT_W": 8, "STAGES": summed(8, Operands(8), 4095)[0]},
             {"RUN": 5, "STAGES": summed(8, Operands(1), 5)[0], "GROUPS": 2},
             {"MW": 4095, "SIMD": 4095, "RUN": 33},
             {"SIMD": 16, "PE": 4}, {"GROUPS": 4}, {**PACKED, "GROUPS": 2}, {"GROUPS": 2, "PE": 4},
             {"THRESHOLDS": 0}, {"THRESHOLDS": 255},
             {"STAGES": dot(8)[0]}, {"THRESHOLDS": 3, "SIGNED_OUTPUT": 1}, {"FALLING": 1}, {"BIPOLAR": 0},
             {"REPLAY_STYLE": "block"},
             {"INPUT_W": 8, "WEIGHT_W": 8, "STAGES": planes(8, Operands(8, 8))[0] - 1},
             {"WEIGHT_W": 2, "STAGES": planes(8, Operands(1, 2))[0]},
             {"WEIGHT_W": 2, "NARROW_WEIGHTS": 1}, {"INPUT_W": 16, "WEIGHT_W": 8, "SIMD": 1},
             {**PACKED, "DSP_ROWS": 1}, {**PACKED, "LANES": 4, "STAGES": 1 + PACKING.levels(8, 2), "CHAIN": 1},
             {**PACKED, "MW": 1023, "SIMD": 1023, "LANES": 1}, {**PACKED, "LANES": 3, "FACTOR_W": 18},
             {"MW": 16380, "INPUT_W": 8, "WEIGHT_W": 8, "SIMD": 260},
             {"INPUT_W": 8, "WEIGHT_W": 8, "SERIAL": 1, "MW": 2000, "SIMD": 2000, "STAGES": dot(2000)[0]},
             {"WEIGHT_W": 2, "SERIAL": 1, "MW": 2002, "SIMD": 1001, "WEIGHT_SLICE": 3}, {"INPUT_W": 2, "SERIAL": 1},
             {"MW": 2002, "SIMD": 1001, "WEIGHT_SLICE": 6, "WEIGHT_W": 2},
             {"INPUT_W": 16, "STAGES": 3}, {"MW": 8190, "SIMD": 8190, "PE": 1, "MH": 1},
             {"MW": 16383, "SIMD": 3, "INPUT_W": 16}, {"MW": 2002, "SIMD": 1001, "WEIGHT_SLICE": 3},
             {"MW": 1000, "SIMD": 500, "WEIGHT_SLICE": 1}, {"THRESHOLD_STYLE": "block"},
             {"THRESHOLDS": 0, "BIAS_W": 30}, {"THRESHOLDS": 0, "BIAS_W": 1},
             {"ZEROS": 1, "OFM_H": 2, "EDGE_TOP": 1, "EDGE_BOTTOM": 1, "OFM_W": 3, "EDGE_LEFT": 3},
             {"ZEROS": 1, "OFM_H": 1 << 30, "EDGE_TOP": (1 << 22) - 1}],
    "mvtu_unfolded_rows": [{"STAGES": 0}, {"ROWS": 1, "SIZES": (3,), "OFFSETS": (0,), "ROUND": (0,), "SUM_LEVELS": 0,
                                           "STAGES": 1}],
    "mvtu_unfolded_terms": [{"INPUTS": 65535}, {"ROWS": 255}, {"TERMS": 4095}, {"THRESHOLDS": 0, "RESULT_W": 2},
                            {"THRESHOLDS": 3, "RESULT_W": 2}],
    "axi_host": [{"DATA_W": 1024}, {"INPUT_FRAME_BITS": 2**30}, {"LOAD_BYTES": 4}, {"ADDR_W": 64}, {"INPUT_W": 7},
                 {"RESULT_W": 8, "RESULT_BEATS": 65532}, {"WEIGHTS_BYTES": 8192}],
    "parameter_loader": [{"BANKS": 2, "WORDS": 5, "BEATS": 3, "FRAMES": 2}],
    "uart_host": [{"CLOCKS_PER_BIT": 4}, {"IDLE_BITS": 16}, {"WINDOW": 1}, {"CLOCKS_PER_BIT": 32767}],
    "label_select": [{"CLASSES": 6, "PE": 6}, {"CLASSES": 3, "LABELS": 3}],
    "threshold": [{"BANKS": 1}, {"BANKS": 2, "RAM_STYLE": "block", "FALLING": 1},
                  {"OUT_BITS": 1}, {"OUT_BITS": 8}, {"INPUT_W": 1}, {"PE": 4}, {"RAM_STYLE": "block"},
                  {"THRESHOLD_W": 5}, {"LUT_DEPTH": 0}, {"CHANNELS": 2000, "PE": 2000},
                  {"CHANNELS": 2001, "PE": 2001, "OUT_BITS": 1}, {"FALLING": 1, "SIGNED_OUTPUT": 1}],
    "concat": [{"A_ELEMENTS": 1}, {"A_W": 1}, {"B_W": 30}, {"A_W": 30}, {"BEATS": 1}],
    "add": [{"ELEMENTS": 1}, {"A_W": 1}, {"B_W": 30}, {"A_W": 30}, {"A_SCALE": 1 << 27}, {"B_SCALE": 1 << 29},
            {"BEATS": 1}],
    "axis_fork": [{"OUTPUTS": 5}],
    "upsample": [{"SCALE_H": 3}, {"SCALE_W": 2, "PE": 2}, {"RAM_STYLE": "block", "SCALE_H": 2},
                 {"PE": 2, "SPREAD": 1, "SCALE_H": 2}, {"PE": 2, "SPREAD": 2, "SCALE_W": 2}],
    "requant": [{"OUT_BITS": 1, "HIGH": 1}, {"OUT_BITS": 8}, {"SIGNED_OUTPUT": 1, "LOW": -8, "HIGH": 7}, {"LOW": 14},
                {"OUT_BITS": 1, "SIGNED_OUTPUT": 1, "LOW": -1, "HIGH": 0}, {"INPUT_W": 1}, {"INPUT_W": 32},
                {"SCALE_W": 2}, {"SCALE_W": 25}, {"OFFSET_W": 1}, {"OFFSET_W": 48}, {"SHIFT": 0}, {"SHIFT": 47},
                {"PE": 4}, {"USE_DSP": "yes"}, {"USE_DSP": "no"}, {"USE_DSP": "no", "STAGES": 8},
                {"SCALE_STYLE": "block"}, {"OFFSET_STYLE": "distributed"}],
}
REFUSED: dict[str, dict[str, list[dict[str, Any]]]] = {
    "axis_frame_guard": {"check_width": [{"WIDTH": 0}], "check_beats": [{"BEATS": 0}], "check_frames": [{"FRAMES": 1}]},
    "axis_dwc": {"check_s_width": [{"S_WIDTH": 0}], "check_m_width": [{"M_WIDTH": 0}],
                 "check_frame": [{"FRAME_BITS": -1}], "check_most": [{"S_WIDTH": (1 << 20) + 1, "FRAME_BITS": 8}],
                 "check_frame_most": [{"FRAME_BITS": (1 << 30) + 1}],
                 "check_common": [{"FRAME_BITS": 0, "S_WIDTH": (1 << 15) + 1, "M_WIDTH": 1 << 15}]},
    "axis_fifo": {"check_width": [{"WIDTH": 0}], "check_depth": [{"DEPTH": 0, "STYLE": "distributed"}],
                  "check_style": [{"STYLE": "auto"}], "check_block": [{"DEPTH": 2}]},
    "swu": {"check_map": [{"IFM_H": 0, "PAD_TOP": 2, "PAD_BOTTOM": 2}], "check_simd": [{"SIMD": 3}],
            "check_kernel_h": [{"KERNEL_H": 5}], "check_kernel_w": [{"KERNEL_W": 6}], "check_stride": [{"STRIDE_W": 0}],
            "check_pad_h": [{"PAD_BOTTOM": 3}], "check_pad_w": [{"PAD_LEFT": 2}], "check_element": [{"ELEMENT_W": 0}],
            "check_pad_value": [{"PAD_VALUE": 2}, {"PAD_VALUE": -1}], "check_style": [{"RAM_STYLE": "ultra"}],
            "check_depth": [{"DEPTH": 23}],
            "check_frame": [{"IFM_H": 1 << 26, "STRIDE_H": 1 << 20}],
            "check_windows": [{"IFM_H": 1 << 24, "IFM_W": 5}]},
    "swu_parallel": {"check_map": [{"IFM_H": 0, "PAD_TOP": 2, "KERNEL_H": 2}], "check_simd": [{"SIMD": 3}],
                     "check_kernel_h": [{"KERNEL_H": 5}], "check_kernel_w": [{"KERNEL_W": 6}],
                     "check_stride": [{"STRIDE_H": 0}], "check_pad_h": [{"PAD_TOP": 2, "PAD_BOTTOM": 1}],
                     "check_pad_w": [{"PAD_LEFT": 1, "PAD_RIGHT": 1}], "check_element": [{"ELEMENT_W": 0}],
                     "check_pad_value": [{"PAD_VALUE": 2}], "check_style": [{"RAM_STYLE": "ultra"}],
                     "check_pixels": [{"PIXELS": 3, "STRIDE_W": 2}, {"PIXELS": 2, "STRIDE_W": 4}],
                     "check_frame": [{"IFM_H": 1 << 26, "STRIDE_H": 1 << 20}]},
    "maxpool": {"check_pixels": [{"PIXELS": 3}, {"PIXELS": 2}, {"PIXELS": 4}],
                "check_pe": [{"PE": 3}], "check_element": [{"ELEMENT_W": 0}], "check_kernel_h": [{"KERNEL_H": 5}],
                "check_kernel_w": [{"KERNEL_W": 6}], "check_style": [{"RAM_STYLE": "ultra"}]},
    "sumpool": {"check_pe": [{"PE": 3}], "check_element": [{"ELEMENT_W": 0}, {"ELEMENT_W": 25}],
                "check_kernel_h": [{"KERNEL_H": 9}], "check_kernel_w": [{"KERNEL_W": 10}],
                "check_sum": [{"ELEMENT_W": 24, "KERNEL_H": 8, "KERNEL_W": 9}]},
    "mvtu_stream": {
        "check_simd": [{"SIMD": 3}], "check_pe": [{"PE": 3}, {"PE": 4}], "check_reuse": [{"REUSE": 0}],
        "check_style": [{"RESULT_STYLE": "ultra"}],
        "check_weight": [{"WEIGHT_W": 0}, {"WEIGHT_W": 9}], "check_input": [{"INPUT_W": 17, "STAGES": 3}],
        "check_width": [{"MW": 16384, "INPUT_W": 16}], "check_weights": [{"MW": 1 << 16, "MH": (1 << 14) + 4}],
        "mvtu_sum_planes.check_stages": [{"WEIGHT_W": 2, "STAGES": planes(8, Operands(1, 2))[0] + 1}],
        "mvtu_sum_digits.check_stages": [{"INPUT_W": 2, "WEIGHT_W": 2, "STAGES": planes(8, Operands(2, 2))[0]}],
        "mvtu_sum_planes.check_products": [{"MW": 4096, "SIMD": 4096, "WEIGHT_W": 2}],
        "mvtu_sum_digits.check_simd": [{"MW": 1024, "SIMD": 1024, "INPUT_W": 2, "WEIGHT_W": 2}],
        "mvtu_dot_planes.check_simd": [{"MW": 1000, "SIMD": 1000, "INPUT_W": 8, "WEIGHT_W": 8}],
        "mvtu_dot_binary.check_simd": [{"MW": 8191, "SIMD": 8191}],
        "mvtu_dot_binary.check_stages": [{"STAGES": dot(8)[0] + 1}]},
    "mvtu": {"check_simd": [{"SIMD": 3}], "check_pe": [{"PE": 3}], "check_groups": [{"GROUPS": 3}, {"GROUPS": 0}],
             "check_sets": [{"MH": 24, "PE": 6, "GROUPS": 6}],
             "check_shared": [{**PACKED, "GROUPS": 4}],
             "check_thresholds": [{"THRESHOLDS": 256}, {"THRESHOLDS": 2}],
             "check_falling": [{"THRESHOLDS": 0, "FALLING": 1}], "check_output": [{"SIGNED_OUTPUT": 1}],
             "check_bias": [{"BIAS_W": 1}, {"BIAS_W": 31, "THRESHOLDS": 0}, {"BIAS_W": -1, "THRESHOLDS": 0}],
             "check_zeros": [{"ZEROS": 1, "INPUT_W": 2}, {"ZEROS": 1, "BIPOLAR": 0}],
             "check_rows": [{"OFM_H": 0}, {"OFM_H": 2, "EDGE_TOP": 2, "EDGE_BOTTOM": 1}, {"EDGE_TOP": -1}],
             "check_columns": [{"OFM_W": 3, "EDGE_RIGHT": 4}, {"EDGE_LEFT": -1}],
             "check_classes": [{"OFM_H": 1 << 24, "EDGE_TOP": 1 << 23}],
             "check_dsp": [{"DSP_ROWS": -1}, {**PACKED, "DSP_ROWS": 3}, {**PACKED, "INPUT_W": 1},
                           {**PACKED, "WEIGHT_W": 1}],
             "check_serial": [{"SERIAL": 1}, {"INPUT_W": 9, "SERIAL": 1}, {**PACKED, "SERIAL": 1}],
             "check_run": [{"RUN": 1}, {"RUN": 4}, {"RUN": 4097}, {"RUN": 3, "WEIGHT_W": 2},
                           {"RUN": 3, "INPUT_W": 2, "SERIAL": 1}, {"RUN": 3, "GROUPS": 4}],
             "mvtu_dot_parities.check_simd": [{"RUN": 3, "MW": 4096, "SIMD": 4096}],
             "mvtu_dot_parities.check_stages": [{"RUN": 3, "STAGES": summed(8, Operands(1), 3)[0] + 1},
                                                {"RUN": 3, "STAGES": -1}],
             "mvtu_dot_dsp.check_factor": [{**PACKED, "FACTOR_W": 26}, {**PACKED, "LANES": 1, "FACTOR_W": 3}],
             "mvtu_dot_dsp.check_lanes": [{**PACKED, "LANES": 5}, {**PACKED, "LANES": 0},
                                          {**PACKED, "LANES": 4, "FACTOR_W": 18}],
             "mvtu_dot_dsp.check_chain": [{**PACKED, "CHAIN": 0}],
             "mvtu_dot_dsp.check_simd": [{**PACKED, "MW": 1024, "SIMD": 1024, "LANES": 1}],
             "mvtu_dot_dsp.check_stages": [{**PACKED, "LANES": 4, "STAGES": 2 + PACKING.levels(8, 2)}],
             "check_weight": [{"WEIGHT_W": 0}, {"WEIGHT_W": 9}], "check_replay": [{"REPLAY_STYLE": "ultra"}],
             "mvtu_sum_planes.check_stages": [{"WEIGHT_W": 2, "STAGES": planes(8, Operands(1, 2))[0] + 1}],
             "mvtu_sum_digits.check_stages": [{"INPUT_W": 2, "WEIGHT_W": 2, "STAGES": planes(8, Operands(2, 2))[0]}],
             "mvtu_sum_planes.check_products": [{"MW": 4096, "SIMD": 4096, "WEIGHT_W": 2}],
             "mvtu_sum_digits.check_simd": [{"MW": 1024, "SIMD": 1024, "INPUT_W": 2, "WEIGHT_W": 2}],
             "mvtu_dot_planes.check_simd": [{"MW": 1000, "SIMD": 1000, "INPUT_W": 8, "WEIGHT_W": 8}],
             "check_input": [{"INPUT_W": 17, "STAGES": 3}], "check_width": [{"MW": 16384, "INPUT_W": 16}],
             "check_weights": [{"MW": 1 << 16, "MH": (1 << 14) + 4}],
             "mvtu_dot_binary.check_simd": [{"MW": 8191, "SIMD": 8191, "PE": 1, "MH": 1}],
             "mvtu_dot_binary.check_stages": [{"STAGES": dot(8)[0] + 1},
                                              {"WEIGHT_W": 2, "SERIAL": 1, "STAGES": dot(8)[0] + 1}],
             "check_source": [{"WEIGHTS": "stream"}], "check_banks": [{"BANKS": 2}, {"WEIGHTS": "ram", "BANKS": 3}],
             "memory_slices.check_loaded": [{"WEIGHTS": "ram", "SIMD": 16, "PE": 4},
                                            {"WEIGHTS": "ram", "WEIGHT_SLICE": 33}],
             "memory_slices.check_slice": [{"MW": 2002, "SIMD": 1001, "WEIGHT_SLICE": 2},
                                           {"WEIGHTS": "ram", "MW": 2002, "SIMD": 1001, "WEIGHT_SLICE": 2}],
             "load_ram.check_style": [{"WEIGHTS": "ram", "THRESHOLD_STYLE": "ultra"}, {"THRESHOLD_STYLE": "ultra"},
                                      {"ZEROS": 1, "THRESHOLDS": 3, "START_STYLE": "ultra"}],
             "threshold_search.check_style": [{"THRESHOLD_STYLE": "ultra", "THRESHOLDS": 3}],
             "threshold_search.check_files": [{"THRESHOLDS": 3, "PE": 2001, "MH": 2001}]},
    "mvtu_unfolded_control": {"check_stages": [{"STAGES": -1}]},
    "mvtu_unfolded_rows": {"check_rows": [{"ROWS": 9, "SIZES": (3, *[0] * 255), "OFFSETS": (0,) * 256,
                                           "ROUND": (0,) * 9, "SUM_LEVELS": 9}],
                           "check_inputs": [{"INPUTS": 4096, "SIZES": (2048, 2048), "ORDER": (0,) * 4096,
                                             "FLIPS": (0,) * 4096, "CLASS_LEVELS": 9, "TOTAL_W": 13, "CLASS_W": 12,
                                             "SUM_LEVELS": 9}],
                           "check_sizes": [{"SIZES": (1, 1)}], "check_stages": [{"STAGES": 3}],
                           "check_levels": [{"SUM_LEVELS": 0, "STAGES": 1}],
                           "bit_heap.check_width": [{"TOTAL_W": 25}]},
    "mvtu_unfolded_terms": {"check_inputs": [{"INPUTS": 65536}], "check_rows": [{"ROWS": 256}],
                            "check_terms": [{"TERMS": 4096}],
                            "check_result": [{"RESULT_W": 2}, {"THRESHOLDS": 2}, {"THRESHOLDS": 0}],
                            "bit_heap.check_width": [{"SUM_W": 25}]},
    "threshold": {f"threshold_search.{check}": cases for check, cases in {
        "check_out": [{"OUT_BITS": 0}, {"OUT_BITS": 9}], "check_input": [{"INPUT_W": 0}], "check_pe": [{"PE": 3}],
        "check_style": [{"RAM_STYLE": "ultra"}], "check_threshold": [{"THRESHOLD_W": 3}, {"THRESHOLD_W": 6}],
        "check_depth": [{"LUT_DEPTH": -1}], "check_files": [{"CHANNELS": 2001, "PE": 2001}],
        "check_banks": [{"BANKS": 3}, {"BANKS": -1}]}.items()},
    "concat": {"check_a_elements": [{"A_ELEMENTS": 0}], "check_b_elements": [{"B_ELEMENTS": 0}],
               "check_a": [{"A_W": 0}, {"A_W": 31}], "check_b": [{"B_W": 0}, {"B_W": 31}],
               "check_beats": [{"BEATS": 0}]},
    "add": {"check_a_scale": [{"A_SCALE": 0}, {"A_SCALE": (1 << 27) + 1}],
            "check_b_scale": [{"B_SCALE": 0}, {"B_SCALE": (1 << 29) + 1}],
            "check_elements": [{"ELEMENTS": 0}], "check_a": [{"A_W": 0}, {"A_W": 31}],
            "check_b": [{"B_W": 0}, {"B_W": 31}], "check_beats": [{"BEATS": 0}]},
    "upsample": {"check_map": [{"IFM_H": 0}], "check_pe": [{"PE": 3}], "check_element": [{"ELEMENT_W": 0}],
                 "check_scale": [{"SCALE_W": 0}], "check_style": [{"RAM_STYLE": "ultra"}],
                 "check_spread": [{"SPREAD": 1}, {"PE": 2, "SPREAD": 3}, {"PE": 2, "SPREAD": 1, "SCALE_H": 3}]},
    "axis_fork": {"check_outputs": [{"OUTPUTS": 1}], "check_width": [{"WIDTH": 0}]},
    "label_select": {"check_classes": [{"CLASSES": 1}], "check_pe": [{"CLASSES": 4, "PE": 3}],
                     "check_score": [{"SCORE_W": 0}], "check_labels": [{"LABELS": 0}, {"LABELS": 3}],
                     "check_single": [{"CLASSES": 4, "PE": 2, "LABELS": 2}]},
    "axi_host": {"check_addr_w": [{"ADDR_W": 31}], "check_input_w": [{"INPUT_W": 0}],
                 "check_frame": [{"INPUT_FRAME_BITS": 0}], "check_result_w": [{"RESULT_W": 0}],
                 "check_result_beats": [{"RESULT_BEATS": 0}],
                 "check_strides": [{"INPUT_FRAME_BITS": 2**30 + 1}, {"RESULT_W": 8, "RESULT_BEATS": 2**27 + 1}],
                 "check_load": [{"LOAD_BYTES": 6}, {"LOAD_BYTES": -4}],
                 "check_weights": [{"WEIGHTS_BYTES": 4095}, {"WEIGHTS_BYTES": -4096}],
                 "dma_job.check_data_w": [{"DATA_W": 96}, {"DATA_W": 16}]},
    "requant": {"check_out": [{"OUT_BITS": 0, "HIGH": 1}, {"OUT_BITS": 9}],
                "check_limits": [{"LOW": -1}, {"HIGH": 16}, {"LOW": 15}, {"SIGNED_OUTPUT": 1, "HIGH": 7, "LOW": -9},
                                 {"SIGNED_OUTPUT": 1, "HIGH": 8}],
                "check_input": [{"INPUT_W": 0}, {"INPUT_W": 33}], "check_scale": [{"SCALE_W": 1}, {"SCALE_W": 26}],
                "check_offset": [{"OFFSET_W": 0}, {"OFFSET_W": 49}], "check_shift": [{"SHIFT": -1}, {"SHIFT": 48}],
                "check_pe": [{"PE": 3}], "check_dsp": [{"USE_DSP": "maybe"}],
                "check_stages": [{"STAGES": 2}, {"USE_DSP": "yes", "STAGES": 2}, {"USE_DSP": "no", "STAGES": 0},
                                 {"USE_DSP": "no", "STAGES": 9}],
                "rom.check_style": [{"SCALE_STYLE": "ultra"}, {"OFFSET_STYLE": "ultra"}]},
    "parameter_loader": {"check_words": [{"WORDS": 0}], "check_banks": [{"BANKS": 0}, {"BANKS": 3}],
                         "parameter_gate.check_beats": [{"BEATS": 0}], "parameter_gate.check_frames": [{"FRAMES": 0}]},
    "uart_host": {"check_frame": [{"FRAME_BYTES": 0}], "check_window": [{"WINDOW": 0}],
                  "check_idle": [{"IDLE_BITS": 15}, {"CLOCKS_PER_BIT": 32768}],
                  "uart_rx.check_rate": [{"CLOCKS_PER_BIT": 3}]},
}


def checks() -> dict[str, str]:
    """All checks of rtl/, and where they stand: file and line."""
    found = {}
    for path in sorted(RTL.glob("*/*.sv")):
        for match in re.finditer(r"`FINN_CHECK\((\w+),", path.read_text()):
            line = path.read_text().count("\n", 0, match.start()) + 1
            found[f"{path.stem}.{match[1]}"] = f"{path.relative_to(RTL)}:{line}"
    return found


def full(module: str, rule: str) -> str:
    return rule if "." in rule else f"{module}.{rule}"


def test_every_check_is_known() -> None:
    """A check that is added to rtl/ must be added to the rules."""
    ruled = {full(module, rule) for module, rules in RULES.items() for rule in rules}
    unused = {check for check in checks() if check.partition(".")[0] in UNUSED}
    assert ruled | DERIVED | unused == set(checks())
    assert not ruled & DERIVED
    assert {module: set(rules) for module, rules in RULES.items() if rules} == {
        module: set(cases) for module, cases in REFUSED.items()}


def literal(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        width = 1 if name in ("FLIPS", "ROUND") else 16
        return f"{len(value) * width}'h{sum(part << index * width for index, part in enumerate(value)):x}"
    return str(value)


def elaborate(folder: Path, module: str, cases: list[Mapping[str, Any]]) -> set[str]:
    """Checks that slang finds broken in a module with each of these parameters."""
    lines = ["module border;"]
    for index, case in enumerate(cases):
        values = ", ".join(f".{name}({literal(name, value)})" for name, value in case.items())
        lines.append(f"  {module} #({values}) u_{index} ();")
    (folder / "border.sv").write_text("\n".join([*lines, "endmodule", ""]))
    sources = sorted(RTL.glob("*/*.sv"), key=lambda path: (not path.stem.endswith("_pkg"), path))
    quiet = "-Wno-unconnected-input-port -Wno-unconnected-output-port --error-limit 0 --ast-compilation-only"
    command = f"{READ_SLANG} --top border {quiet} -I {RTL}/common {' '.join(map(str, sources))} border.sv\n"
    done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], cwd=folder, input=command,
                          capture_output=True, text=True, check=False)
    places = {place: name for name, place in checks().items()}
    found = re.findall(r"/rtl/(\w+/\w+\.sv:\d+): ERROR: \$error encountered", done.stdout + done.stderr)
    assert bool(found) == bool(done.returncode), done.stdout[-3000:]
    return {places[place] for place in found}


@pytest.mark.parametrize("module", LEGAL)
def test_both_sides_of_every_border(tmp_path: Path, module: str) -> None:
    """Slang and the rules take the same, and refuse the same for the same reason."""
    taken = [{**LEGAL[module], **change} for change in ({}, *TAKEN.get(module, []))]
    assert [broken(module, case) for case in taken] == [None] * len(taken)
    assert not elaborate(tmp_path, module, taken)
    for rule, changes in REFUSED[module].items():
        for change in changes:
            case = {**LEGAL[module], **change}
            assert broken(module, case) == full(module, rule), change
            assert full(module, rule) in elaborate(tmp_path, module, [case]), change


def test_a_broken_rule_is_told() -> None:
    with pytest.raises(FinnError, match="net: layer: no hardware is there for WIDTH=0, BEATS=1, FRAMES=2"):
        check("axis_frame_guard", {"WIDTH": 0, "BEATS": 1, "FRAMES": 2}, "net: layer")


def matrix(inputs: int, units: int, bits: int = 1) -> Topology:
    encoding: dict[str, Any] = {"type": "binary", "threshold": 9} if bits == 1 else {
        "type": "integer", "bits": bits, "signed": False}
    return parse_topology({"name": "wide", "parameters": "x.npz", "input": {"shape": [inputs], "encoding": encoding},
                           "layers": [{"type": "fc", "name": "a", "units": units, "activation": "none"}]}, "wide.json")


@pytest.mark.parametrize("inputs", [8191, 2 * 8191, 8190])
def test_no_row_counts_more_than_it_can(inputs: int) -> None:
    topology = matrix(inputs, 101)
    [layer] = topology.matrices
    simds = {fold.simd for fold in layer.foldings(topology.ifm(layer))}
    assert max(simds) == (8190 if inputs == 8190 else 2 if inputs > 8191 else 1)
    plan = make_plan(topology, "fit", device="xc7z045")
    assert plan.pipeline.matrices[0].simd in simds
    if inputs != 8190:
        with pytest.raises(FinnError, match="layer 'a': simd 8191: must be at most 8190 where inputs are binary"):
            make_plan(topology, "fit", folds={"a": Fold(simd=8191, pe=1)})


@pytest.mark.parametrize(("inputs", "bits"), [(16383, 16), (1 << 20, 9)])
def test_sums_have_an_end(inputs: int, bits: int) -> None:
    matrix(inputs, 2, bits)
    with pytest.raises(FinnError, match=f"layer 'a': {inputs + 1 if bits == 16 else inputs} inputs of"
                                        f" {bits if bits == 16 else 10} bits: must be fewer than"):
        matrix(inputs + 1, 2, 16) if bits == 16 else matrix(inputs, 2, 10)


@pytest.mark.parametrize(("inputs", "units", "bits", "fold"), [
    (8190, 3, 1, Fold(simd=8190, pe=1)), (4094, 2, 1, Fold(simd=4094, pe=2)), (4095, 2, 1, Fold(simd=4095, pe=2)),
    (4097, 2, 16, Fold(simd=1, pe=1)), (128, 5, 8, Fold(simd=128, pe=5)), (129, 5, 8, Fold(simd=129, pe=5)),
    (1, 2, 1, Fold(simd=1, pe=2)), (8200, 4, 1, Fold(simd=2050, pe=2))])
@pytest.mark.parametrize("host", [None, "axi", "uart"])
def test_networks_at_the_borders(tmp_path: Path, inputs: int, units: int, bits: int, fold: Fold, host: str | None
                                 ) -> None:
    """Slang takes what is planned."""
    topology = matrix(inputs, units, bits)
    rng = np.random.default_rng(3)
    network = Network(topology, {"a": IntegerLayer(rng.choice(np.array([-1, 1], np.int8), (units, inputs)), None)})
    files = api.files_of(network, make_plan(topology, folds={"a": fold}), host)
    write_files(files, tmp_path / "out")
    top = "finn_wide" if host is None else f"finn_wide_{host}"
    sources = sorted(RTL.glob("*/*.sv"), key=lambda path: (not path.stem.endswith("_pkg"), path))
    own = " ".join(name for name in files if name.endswith(".sv"))
    command = (f"{READ_SLANG} --top {top} --ast-compilation-only -I {RTL}/common {' '.join(map(str, sources))} {own}\n")
    done = subprocess.run([sys.executable, "-m", "finn_rtl.tools.yosys"], cwd=tmp_path / "out", input=command,
                          capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout[-3000:]
