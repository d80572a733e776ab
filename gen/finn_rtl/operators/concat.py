"""concat: two maps of the same height and width side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.concat import Concat as ConcatIp
from finn_rtl.ips.concat import joined_map
from finn_rtl.operators.base import Operator
from finn_rtl.operators.schema import MOST_SUM_BITS, Fold


class Concat(Operator):
    """`inputs` names the two maps; a pixel has the channels of the first one, and those of the second behind them.

    Elements stay the numbers that they stand for; bits that are -1 and +1 in both stay bits.
    """

    type: Literal["concat"]
    arity: ClassVar[int] = 2

    def output(self, *ifms: Map) -> Map:
        a, b = ifms
        if (a.height, a.width) != (b.height, b.width):
            raise ValueError(f"inputs: the maps must have the same height and width, but are {a} and {b}")
        ofm = joined_map(a, b)
        if max(a.bits, b.bits) >= MOST_SUM_BITS:
            raise ValueError(f"numbers of {max(a.bits, b.bits)} bits: at most {MOST_SUM_BITS - 1} are supported; make"
                             " the maps' numbers smaller")
        return ofm

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return tuple(ifm.pixel_bits for ifm in ifms)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        a, b = ifms
        return (ConcatIp(self.name, a, b),)
