"""upsample: a map enlarged by whole factors, by repeating its pixels or by spreading their channels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Kind, Parameters, Ram, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.rams import BANK, LUT_RAM_DEPTH, block_ram, counter, lut_ram, lut_ram_choice
from finn_rtl.ips.rules import Rules, divides, styled, within


@dataclass(frozen=True)
class Upsample(Elements):
    """Each pixel becomes `scale` rows and columns; `pe` channels a beat.

    `spread` 0: all of its channels each; else `pe` is all channels, and each has a share of them: 1: the first one the
    first channels, 2: the first one the first channel of every so many.
    """

    scale: tuple[int, int]
    spread: int = 0

    @property
    def module(self) -> str:
        return "upsample"

    @property
    def outputs(self) -> tuple[Stream, ...]:
        parts = self.scale[0] * self.scale[1]
        return (Stream(self.width // (parts if self.spread else 1), self.beats * parts, "m_axis"),)

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
            is_ahead = self.ram_style == "block" or 2 * self.row > BANK
            found.append(Control(Kind.REPEAT, (self.row, rows, int(is_ahead))))
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
        if self.spread:
            parts = rows * columns
            # A selection of so many, four in a LUT; what counts.
            lut += self.outputs[0].width * ceil_div(parts - 1, 3) + counter(columns) + counter(self.ifm.width) + 2
        return Cost(lut, bram36)

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "PE": self.pe,
            "ELEMENT_W": self.ifm.bits, "SCALE_H": self.scale[0], "SCALE_W": self.scale[1]}
        if self.spread:
            parameters["SPREAD"] = self.spread
        return {**parameters, "RAM_STYLE": self.ram_style}


DEFAULTS = {"SPREAD": 0}
RULES: Rules = {
    "check_map": lambda p: p["IFM_H"] >= 1 and p["IFM_W"] >= 1, "check_pe": divides("PE", "CHANNELS"),
    "check_element": within("ELEMENT_W", 1), "check_scale": lambda p: p["SCALE_H"] >= 1 and p["SCALE_W"] >= 1,
    "check_spread": lambda p: p["SPREAD"] == 0 or (p["SPREAD"] in (1, 2) and p["PE"] == p["CHANNELS"]
                                                   and p["CHANNELS"] % (p["SCALE_H"] * p["SCALE_W"]) == 0),
    "check_style": styled("RAM_STYLE")}
