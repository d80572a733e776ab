"""Fields that operators have in common, and their folding."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from finn_rtl.common.schema import Count, Model

# Beyond, something is a typing error most likely; see docs/topology.md for all limits.
MOST_SIZE = 1 << 24


def _repeated(meaning: str) -> BeforeValidator:
    """A single number stands for as many equal ones as `meaning` names."""
    count = len(meaning.split(", "))

    def repeat(value: Any) -> Any:
        if type(value) is int:
            return [value] * count
        if isinstance(value, list | tuple) and len(value) == count:
            return value
        hint = "; an odd kernel k keeps the map's size with (k - 1) / 2" if count == 4 else ""
        raise ValueError(f"must be a whole number or [{meaning}]{hint}")
    return BeforeValidator(repeat)


Size = Annotated[StrictInt, Field(ge=1, le=MOST_SIZE)]
Pair = Annotated[tuple[Size, Size], _repeated("down, across")]
Pads = Annotated[StrictInt, Field(ge=0, le=MOST_SIZE)]
Sides = Annotated[tuple[Pads, Pads, Pads, Pads], _repeated("top, bottom, left, right")]


class Fold(Model):
    """Folding of a layer: SIMD divides its inputs, PE its units; `window`: whole windows of SIMD / kernel channels."""

    simd: Count
    pe: Count
    window: StrictBool = False
