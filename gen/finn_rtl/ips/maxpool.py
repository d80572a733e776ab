"""maxpool: the largest element of each channel in windows that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Kind, Parameters, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.rams import counter, lut_ram
from finn_rtl.ips.rules import Rules, divides, styled, within


@dataclass(frozen=True)
class Pool(Elements):
    """`pe` channels a beat; beats are of `row_pixels` neighbouring pixels of a row."""

    kernel: tuple[int, int]
    row_pixels: int = 1

    @property
    def module(self) -> str:
        return "maxpool"

    @property
    def lanes(self) -> int:
        """Pixels of an output beat."""
        return 1 if self.row_pixels == 1 else self.row_pixels // self.kernel[1]

    @property
    def width(self) -> int:
        return super().width * self.row_pixels

    @property
    def row(self) -> int:
        """Pixels of a row, in beats of a group of channels."""
        return ceil_div(self.ifm.width, self.row_pixels)

    @property
    def beats(self) -> int:
        return self.ifm.height * self.row * self.groups

    @property
    def across(self) -> int:
        """The same of a window."""
        return 1 if self.row_pixels > 1 else self.kernel[1]

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return (self.ifm.height // self.kernel[0]) * (self.row // self.across) * self.groups

    @property
    def result_width(self) -> int:
        """Bits of an output beat."""
        return self.lanes * self.pe * self.ifm.bits

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.result_width, self.beats_out, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(3, self.beats_out)

    @property
    def control(self) -> tuple[Control, ...]:
        has_slice = self.groups > 1 or self.across == 1
        return (Control(Kind.PIPE, (0, int(has_slice), 0, self.groups, self.row, self.ifm.height, self.across,
                                    self.kernel[0])),)

    @cached_property
    def cost(self) -> Cost:
        control = counter(self.row * self.groups) + counter(self.ifm.height)
        depth, width = self.row // self.across * self.groups, self.result_width
        memory = lut_ram(width, depth) if depth > 1 else 0
        if self.row_pixels > 1:
            # The pixels of a window in a beat, and the output's second entry.
            together = self.kernel[1] - 1 if self.ifm.bits > 1 else ceil_div(self.kernel[1] - 1, 5)
            memory += (together * (1 if self.ifm.bits == 1 else 1.6) + 1) * width
        if self.groups == 1:
            return Cost(control + 10 + memory + (1 if self.ifm.bits == 1 else 1.1) * width)
        chosen = 0.68 * width if depth > 64 else 0
        return Cost(22 + 0.77 * (control + counter(depth)) + memory + 1.81 * width + chosen)

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "PE": self.pe,
            "ELEMENT_W": self.ifm.bits, "SIGNED_ELEMENTS": int(self.ifm.signed), "KERNEL_H": self.kernel[0],
            "KERNEL_W": self.kernel[1]}
        return parameters | {"PIXELS": self.row_pixels} if self.row_pixels > 1 else parameters


def takes_pixels(ifm: Map, kernel: tuple[int, int], pixels: int) -> bool:
    """Whether a pool takes so many pixels a beat."""
    return _ends_whole(pixels, kernel[1], ifm.width)


def _ends_whole(pixels: int, across: int, width: int) -> bool:
    """Whether every beat of a row has whole windows, the last one at least one of them."""
    return pixels == 1 or (pixels >= 1 and pixels % across == 0 and (width - 1) % pixels + 1 >= across)


RULES: Rules = {
    "check_pe": divides("PE", "CHANNELS"), "check_element": within("ELEMENT_W", 1),
    "check_pixels": lambda p: _ends_whole(p["PIXELS"], p["KERNEL_W"], p["IFM_W"]),
    "check_kernel_h": lambda p: 1 <= p["KERNEL_H"] <= p["IFM_H"],
    "check_kernel_w": lambda p: 1 <= p["KERNEL_W"] <= p["IFM_W"], "check_style": styled("RAM_STYLE")}
# Parameters that are left out: their values in rtl/.
DEFAULTS = {"RAM_STYLE": "auto", "PIXELS": 1}
