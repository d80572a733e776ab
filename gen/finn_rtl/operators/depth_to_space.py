"""depth_to_space: each pixel becomes several, each with a share of its channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.upsample import Upsample
from finn_rtl.operators.base import Operator
from finn_rtl.operators.schema import Fold, Pair


class DepthToSpace(Operator):
    """`scale` is how many rows and columns a pixel becomes.

    `order`: "blocks": the first of them has the first channels; "interleaved": the first of every so many, as
    PyTorch's PixelShuffle has it.
    """

    type: Literal["depth_to_space"]
    scale: Pair
    order: Literal["blocks", "interleaved"] = "blocks"

    #: What the IP calls the orders.
    SPREADS: ClassVar[dict[str, int]] = {"blocks": 1, "interleaved": 2}

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        rows, columns = self.scale
        if ifm.channels % (rows * columns):
            raise ValueError(f"scale {rows}x{columns}: the map in front of it has {ifm.channels} channels, which are no"
                             f" multiple of {rows * columns}")
        return replace(ifm, height=ifm.height * rows, width=ifm.width * columns,
                       channels=ifm.channels // (rows * columns))

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return (ifms[0].pixel_bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        return (Upsample(self.name, ifms[0], ifms[0].channels, self.scale, self.SPREADS[self.order]),)
