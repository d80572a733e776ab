"""concat: two maps side by side, the channels of one behind those of the other."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.maps import Map, held_bits
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Element, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rules import Rules, within


def joined_map(a: Map, b: Map) -> Map:
    """The map of both: two's complement where a number can be negative, of as few bits as hold every one.

    Bits that mean the same in both stay bits.
    """
    channels = a.channels + b.channels
    if a.is_bipolar and b.is_bipolar:
        return Map(a.height, a.width, channels)
    low, high = min(a.held[0], b.held[0]), max(a.held[1], b.held[1])
    bits = held_bits(low, high) if low < 0 else high.bit_length()
    return Map(a.height, a.width, channels, bits, low < 0, (min(a.low, b.low), max(a.high, b.high)), bits == 1)


@dataclass(frozen=True)
class Concat(Ip):
    """A pixel a beat of the maps `a` and `b`."""

    layer: str
    a: Map
    b: Map

    @property
    def name(self) -> str:
        return self.layer

    @property
    def module(self) -> str:
        return "concat"

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.a.pixel_bits, self.a.pixels, "s_axis_a"),
                Stream(self.b.pixel_bits, self.b.pixels, "s_axis_b"))

    @property
    def outputs(self) -> tuple[Stream, ...]:
        ofm = joined_map(self.a, self.b)
        return (Stream(ofm.pixel_bits, ofm.pixels, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(3, self.a.pixels)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.JOIN),)

    @property
    def cost(self) -> Cost:
        # The two entries of each side.
        return Cost(self.a.pixel_bits + self.b.pixel_bits + 12)

    @property
    def element(self) -> Element | None:
        form = joined_map(self.a, self.b)
        return Element(form.bits, form.bits, form.signed)

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}"

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "A_ELEMENTS": self.a.channels, "A_W": self.a.bits, "A_SIGNED": int(self.a.signed),
            "B_ELEMENTS": self.b.channels, "B_W": self.b.bits, "B_SIGNED": int(self.b.signed), "BEATS": self.a.pixels}
        return parameters | {f"{side}_BIPOLAR": 0 for side, ifm in (("A", self.a), ("B", self.b)) if ifm.unipolar}


RULES: Rules = {
    "check_a_elements": within("A_ELEMENTS", 1), "check_b_elements": within("B_ELEMENTS", 1),
    "check_a": within("A_W", 1, 30), "check_b": within("B_W", 1, 30), "check_beats": within("BEATS", 1)}
