# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Illegal parameters stop elaboration, and the message says which and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cocotb_tests.bit_heap import Heights
from finn_rtl.ips.bit_heap import compressed
from finn_verif.run import runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from finn_rtl.ips.bit_heap import Heap
    from finn_verif.testbench.instances import Value

pytestmark = pytest.mark.steady

# Core, module, parameters, and what the message must say.
ILLEGAL: list[tuple[str, str, Mapping[str, Value], str]] = [
    ("common", "rom", {"WIDTH": 0}, "rom: WIDTH=0 must be at least 1"),
    ("common", "rom", {"DEPTH": 0}, "rom: DEPTH=0 must be at least 1"),
    ("common", "rom", {"STYLE": "ultra"}, "rom: STYLE=ultra must be"),
    ("axis_register", "axis_register", {"WIDTH": 0}, "axis_register: WIDTH=0 must be at least 1"),
    ("axis_fifo", "axis_fifo", {"WIDTH": 0}, "axis_fifo: WIDTH=0 must be at least 1"),
    ("axis_fifo", "axis_fifo", {"DEPTH": 0}, "axis_fifo: DEPTH=0 must be at least 1"),
    ("axis_fifo", "axis_fifo", {"STYLE": "blocks"}, "axis_fifo: STYLE=blocks must be"),
    ("axis_fifo", "axis_fifo", {"DEPTH": 2, "STYLE": "block"}, "axis_fifo: DEPTH=2 must be at least 3"),
    ("axis_fifo", "axis_fifo", {"DEPTH": 2, "OUTPUT_REGISTER": 1}, "axis_fifo: DEPTH=2 must be at least 3 with OUTPUT"),
    ("axis_dwc", "axis_dwc", {"S_WIDTH": 0}, "axis_dwc: S_WIDTH=0 must be at least 1"),
    ("axis_dwc", "axis_dwc", {"M_WIDTH": 0}, "axis_dwc: M_WIDTH=0 must be at least 1"),
    ("axis_dwc", "axis_dwc", {"FRAME_BITS": -8}, "axis_dwc: FRAME_BITS=-8 must not be negative"),
    ("axis_dwc", "axis_dwc", {"FRAME_BITS": 2**31 - 1}, "axis_dwc: FRAME_BITS=2147483647 must be at most 2**30"),
    ("axis_dwc", "axis_dwc_widen", {"RATIO": 1}, "axis_dwc_widen: RATIO=1 must be at least 2"),
    ("axis_dwc", "axis_dwc_narrow", {"RATIO": 1}, "axis_dwc_narrow: RATIO=1 must be at least 2"),
    ("axis_dwc", "axis_dwc_gearbox", {"FRAME": 0}, "axis_dwc_gearbox: FRAME=0 must be at least 1"),
    ("axis_fork", "axis_fork", {"OUTPUTS": 1}, "axis_fork: OUTPUTS=1 must be at least 2"),
    ("axis_fork", "axis_fork", {"OUTPUTS": 0}, "axis_fork: OUTPUTS=0 must be at least 2"),
    ("axis_fork", "axis_fork", {"WIDTH": 0}, "axis_fork: WIDTH=0 must be at least 1"),
    ("add", "add", {"ELEMENTS": 0}, "add: ELEMENTS=0 must be at least 1"),
    ("add", "add", {"A_W": 0}, "add: A_W=0 must be 1 to 30"),
    ("add", "add", {"A_W": 31}, "add: A_W=31 must be 1 to 30"),
    ("add", "add", {"B_W": 0}, "add: B_W=0 must be 1 to 30"),
    ("add", "add", {"B_W": 31}, "add: B_W=31 must be 1 to 30"),
    ("add", "add", {"A_SCALE": 0}, "add: A_SCALE=0 must be 1 to 2^30 / 2^A_W, A_W=4"),
    ("add", "add", {"B_SCALE": 2**26 + 1}, "add: B_SCALE=67108865 must be 1 to"),
    ("add", "add", {"BEATS": 0}, "add: BEATS=0 must be at least 1"),
    ("concat", "concat", {"A_ELEMENTS": 0}, "concat: A_ELEMENTS=0 must be at least 1"),
    ("concat", "concat", {"B_ELEMENTS": 0}, "concat: B_ELEMENTS=0 must be at least 1"),
    ("concat", "concat", {"A_W": 0}, "concat: A_W=0 must be 1 to 30"),
    ("concat", "concat", {"B_W": 31}, "concat: B_W=31 must be 1 to 30"),
    ("concat", "concat", {"BEATS": 0}, "concat: BEATS=0 must be at least 1"),
    ("upsample", "upsample", {"IFM_H": 0}, "upsample: IFM_H=0 and IFM_W=8 must be at least 1"),
    ("upsample", "upsample", {"IFM_W": 0}, "upsample: IFM_H=8 and IFM_W=0 must be at least 1"),
    ("upsample", "upsample", {"PE": 3}, "upsample: PE=3 must be at least 1 and divide CHANNELS=4"),
    ("upsample", "upsample", {"PE": 0}, "upsample: PE=0 must be"),
    ("upsample", "upsample", {"ELEMENT_W": 0}, "upsample: ELEMENT_W=0 must be at least 1"),
    ("upsample", "upsample", {"SCALE_H": 0}, "upsample: SCALE_H=0 and SCALE_W=2 must be at least 1"),
    ("upsample", "upsample", {"SCALE_W": 0}, "upsample: SCALE_H=2 and SCALE_W=0 must be at least 1"),
    ("upsample", "upsample", {"RAM_STYLE": "ultra"}, "upsample: RAM_STYLE=ultra must be"),
    ("axis_frame_guard", "axis_frame_guard", {"WIDTH": 0}, "axis_frame_guard: WIDTH=0 must be at least 1"),
    ("axis_frame_guard", "axis_frame_guard", {"BEATS": 0}, "axis_frame_guard: BEATS=0 must be at least 1"),
    ("axis_frame_guard", "axis_frame_guard", {"FRAMES": 1}, "axis_frame_guard: FRAMES=1 must be at least 2"),
    ("dma_job", "dma_job", {"ADDR_W": 65}, "dma_job: ADDR_W=65 must be 12 to 64"),
    ("dma_job", "dma_job", {"ADDR_W": 11, "LENGTH_W": 11}, "dma_job: ADDR_W=11 must be 12 to 64"),
    ("dma_job", "dma_job", {"DATA_W": 96}, "dma_job: DATA_W=96 must be a power of two from 32 to 1024"),
    ("dma_job", "dma_job", {"DATA_W": 16}, "dma_job: DATA_W=16 must be"),
    ("dma_job", "dma_job", {"DATA_W": 2048}, "dma_job: DATA_W=2048 must be"),
    ("dma_job", "dma_job", {"LENGTH_W": 7}, "dma_job: LENGTH_W=7 must be 8 to ADDR_W=32"),
    ("dma_job", "dma_job", {"LENGTH_W": 33}, "dma_job: LENGTH_W=33 must be 8 to ADDR_W=32"),
    ("dma_job", "dma_job", {"BURST": 0}, "dma_job: BURST=0 must be 1 to 256"),
    ("dma_job", "dma_job", {"BURST": 257}, "dma_job: BURST=257 must be 1 to 256"),
    ("dma_job", "dma_job", {"AVAILABLE_W": 0}, "dma_job: AVAILABLE_W=0 must be at least 1"),
    ("dma_mm2s", "dma_mm2s", {"DATA_W": 96}, "dma_job: DATA_W=96 must be"),
    ("dma_mm2s", "dma_mm2s", {"BURST": 257, "BUFFER": 512}, "dma_job: BURST=257 must be 1 to 256"),
    ("dma_mm2s", "dma_mm2s", {"BUFFER": 63}, "dma_mm2s: BUFFER=63 must be at least BURST=64"),
    ("dma_mm2s", "dma_mm2s", {"BUFFER_STYLE": "ultra"}, "dma_mm2s: BUFFER_STYLE=ultra must be distributed or block"),
    (
        "dma_mm2s",
        "dma_mm2s",
        {"BURST": 2, "BUFFER": 2, "BUFFER_STYLE": "block"},
        "dma_mm2s: BUFFER=2 must be at least 3, 4 with BUFFER_STYLE=block",
    ),
    ("dma_s2mm", "dma_s2mm", {"DATA_W": 96}, "dma_job: DATA_W=96 must be"),
    ("dma_s2mm", "dma_s2mm", {"BURST": 257, "BUFFER": 512}, "dma_job: BURST=257 must be 1 to 256"),
    ("dma_s2mm", "dma_s2mm", {"BUFFER": 15}, "dma_s2mm: BUFFER=15 must be at least BURST=16"),
    ("dma_s2mm", "dma_s2mm", {"BUFFER_STYLE": "ultra"}, "dma_s2mm: BUFFER_STYLE=ultra must be distributed or block"),
    (
        "dma_s2mm",
        "dma_s2mm",
        {"BURST": 2, "BUFFER": 2, "BUFFER_STYLE": "block"},
        "dma_s2mm: BUFFER=2 must be at least 3, 4 with BUFFER_STYLE=block",
    ),
    ("mvtu", "mvtu", {"GROUPS": 3}, "mvtu: GROUPS=3 must be at least 1 and divide MH=16"),
    ("mvtu", "mvtu", {"MH": 24, "PE": 6, "GROUPS": 6}, "mvtu: PE=6 must divide, or be a multiple of"),
    ("mvtu", "mvtu", {"GROUPS": 8, "DSP_ROWS": 1, "INPUT_W": 4, "WEIGHT_W": 4},
     "mvtu: GROUPS=8 must be 1 for SERIAL=0, and for DSP_ROWS=1 if PE=4"),
    ("mvtu", "mvtu", {"GROUPS": 2, "SERIAL": 1, "INPUT_W": 4, "WEIGHT_W": 4}, "mvtu: GROUPS=2 must be 1 for SERIAL=1"),
    ("upsample", "upsample", {"SPREAD": 1}, "upsample: SPREAD=1 must be 0, or 1 or 2 for PE=2 that is CHANNELS=4"),
    ("upsample", "upsample", {"SPREAD": 3, "PE": 4}, "upsample: SPREAD=3 must be 0"),
    ("label_select", "label_select", {"CLASSES": 1}, "label_select: CLASSES=1 must be at least 2"),
    ("label_select", "label_select", {"PE": 3}, "label_select: PE=3 must be at least 1 and divide CLASSES=10"),
    ("label_select", "label_select", {"PE": 0}, "label_select: PE=0 must be"),
    ("label_select", "label_select", {"SCORE_W": 0}, "label_select: SCORE_W=0 must be at least 1"),
    ("label_select", "label_select", {"LABELS": 0}, "label_select: LABELS=0 must be 1 to CLASSES=10"),
    ("label_select", "label_select", {"LABELS": 11}, "label_select: LABELS=11 must be 1 to CLASSES=10"),
    ("label_select", "label_select", {"PE": 2, "LABELS": 3}, "label_select: PE=2 must be 1, for LABELS=3 are told"),
    ("swu", "swu", {"SIMD": 3}, "swu: SIMD=3 must be at least 1 and divide CHANNELS=4"),
    ("swu", "swu", {"IFM_H": 0}, "swu: IFM_H=0 and IFM_W=8 must be at least 1"),
    ("swu", "swu", {"KERNEL_H": 9}, "swu: KERNEL_H=9 must be 1 to the padded height 8"),
    ("swu", "swu", {"KERNEL_W": 9}, "swu: KERNEL_W=9 must be 1 to the padded width 8"),
    ("swu", "swu", {"PAD_TOP": 3}, "swu: PAD_TOP=3 and PAD_BOTTOM=0 must be 0 to KERNEL_H - 1 = 2"),
    ("swu", "swu", {"PAD_RIGHT": 3}, "swu: PAD_LEFT=0 and PAD_RIGHT=3 must be 0 to KERNEL_W - 1 = 2"),
    ("swu", "swu", {"IFM_H": 10**6, "IFM_W": 10**6}, "swu: IFM_H=1000000 and IFM_W=1000000 with padding"),
    (
        "swu",
        "swu",
        {"IFM_H": 2**14, "IFM_W": 2**13, "KERNEL_H": 7, "KERNEL_W": 7},
        "swu: 16378 x 8186 windows of KERNEL_H=7, KERNEL_W=7: must be at most 2**28 beats",
    ),
    ("swu", "swu", {"DEPTH": 37}, "swu: DEPTH=37 must be at least 38"),
    ("swu", "swu", {"PAD_VALUE": 2}, "swu: PAD_VALUE=2 must have at most ELEMENT_W=1 bits"),
    ("swu", "swu", {"RAM_STYLE": "ultra"}, "swu: RAM_STYLE=ultra must be"),
    ("swu", "swu_parallel", {"SIMD": 3}, "swu_parallel: SIMD=3 must be at least 1 and divide CHANNELS=4"),
    ("swu", "swu_parallel", {"SIMD": 0}, "swu_parallel: SIMD=0 must be"),
    ("swu", "swu_parallel", {"ELEMENT_W": 0}, "swu_parallel: ELEMENT_W=0 must be at least 1"),
    ("swu", "swu_parallel", {"IFM_H": 0}, "swu_parallel: IFM_H=0 and IFM_W=8 must be at least 1"),
    ("swu", "swu_parallel", {"KERNEL_H": 9}, "swu_parallel: KERNEL_H=9 must be 1 to the padded height 8"),
    ("swu", "swu_parallel", {"KERNEL_W": 9}, "swu_parallel: KERNEL_W=9 must be 1 to the padded width 8"),
    ("swu", "swu_parallel", {"KERNEL_H": 0}, "swu_parallel: KERNEL_H=0 must be"),
    ("swu", "swu_parallel", {"STRIDE_W": 0}, "swu_parallel: STRIDE_H=1 and STRIDE_W=0 must be at least 1"),
    (
        "swu",
        "swu_parallel",
        {"PAD_TOP": 2, "PAD_BOTTOM": 1},
        "swu_parallel: PAD_TOP=2 and PAD_BOTTOM=1 must be 0 to KERNEL_H - 1 = 2 together",
    ),
    (
        "swu",
        "swu_parallel",
        {"PAD_LEFT": 0, "PAD_RIGHT": 3},
        "swu_parallel: PAD_LEFT=0 and PAD_RIGHT=3 must be 0 to KERNEL_W - 1 = 2 together",
    ),
    ("swu", "swu_parallel", {"PAD_LEFT": -1}, "swu_parallel: PAD_LEFT=-1 and PAD_RIGHT=0 must be 0 to"),
    ("swu", "swu_parallel", {"IFM_H": 10**6, "IFM_W": 10**6}, "swu_parallel: IFM_H=1000000, IFM_W=1000000"),
    ("swu", "swu_parallel", {"PAD_VALUE": 2}, "swu_parallel: PAD_VALUE=2 must have at most ELEMENT_W=1 bits"),
    ("swu", "swu_parallel", {"RAM_STYLE": "ultra"}, "swu_parallel: RAM_STYLE=ultra must be"),
    ("mvtu", "mvtu", {"SIMD": 5}, "mvtu: SIMD=5 must be at least 1 and divide MW=64"),
    ("mvtu", "mvtu", {"SIMD": 0}, "mvtu: SIMD=0 must be"),
    ("mvtu", "mvtu", {"MW": 10, "SIMD": 4}, "mvtu: SIMD=4 must be at least 1 and divide MW=10"),
    ("mvtu", "mvtu", {"PE": 3}, "mvtu: PE=3 must be at least 1 and divide MH=16"),
    ("mvtu", "mvtu", {"PE": 0}, "mvtu: PE=0 must be"),
    ("mvtu", "mvtu", {"WEIGHT_SLICE": -1}, "rom_slices: SLICE=-1 must be 0, or at least a thousandth of WIDTH=64"),
    ("mvtu", "mvtu", {"THRESHOLDS": 256}, "mvtu: THRESHOLDS=256 must be 0, or one less than a power of two"),
    ("mvtu", "mvtu", {"STAGES": 3}, "STAGES=3 must be 0 to 2 for SIMD=16"),
    ("mvtu", "mvtu", {"STAGES": 12, "INPUT_W": 8}, "mvtu_sum_planes: STAGES=12 must be 0 to"),
    (
        "mvtu",
        "mvtu",
        {"MW": 10**6, "MH": 10**5, "SIMD": 1, "PE": 1},
        "mvtu: MW=1000000 times MH=100000 must be at most 2**30",
    ),
    ("mvtu", "mvtu", {"INPUT_W": 0}, "mvtu: INPUT_W=0 must be 1 to 16"),
    ("mvtu", "mvtu", {"INPUT_W": 17}, "mvtu: INPUT_W=17 must be 1 to 16"),
    ("mvtu", "mvtu", {"MW": 16384, "INPUT_W": 16}, "mvtu: MW=16384 must be below 16384 for INPUT_W=16"),
    ("mvtu", "mvtu", {"THRESHOLDS": 2}, "mvtu: THRESHOLDS=2 must be 0, or one less than a power of two"),
    ("mvtu", "mvtu", {"THRESHOLDS": 0, "FALLING": 1}, "mvtu: FALLING=1 must be 0 for THRESHOLDS=0"),
    ("mvtu", "mvtu", {"SIGNED_OUTPUT": 1}, "mvtu: SIGNED_OUTPUT=1 must be 0 for THRESHOLDS=1"),
    ("mvtu", "mvtu", {"BIAS_W": 4}, "mvtu: BIAS_W=4 must be 0 to 30, and 0 for THRESHOLDS=1"),
    ("mvtu", "mvtu", {"THRESHOLDS": 0, "BIAS_W": 31}, "mvtu: BIAS_W=31 must be 0 to 30"),
    ("mvtu", "mvtu", {"ZEROS": 1, "BIPOLAR": 0}, "mvtu: ZEROS=1 must be 0 for INPUT_W=1 and BIPOLAR=0"),
    ("mvtu", "mvtu", {"EDGE_TOP": 2}, "mvtu: OFM_H=1 must be at least 1, EDGE_TOP=2 and EDGE_BOTTOM=0 together"),
    ("mvtu", "mvtu", {"EDGE_RIGHT": 2}, "mvtu: OFM_W=1 must be at least 1, EDGE_LEFT=0 and EDGE_RIGHT=2 together"),
    ("mvtu", "mvtu", {"OFM_H": 2**24, "EDGE_TOP": 2**23}, "make more than 2**24 words of start values"),
    ("mvtu", "mvtu", {"WEIGHT_W": 0}, "mvtu: WEIGHT_W=0 must be 1 to 8"),
    ("mvtu", "mvtu", {"WEIGHT_W": 9}, "mvtu: WEIGHT_W=9 must be 1 to 8"),
    ("mvtu", "mvtu", {"MW": 32768, "INPUT_W": 8, "WEIGHT_W": 8, "SIMD": 1, "STAGES": 0}, "MW=32768 must be below"),
    ("mvtu", "mvtu", {"REPLAY_STYLE": "ultra"}, "mvtu: REPLAY_STYLE=ultra must be"),
    ("mvtu", "mvtu", {"RAM_STYLE": "ultra"}, "STYLE=ultra must be"),
    ("mvtu", "mvtu", {"DSP_ROWS": 1, "INPUT_W": 2}, "mvtu: DSP_ROWS=1 must be 0, or for INPUT_W and WEIGHT_W of 2"),
    ("mvtu", "mvtu", {"DSP_ROWS": 5, "INPUT_W": 2, "WEIGHT_W": 2}, "mvtu: DSP_ROWS=5 must be 0, or"),
    ("mvtu", "mvtu", {"DSP_ROWS": 4, "INPUT_W": 2, "WEIGHT_W": 2, "LANES": 9}, "mvtu_dot_dsp: LANES=9 must be 1 to 8"),
    ("mvtu", "mvtu", {"SERIAL": 1}, "mvtu: SERIAL=1 must be 0 for INPUT_W=1, WEIGHT_W=1 and DSP_ROWS=0"),
    ("mvtu", "mvtu", {"SERIAL": 1, "INPUT_W": 9}, "mvtu: SERIAL=1 must be 0 for INPUT_W=9"),
    ("mvtu", "mvtu_serial_pe", {"SUM_W": 2}, "mvtu_serial_pe: SUM_W=2 must be at least 3"),
    ("mvtu", "mvtu_dot_binary", {"STAGES": 3}, "mvtu_dot_binary: STAGES=3 must be 0 to 2 for SIMD=16"),
    ("mvtu", "mvtu_dot_binary", {"SIMD": 0}, "mvtu_dot_binary: SIMD=0 must be 1 to 8190"),
    ("mvtu", "mvtu_leaves", {"SYNAPSES": 0}, "mvtu_leaves: SYNAPSES=0 must be at least 1"),
    ("mvtu", "mvtu_pe", {"SUM_W": 4}, "mvtu_pe: SUM_W=4 must be at least 5 for SIMD=16"),
    ("mvtu", "mvtu_pe", {"INPUT_W": 8, "SIGNED_INPUTS": 1, "SUM_W": 11}, "mvtu_pe: SUM_W=11 must be at least 12"),
    ("mvtu", "mvtu_dot_planes", {"SIMD": 0}, "mvtu_dot_planes: SIMD=0 must be at least 1"),
    ("mvtu", "mvtu_dot_planes", {"SIMD": 520, "INPUT_W": 8, "WEIGHT_W": 8}, "and a sum have at most 24 bits"),
    ("mvtu", "mvtu_dot_planes", {"INPUT_W": 17}, "mvtu_dot_planes: INPUT_W=17 must be 1 to 16"),
    ("mvtu", "mvtu_dot_planes", {"WEIGHT_W": 9}, "mvtu_dot_planes: WEIGHT_W=9 must be 1 to 8"),
    ("mvtu", "mvtu_dot_planes", {"INPUT_W": 1, "SIGNED_INPUTS": 1}, "mvtu_dot_planes: SIGNED_INPUTS=1 needs"),
    ("mvtu", "mvtu_dot_planes", {"STAGES": 9}, "mvtu_sum_planes: STAGES=9 must be 0 to"),
    ("mvtu", "mvtu_dot_planes", {"STAGES": 8, "WEIGHT_W": 2}, "mvtu_sum_digits: STAGES=8 must be 0 to"),
    ("mvtu", "mvtu_sum_planes", {"PRODUCTS": 4096}, "mvtu_sum_planes: PRODUCTS=4096 must be 1 to 4095"),
    ("mvtu", "mvtu_sum_planes", {"COLUMNS": 17}, "mvtu_sum_planes: COLUMNS=17 must be 1 to 16"),
    ("mvtu", "mvtu_sum_digits", {"SIMD": 1024}, "mvtu_sum_digits: SIMD=1024 must be 1 to 1023"),
    ("mvtu", "mvtu_plane_leaves", {"PRODUCTS": 0}, "mvtu_plane_leaves: PRODUCTS=0 must be at least 1"),
    ("mvtu", "mvtu_digit", {"DIGIT": 1}, "mvtu_digit: DIGIT=1 must be 0 to 0"),
    ("mvtu", "mvtu_digit_adder", {"BASE_W": 5}, "mvtu_digit_adder: SUM_W=4 must be at least 3 and BASE_W=5"),
    ("mvtu", "mvtu_digit_sum", {"LEVELS": 2}, "mvtu_digit_sum: LEVELS=2 must be at least SIMD=4 less one"),
    ("mvtu", "mvtu_dot_dsp", {"ROWS": 0}, "mvtu_dot_dsp: ROWS=0 must be at least 1"),
    ("mvtu", "mvtu_dot_dsp", {"SIMD": 1024, "ROWS": 1, "INPUT_W": 2, "WEIGHT_W": 2},
     "mvtu_dot_dsp: SIMD=1024 must be 1 to 1023"),
    ("mvtu", "mvtu_dot_dsp", {"INPUT_W": 1}, "mvtu_dot_dsp: INPUT_W=1 must be 2 to 8"),
    ("mvtu", "mvtu_dot_dsp", {"WEIGHT_W": 9}, "mvtu_dot_dsp: WEIGHT_W=9 must be 2 to 8"),
    ("mvtu", "mvtu_dot_dsp", {"FACTOR_W": 26}, "mvtu_dot_dsp: FACTOR_W=26 must be WEIGHT_W=4 to 25"),
    ("mvtu", "mvtu_dot_dsp", {"LANES": 5}, "mvtu_dot_dsp: LANES=5 must be 1 to 4 for FACTOR_W=25"),
    ("mvtu", "mvtu_dot_dsp", {"CHAIN": 0}, "mvtu_dot_dsp: CHAIN=0 must be at least 1"),
    ("mvtu", "mvtu_dot_dsp", {"STAGES": 9}, "mvtu_dot_dsp: STAGES=9 must be 0 to"),
    ("mvtu", "mvtu_dsp_chain", {"PRODUCTS": 0}, "mvtu_dsp_chain: PRODUCTS=0 must be at least 1"),
    ("bit_heap", "popcount", {"WIDTH": 0}, "popcount: WIDTH=0 must be 1 to 4095"),
    ("bit_heap", "popcount", {"WIDTH": 4096}, "popcount: WIDTH=4096 must be 1 to 4095"),
    ("bit_heap", "bit_heap", {"WIDTH": 0}, "bit_heap: WIDTH=0 must be 1 to 24"),
    ("bit_heap", "bit_heap", {"WIDTH": 25}, "bit_heap: WIDTH=25 must be 1 to 24"),
    ("bit_heap", "bit_heap", {"HEIGHTS": 0}, "bit_heap: HEIGHTS=0 must have a bit below column WIDTH=5"),
    (
        "bit_heap",
        "bit_heap",
        {"HEIGHTS": Heights.of((0, 5)), "WIDTH": 1},
        "bit_heap: HEIGHTS=5000 must have a bit below column WIDTH=1",
    ),
    ("bit_heap", "bit_heap", {"LEVELS": 31}, "bit_heap: LEVELS must be 0 to 30"),
    ("bit_heap", "bit_heap", {"REGISTERS": -1}, "bit_heap: REGISTERS=-1 must not be negative"),
    (
        "bit_heap",
        "bit_heap_level",
        {"HEIGHTS": Heights.of((3, 1)), "WIDTH": 1},
        "bit_heap_level: HEIGHTS=1003 must have no bits from column WIDTH=1 on",
    ),
    ("bit_heap", "bit_heap_count", {"SECOND_W": 3}, "bit_heap_count: SECOND_W=3 must be 1 or 2"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"ROWS": 0}, "mvtu_unfolded_rows: ROWS=0 must be 1 to 8"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"ROWS": 9, "SUM_LEVELS": 8}, "mvtu_unfolded_rows: ROWS=9 must be 1 to 8"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"INPUTS": 0}, "mvtu_unfolded_rows: INPUTS=0 must be 1 to 4095"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"INPUTS": 4096}, "mvtu_unfolded_rows: INPUTS=4096 must be 1 to 4095"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"INPUTS": 4}, "mvtu_unfolded_rows: SIZES hold 3 inputs, must be INPUTS=4"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"SIZES": 5}, "mvtu_unfolded_rows: SIZES hold 5 inputs, must be INPUTS=3"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"STAGES": 3}, "mvtu_unfolded_rows: STAGES=3 must be 0 to 2"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"STAGES": -1}, "mvtu_unfolded_rows: STAGES=-1 must be 0 to 2"),
    ("mvtu_unfolded", "mvtu_unfolded_rows", {"SUM_LEVELS": 0}, "mvtu_unfolded_rows: SUM_LEVELS=0 must be at least 1"),
    ("mvtu_unfolded", "mvtu_unfolded_terms", {"INPUTS": 65536}, "terms: INPUTS=65536 must be 1 to 65535"),
    ("mvtu_unfolded", "mvtu_unfolded_terms", {"ROWS": 256}, "mvtu_unfolded_terms: ROWS=256 must be 1 to 255"),
    ("mvtu_unfolded", "mvtu_unfolded_terms", {"TERMS": 4096}, "mvtu_unfolded_terms: TERMS=4096 must be 1 to 4095"),
    ("mvtu_unfolded", "mvtu_unfolded_terms", {"RESULT_W": 2}, "mvtu_unfolded_terms: RESULT_W=2 must be SUM_W=2, or"),
    ("mvtu_unfolded", "mvtu_unfolded_control", {"STAGES": -1}, "mvtu_unfolded_control: STAGES=-1 must be at least 0"),
    ("common", "replay_passes", {"LENGTH": 0}, "replay_passes: LENGTH=0 must be at least 1"),
    ("common", "replay_buffer", {"REPEATS": 1}, "replay_buffer: REPEATS=1 must be at least 2"),
    ("requant", "requant", {"OUT_BITS": 9}, "requant: OUT_BITS=9 must be 1 to 8"),
    ("requant", "requant", {"LOW": -1}, "requant: LOW=-1 must be less than HIGH=255, and both 0 to 255"),
    ("requant", "requant", {"INPUT_W": 33}, "requant: INPUT_W=33 must be 1 to 32"),
    ("requant", "requant", {"SCALE_W": 1}, "requant: SCALE_W=1 must be 2 to 25"),
    ("requant", "requant", {"OFFSET_W": 49}, "requant: OFFSET_W=49 must be 1 to 48"),
    ("requant", "requant", {"SHIFT": 48}, "requant: SHIFT=48 must be 0 to 47"),
    ("requant", "requant", {"PE": 3}, "requant: PE=3 must be at least 1 and divide CHANNELS=8"),
    ("requant", "requant", {"USE_DSP": "maybe"}, "requant: USE_DSP=maybe must be auto, yes or no"),
    ("threshold", "threshold", {"OUT_BITS": 9}, "threshold: OUT_BITS=9 must be 1 to 8"),
    ("threshold", "threshold", {"OUT_BITS": 0}, "threshold: OUT_BITS=0 must be 1 to 8"),
    ("threshold", "threshold", {"INPUT_W": 0}, "threshold: INPUT_W=0 must be at least 1"),
    ("threshold", "threshold", {"PE": 3}, "threshold: PE=3 must be at least 1 and divide CHANNELS=8"),
    ("threshold", "threshold", {"PE": 0}, "threshold: PE=0 must be"),
    ("threshold", "threshold", {"RAM_STYLE": "ultra"}, "threshold: RAM_STYLE=ultra must be"),
    ("threshold", "threshold", {"THRESHOLD_W": 10}, "threshold: THRESHOLD_W=10 must be INPUT_W=8 or one more"),
    ("threshold", "threshold", {"PE": 2001, "CHANNELS": 2001},
     "threshold: PE=2001 must be at most 2000"),
    ("threshold", "threshold", {"LUT_DEPTH": -1}, "threshold: LUT_DEPTH=-1 must be at least 0"),
    ("threshold", "threshold_stage", {"STEP": 2}, "threshold_stage: STEP=2 must be 0 to OUT_BITS - 1 = 1"),
    ("maxpool", "maxpool", {"PE": 3}, "maxpool: PE=3 must be at least 1 and divide CHANNELS=4"),
    ("maxpool", "maxpool", {"PE": 0}, "maxpool: PE=0 must be"),
    ("maxpool", "maxpool", {"ELEMENT_W": 0}, "maxpool: ELEMENT_W=0 must be at least 1"),
    ("maxpool", "maxpool", {"KERNEL_H": 9}, "maxpool: KERNEL_H=9 must be 1 to IFM_H=8"),
    ("maxpool", "maxpool", {"KERNEL_W": 9}, "maxpool: KERNEL_W=9 must be 1 to IFM_W=8"),
    ("maxpool", "maxpool", {"KERNEL_H": 0}, "maxpool: KERNEL_H=0 must be"),
    ("maxpool", "maxpool", {"RAM_STYLE": "ultra"}, "maxpool: RAM_STYLE=ultra must be"),
    ("sumpool", "sumpool", {"PE": 3}, "sumpool: PE=3 must be at least 1 and divide CHANNELS=4"),
    ("sumpool", "sumpool", {"ELEMENT_W": 0}, "sumpool: ELEMENT_W=0 must be 1 to 24"),
    ("sumpool", "sumpool", {"ELEMENT_W": 25}, "sumpool: ELEMENT_W=25 must be 1 to 24"),
    ("sumpool", "sumpool", {"KERNEL_H": 9}, "sumpool: KERNEL_H=9 must be 1 to IFM_H=8"),
    ("sumpool", "sumpool", {"KERNEL_W": 9}, "sumpool: KERNEL_W=9 must be 1 to IFM_W=8"),
    ("sumpool", "sumpool", {"ELEMENT_W": 24, "KERNEL_H": 8, "KERNEL_W": 9, "IFM_W": 9},
     "sumpool: KERNEL_H=8 times KERNEL_W=9 must be at most 2^30 / 2^ELEMENT_W, ELEMENT_W=24"),
    ("axi_host", "axi_host", {"ADDR_W": 31}, "axi_host: ADDR_W=31 must be 32 to 64"),
    ("axi_host", "axi_host", {"ADDR_W": 65}, "axi_host: ADDR_W=65 must be 32 to 64"),
    ("axi_host", "axi_host", {"DATA_W": 48}, "dma_job: DATA_W=48 must be"),
    ("axi_host", "axi_host", {"INPUT_W": 0}, "axi_host: INPUT_W=0 must be at least 1"),
    ("axi_host", "axi_host", {"INPUT_FRAME_BITS": 0}, "axi_host: INPUT_FRAME_BITS=0 must be at least 1"),
    ("axi_host", "axi_host", {"RESULT_W": 0}, "axi_host: RESULT_W=0 must be at least 1"),
    ("axi_host", "axi_host", {"RESULT_BEATS": 0}, "axi_host: RESULT_BEATS=0 must be at least 1"),
    ("axi_host", "axi_host", {"INPUT_FRAME_BITS": 524289}, "axi_host: a frame of 65544 bytes"),
    ("axi_host", "axi_host", {"RESULT_BEATS": 65536}, "and a result of 65536 must be at most 65535"),
    ("uart", "uart_rx", {"CLOCKS_PER_BIT": 3}, "uart_rx: CLOCKS_PER_BIT=3 must be at least 4"),
    ("uart", "uart_tx", {"CLOCKS_PER_BIT": 1}, "uart_tx: CLOCKS_PER_BIT=1 must be at least 2"),
    ("uart", "uart_frame_buffer", {"FRAME_BYTES": 0}, "uart_frame_buffer: FRAME_BYTES=0 must be at least 1"),
    ("uart", "uart_frame_buffer", {"FRAMES": 0}, "uart_frame_buffer: FRAMES=0 must be at least 1"),
    ("uart", "uart_host", {"CLOCKS_PER_BIT": 3}, "uart_rx: CLOCKS_PER_BIT=3 must be at least 4"),
    ("uart", "uart_host", {"FRAME_BYTES": 0}, "uart_host: FRAME_BYTES=0 must be at least 1"),
    ("uart", "uart_host", {"WINDOW": 0}, "uart_host: WINDOW=0 must be at least 1"),
    ("uart", "uart_host", {"IDLE_BITS": 15}, "uart_host: IDLE_BITS=15 must be at least 16"),
    ("uart", "uart_host", {"CLOCKS_PER_BIT": 40000}, "uart_host: IDLE_BITS=65536 must be at least 16, and below"),
]

# Verilator does not see what a recursive module as the top level does: bit_heap is linted inside the others.
ALONE = sorted({(core, module) for core, module, _, _ in ILLEGAL if module != "bit_heap"})

# Sizes that break the text of a module before its checks run: the simulator stops in words of its own.
OWN_WORDS = {
    "icarus": (
        ("mvtu", {"DSP_ROWS": 5, "INPUT_W": 2, "WEIGHT_W": 2}),
        ("rom", {"DEPTH": 0}),
        ("mvtu", {"WEIGHT_W": 0}),
        ("axis_fifo", {"DEPTH": 0}),
        ("axis_dwc", {"M_WIDTH": 0}),
        ("axis_dwc", {"FRAME_BITS": -8}),
        ("axis_dwc", {"FRAME_BITS": 2**31 - 1}),
        ("axis_dwc_narrow", {"RATIO": 1}),
        ("axis_dwc_gearbox", {"FRAME": 0}),
        ("axis_fork", {"OUTPUTS": 0}),
        ("axis_fork", {"WIDTH": 0}),
        ("add", {"A_W": 0}),
        ("add", {"B_W": 0}),
        ("concat", {"A_W": 0}),
        ("label_select", {"PE": 0}),
        ("mvtu", {"SIMD": 0}),
        ("mvtu", {"PE": 0}),
        ("mvtu", {"INPUT_W": 0}),
        ("mvtu", {"MW": 10**6, "MH": 10**5, "SIMD": 1, "PE": 1}),
        ("mvtu_plane_leaves", {"PRODUCTS": 0}),
        ("mvtu_dot_dsp", {"INPUT_W": 1}),
        ("mvtu_dsp_chain", {"PRODUCTS": 0}),
        ("bit_heap", {"LEVELS": 31}),
        ("mvtu_unfolded_rows", {"ROWS": 0}),
        ("mvtu_unfolded_rows", {"SUM_LEVELS": 0}),
        ("mvtu_unfolded_control", {"STAGES": -1}),
        ("replay_buffer", {"LENGTH": 0}),
        ("threshold", {"OUT_BITS": 0}),
        ("threshold", {"INPUT_W": 0}),
        ("threshold", {"PE": 0}),
        ("maxpool", {"PE": 0}),
        ("maxpool", {"ELEMENT_W": 0}),
        ("maxpool", {"KERNEL_W": 9}),
        ("sumpool", {"PE": 0}),
        ("sumpool", {"ELEMENT_W": 0}),
        ("sumpool", {"KERNEL_W": 9}),
        ("upsample", {"IFM_W": 0}),
        ("upsample", {"PE": 0}),
        ("swu_parallel", {"SIMD": 0}),
        ("swu_parallel", {"ELEMENT_W": 0}),
        ("swu_parallel", {"IFM_H": 0}),
        ("swu_parallel", {"KERNEL_H": 0}),
        ("axi_host", {"INPUT_W": 0}),
        ("uart_frame_buffer", {"FRAME_BYTES": 0}),
        ("uart_frame_buffer", {"FRAMES": 0}),
        ("uart_host", {"FRAME_BYTES": 0}),
        ("uart_host", {"WINDOW": 0}),
    ),
    "verilator": (
        ("swu_parallel", {"SIMD": 0}),
        ("swu_parallel", {"ELEMENT_W": 0}),
        ("mvtu", {"SIMD": 0}),
        ("mvtu_dsp_chain", {"PRODUCTS": 0}),
        ("upsample", {"PE": 0}),
        ("mvtu_unfolded_rows", {"ROWS": 0}),
        ("mvtu_unfolded_rows", {"SUM_LEVELS": 0}),
    ),
}

# Sizes that Icarus elaborates whole before it runs their checks; Verilator has the checks first.
WIDE = (
    ("mvtu_dot_planes", {"SIMD": 520, "INPUT_W": 8, "WEIGHT_W": 8}),
    ("mvtu_dot_dsp", {"SIMD": 1024, "ROWS": 1, "INPUT_W": 2, "WEIGHT_W": 2}),
    ("threshold", {"PE": 2001, "CHANNELS": 2001}),
)


@pytest.mark.parametrize("simulator", runner.simulators())
@pytest.mark.parametrize(
    ("core", "module", "parameters", "message"),
    ILLEGAL,
    ids=[f"{module}-{'-'.join(f'{k}={v}' for k, v in parameters.items())}" for _, module, parameters, _ in ILLEGAL],
)
def test_illegal_parameters(
    core: str, module: str, parameters: Mapping[str, Value], message: str, simulator: str
) -> None:
    """Elaboration fails and says why."""
    if simulator == "icarus" and (module, parameters) in WIDE:
        pytest.skip("Icarus takes minutes to elaborate so many lanes, or does not come to an end")
    status, text = runner.elaborate(f"finn:ip:{core}", module, parameters, simulator)
    assert status != 0, text
    if (module, parameters) not in OWN_WORDS[simulator]:
        assert message in text


@pytest.mark.parametrize("simulator", runner.simulators())
@pytest.mark.parametrize(("core", "module"), ALONE)
def test_default_parameters(core: str, module: str, simulator: str) -> None:
    """A module elaborates by itself with its defaults, without a warning in Verilator."""
    status, text = runner.elaborate(f"finn:ip:{core}", module, {}, simulator)
    assert status == 0, text


@pytest.mark.parametrize("simulator", [name for name in runner.simulators() if name == "icarus"])
@pytest.mark.parametrize(
    ("heap", "width"), [((16,), 5), ((784,), 10), ((8,) * 5, 8), ((8,) * 5, 3), ((3, 14, 0, 0, 30, 1), 12)]
)
def test_bit_heap_needs_its_levels(heap: Heap, width: int, simulator: str) -> None:
    """The levels that finn_rtl.heap counts are enough, one less is refused; Verilator sees no levels in the top."""
    for missing, wanted in ((0, ""), (1, "bit_heap: LEVELS must be 0 to 30, and not fewer than the heap needs")):
        levels = compressed(heap, width)[0] - missing
        parameters = {"HEIGHTS": Heights.of(heap), "WIDTH": width, "LEVELS": levels}
        status, text = runner.elaborate("finn:ip:bit_heap", "bit_heap", parameters, simulator)
        assert (status != 0) == missing and wanted in text, text
