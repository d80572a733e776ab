"""fc: a fully connected layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StrictInt

from finn_rtl.common.maps import Map
from finn_rtl.common.numbers import divisors
from finn_rtl.ips.base import Ip
from finn_rtl.operators.base import names_of
from finn_rtl.operators.schema import Fold
from finn_rtl.operators.weights import MOST_UNITS, Weights


def _inputs(value: Any) -> tuple[str, ...] | int:
    """Names of layers, or a number of elements."""
    if isinstance(value, list | tuple):
        return names_of(value)
    if type(value) is not int:
        raise ValueError("must be a whole number, or a list of the names of layers")
    if value < 1:
        raise ValueError("must be at least 1")
    return value


class FullyConnected(Weights):
    """Every unit sees the whole map. `inputs` may also be the number of its elements, which is then checked."""

    type: Literal["fc"]
    units: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)]
    inputs: Annotated[tuple[str, ...] | int | None, PlainValidator(_inputs)] = None  # type: ignore[assignment]

    @property
    def reads(self) -> tuple[str, ...] | None:
        return self.inputs if isinstance(self.inputs, tuple) else None

    @property
    def rows(self) -> int:
        return self.units

    def columns(self, ifm: Map) -> int:
        return ifm.elements

    def output(self, *ifms: Map) -> Map:
        (ifm,) = ifms
        if isinstance(self.inputs, int) and self.inputs != ifm.elements:
            raise ValueError(f"inputs {self.inputs}: the map in front of it has {ifm.elements} elements ({ifm})")
        return self.scores(1, 1, ifm)

    def foldings(self, *ifms: Map) -> Iterator[Fold]:
        for simd in divisors(self.columns(ifms[0])):
            if self.exceeds_sums(ifms[0], simd):
                continue
            for pe in divisors(self.rows):
                if self.computes(ifms[0], simd, pe):
                    yield Fold(simd=simd, pe=pe)

    def frame(self, ifm: Map) -> tuple[int, int]:
        return ifm.frame_bits, 1

    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        assert fold is not None
        return (fold.simd * ifms[0].bits,)

    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        assert fold is not None
        return self.computed(ifms[0], fold)
