"""swu and swu_parallel: the sliding windows of a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div, index_bits
from finn_rtl.ips.base import Control, Cost, Ip, Kind, Parameters, Ram, Stream
from finn_rtl.ips.rams import LUT_RAM_DEPTH, block_ram, lut_ram, ram_depth
from finn_rtl.ips.rules import MOST_INT, Rules, Values, divides, styled, within

# Beats of a padded frame, and of all its windows together: the units compute with them in 32 bits.
MOST_BEATS = 1 << 28


@dataclass(frozen=True)
class Window(Ip):
    """What both units have in common: windows for `layer`, `simd` channels of a pixel a beat.

    `pad_value` is the bits of an element of the padding, as a number.
    """

    layer: str
    ifm: Map
    simd: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    pad_value: int = 0

    @property
    def name(self) -> str:
        return f"{self.layer}_swu"

    @property
    def core(self) -> str:
        return "swu"

    @property
    def groups(self) -> int:
        """Beats of a pixel."""
        return self.ifm.channels // self.simd

    @property
    def windows(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        top, bottom, left, right = self.padding
        return ((self.ifm.height + top + bottom - self.kernel[0]) // self.stride[0] + 1,
                (self.ifm.width + left + right - self.kernel[1]) // self.stride[1] + 1)

    @property
    def s_width(self) -> int:
        """Bits of an input beat."""
        return self.simd * self.ifm.bits

    @property
    def beats_in(self) -> int:
        """Input beats a frame."""
        return self.ifm.pixels * self.groups

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.s_width, self.beats_in, "s_axis"),)

    @property
    def span(self) -> int:
        """Beats between a window's first element and its last."""
        return ((self.kernel[0] - 1) * self.ifm.width + self.kernel[1]) * self.groups

    @property
    def control_numbers(self) -> tuple[int, ...]:
        """Shape of map and windows, as the schedule wants it."""
        top, _, left, _ = self.padding
        return (self.ifm.height, self.ifm.width, self.groups, *self.windows, *self.kernel, *self.stride, top, left)

    @property
    def comment(self) -> str:
        return f"Windows of layer {self.layer}: {'x'.join(map(str, self.kernel))} of {self.ifm}"

    @property
    def limit(self) -> str:
        return f"window of layer {self.layer}"

    def parameters(self, net: str) -> Parameters:
        (kernel_h, kernel_w), (stride_h, stride_w) = self.kernel, self.stride
        top, bottom, left, right = self.padding
        parameters: Parameters = {
            "IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "SIMD": self.simd,
            "ELEMENT_W": self.ifm.bits, "KERNEL_H": kernel_h, "KERNEL_W": kernel_w, "STRIDE_H": stride_h,
            "STRIDE_W": stride_w, "PAD_TOP": top, "PAD_BOTTOM": bottom, "PAD_LEFT": left, "PAD_RIGHT": right}
        return parameters | {"PAD_VALUE": self.pad_value} if self.pad_value else parameters


@dataclass(frozen=True)
class Swu(Window):
    """Windows element by element.

    `depth` is that of the buffer in beats, 0 for the least that never slows a frame whose beats all stand ready.
    """

    depthwise: bool = False
    depth: int = 0

    @property
    def module(self) -> str:
        return "swu"

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return prod(self.windows) * self.groups * prod(self.kernel)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.s_width, self.beats_out, "m_axis"),)

    @property
    def is_apart(self) -> bool:
        """Whether a window leaves group by group."""
        return self.depthwise and self.groups > 1

    @property
    def least_span(self) -> int:
        """Beats that the buffer must hold so that it does not lock up: swu_pkg::window_span."""
        return 1 if self.windows == (1, 1) and not self.is_apart else self.span

    @cached_property
    def least_depth(self) -> int:
        """Beats with which a frame takes max(beats in, beats out) cycles: swu_pkg::window_depth."""
        groups, (rows, columns), (kernel_h, kernel_w) = self.groups, self.windows, self.kernel
        (stride_h, stride_w), (pad_top, pad_bottom, pad_left, pad_right) = self.stride, self.padding
        ifm_h, ifm_w = self.ifm.height, self.ifm.width
        row, cycles = ifm_w * groups, kernel_h * kernel_w * groups
        start = pad_top * row + pad_left * groups
        apart = self.is_apart
        if apart:
            lead = (kernel_h - 1) * max(0, row - kernel_w) + (kernel_w - 1) * (groups - 1)
        else:
            lead = (kernel_h - 1) * max(0, row - kernel_w * groups)
        column_gain = stride_w * groups - cycles
        columns_gain = (columns - 1) * column_gain
        row_gain = stride_h * row - (columns - 1) * stride_w * groups - cycles
        rows_gain = (rows - 1) * (columns_gain + row_gain)
        frame_gain = (ifm_h - (rows - 1) * stride_h) * row - (columns - 1) * stride_w * groups - cycles
        least, early = -cycles, 0
        if rows * columns * cycles < ifm_h * row:
            column_gain, columns_gain, row_gain = -column_gain, -columns_gain, -row_gain
            rows_gain, frame_gain = -rows_gain, -frame_gain
            least, lead = 0, max(lead, start)
        elif not (start or pad_bottom or pad_right):
            early = kernel_h * kernel_w if apart else cycles - 1
            if columns > 1:
                early = max(0, min(early, -column_gain))
            if rows > 1:
                early = max(0, min(early, -columns_gain - row_gain))
        most = frame_gain - early + max(0, start - lead) + 2 * max(0, columns_gain) + max(0, rows_gain)
        if columns > 1:
            most = max(most, column_gain, columns_gain)
        if rows > 1:
            most = max(most, row_gain + 2 * max(0, columns_gain) + max(0, rows_gain - columns_gain - row_gain))
        return max(max(most, least) + cycles + lead + pad_left * groups + 2, self.least_span)

    @property
    def buffer(self) -> int:
        """Beats of the buffer."""
        return self.depth or ram_depth(self.least_depth, self.s_width)

    @property
    def ram_style(self) -> Ram:
        """Where the buffer goes."""
        return "distributed" if self.buffer <= LUT_RAM_DEPTH else "block"

    @property
    def frames_held(self) -> int:
        return 2 + ceil_div(max(self.depth, 3 * self.span) + 2, self.beats_in)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.WINDOW, (self.buffer, int(self.is_apart), *self.control_numbers)),)

    @cached_property
    def cost(self) -> Cost:
        control = 25 + 4.5 * index_bits(self.buffer) + (3 if any(self.padding) else 0)
        if self.ram_style == "block":
            return Cost(control, block_ram(self.s_width, self.buffer))
        # A LUT chooses among four blocks of 64 words.
        choice = self.s_width * ceil_div(ceil_div(self.buffer, 64) - 1, 3)
        return Cost(lut_ram(self.s_width, self.buffer) + choice + control)

    @property
    def buffers(self) -> Mapping[str, int]:
        return {f"{self.layer}_window": self.buffer}

    def parameters(self, net: str) -> Parameters:
        parameters = super().parameters(net) | {"DEPTHWISE": int(self.depthwise)}
        if self.depth:
            parameters["DEPTH"] = self.depth
        return parameters | {"RAM_STYLE": self.ram_style}


@dataclass(frozen=True)
class SwuParallel(Window):
    """Whole windows, `simd` channels of each pixel a beat; beats are of `row_pixels` neighbouring pixels of a row."""

    row_pixels: int = 1

    @property
    def module(self) -> str:
        return "swu_parallel"

    @property
    def lanes(self) -> int:
        """Windows of a beat, neighbours of a row."""
        return 1 if self.row_pixels == 1 else self.row_pixels // self.stride[1]

    @property
    def s_width(self) -> int:
        return super().s_width * self.row_pixels

    @property
    def width(self) -> int:
        """Pixels of a row, in beats of a group of channels."""
        return ceil_div(self.ifm.width, self.row_pixels)

    @property
    def left(self) -> int:
        """The same of the padding on the left."""
        return ceil_div(self.padding[2], self.row_pixels)

    @property
    def reach(self) -> int:
        """The same from the first pixel of the windows of a beat to their last."""
        pixels = (self.lanes - 1) * self.stride[1] + self.kernel[1] - 1 - self.padding[2]
        return self.left + pixels // self.row_pixels + 1

    @property
    def columns(self) -> int:
        """The same of the windows of a row."""
        return ceil_div(self.windows[1], self.lanes)

    @property
    def beats_in(self) -> int:
        return self.ifm.height * self.width * self.groups

    @property
    def outputs(self) -> tuple[Stream, ...]:
        bits = self.lanes * prod(self.kernel) * self.simd * self.ifm.bits
        return (Stream(bits, self.windows[0] * self.columns * self.groups, "m_axis"),)

    @property
    def span(self) -> int:
        return ((self.kernel[0] - 1) * self.width + self.reach) * self.groups

    @property
    def lines(self) -> int:
        """Beats of the line buffers."""
        return (self.kernel[0] - 1) * self.width * self.groups

    @property
    def frames_held(self) -> int:
        return 2 + ceil_div(3 * self.span + 2, self.beats_in)

    @property
    def control(self) -> tuple[Control, ...]:
        stride_w = 1 if self.row_pixels > 1 else self.stride[1]
        return (Control(Kind.PARALLEL_WINDOW, (
            1, self.ifm.height, self.width, self.groups, self.windows[0], self.columns, self.kernel[0], self.reach,
            self.stride[0], stride_w, self.padding[0], self.left)),)

    @cached_property
    def cost(self) -> Cost:
        kernel_h = self.kernel[0]
        lines = lut_ram(self.s_width * (kernel_h - 1), self.width * self.groups)
        moves = lut_ram(self.s_width * kernel_h * (self.reach - 1), self.groups - 1) if self.groups > 2 else 0
        return Cost(lines + moves + self.s_width + 15 + (48 if any(self.padding) else 0))

    @property
    def buffers(self) -> Mapping[str, int]:
        return {f"{self.layer}_window": self.lines}

    def parameters(self, net: str) -> Parameters:
        parameters = super().parameters(net)
        return parameters | {"PIXELS": self.row_pixels} if self.row_pixels > 1 else parameters


def _padded(p: Values) -> tuple[int, int]:
    return p["IFM_H"] + p["PAD_TOP"] + p["PAD_BOTTOM"], p["IFM_W"] + p["PAD_LEFT"] + p["PAD_RIGHT"]


def _window_span(p: Values) -> int:
    """swu_pkg::window_span."""
    (height, width), groups = _padded(p), p["CHANNELS"] // p["SIMD"]
    windows = ((height - p["KERNEL_H"]) // p["STRIDE_H"] + 1) * ((width - p["KERNEL_W"]) // p["STRIDE_W"] + 1)
    if windows == 1 and not (p["DEPTHWISE"] and groups > 1):
        return 1
    return int(((p["KERNEL_H"] - 1) * p["IFM_W"] + p["KERNEL_W"]) * groups)


def _groups(p: Values) -> int:
    return int(p["CHANNELS"] // p["SIMD"])


def _window_beats(p: Values) -> int:
    height, width = _padded(p)
    windows = ((height - p["KERNEL_H"]) // p["STRIDE_H"] + 1) * ((width - p["KERNEL_W"]) // p["STRIDE_W"] + 1)
    return int(windows * p["KERNEL_H"] * p["KERNEL_W"] * _groups(p))


_RULES: Rules = {
    "check_map": lambda p: p["IFM_H"] >= 1 and p["IFM_W"] >= 1,
    "check_simd": divides("SIMD", "CHANNELS"),
    "check_kernel_h": lambda p: 1 <= p["KERNEL_H"] <= _padded(p)[0],
    "check_kernel_w": lambda p: 1 <= p["KERNEL_W"] <= _padded(p)[1],
    "check_stride": lambda p: p["STRIDE_H"] >= 1 and p["STRIDE_W"] >= 1,
    "check_element": within("ELEMENT_W", 1),
    "check_pad_value": lambda p: 0 <= p["PAD_VALUE"] < 1 << p["ELEMENT_W"],
    "check_style": styled("RAM_STYLE"),
    "check_frame": lambda p: prod(_padded(p)) * _groups(p) <= MOST_BEATS,
}
SWU_RULES: Rules = {
    **_RULES,
    "check_pad_h": lambda p: max(p["PAD_TOP"], p["PAD_BOTTOM"]) < p["KERNEL_H"]
    and min(p["PAD_TOP"], p["PAD_BOTTOM"]) >= 0,
    "check_pad_w": lambda p: max(p["PAD_LEFT"], p["PAD_RIGHT"]) < p["KERNEL_W"]
    and min(p["PAD_LEFT"], p["PAD_RIGHT"]) >= 0,
    "check_windows": lambda p: _window_beats(p) <= MOST_BEATS,
    "check_depth": lambda p: p["DEPTH"] >= _window_span(p)}
PARALLEL_RULES: Rules = {
    **_RULES,
    "check_pixels": lambda p: p["PIXELS"] == 1 or (p["PIXELS"] >= 1 and p["PIXELS"] % p["STRIDE_W"] == 0),
    "check_pad_h": lambda p: p["PAD_TOP"] + p["PAD_BOTTOM"] < p["KERNEL_H"]
    and min(p["PAD_TOP"], p["PAD_BOTTOM"]) >= 0,
    "check_pad_w": lambda p: p["PAD_LEFT"] + p["PAD_RIGHT"] < p["KERNEL_W"]
    and min(p["PAD_LEFT"], p["PAD_RIGHT"]) >= 0}
# Parameters that may be left out: their values in rtl/.
SWU_DEFAULTS = {"PAD_VALUE": 0, "DEPTHWISE": 0, "DEPTH": MOST_INT}
PARALLEL_DEFAULTS = {"PAD_VALUE": 0, "RAM_STYLE": "auto", "PIXELS": 1}
