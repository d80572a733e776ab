"""sumpool: the sum of each channel in windows that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from finn_rtl.common.maps import Map, held_bits
from finn_rtl.common.numbers import ceil_div
from finn_rtl.ips.base import Control, Cost, Element, Kind, Parameters, Stream
from finn_rtl.ips.elements import Elements
from finn_rtl.ips.rams import counter, lut_ram
from finn_rtl.ips.rules import Rules, divides, within

MOST_ELEMENT_BITS = 24
# Bits of the sums, in which the module computes their width.
MOST_BITS = 30


def pooled_map(ifm: Map, size: int, height: int, width: int) -> Map:
    """The map of sums of `size` elements each: of as few bits as hold every sum of such elements.

    Raises:
        ValueError: the module cannot compute them.
    """
    if ifm.bits > MOST_ELEMENT_BITS or size << ifm.bits > 1 << MOST_BITS:
        raise ValueError(f"sums of {size} elements of {ifm.bits} bits: elements of at most {MOST_ELEMENT_BITS} bits are"
                         f" supported, and 2^{MOST_BITS} divided by 2 to the power of these bits in a window; make it"
                         " smaller, or the map's numbers")
    low, high = (size * end for end in ifm.held)
    signed = low < 0
    bits = held_bits(low, high) if signed else high.bit_length()
    # 0 and 1 in a window of one.
    return Map(height, width, ifm.channels, bits, signed, (size * ifm.low, size * ifm.high), bits == 1)


@dataclass(frozen=True)
class SumPool(Elements):
    """`pe` channels a beat."""

    kernel: tuple[int, int]

    @property
    def module(self) -> str:
        return "sumpool"

    @property
    def ofm(self) -> Map:
        """The map of sums."""
        rows, columns = self.ifm.height // self.kernel[0], self.ifm.width // self.kernel[1]
        return pooled_map(self.ifm, prod(self.kernel), rows, columns)

    @property
    def beats_out(self) -> int:
        """Output beats a frame."""
        return self.ofm.pixels * self.groups

    @property
    def outputs(self) -> tuple[Stream, ...]:
        return (Stream(self.pe * self.ofm.bits, self.beats_out, "m_axis"),)

    @property
    def frames_held(self) -> int:
        return 1 + ceil_div(3, self.beats_out)

    @property
    def element(self) -> Element | None:
        return Element(self.ofm.bits, self.ofm.bits, self.ofm.signed)

    @property
    def control(self) -> tuple[Control, ...]:
        has_slice = self.groups > 1 or self.kernel[1] == 1
        return (Control(Kind.PIPE, (0, int(has_slice), 0, self.groups, self.ifm.width, self.ifm.height,
                                    self.kernel[1], self.kernel[0])),)

    @cached_property
    def cost(self) -> Cost:
        width = self.pe * self.ofm.bits
        depth = self.ifm.width // self.kernel[1] * self.groups
        control = counter(self.ifm.width * self.groups) + counter(self.ifm.height) + counter(depth)
        memory = lut_ram(width, depth) if depth > 1 else 0
        # An adder, and the output's second entry; of a deep memory the parts are chosen among.
        chosen = 0.68 * width if depth > 64 else 0
        return Cost(14 + control + memory + (1.9 if self.groups > 1 else 1.2) * width + chosen)

    def parameters(self, net: str) -> Parameters:
        parameters: Parameters = {
            "IFM_H": self.ifm.height, "IFM_W": self.ifm.width, "CHANNELS": self.ifm.channels, "PE": self.pe,
            "ELEMENT_W": self.ifm.bits, "SIGNED_ELEMENTS": int(self.ifm.signed), "KERNEL_H": self.kernel[0],
            "KERNEL_W": self.kernel[1]}
        return parameters | {"BIPOLAR": 0} if self.ifm.unipolar else parameters


RULES: Rules = {
    "check_pe": divides("PE", "CHANNELS"), "check_element": within("ELEMENT_W", 1, MOST_ELEMENT_BITS),
    "check_kernel_h": lambda p: 1 <= p["KERNEL_H"] <= p["IFM_H"],
    "check_kernel_w": lambda p: 1 <= p["KERNEL_W"] <= p["IFM_W"],
    "check_sum": lambda p: p["KERNEL_H"] * p["KERNEL_W"] << p["ELEMENT_W"] <= 1 << MOST_BITS}
