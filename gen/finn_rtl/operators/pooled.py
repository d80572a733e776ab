"""What the operators have in common that make one element of each channel of a window."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from math import prod

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.swu import Swu
from finn_rtl.operators.base import elements_of
from finn_rtl.operators.schema import Fold, Pair, Sides
from finn_rtl.operators.windowed import Windowed


class Pooled(Windowed):
    """`stride` is the window's size where it is left out; `padding` is top, bottom, left, right."""

    stride: Pair | None = None
    padding: Sides = (0, 0, 0, 0)

    @property
    def step(self) -> tuple[int, int]:
        """Distance of windows."""
        return self.stride or self.kernel

    @property
    def is_apart(self) -> bool:
        """Whether windows neither overlap nor lie apart."""
        return self.step == self.kernel and not any(self.padding)

    @abstractmethod
    def border_of(self, ifm: Map) -> int:
        """What stands around a map: a number, or the bit of -1/+1."""

    @abstractmethod
    def pool(self, ifm: Map, pe: int, kernel: tuple[int, int]) -> Ip:
        """What pools windows that do not overlap."""

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return (elements_of(ifms[0], offered[0]) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        (ifm,), (width,) = ifms, widths
        pe = width // ifm.bits
        if self.is_apart:
            return (self.pool(ifm, pe, self.kernel),)
        border = self.border_of(ifm) & (1 << ifm.bits) - 1
        swu = Swu(self.name, ifm, pe, self.kernel, self.step, self.padding, border, depthwise=True)
        # Each window is a row of its own, so that one result is partial at a time.
        size = prod(self.kernel)
        flat = Map(prod(swu.windows) * swu.groups, size, pe, ifm.bits, ifm.signed, unipolar=ifm.unipolar)
        return swu, self.pool(flat, pe, (1, size))
