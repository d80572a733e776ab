"""axis_fifo: room for bursts between two IPs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from finn_rtl.common.numbers import ceil_div, index_bits
from finn_rtl.ips.base import Control, Cost, Ip, Kind, Parameters, Ram, Stream
from finn_rtl.ips.rams import LUT_RAM_DEPTH, block_ram, lut_ram, lut_ram_choice
from finn_rtl.ips.rules import STYLES, Rules, styled, within


@dataclass(frozen=True)
class Fifo(Ip):
    """In front of the instance `before`; a frame has `beats` beats there."""

    before: str
    width: int
    depth: int
    beats: int

    @property
    def name(self) -> str:
        return f"{self.before}_fifo"

    @property
    def module(self) -> str:
        return "axis_fifo"

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "s_axis"),)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "m_axis"),)

    @property
    def style(self) -> Ram:
        """Where the beats go."""
        return "distributed" if self.depth <= LUT_RAM_DEPTH else "block"

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(self.depth, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        # With block RAM the output register counts as one of the places.
        is_block = int(self.style == "block")
        return (Control(Kind.FIFO, (self.depth - is_block, is_block)),)

    @property
    def cost(self) -> Cost:
        control = 3 * (index_bits(self.depth) + 1) + 5
        if self.style == "block":
            return Cost(control + 8, block_ram(self.width, self.depth))
        return Cost(control + lut_ram(self.width, self.depth) + lut_ram_choice(self.width, self.depth))

    @property
    def buffers(self) -> Mapping[str, int]:
        return {self.name: self.depth}

    @property
    def takes_last(self) -> bool:
        return True

    def parameters(self, net: str) -> Parameters:
        return {"WIDTH": self.width, "DEPTH": self.depth, "STYLE": self.style}


RULES: Rules = {
    "check_width": within("WIDTH", 1), "check_depth": within("DEPTH", 1), "check_style": styled("STYLE", STYLES[1:]),
    "check_block": lambda p: p["STYLE"] != "block" or p["DEPTH"] >= 3}
