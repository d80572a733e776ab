"""upsample: each pixel becomes several, rows and columns by whole factors (nearest neighbour)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.upsample import Upsample as UpsampleIp
from finn_rtl.operators.base import Operator, elements_of
from finn_rtl.operators.schema import Fold, Pair


class Upsample(Operator):
    """`scale` is how many rows and columns a pixel becomes."""

    type: Literal["upsample"]
    scale: Pair

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        rows, columns = self.scale
        return replace(ifm, height=ifm.height * rows, width=ifm.width * columns)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return (elements_of(ifms[0], offered[0]) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        return (UpsampleIp(self.name, ifms[0], widths[0] // ifms[0].bits, self.scale),)
