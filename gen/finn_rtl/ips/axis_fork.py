"""axis_fork: a stream for several readers."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rules import Rules, within


@dataclass(frozen=True)
class Fork(Ip):
    """Behind `layer`; every reader gets every one of a frame's `beats` beats."""

    layer: str
    width: int
    beats: int
    readers: int

    @property
    def name(self) -> str:
        return f"{self.layer}__fork"

    @property
    def module(self) -> str:
        return "axis_fork"

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "s_axis"),)

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "m_axis"),) * self.readers

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(2, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.FORK, (self.readers,)),)

    @property
    def cost(self) -> Cost:
        return Cost(self.readers * (self.width + 4.0) + 4)

    @property
    def takes_last(self) -> bool:
        return True

    @property
    def limit(self) -> str:
        return f"fork behind layer {self.layer}"

    def parameters(self, net: str) -> Parameters:
        return {"WIDTH": self.width, "OUTPUTS": self.readers}


RULES: Rules = {"check_outputs": within("OUTPUTS", 2), "check_width": within("WIDTH", 1)}
