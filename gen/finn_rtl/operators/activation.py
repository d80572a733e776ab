"""activation: the sign of numbers, behind batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.threshold import Threshold
from finn_rtl.operators.base import Operator, elements_of
from finn_rtl.operators.schema import Fold


class Activation(Operator):
    """Each channel has a threshold: +1 where a number is at least that, else -1."""

    type: Literal["activation"]
    has_parameters: ClassVar[bool] = True

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        if ifm.bits == 1:
            raise ValueError("the map in front of it is binary already")
        return Map(ifm.height, ifm.width, ifm.channels)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return (elements_of(ifms[0], offered[0]) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        return (Threshold(self.name, ifms[0], widths[0] // ifms[0].bits),)
