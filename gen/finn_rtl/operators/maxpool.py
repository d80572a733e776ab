"""maxpool: the maximum of each channel over a window."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.maxpool import Pool
from finn_rtl.operators.pooled import Pooled


class MaxPool(Pooled):
    """In the padding stands the least number that the map's bits hold, which no window has as its maximum alone."""

    type: Literal["maxpool"]

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        height, width = self.windows(ifm, self.step, self.padding)
        return replace(ifm, height=height, width=width)

    def border_of(self, ifm: Map) -> int:
        return 0 if ifm.is_bipolar else ifm.held[0]

    def pool(self, ifm: Map, pe: int, kernel: tuple[int, int]) -> Ip:
        return Pool(self.name, ifm, pe, kernel)
