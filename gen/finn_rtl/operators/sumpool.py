"""sumpool: the sum of each channel over a window."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Annotated, Literal

from pydantic import BeforeValidator

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.sumpool import SumPool as SumPoolIp
from finn_rtl.ips.sumpool import pooled_map
from finn_rtl.operators.pooled import Pooled
from finn_rtl.operators.schema import whole_number


class SumPool(Pooled):
    """Bits count as -1 and +1 where they stand for these. `border` is what stands in the padding, 0 by default."""

    type: Literal["sumpool"]
    border: Annotated[int | None, BeforeValidator(whole_number)] = None

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        if any(self.padding):
            low, high = ifm.held
            border = self.border_of(ifm)
            if ifm.is_bipolar:
                raise ValueError(f"padding {max(self.padding)}: around a map of -1 and +1 no sum can have any; leave it"
                                 " out, or give the map's activation more bits")
            if not low <= border <= high:
                raise ValueError(f"border {border}: must be from {low} to {high}, which the map in front of it holds")
            ifm = replace(ifm, limits=(min(ifm.low, border), max(ifm.high, border)))
        elif self.border is not None:
            raise ValueError(f"border {self.border}: there is no padding; leave it out")
        return pooled_map(ifm, prod(self.kernel), *self.windows(ifm, self.step, self.padding))

    def border_of(self, ifm: Map) -> int:
        return self.border or 0

    def pool(self, ifm: Map, pe: int, kernel: tuple[int, int]) -> Ip:
        return SumPoolIp(self.name, ifm, pe, kernel)
