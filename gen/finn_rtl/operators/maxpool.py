"""maxpool: the maximum of each channel over a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.maxpool import Pool, takes_pixels
from finn_rtl.operators.pooled import Pooled
from finn_rtl.operators.schema import Fold


class MaxPool(Pooled):
    """In the padding stands the least number that the map's bits hold, which no window has as its maximum alone.

    Of windows that do not overlap it takes several pixels a beat, where whole windows come.
    """

    type: Literal["maxpool"]

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        height, width = self.windows(ifm, self.step, self.padding)
        return replace(ifm, height=height, width=width)

    def border_of(self, ifm: Map) -> int:
        return 0 if ifm.is_bipolar else ifm.held[0]

    def pool(self, ifm: Map, pe: int, kernel: tuple[int, int]) -> Ip:
        return Pool(self.name, ifm, pe, kernel)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        (ifm,), (width,) = ifms, offered
        pixels = width // ifm.pixel_bits if width % ifm.pixel_bits == 0 else 0
        takes = 1 < pixels <= ifm.width and self.is_apart and takes_pixels(ifm, self.kernel, pixels)
        return (width,) if takes else super().widths(ifms, offered, fold)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        (ifm,), (width,) = ifms, widths
        if width > ifm.pixel_bits:
            return (Pool(self.name, ifm, ifm.channels, self.kernel, width // ifm.pixel_bits),)
        return super().stages(ifms, widths, fold)
