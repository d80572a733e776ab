"""add: the sum of two maps, element by element."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Element, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rules import Rules, within


def sum_map(a: Map, b: Map) -> Map:
    """The map of the sums: two's complement where one can be negative, of as few bits as hold every sum."""
    low, high = (x + y for x, y in zip(a.held, b.held, strict=True))
    signed = low < 0
    bits = max(high.bit_length(), (-low - 1).bit_length()) + 1 if signed else high.bit_length()
    return Map(a.height, a.width, a.channels, bits, signed, (a.low + b.low, a.high + b.high))


@dataclass(frozen=True)
class Add(Ip):
    """`pe` channels a beat of the maps `a` and `b`."""

    layer: str
    a: Map
    b: Map
    pe: int

    @property
    def name(self) -> str:
        return self.layer

    @property
    def module(self) -> str:
        return "add"

    @property
    def beats(self) -> int:
        """Beats of a frame."""
        return self.a.elements // self.pe

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * self.a.bits, self.beats, "s_axis_a"),
                Stream(self.pe * self.b.bits, self.beats, "s_axis_b"))

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * sum_map(self.a, self.b).bits, self.beats, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(3, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.JOIN),)

    @property
    def cost(self) -> Cost:
        # The two entries of each side, and an adder an element.
        return Cost(self.pe * (self.a.bits + self.b.bits + sum_map(self.a, self.b).bits) + 12)

    @property
    def element(self) -> Element | None:
        form = sum_map(self.a, self.b)
        return Element(form.bits, form.bits, form.signed)

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}"

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "ELEMENTS": self.pe, "A_W": self.a.bits, "A_SIGNED": int(self.a.signed), "B_W": self.b.bits,
            "B_SIGNED": int(self.b.signed), "BEATS": self.beats}
        return parameters | {f"{side}_BIPOLAR": 0 for side, ifm in (("A", self.a), ("B", self.b)) if ifm.unipolar}


RULES: Rules = {
    "check_elements": within("ELEMENTS", 1), "check_a": within("A_W", 1, 30), "check_b": within("B_W", 1, 30),
    "check_beats": within("BEATS", 1)}
