"""axis_frame_guard: the input of a network, whose frames it checks and counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rams import counter
from finn_rtl.ips.rules import Rules, within


@dataclass(frozen=True)
class Guard(Ip):
    """Input frames of `beats` beats.

    `frames` bounds the frames that can be inside the network at once; as many flags fit, so that they never hold up
    a frame.
    """

    width: int
    beats: int
    frames: int

    @property
    def name(self) -> str:
        return "guard"

    @property
    def module(self) -> str:
        return "axis_frame_guard"

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "s_axis"),)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(2, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.GUARD, (self.beats, self.frames)),)

    @property
    def cost(self) -> Cost:
        return Cost(self.width + counter(self.beats) + 3 * counter(self.frames) + 15)

    @property
    def buffers(self) -> Mapping[str, int]:
        return {"frame_flags": self.frames}

    @property
    def limit(self) -> str:
        return "input stream"

    def parameters(self, net: str) -> Parameters:
        return {"WIDTH": self.width, "BEATS": self.beats, "FRAMES": self.frames}


RULES: Rules = {
    "check_width": within("WIDTH", 1), "check_beats": within("BEATS", 1), "check_frames": within("FRAMES", 2)}
