# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""Corner shapes of the IPs: what a parameter set must have somewhere in the regression, by module and name."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]


def _padding(p: Parameters) -> int:
    return sum(int(p[f"PAD_{side}"]) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT"))


def _padded(p: Parameters) -> tuple[int, int]:
    return p["IFM_H"] + p["PAD_TOP"] + p["PAD_BOTTOM"], p["IFM_W"] + p["PAD_LEFT"] + p["PAD_RIGHT"]


def _kernel(p: Parameters) -> tuple[int, int]:
    return p["KERNEL_H"], p["KERNEL_W"]


def _signs(p: Parameters) -> list[int]:
    """Whether the integers of both streams are signed; none of a bipolar stream."""
    return [p[f"{side}_SIGNED"] for side in "AB" if p[f"{side}_W"] > 1]


def _rest(p: Parameters) -> bool:
    """Rows or columns at the end that no window reaches."""
    return any((size - kernel) % stride for size, kernel, stride in
               zip(_padded(p), _kernel(p), (p["STRIDE_H"], p["STRIDE_W"]), strict=True))


_WINDOWS: Mapping[str, Callable[[Parameters], bool]] = {
    "map of one pixel": lambda p: p["IFM_H"] == p["IFM_W"] == 1,
    "map of one row": lambda p: p["IFM_H"] == 1 < p["IFM_W"],
    "map of one column": lambda p: p["IFM_W"] == 1 < p["IFM_H"],
    "kernel of one pixel": lambda p: _kernel(p) == (1, 1),
    "kernel as large as the map": lambda p: _kernel(p) == _padded(p),
    "kernel wider than the map without padding": lambda p: p["KERNEL_W"] > p["IFM_W"],
    "stride as the kernel": lambda p: (p["STRIDE_H"], p["STRIDE_W"]) == _kernel(p) != (1, 1),
    "stride above the kernel": lambda p: p["STRIDE_H"] > p["KERNEL_H"] or p["STRIDE_W"] > p["KERNEL_W"],
    "rest that no window reaches": _rest,
    "padding all around": lambda p: all(p[f"PAD_{side}"] for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")),
    "padding on one side": lambda p: sum(bool(p[f"PAD_{s}"]) for s in ("TOP", "BOTTOM", "LEFT", "RIGHT")) == 1,
    "no padding": lambda p: not _padding(p),
    "a pixel a beat": lambda p: p["SIMD"] == p["CHANNELS"],
    "several beats a pixel": lambda p: p["SIMD"] < p["CHANNELS"],
    "integers": lambda p: p["ELEMENT_W"] > 1,
    "block RAM": lambda p: p["RAM_STYLE"] == "block",
}

#: By module; a module that is not named has no corner shapes that are asked for.
SHAPES: Mapping[str, Mapping[str, Callable[[Parameters], bool]]] = {
    "add": {
        "an element a beat": lambda p: p["ELEMENTS"] == 1,
        "several elements a beat": lambda p: p["ELEMENTS"] > 1,
        "bipolar and bipolar": lambda p: p["A_W"] == p["B_W"] == 1,
        "bipolar and integer": lambda p: 1 in (p["A_W"], p["B_W"]) and p["A_W"] != p["B_W"],
        "unsigned and unsigned": lambda p: _signs(p) == [0, 0],
        "unsigned and signed": lambda p: sorted(_signs(p)) == [0, 1],
        "signed and signed": lambda p: _signs(p) == [1, 1],
        "the widest elements": lambda p: p["A_W"] == p["B_W"] == 30,
        "frame of one beat": lambda p: p["BEATS"] == 1,
        "frame of several": lambda p: p["BEATS"] > 1,
    },
    "axis_dwc": {
        "the same width": lambda p: p["S_WIDTH"] == p["M_WIDTH"],
        "wider by a factor": lambda p: p["M_WIDTH"] > p["S_WIDTH"] and p["M_WIDTH"] % p["S_WIDTH"] == 0,
        "narrower by a factor": lambda p: p["S_WIDTH"] > p["M_WIDTH"] and p["S_WIDTH"] % p["M_WIDTH"] == 0,
        "wider by a fraction": lambda p: p["M_WIDTH"] > p["S_WIDTH"] and p["M_WIDTH"] % p["S_WIDTH"] != 0,
        "narrower by a fraction": lambda p: p["S_WIDTH"] > p["M_WIDTH"] and p["S_WIDTH"] % p["M_WIDTH"] != 0,
        "widths without a common divisor": lambda p: gcd(p["S_WIDTH"], p["M_WIDTH"]) == 1 < min(
            p["S_WIDTH"], p["M_WIDTH"]),
        "frame of no set length": lambda p: p["FRAME_BITS"] == 0,
        "frame of one beat": lambda p: 0 < p["FRAME_BITS"] <= p["S_WIDTH"],
        "last beat in not full": lambda p: p["FRAME_BITS"] % p["S_WIDTH"] > 0,
        "last beat out not full": lambda p: p["FRAME_BITS"] % p["M_WIDTH"] > 0,
    },
    "axis_fifo": {
        "one place": lambda p: p["DEPTH"] == 1,
        "a power of two": lambda p: p["DEPTH"] > 1 and p["DEPTH"] & p["DEPTH"] - 1 == 0,
        "no power of two": lambda p: p["DEPTH"] & p["DEPTH"] - 1 != 0,
        "block RAM": lambda p: p["STYLE"] == "block",
        "LUTs": lambda p: p["STYLE"] == "distributed",
    },
    "axis_fork": {
        "two outputs": lambda p: p["OUTPUTS"] == 2,
        "several outputs": lambda p: p["OUTPUTS"] > 2,
        "one bit": lambda p: p["WIDTH"] == 1,
    },
    "axis_frame_guard": {
        "frame of one beat": lambda p: p["BEATS"] == 1,
        "frame of several": lambda p: p["BEATS"] > 1,
        "without tlast": lambda p: p["USE_TLAST"] == 0,
    },
    "axis_register": {"one bit": lambda p: p["WIDTH"] == 1, "several": lambda p: p["WIDTH"] > 1},
    "label_select": {
        "a score a beat": lambda p: p["PE"] == 1,
        "some scores a beat": lambda p: 1 < p["PE"] < p["CLASSES"],
        "all scores in one beat": lambda p: p["PE"] == p["CLASSES"],
        "scores a beat no power of two": lambda p: p["PE"] & p["PE"] - 1 != 0,
        "signed": lambda p: p["SIGNED_SCORES"] == 1,
        "unsigned": lambda p: p["SIGNED_SCORES"] == 0,
    },
    "maxpool": {
        "map of one row": lambda p: p["IFM_H"] == 1,
        "kernel as large as the map": lambda p: _kernel(p) == (p["IFM_H"], p["IFM_W"]),
        "kernel of one row": lambda p: p["KERNEL_H"] == 1,
        "kernel of one column": lambda p: p["KERNEL_W"] == 1,
        "rest that no window reaches": lambda p: (p["IFM_H"] % p["KERNEL_H"], p["IFM_W"] % p["KERNEL_W"]) != (0, 0),
        "several beats a pixel": lambda p: p["PE"] < p["CHANNELS"],
        "binary": lambda p: p["ELEMENT_W"] == 1,
        "signed": lambda p: p["SIGNED_ELEMENTS"] == 1,
        "unsigned integers": lambda p: p["ELEMENT_W"] > 1 and p["SIGNED_ELEMENTS"] == 0,
        "block RAM": lambda p: p["RAM_STYLE"] == "block",
    },
    "mvtu": {
        "whole matrix in a cycle": lambda p: p["SIMD"] == p["MW"] and p["PE"] == p["MH"],
        "synapses folded": lambda p: p["SIMD"] < p["MW"] and p["PE"] == p["MH"],
        "neurons folded": lambda p: p["SIMD"] == p["MW"] and p["PE"] < p["MH"],
        "both folded": lambda p: p["SIMD"] < p["MW"] and p["PE"] < p["MH"],
        "one column": lambda p: p["MW"] == 1,
        "one row": lambda p: p["MH"] == 1,
        "accumulators": lambda p: p["THRESHOLDS"] == 0,
        "one threshold": lambda p: p["THRESHOLDS"] == 1,
        "several thresholds": lambda p: p["THRESHOLDS"] > 1,
        "no register in the dot product": lambda p: p["STAGES"] == 0,
        "several registers": lambda p: p["STAGES"] > 1,
        "signed integers": lambda p: p["INPUT_W"] > 1 and p["SIGNED_INPUTS"] == 1,
        "unsigned integers": lambda p: p["INPUT_W"] > 1 and p["SIGNED_INPUTS"] == 0,
        "weights in block RAM": lambda p: p["RAM_STYLE"] == "block",
        "weights in slices": lambda p: p["WEIGHT_SLICE"] > 0,
    },
    "swu": {**_WINDOWS, "channel by channel": lambda p: p["DEPTHWISE"] == 1,
            "buffer of a set depth": lambda p: p.get("DEPTH", 0) > 0},
    "swu_parallel": _WINDOWS,
    "threshold": {
        "one threshold": lambda p: p["OUT_BITS"] == 1,
        "several thresholds": lambda p: p["OUT_BITS"] > 1,
        "one channel": lambda p: p["CHANNELS"] == 1,
        "all channels in a beat": lambda p: p["PE"] == p["CHANNELS"] > 1,
        "several beats": lambda p: p["PE"] < p["CHANNELS"],
        "signed": lambda p: p["SIGNED_INPUT"] == 1,
        "fewer values than thresholds": lambda p: p["INPUT_W"] < p["OUT_BITS"],
        "the most levels": lambda p: p["OUT_BITS"] == 8,
        "thresholds out of reach": lambda p: p["THRESHOLD_W"] > p["INPUT_W"],
        "falling": lambda p: p["FALLING"] == 1,
        "signed outputs": lambda p: p["SIGNED_OUTPUT"] == 1,
        "block RAM": lambda p: p["RAM_STYLE"] == "block",
        "the last steps in block RAM": lambda p: p["RAM_STYLE"] == "auto"
        and p["CHANNELS"] // p["PE"] <= p["LUT_DEPTH"] < p["CHANNELS"] // p["PE"] << p["OUT_BITS"] - 1,
    },
    "requant": {
        "one channel": lambda p: p["CHANNELS"] == 1,
        "all channels in a beat": lambda p: p["PE"] == p["CHANNELS"] > 1,
        "several beats": lambda p: p["PE"] < p["CHANNELS"],
        "signed inputs": lambda p: p["SIGNED_INPUT"] == 1,
        "unsigned inputs": lambda p: p["SIGNED_INPUT"] == 0,
        "signed outputs": lambda p: p["SIGNED_OUTPUT"] == 1,
        "the most levels": lambda p: p["OUT_BITS"] == 8,
        "fewer levels than the bits hold": lambda p: p["HIGH"] - p["LOW"] + 1 < 1 << p["OUT_BITS"],
        "no shift": lambda p: p["SHIFT"] == 0,
        "the widest numbers": lambda p: p["INPUT_W"] == 32 and p["SCALE_W"] == 25 and p["OFFSET_W"] == 48,
        "multipliers in LUTs": lambda p: p["USE_DSP"] == "no",
        "multipliers in DSP slices": lambda p: p["USE_DSP"] == "yes",
        "scales in block RAM": lambda p: p["SCALE_STYLE"] == "block",
        "offsets in block RAM": lambda p: p["OFFSET_STYLE"] == "block",
    },
    "upsample": {
        "map of one pixel": lambda p: p["IFM_H"] == p["IFM_W"] == 1,
        "map of one row": lambda p: p["IFM_H"] == 1 < p["IFM_W"],
        "map of one column": lambda p: p["IFM_W"] == 1 < p["IFM_H"],
        "rows alone": lambda p: p["SCALE_W"] == 1 < p["SCALE_H"],
        "columns alone": lambda p: p["SCALE_H"] == 1 < p["SCALE_W"],
        "both alike": lambda p: p["SCALE_H"] == p["SCALE_W"] > 1,
        "both, not alike": lambda p: 1 < p["SCALE_H"] != p["SCALE_W"] > 1,
        "neither": lambda p: p["SCALE_H"] == p["SCALE_W"] == 1,
        "a pixel a beat": lambda p: p["PE"] == p["CHANNELS"],
        "several beats a pixel": lambda p: p["PE"] < p["CHANNELS"],
        "integers": lambda p: p["ELEMENT_W"] > 1,
        "block RAM": lambda p: p["RAM_STYLE"] == "block" and p["SCALE_H"] > 1,
    },
    "replay_buffer": {
        "vector of one beat": lambda p: p["LENGTH"] == 1,
        "vector of several": lambda p: p["LENGTH"] > 1,
        "twice": lambda p: p["REPEATS"] == 2,
        "more often": lambda p: p["REPEATS"] > 2,
        "block RAM": lambda p: p["USE_BLOCK"] == 1,
    },
    **{dma: {
        "bursts of one beat": lambda p: p["BURST"] == 1,
        "the longest bursts": lambda p: p["BURST"] == 256,
        "bursts of no power of two": lambda p: p["BURST"] & p["BURST"] - 1 != 0,
        "buffer of one burst": lambda p: p["BUFFER"] == p["BURST"],
        "the narrowest memory": lambda p: p["DATA_W"] == 32,
        "the widest memory": lambda p: p["DATA_W"] == 1024,
        "addresses of 64 bits": lambda p: p["ADDR_W"] == 64,
        "block RAM": lambda p: p["BUFFER_STYLE"] == "block",
    } for dma in ("dma_mm2s", "dma_s2mm")},
}
