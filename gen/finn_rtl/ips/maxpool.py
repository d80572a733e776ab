"""maxpool: the largest element of each channel in windows that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Kind, Parameters, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.rams import counter, lut_ram
from finn_rtl.ips.rules import Rules, divides, styled, within


@dataclass(frozen=True)
class Pool(Elements):
    """`pe` channels a beat."""

    kernel: tuple[int, int]

    @property
    def module(self) -> str:
        return "maxpool"

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return (self.ifm.height // self.kernel[0]) * (self.ifm.width // self.kernel[1]) * self.groups

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats_out, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(3, self.beats_out)

    @property
    def control(self) -> tuple[Control, ...]:
        has_slice = self.groups > 1 or self.kernel[1] == 1
        return (Control(Kind.PIPE, (0, int(has_slice), 0, self.groups, self.ifm.width, self.ifm.height,
                                    self.kernel[1], self.kernel[0])),)

    @cached_property
    def cost(self) -> Cost:
        control = counter(self.ifm.width * self.groups) + counter(self.ifm.height)
        depth = self.ifm.width // self.kernel[1] * self.groups
        memory = lut_ram(self.width, depth) if depth > 1 else 0
        if self.groups == 1:
            return Cost(control + 10 + memory + (1 if self.ifm.bits == 1 else 1.1) * self.width)
        chosen = 0.68 * self.width if depth > 64 else 0
        return Cost(22 + 0.77 * (control + counter(depth)) + memory + 1.81 * self.width + chosen)

    def parameters(self, net: str) -> Parameters:
        return {"IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "PE": self.pe,
                "ELEMENT_W": self.ifm.bits, "SIGNED_ELEMENTS": int(self.ifm.signed),
                "KERNEL_H": self.kernel[0], "KERNEL_W": self.kernel[1]}


RULES: Rules = {
    "check_pe": divides("PE", "CHANNELS"), "check_element": within("ELEMENT_W", 1),
    "check_kernel_h": lambda p: 1 <= p["KERNEL_H"] <= p["IFM_H"],
    "check_kernel_w": lambda p: 1 <= p["KERNEL_W"] <= p["IFM_W"], "check_style": styled("RAM_STYLE")}
# Parameters that are left out: their values in rtl/.
DEFAULTS = {"RAM_STYLE": "auto"}
