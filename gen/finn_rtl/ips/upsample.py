"""upsample: a map enlarged by whole factors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Kind, Parameters, Ram, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.rams import LUT_RAM_DEPTH, block_ram, counter, lut_ram, lut_ram_choice
from finn_rtl.ips.rules import Rules, divides, styled, within


@dataclass(frozen=True)
class Upsample(Elements):
    """Each pixel becomes `scale` rows and columns; `pe` channels a beat."""

    scale: tuple[int, int]

    @property
    def module(self) -> str:
        return "upsample"

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats * self.scale[0] * self.scale[1], "m_axis"),)

    @property
    def row(self) -> int:
        """Beats of a row that comes."""
        return self.ifm.width * self.groups

    @property
    def ram_style(self) -> Ram:
        """Where its two rows are."""
        return "distributed" if 2 * self.row <= LUT_RAM_DEPTH else "block"

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(2 * self.row + 2 * self.groups + 1, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        rows, columns = self.scale
        found = []
        if rows > 1:
            found.append(Control(Kind.REPEAT, (self.row, rows, int(self.ram_style == "block"))))
        if columns > 1:
            found.append(Control(Kind.REPEAT, (self.groups, columns, 0)))
        return tuple(found) or (Control(Kind.REGISTER),)

    @cached_property
    def cost(self) -> Cost:
        rows, columns = self.scale
        lut, bram36 = counter(self.outputs[0].beats) + 5, 0.0
        for depth, times, style in ((2 * self.row, rows, self.ram_style), (2 * self.groups, columns, "distributed")):
            if times == 1:
                continue
            lut += 3 * counter(depth) + counter(times)
            if style == "block":
                bram36 += block_ram(self.width, depth)
            else:
                lut += lut_ram(self.width, depth) + lut_ram_choice(self.width, depth)
        return Cost(lut, bram36)

    def parameters(self, net: str) -> Parameters:
        return {"IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "PE": self.pe,
                "ELEMENT_W": self.ifm.bits, "SCALE_H": self.scale[0], "SCALE_W": self.scale[1],
                "RAM_STYLE": self.ram_style}


RULES: Rules = {
    "check_map": lambda p: p["IFM_H"] >= 1 and p["IFM_W"] >= 1, "check_pe": divides("PE", "CHANNELS"),
    "check_element": within("ELEMENT_W", 1), "check_scale": lambda p: p["SCALE_H"] >= 1 and p["SCALE_W"] >= 1,
    "check_style": styled("RAM_STYLE")}
