"""What the IPs have in common that treat the elements of one map, each channel by itself."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Element, Ip, Stream


@dataclass(frozen=True)
class Elements(Ip):
    """`pe` channels a beat come in; unless a subclass says otherwise, what goes out is of the same kind."""

    layer: str
    ifm: Map
    pe: int

    @property
    def name(self) -> str:
        return self.layer

    @property
    def groups(self) -> int:
        """Beats of a pixel."""
        return self.ifm.channels // self.pe

    @property
    def width(self) -> int:
        """Bits of an input beat."""
        return self.pe * self.ifm.bits

    @property
    def beats(self) -> int:
        """Input beats of a frame."""
        return self.ifm.pixels * self.groups

    @property
    def inputs(self) -> tuple[Stream, ...]:
        return (Stream(self.width, self.beats, "s_axis"),)

    @property
    def element(self) -> Element | None:
        return Element(self.ifm.bits, self.ifm.bits, self.ifm.signed)

    @property
    def comment(self) -> str:
        return f"Layer {self.layer}"
