"""axis_dwc: a width converter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd, lcm
from typing import Literal

from finn_rtl.common.numbers import ceil_div, index_bits
from finn_rtl.ips.base import Control, Cost, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rams import counter
from finn_rtl.ips.rules import Rules, within

# Places that a gearbox moves a beat to in one step, at most: as in axis_dwc_gearbox.
ONE_STEP = 4


@dataclass(frozen=True)
class WidthConverter(Ip):
    """In front of the stage `before`. `frame_bits` is what it takes for a frame; a network's frame has `repeats`."""

    before: str
    s_width: int
    m_width: int
    frame_bits: int
    repeats: int = 1

    @property
    def name(self) -> str:
        return f"{self.before}_dwc"

    @property
    def module(self) -> str:
        return "axis_dwc"

    @property
    def beats_in(self) -> int:
        """Input beats a frame of the network."""
        return self.repeats * ceil_div(self.frame_bits, self.s_width)

    @property
    def beats_out(self) -> int:
        """Output beats a frame of the network."""
        return self.repeats * ceil_div(self.frame_bits, self.m_width)

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.s_width, self.beats_in, "s_axis"),)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.m_width, self.beats_out, "m_axis"),)

    @property
    def kind(self) -> Literal["same", "widen", "narrow", "gearbox"]:
        """Which of the converter's structures the widths and the frame call for."""
        whole = self.frame_bits % self.s_width == 0 and self.frame_bits % self.m_width == 0
        if whole and self.m_width == self.s_width:
            return "same"
        if whole and self.m_width % self.s_width == 0:
            return "widen"
        return "narrow" if whole and self.s_width % self.m_width == 0 else "gearbox"

    @property
    def frames_held(self) -> int:
        bits = 4 * self.s_width + self.m_width + max(self.s_width, self.m_width)
        return 1 + ceil_div(bits, self.frame_bits * self.repeats)

    @property
    def control(self) -> tuple[Control, ...]:
        match self.kind:
            case "same":
                return (Control(Kind.REGISTER),)
            case "widen":
                return (Control(Kind.WIDEN, (self.m_width // self.s_width,)),)
            case "narrow":
                return (Control(Kind.NARROW, (self.s_width // self.m_width,)),)
        unit, taken, given = self._units
        has_two_steps = taken % given != 0 and given > ONE_STEP
        return (Control(Kind.GEARBOX, (taken, given, self.frame_bits // unit, int(has_two_steps))),)

    @cached_property
    def cost(self) -> Cost:
        match self.kind:
            case "same":
                return Cost(self.s_width + 3)
            case "widen":
                ratio = self.m_width // self.s_width
                return Cost(counter(ratio) + ratio + 5.5)
            case "narrow":
                return Cost(self.s_width + self.m_width + counter(self.s_width // self.m_width) + 11)
            case "gearbox":
                return Cost(self._gearbox_luts())

    @property
    def _units(self) -> tuple[int, int, int]:
        """The greatest unit that both widths and the frame are multiples of, and the widths in it."""
        unit = gcd(self.s_width, self.m_width, self.frame_bits)
        return unit, self.s_width // unit, self.m_width // unit

    def _gearbox_luts(self) -> float:
        """A spare register, a shifter to the place of each beat, and what is merged there."""
        unit, beat_in, beat_out = self._units
        moves = beat_in % beat_out != 0
        place_bits = index_bits(beat_out) if moves else 0
        fine = place_bits // 2 if beat_out > ONE_STEP else 0
        turned = beat_in + ((beat_out - 1) >> fine << fine) * moves
        placed = max(beat_out, beat_in + (beat_out - 1) * moves)
        shifted = turned * (place_bits - fine) + placed * fine
        part = self.s_width * bool(self.frame_bits % self.s_width)
        return 23.7 + 3.46 * self.s_width - 0.99 * unit * placed + 0.8 * unit * shifted - 0.45 * part

    @property
    def link(self) -> str:
        return f"{self.before}_in"

    @property
    def limit(self) -> str:
        return f"width converter {self.before}"

    def parameters(self, net: str) -> Parameters:
        return {"S_WIDTH": self.s_width, "M_WIDTH": self.m_width, "FRAME_BITS": self.frame_bits}


# Bits of a beat and of a frame, which the unit computes with in 32 bits.
MOST_WIDTH = 1 << 20
MOST_FRAME = 1 << 30
RULES: Rules = {
    "check_s_width": within("S_WIDTH", 1), "check_m_width": within("M_WIDTH", 1),
    "check_most": lambda p: p["S_WIDTH"] <= MOST_WIDTH and p["M_WIDTH"] <= MOST_WIDTH,
    "check_frame": within("FRAME_BITS", 0), "check_frame_most": within("FRAME_BITS", -MOST_FRAME, MOST_FRAME),
    "check_common": lambda p: p["FRAME_BITS"] != 0 or lcm(p["S_WIDTH"], p["M_WIDTH"]) <= MOST_FRAME}
