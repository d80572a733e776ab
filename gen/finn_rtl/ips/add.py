"""add: the sum of two maps, element by element."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.maps import Map, held_bits
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Element, Ip, Kind, Parameters, Stream
from finn_rtl.ips.rules import Rules, within

# A number times its factor has at most so many bits.
MOST_BITS = 30


def sum_map(a: Map, b: Map, scale: tuple[int, int] = (1, 1)) -> Map:
    """The map of the sums: two's complement where one can be negative, of as few bits as hold every sum."""
    low, high = (scale[0] * x + scale[1] * y for x, y in zip(a.held, b.held, strict=True))
    signed = low < 0
    bits = held_bits(low, high) if signed else high.bit_length()
    limits = scale[0] * a.low + scale[1] * b.low, scale[0] * a.high + scale[1] * b.high
    return Map(a.height, a.width, a.channels, bits, signed, limits)


@dataclass(frozen=True)
class Add(Ip):
    """`pe` channels a beat of the maps `a` and `b`, whose numbers count `scale` times."""

    layer: str
    a: Map
    b: Map
    pe: int
    scale: tuple[int, int] = (1, 1)

    @property
    def ofm(self) -> Map:
        """The map of the sums."""
        return sum_map(self.a, self.b, self.scale)

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
        return (Stream(self.pe * self.ofm.bits, self.beats, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(3, self.beats)

    @property
    def control(self) -> tuple[Control, ...]:
        return (Control(Kind.JOIN),)

    @property
    def cost(self) -> Cost:
        # The two entries of each side, and of each element an adder; of those for further bits of the factors a part.
        adders = 1 + 0.55 * (sum(factor.bit_count() for factor in self.scale) - 2)
        return Cost(self.pe * (self.a.bits + self.b.bits + adders * self.ofm.bits) + 12)

    @property
    def element(self) -> Element | None:
        form = self.ofm
        return Element(form.bits, form.bits, form.signed)

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}"

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "ELEMENTS": self.pe, "A_W": self.a.bits, "A_SIGNED": int(self.a.signed), "B_W": self.b.bits,
            "B_SIGNED": int(self.b.signed), "BEATS": self.beats}
        parameters |= {f"{side}_BIPOLAR": 0 for side, ifm in (("A", self.a), ("B", self.b)) if ifm.unipolar}
        return parameters | {f"{side}_SCALE": factor for side, factor in zip("AB", self.scale, strict=True)
                             if factor > 1}


RULES: Rules = {
    "check_elements": within("ELEMENTS", 1), "check_a": within("A_W", 1, 30), "check_b": within("B_W", 1, 30),
    "check_a_scale": lambda p: p["A_SCALE"] >= 1 and p["A_SCALE"] << p["A_W"] <= 1 << MOST_BITS,
    "check_b_scale": lambda p: p["B_SCALE"] >= 1 and p["B_SCALE"] << p["B_W"] <= 1 << MOST_BITS,
    "check_beats": within("BEATS", 1)}
# Parameters that are left out: their values in rtl/.
DEFAULTS = {"A_SCALE": 1, "B_SCALE": 1}
