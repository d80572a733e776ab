# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Rewrites the cost tables of the pages docs/ip/*.md: LUTs, flip-flops and block RAMs of each IP, by Yosys.

    python docs/cost.py [IP...]

Each IP is synthesized alone, out of context, for 7 series. These are Yosys' figures, not Vivado's, and there is no
placement, no routing and no clock rate. Memories are filled with random words of a fixed seed: undefined ones would be
optimized away. ROMs and processing elements are mapped one by one and flattened afterwards: in one piece with the
logic around them, ABC maps the same netlist to many more LUTs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pages import DOCS, asked, replace_block, table

from finn_rtl.api import load
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.ips.arithmetic import LEVELS_PER_STAGE
from finn_rtl.ips.base import Ram
from finn_rtl.ips.border import Border, Side
from finn_rtl.ips.memory_text import hex_words, slice_files
from finn_rtl.ips.mvtu import Mvtu
from finn_rtl.ips.mvtu_stream import MvtuStream
from finn_rtl.ips.mvtu_unfolded import MvtuUnfolded
from finn_rtl.ips.products import Operands
from finn_rtl.tools.eda import Sources, core_sources
from finn_rtl.tools.synth import Part, Usage, cells_of, make_job, run_yosys, script, unfolded_parts, usage

SEED = 1
# Inputs and weights of one bit; pixels of signed bytes with such weights.
BINARY, PIXELS = Operands(1), Operands(8, signed=True)


@dataclass(frozen=True)
class Design:
    """A module with parameters: numbers, strings, and memory files as (words, bits) under their parameter's name.

    A number may be an expression of the language. Files whose names begin as that of a memory, and which no parameter
    names, stand under their whole names. Of THRESHOLD_FILE, `start_levels` words behind each other are of the same
    rows, and differ in the lowest bit of each field alone.
    """

    module: str
    numbers: Mapping[str, int | str]
    strings: dict[str, str] = field(default_factory=dict)
    memories: dict[str, tuple[int, int]] = field(default_factory=dict)
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    start_levels: int = 1

    @property
    def shown(self) -> str:
        """The parameters as the table names them."""
        pairs = [*self.numbers.items(), *self.strings.items()]
        return ", ".join(f"{name} {value}" for name, value in pairs)


def mvtu(mw: int, mh: int, simd: int, pe: int, thresholds: int = 1, kind: Operands = BINARY, groups: int = 1,
         levels: int = LEVELS_PER_STAGE) -> Design:
    """An MVTU with the stages that the generator would give it, and memories by their depth."""
    return unit(Mvtu("mvtu", mw, mh, simd, pe, thresholds, 1, kind.input_bits, kind.signed, 1, kind.bipolar,
                     kind.weight_bits, kind.narrow, groups=groups, levels_per_stage=levels))


def unit(stage: Mvtu) -> Design:
    """An MVTU as the generator would write it."""
    parameters = stage.parameters("cost")
    numbers = {name: value for name, value in parameters.items() if isinstance(value, int)}
    strings = {name: str(value) for name, value in parameters.items() if name.endswith("_STYLE")}
    memories = {"WEIGHT_FILE": (stage.words, stage.word)}
    files = {}
    if stage.thresholds > 1:
        memories["THRESHOLD_FILE"] = (stage.nf, stage.pe * stage.sum_width)
        files = level_files(stage.element_bits, stage.nf, stage.pe, stage.sum_width)
    elif stage.has_start:
        memories["THRESHOLD_FILE"] = (stage.starts, stage.start_width)
    return Design("mvtu", numbers, strings, memories, files, 1 + stage.kind.start_steps)


def streamed(mw: int, mh: int, simd: int, pe: int, reuse: int, kind: Operands = BINARY,
             style: Ram = "distributed") -> Design:
    """An mvtu_stream as the generator would write it, with all that it keeps in one kind of memory."""
    stage = MvtuStream("mvtu", mw, mh, simd, pe, 0, reuse, kind.input_bits, kind.signed, 1, kind.bipolar,
                       kind.weight_bits, kind.narrow, reuse=reuse, vector_style=style, word_style=style,
                       result_style=style)
    parameters = stage.parameters("cost")
    return Design("mvtu_stream", {name: value for name, value in parameters.items() if isinstance(value, int)},
                  {name: str(value) for name, value in parameters.items() if isinstance(value, str)})


def precise(mw: int, mh: int, simd: int, pe: int, kind: Operands, style: Ram = "distributed",
            levels: int = LEVELS_PER_STAGE) -> Design:
    """An mvtu_precision with one threshold a row and weights in one kind of memory, start values in block RAM."""
    stage = Mvtu("mvtu", mw, mh, simd, pe, 1, 1, kind.input_bits, weight_bits=kind.weight_bits, products="serial",
                 levels_per_stage=levels)
    numbers = {"MW": mw, "MH": mh, "SIMD": simd, "PE": pe, "INPUT_W": kind.input_bits, "WEIGHT_W": kind.weight_bits,
               "STAGES": stage.stages}
    starts = 1 << sum((count - 1).bit_length() for count in (kind.input_bits, kind.weight_bits, stage.nf))
    return Design("mvtu_precision", numbers, {"RAM_STYLE": style, "THRESHOLD_STYLE": "block"},
                  {"WEIGHT_FILE": (stage.words, stage.word), "THRESHOLD_FILE": (starts, pe * (stage.sum_width + 1))})


def zeros(mw: int, mh: int, simd: int, pe: int, thresholds: int, style: Ram = "distributed") -> Design:
    """An MVTU of a binary convolution of 3 x 3 with a border of true zeros around a map of 32 x 32."""
    side = Side(32, 3, 1, 1, 1)
    stage = Mvtu("mvtu", mw, mh, simd, pe, thresholds, border=Border(side, side), start_style=style)
    design = mvtu(mw, mh, simd, pe, thresholds)
    parameters = stage.parameters("cost")
    numbers = {name: value for name, value in parameters.items() if isinstance(value, int)}
    strings = {name: str(value) for name, value in parameters.items() if name.endswith("_STYLE")}
    width = pe * stage.sum_width
    starts = {"THRESHOLD_FILE" if thresholds <= 1 else "START_FILE": (stage.starts, width)}
    levels = level_files(stage.element_bits, stage.nf, pe, stage.sum_width) if thresholds > 1 else {}
    return Design("mvtu", numbers, strings, {**design.memories, "THRESHOLD_FILE": (stage.nf, width), **starts}, levels)


def level_files(bits: int, folds: int, pe: int, width: int) -> dict[str, tuple[int, int]]:
    """Files of the steps behind the first of a threshold unit."""
    return {f"threshold_file.mem.{step}.{first // 2:03}.mem": ((folds << step) * min(2, pe - first), width)
            for step in range(1, bits) for first in range(0, pe, 2)}


def rom(width: int, depth: int, style: str) -> Design:
    """A ROM."""
    return Design("rom", {"WIDTH": width, "DEPTH": depth}, {"STYLE": style}, {"FILE": (depth, width)})


def fifo(width: int, depth: int, style: str, register: int = 0) -> Design:
    """An axis_fifo, with a register at its output or without."""
    numbers = {"WIDTH": width, "DEPTH": depth} | ({"OUTPUT_REGISTER": 1} if register else {})
    return Design("axis_fifo", numbers, {"STYLE": style})


def dma(module: str, data_w: int, burst: int, buffer: int, style: str) -> Design:
    """A DMA with addresses and lengths of 32 bits."""
    return Design(module, {"DATA_W": data_w, "BURST": burst, "BUFFER": buffer}, {"BUFFER_STYLE": style})


def reader(data_w: int, word_w: int, buffer: int, style: str) -> Design:
    """A weight_reader of passes of 576 words, with bursts of 16 beats."""
    return Design("weight_reader", {"DATA_W": data_w, "WORD_W": word_w, "WORDS": 576, "BUFFER": buffer},
                  {"BUFFER_STYLE": style})


def converter(s_width: int, m_width: int, frame_bits: int) -> Design:
    """An axis_dwc."""
    return Design("axis_dwc", {"S_WIDTH": s_width, "M_WIDTH": m_width, "FRAME_BITS": frame_bits})


def threshold(out_bits: int, input_w: int, channels: int, pe: int, style: str = "distributed") -> Design:
    """A threshold unit."""
    numbers = {"OUT_BITS": out_bits, "INPUT_W": input_w, "CHANNELS": channels, "PE": pe}
    folds = channels // pe
    return Design("threshold", numbers, {"RAM_STYLE": style}, {"THRESHOLD_FILE": (folds, pe * input_w)},
                  level_files(out_bits, folds, pe, input_w))


def requant(out_bits: int, input_w: int, scale_w: int, offset_w: int, shift: int, channels: int, pe: int,
            style: str = "distributed", use_dsp: str = "auto", stages: int = 1) -> Design:
    """A requant, with scales and offsets alike in LUTs or in block RAM."""
    numbers = {"OUT_BITS": out_bits, "INPUT_W": input_w, "SCALE_W": scale_w, "OFFSET_W": offset_w, "SHIFT": shift,
               "CHANNELS": channels, "PE": pe}
    if stages > 1:
        numbers["STAGES"] = stages
    memories = {f"{name}_FILE": (channels // pe, pe * width) for name, width in (("SCALE", scale_w),
                                                                                  ("OFFSET", offset_w))}
    return Design("requant", numbers, {"SCALE_STYLE": style, "OFFSET_STYLE": style, "USE_DSP": use_dsp}, memories)


def maxpool(side: int, channels: int, pe: int, element_w: int, style: str = "distributed", pixels: int = 1) -> Design:
    """A maxpool of 2 x 2 windows on a square map."""
    numbers = {"IFM_H": side, "IFM_W": side, "CHANNELS": channels, "PE": pe, "ELEMENT_W": element_w,
               "KERNEL_H": 2, "KERNEL_W": 2}
    if pixels > 1:
        numbers["PIXELS"] = pixels
    return Design("maxpool", numbers, {"RAM_STYLE": style})


def sumpool(side: int, channels: int, pe: int, element_w: int, kernel: int) -> Design:
    """A sumpool of square windows on a square map."""
    return plain("sumpool", IFM_H=side, IFM_W=side, CHANNELS=channels, PE=pe, ELEMENT_W=element_w, KERNEL_H=kernel,
                 KERNEL_W=kernel)


def upsample(side: int, channels: int, pe: int, element_w: int, scale: tuple[int, int],
             style: str = "distributed", spread: int = 0) -> Design:
    """An upsample of a square map."""
    numbers = {"IFM_H": side, "IFM_W": side, "CHANNELS": channels, "PE": pe, "ELEMENT_W": element_w,
               "SCALE_H": scale[0], "SCALE_W": scale[1]}
    numbers |= {"SPREAD": spread} if spread else {}
    return Design("upsample", numbers, {"RAM_STYLE": style})


def sums(elements: int, a: tuple[int, int], b: tuple[int, int], scale: tuple[int, int] | None = None) -> Design:
    """An add, with the bits of an element of each stream and whether it is signed, and how many times it counts."""
    factors = {} if scale is None else {"A_SCALE": scale[0], "B_SCALE": scale[1]}
    return plain("add", ELEMENTS=elements, A_W=a[0], A_SIGNED=a[1], B_W=b[0], B_SIGNED=b[1], BEATS=1024, **factors)


def side_by_side(a: tuple[int, int, int], b: tuple[int, int, int]) -> Design:
    """A concat, with the elements of each stream, their bits, and whether these are signed."""
    return plain("concat", A_ELEMENTS=a[0], A_W=a[1], A_SIGNED=a[2], B_ELEMENTS=b[0], B_W=b[1], B_SIGNED=b[2],
                 BEATS=1024)


def window(size: int, channels: int, simd: int, element: int, kernel: int, stride: int = 1, pad: int = 0) -> Design:
    """A swu for a square map and a square window, padded alike on all sides, its buffer in LUT RAM."""
    numbers = {"IFM_H": size, "IFM_W": size, "CHANNELS": channels, "SIMD": simd, "ELEMENT_W": element,
               "KERNEL_H": kernel, "KERNEL_W": kernel, "STRIDE_H": stride, "STRIDE_W": stride}
    if pad:
        numbers |= dict.fromkeys(("PAD_TOP", "PAD_BOTTOM", "PAD_LEFT", "PAD_RIGHT"), pad)
    return Design("swu", numbers, {"RAM_STYLE": "distributed"})


def parallel(size: int, channels: int, simd: int, element: int, kernel: int, stride: int = 1, pad: int = 0, *,
             style: str = "distributed", pixels: int = 1) -> Design:
    """A swu_parallel for a square map and a square window, padded alike on all sides."""
    numbers = {"IFM_H": size, "IFM_W": size, "CHANNELS": channels, "SIMD": simd, "ELEMENT_W": element,
               "KERNEL_H": kernel, "KERNEL_W": kernel, "STRIDE_H": stride, "STRIDE_W": stride}
    if pad:
        numbers |= dict.fromkeys(("PAD_TOP", "PAD_BOTTOM", "PAD_LEFT", "PAD_RIGHT"), pad)
    if pixels > 1:
        numbers["PIXELS"] = pixels
    return Design("swu_parallel", numbers, {"RAM_STYLE": style})


def heap(numbers: int, bits: int, width: int) -> Design:
    """A bit_heap of some numbers, with a sum of `width` bits."""
    return Design("bit_heap", {"HEIGHTS": f"bit_heap_pkg::filled({numbers},{bits})", "WIDTH": width})


def plain(module: str, **numbers: int) -> Design:
    """A module that has numbers for parameters only."""
    return Design(module, numbers)


# Page: its blocks, each with the designs of its table.
TABLES: dict[str, dict[str, tuple[Design, ...]]] = {
    "axis_register": {"cost": tuple(plain("axis_register", WIDTH=width) for width in (1, 8, 32, 128))},
    "axis_fifo": {"cost": (fifo(8, 2, "distributed"), fifo(8, 32, "distributed"), fifo(32, 64, "distributed"),
                           fifo(32, 512, "block"))},
    "axis_fork": {"cost": tuple(plain("axis_fork", OUTPUTS=outputs, WIDTH=width)
                                for outputs, width in ((2, 8), (2, 32), (2, 128), (4, 32)))},
    "axis_dwc": {"cost": (converter(8, 8, 64), converter(8, 64, 64), converter(64, 8, 64), converter(24, 16, 192),
                          converter(16, 24, 40))},
    "axis_frame_guard": {"cost": (plain("axis_frame_guard", WIDTH=8, BEATS=98, FRAMES=8, USE_TLAST=1),
                                  plain("axis_frame_guard", WIDTH=8, BEATS=98, FRAMES=8, USE_TLAST=0),
                                  plain("axis_frame_guard", WIDTH=49, BEATS=16, FRAMES=16, USE_TLAST=1),
                                  plain("axis_frame_guard", WIDTH=64, BEATS=3, FRAMES=16, USE_TLAST=1))},
    "axi_host": {"cost": (plain("axi_host", DATA_W=64, INPUT_W=49, INPUT_FRAME_BITS=784, RESULT_W=8, RESULT_BEATS=1),
                          plain("axi_host", DATA_W=64, INPUT_W=24, INPUT_FRAME_BITS=24576, RESULT_W=8,
                                RESULT_BEATS=1))},
    "dma_mm2s": {"cost": (dma("dma_mm2s", 64, 64, 512, "block"), dma("dma_mm2s", 64, 16, 64, "distributed"),
                          dma("dma_mm2s", 32, 16, 64, "distributed"), dma("dma_mm2s", 128, 64, 512, "block"))},
    "dma_s2mm": {"cost": (dma("dma_s2mm", 64, 16, 64, "distributed"), dma("dma_s2mm", 32, 16, 64, "distributed"),
                          dma("dma_s2mm", 128, 16, 64, "distributed"), dma("dma_s2mm", 64, 64, 512, "block"))},
    "mvtu_stream": {"cost": (
        streamed(512, 64, 32, 4, 1), streamed(512, 64, 32, 4, 4), streamed(512, 64, 32, 4, 4, style="block"),
        streamed(288, 32, 36, 4, 8, Operands(3, 1)), streamed(288, 32, 36, 4, 8, Operands(3, 1), "block"),
        streamed(128, 32, 16, 4, 4, Operands(4, 4)))},
    "axi_read_arbiter": {"cost": tuple(plain("axi_read_arbiter", PORTS=ports, DATA_W=data_w)
                                       for ports, data_w in ((2, 64), (4, 64), (8, 128)))},
    "weight_reader": {"cost": (reader(64, 64, 64, "distributed"), reader(64, 144, 64, "distributed"),
                               reader(128, 1152, 512, "block"))},
    "parameter_loader": {"cost": tuple(plain("parameter_loader", WORDS=count, BANKS=banks, BEATS=beats, FRAMES=8)
                                       for count, banks, beats in ((64, 1, 16), (4096, 1, 784), (4096, 2, 784)))},
    "uart": {"cost": (plain("uart_host", CLOCKS_PER_BIT=50, FRAME_BYTES=24, WINDOW=16),
                      plain("uart_host", CLOCKS_PER_BIT=50, FRAME_BYTES=98, WINDOW=16),
                      plain("uart_rx", CLOCKS_PER_BIT=50), plain("uart_tx", CLOCKS_PER_BIT=50),
                      plain("uart_frame_buffer", FRAME_BYTES=24, FRAMES=16))},
    "swu": {"cost": (window(32, 3, 3, 8, 3), window(30, 64, 32, 1, 3), window(14, 64, 32, 1, 3),
                     window(12, 128, 32, 1, 3), window(5, 128, 32, 1, 3), window(3, 256, 32, 1, 3),
                     window(28, 64, 64, 1, 2, 2), window(14, 64, 32, 1, 3, pad=1), window(32, 3, 3, 8, 3, pad=1))},
    "swu_parallel": {"cost": (parallel(30, 64, 64, 1, 3), parallel(30, 64, 64, 1, 3, pad=1), parallel(32, 3, 3, 8, 3),
                              parallel(12, 128, 32, 1, 3), parallel(28, 64, 64, 1, 2, 2),
                              parallel(30, 64, 64, 1, 3, style="block"), parallel(32, 3, 3, 8, 3, pixels=4),
                              parallel(30, 64, 64, 1, 3, pixels=4), parallel(32, 64, 64, 1, 3, pad=1, pixels=4))},
    "label_select": {"cost": (plain("label_select", CLASSES=10, PE=1, SCORE_W=9, SIGNED_SCORES=0),
                              plain("label_select", CLASSES=10, PE=1, SCORE_W=16, SIGNED_SCORES=1),
                              plain("label_select", CLASSES=10, PE=2, SCORE_W=9, SIGNED_SCORES=0),
                              plain("label_select", CLASSES=10, PE=10, SCORE_W=9, SIGNED_SCORES=0),
                              plain("label_select", CLASSES=10, PE=1, SCORE_W=9, SIGNED_SCORES=0, LABELS=3),
                              plain("label_select", CLASSES=1000, PE=1, SCORE_W=16, SIGNED_SCORES=1, LABELS=5))},
    "bit_heap": {"cost": (*(plain("popcount", WIDTH=width) for width in (7, 16, 64, 128, 784)),
                          plain("popcount", WIDTH=64, REGISTERS=2), heap(8, 5, 8))},
    "mvtu": {
        "cost": (mvtu(64, 64, 16, 4), mvtu(256, 256, 64, 16), mvtu(256, 256, 8, 4), mvtu(256, 10, 16, 1, 0),
                 mvtu(64, 64, 16, 4, 3), mvtu(27, 64, 3, 64, 1, PIXELS), mvtu(27, 64, 9, 32, 1, PIXELS),
                 mvtu(27, 64, 27, 8, 1, PIXELS), mvtu(64, 64, 16, 4, 1, Operands(4)),
                 mvtu(64, 64, 16, 4, 3, Operands(2)), mvtu(64, 64, 16, 4, 3, Operands(2, 2)),
                 mvtu(64, 64, 16, 4, 15, Operands(4, 4)), mvtu(9, 64, 1, 4, 15, Operands(4, 4), groups=64),
                 mvtu(9, 64, 9, 4, 15, Operands(4, 4), groups=64),
                 mvtu(144, 64, 16, 4, 15, Operands(4, 4), groups=4)),
        "zeros": (mvtu(576, 64, 32, 4), zeros(576, 64, 32, 4, 1), zeros(576, 64, 32, 4, 1, "block"),
                  mvtu(576, 64, 32, 4, 1, Operands(2, 1, True)), mvtu(576, 64, 64, 16), zeros(576, 64, 64, 16, 1),
                  mvtu(576, 64, 64, 16, 1, Operands(2, 1, True)), mvtu(576, 64, 32, 4, 3), zeros(576, 64, 32, 4, 3),
                  mvtu(576, 64, 32, 4, 3, Operands(2, 1, True))),
        "parts": (plain("replay_buffer", WIDTH=64, LENGTH=4, REPEATS=16),
                  plain("mvtu_pe", SIMD=16, STAGES=1, SUM_W=8), plain("mvtu_pe", SIMD=64, STAGES=1, SUM_W=10),
                  plain("mvtu_pe", SIMD=3, STAGES=1, INPUT_W=8, SIGNED_INPUTS=1, SUM_W=14),
                  plain("mvtu_dot_binary", SIMD=16, STAGES=0), plain("mvtu_dot_binary", SIMD=64, STAGES=0),
                  plain("mvtu_dot_binary", SIMD=64, STAGES=1),
                  *(plain(module, SIMD=64, RUN=33, **more) for module, more in (
                      ("mvtu_dot_parities", {"STAGES": 1}), ("mvtu_parities", {}),
                      ("mvtu_pe", {"STAGES": 1, "SUM_W": 10}))),
                  rom(64, 64, "distributed"), rom(64, 512, "block")),
    },
    "mvtu_precision": {"cost": (precise(64, 64, 16, 4, Operands(4, 4)),
                                *(precise(*size, Operands(bits, bits), "block")
                                  for bits, size in ((2, (576, 64, 32, 4)), (2, (1024, 64, 64, 16)),
                                                     (4, (1024, 64, 64, 16)))))},
    "threshold": {"cost": (threshold(1, 16, 64, 4), threshold(1, 11, 64, 32), threshold(1, 12, 256, 1),
                           threshold(1, 11, 1024, 32), threshold(2, 16, 64, 4), threshold(2, 12, 64, 16),
                           threshold(3, 8, 16, 4), threshold(3, 16, 64, 4), threshold(4, 16, 64, 4),
                           threshold(4, 16, 64, 4, "auto"), threshold(6, 16, 64, 4), threshold(6, 16, 64, 4, "auto"),
                           threshold(8, 16, 64, 4, "auto"), threshold(2, 16, 1024, 1, "auto"))},
    "requant": {"cost": (requant(8, 16, 16, 32, 16, 64, 1), requant(8, 16, 16, 32, 16, 64, 4),
                         requant(8, 24, 18, 40, 24, 64, 4), requant(8, 16, 24, 40, 24, 256, 1, "block"),
                         requant(4, 16, 12, 28, 16, 64, 4), requant(4, 12, 10, 22, 12, 64, 4, "distributed", "no"),
                         requant(4, 12, 10, 22, 12, 64, 4, "distributed", "no", 10))},
    "add": {"cost": (sums(64, (1, 0), (1, 0)), sums(16, (4, 0), (4, 0)), sums(16, (8, 1), (1, 0)),
                     sums(4, (8, 1), (8, 1)), sums(1, (16, 1), (16, 1)), sums(16, (4, 0), (4, 0), (13, 9)),
                     sums(16, (3, 1), (3, 1), (3, 4)))},
    "concat": {"cost": (side_by_side((64, 1, 0), (64, 1, 0)), side_by_side((16, 4, 0), (16, 4, 0)),
                        side_by_side((32, 4, 1), (16, 4, 0)))},
    "upsample": {"cost": (upsample(14, 64, 64, 1, (2, 2)), upsample(14, 64, 16, 1, (2, 2)),
                          upsample(14, 64, 16, 1, (2, 1)), upsample(14, 64, 16, 1, (1, 2)),
                          upsample(16, 64, 4, 8, (2, 2)), upsample(16, 256, 4, 8, (2, 2), "block"),
                          upsample(16, 32, 32, 4, (2, 2), spread=2))},
    "sumpool": {"cost": (sumpool(28, 64, 64, 1, 2), sumpool(28, 64, 16, 4, 2), sumpool(8, 64, 4, 4, 8),
                         sumpool(7, 64, 1, 8, 7), sumpool(32, 64, 4, 8, 2))},
    "maxpool": {"cost": (maxpool(28, 64, 64, 1), maxpool(28, 64, 16, 1), maxpool(32, 64, 4, 8),
                         maxpool(32, 256, 1, 8, "block"), maxpool(28, 64, 64, 1, pixels=4))},
}

# Unfolded layers: columns, bits of an input, and the layer of sfc that the weights come from; none for random ones.
UNFOLDED = ((64, 1, ""), (64, 1, "fc1"), (256, 1, ""), (256, 1, "fc1"), (576, 1, ""), (576, 1, "fc0"), (784, 1, ""),
            (784, 1, "fc0"), (27, 8, ""))
UNFOLDED_ROWS = 10

# Pages of modules in another's core.
CORES = {"mvtu_precision": "mvtu", "swu_parallel": "swu"}


def random_bits(count: int, width: int, seed: int = SEED) -> NDArray[np.uint8]:
    """Words of a memory, 0/1 (count, width)."""
    return np.random.default_rng(seed).integers(0, 2, (count, width), dtype=np.uint8)


def words(count: int, width: int) -> str:
    """A memory file of random words."""
    return hex_words(random_bits(count, width))


def memory_files(design: Design) -> dict[str, str]:
    """All memory files of a design, of random words."""
    found = {}
    for name, (count, width) in design.memories.items():
        slice_width = int(design.numbers.get("WEIGHT_SLICE", 0)) if name == "WEIGHT_FILE" else 0
        bits = random_bits(count, width)
        if name == "THRESHOLD_FILE" and design.start_levels > 1:
            is_alike = np.arange(width) % (width // int(design.numbers["PE"])) > 0
            firsts = np.arange(count) // design.start_levels * design.start_levels
            bits = np.where(is_alike, bits[firsts], bits)
        found.update(slice_files(memory_file(name), bits, slice_width))
    for seed, (file, (count, width)) in enumerate(design.files.items(), SEED + 1):
        found[file] = hex_words(random_bits(count, width, seed))
    return found


def memory_file(name: str) -> str:
    """The file that a parameter of this name gets."""
    return f"{name.lower()}.mem"


def synthesize(design: Design, sources: Sources) -> Usage:
    """Synthesize a design alone, weights in block RAM as words that are alike; what was found before is kept.

    Raises:
        FinnError: Yosys failed.
    """
    parameters = [(name, str(value)) for name, value in design.numbers.items()]
    parameters += [(name, f'"{value}"') for name, value in design.strings.items()]
    parameters += [(name, f'"{memory_file(name)}"') for name in design.memories]
    in_blocks = ("WEIGHT_FILE",) if design.strings.get("RAM_STYLE") == "block" else ()
    part = Part(design.module, design.module, tuple(parameters), in_blocks=in_blocks)
    with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
        return usage(cells_of(make_job(part, sources, memory_files(design), Path(work) / "part")))


def cost_table(designs: tuple[Design, ...], sources: Sources) -> str:
    """The table of some designs; the module is named where they are not all of one."""
    is_mixed = len({design.module for design in designs}) > 1
    usages = [synthesize(design, sources) for design in designs]
    has_dsp = any(found.dsp for found in usages)
    rows = [(*((f"`{design.module}`",) if is_mixed else ()), design.shown, str(found.lut), str(found.ff),
             f"{found.bram36:g}", *((str(found.dsp),) if has_dsp else ()))
            for design, found in zip(designs, usages, strict=True)]
    texts = (*(("module",) if is_mixed else ()), "parameters")
    header = (*texts, "LUT", "FF", "BRAM36", *(("DSP",) if has_dsp else ()))
    return (table(header, rows, len(texts))
            + f"\nYosys (pyosys {version('pyosys')}, `read_slang`, `synth_xilinx -family xc7`), each row synthesized"
              " alone, its ROMs and\nprocessing elements mapped one by one (`docs/cost.py`). These are Yosys' figures,"
              " not Vivado's. LUT includes LUT RAM.\n")


def random_layer(rows: int, columns: int, input_bits: int) -> IntegerLayer:
    """Random weights, with thresholds around the middle of what sums of unsigned inputs come to."""
    rng = np.random.default_rng(SEED)
    weight = rng.integers(0, 2, (rows, columns), dtype=np.uint8).astype(np.int8) * 2 - 1
    largest, spread = (1 << input_bits) - 1, columns**0.5 * (1 << input_bits) / 4
    middle = np.full(rows, columns / 2) if input_bits == 1 else weight.sum(axis=1, dtype=np.float64) * largest / 2
    return IntegerLayer(weight, rng.normal(middle, spread).round().astype(np.int64)[:, None])


def unfolded_layer(columns: int, input_bits: int, trained: str) -> IntegerLayer:
    """The upper left corner of a layer of sfc, or a random one."""
    if not trained:
        return random_layer(UNFOLDED_ROWS, columns, input_bits)
    network = load("sfc")
    layer = network.layers[trained]
    assert layer.thresholds is not None
    share = columns / layer.weight.shape[1]
    return IntegerLayer(layer.weight[:UNFOLDED_ROWS, :columns],
                        (layer.thresholds[:UNFOLDED_ROWS] * share).round().astype(np.int64))


def unfolded_table() -> str:
    """The table of the unfolded layers."""
    sources = core_sources("finn:ip:mvtu_unfolded")
    rows = []
    for columns, input_bits, trained in UNFOLDED:
        mvtu = MvtuUnfolded("", columns, UNFOLDED_ROWS, columns, UNFOLDED_ROWS, 1, input_bits=input_bits)
        found = Usage(0, 0, 0, 0)
        for part in unfolded_parts(unfolded_layer(columns, input_bits, trained), mvtu):
            with tempfile.TemporaryDirectory(prefix="finn-rtl-") as work:
                found += usage(run_yosys(script(part, sources, Path(work) / "boxes.v"), Path(work)))
        rows.append((f"{UNFOLDED_ROWS} x {columns}", str(input_bits), f"sfc, {trained}" if trained else "random",
                     str(mvtu.shape.rows), str(mvtu.stages), str(found.lut), str(found.ff),
                     f"{found.lut / UNFOLDED_ROWS / columns:.2f}"))
    header = ("matrix", "bits of an input", "weights", "rows a group", "`STAGES`", "LUT", "FF", "LUT a synapse")
    return (table(header, rows, 3)
            + f"\nYosys (pyosys {version('pyosys')}, `read_slang`, `synth_xilinx -family xc7`), whole layers with one"
              " threshold a row, their groups\nand their control synthesized one by one (`docs/cost.py`). These are"
              " Yosys' figures, not Vivado's. Of `sfc`, the first\nrows and columns of a layer are taken, and as much"
              " of their trained thresholds.\n")


def main() -> None:
    """Rewrite the tables of the pages named, or of all."""
    wanted = asked(__doc__, (*TABLES, "mvtu_unfolded"), "IP")
    if "mvtu_unfolded" in wanted:
        replace_block(DOCS / "ip" / "mvtu_unfolded.md", "cost", unfolded_table())
    for ip, blocks in TABLES.items():
        if ip not in wanted:
            continue
        sources = core_sources(f"finn:ip:{CORES.get(ip, ip)}")
        for block, designs in blocks.items():
            replace_block(DOCS / "ip" / f"{ip}.md", block, cost_table(designs, sources))


if __name__ == "__main__":
    main()
