"""maxpool: the maximum of each channel over a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.maxpool import Pool
from finn_rtl.ips.swu import Swu
from finn_rtl.operators.base import elements_of
from finn_rtl.operators.schema import Fold, Pair
from finn_rtl.operators.windowed import Windowed


class MaxPool(Windowed):
    """`stride` is the window's size where it is left out."""

    type: Literal["maxpool"]
    stride: Pair | None = None

    @property
    def step(self) -> tuple[int, int]:
        """Distance of windows."""
        return self.stride or self.kernel

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        height, width = self.windows(ifm, self.step, (0, 0, 0, 0))
        return replace(ifm, height=height, width=width)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return (elements_of(ifms[0], offered[0]) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        (ifm,), (width,) = ifms, widths
        pe = width // ifm.bits
        if self.step == self.kernel:
            return (Pool(self.name, ifm, pe, self.kernel),)
        swu = Swu(self.name, ifm, pe, self.kernel, self.step, (0, 0, 0, 0), depthwise=True)
        # Each window is a row of its own.
        size = prod(self.kernel)
        flat = Map(1, prod(swu.windows) * swu.groups * size, pe, ifm.bits, ifm.signed)
        return swu, Pool(self.name, flat, pe, (1, size))
