"""add: the sum of two maps of the same shape, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.add import MOST_BITS, sum_map
from finn_rtl.ips.add import Add as AddIp
from finn_rtl.ips.base import Ip
from finn_rtl.operators.base import Operator, elements_of
from finn_rtl.operators.schema import MOST_SUM_BITS, Fold, Pair


class Add(Operator):
    """`inputs` names the two maps; bits count as -1 and +1 where they stand for these, and the sums are numbers.

    `scale` says how many times the numbers of each map count.
    """

    type: Literal["add"]
    scale: Pair = (1, 1)
    arity: ClassVar[int] = 2

    def output(self, *ifms: Map) -> Map:
        a, b = ifms
        if (a.height, a.width, a.channels) != (b.height, b.width, b.channels):
            raise ValueError(f"inputs: the maps must have the same shape, but are {a} and {b}")
        ofm = sum_map(a, b, self.scale)
        if ofm.bits > MOST_SUM_BITS:
            raise ValueError(f"sums of {ofm.bits} bits: at most {MOST_SUM_BITS} are supported; make the maps' numbers"
                             " smaller")
        for ifm, factor in zip(ifms, self.scale, strict=True):
            if factor << ifm.bits > 1 << MOST_BITS and factor > 1:
                raise ValueError(f"scale {factor}: of numbers of {ifm.bits} bits at most {1 << MOST_BITS - ifm.bits}"
                                 " are supported")
        return ofm

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        # As many elements a beat as come on the wider side.
        pe = max(elements_of(ifm, width) for ifm, width in zip(ifms, offered, strict=True))
        return tuple(pe * ifm.bits for ifm in ifms)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        a, b = ifms
        return (AddIp(self.name, a, b, widths[0] // a.bits, self.scale),)
