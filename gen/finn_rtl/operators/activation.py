"""activation: the sign of numbers, or levels of them, behind batch norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from finn_rtl.common.maps import Map
from finn_rtl.ips.base import Ip
from finn_rtl.ips.threshold import Threshold
from finn_rtl.operators.base import Operator, elements_of, quantized_map
from finn_rtl.operators.schema import Fold, Quantize, Quantizer


class Activation(Operator):
    """Each channel has a threshold: +1 where a number is at least that, else -1; of a quantizer, several."""

    type: Literal["activation"]
    activation: Quantize = "sign"
    has_parameters: ClassVar[bool] = True

    @property
    def quantizer(self) -> Quantizer | None:
        """What it is where it has several levels."""
        return self.activation if isinstance(self.activation, Quantizer) else None

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        if ifm.is_bipolar:
            raise ValueError("the map in front of it is binary already")
        if self.quantizer is not None and self.quantizer.hardware == "requant":
            raise ValueError("hardware 'requant': is for layers with weights; an activation by itself has 'threshold':"
                             " leave it out")
        return quantized_map(ifm.height, ifm.width, ifm.channels, self.quantizer)

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        return (elements_of(ifms[0], offered[0]) * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        ofm = self.output(*ifms)
        return (Threshold(self.name, ifms[0], widths[0] // ifms[0].bits, ofm.bits, ofm.signed, banks=self.banks),)
