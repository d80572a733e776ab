"""Fields that operators have in common, and their folding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictInt, Tag, ValidationInfo, model_validator

from finn_rtl.common.integers import level_range, weight_range
from finn_rtl.common.schema import Count, Model
from finn_rtl.ips.requant_fit import RequantShape

# Beyond, something is a typing error most likely; see docs/topology.md for all limits.
MOST_SIZE = 1 << 24
# Pixels a beat that the search tries, beside one.
PIXELS = (2, 4, 8, 16)
# Accumulators have 32 bits, for a sum less a threshold.
MOST_SUM_BITS = 31


def whole_number(value: Any) -> int:
    """A whole number, of any sign."""
    if type(value) is not int:
        raise ValueError("must be a whole number")
    return value


def _repeated(meaning: str) -> BeforeValidator:
    """A single number stands for as many equal ones as `meaning` names."""
    count = len(meaning.split(", "))

    def repeat(value: Any) -> Any:
        if type(value) is int:
            return [value] * count
        if isinstance(value, list | tuple) and len(value) == count:
            return value
        hint = "; 'same' keeps the map's size" if count == 4 else ""
        raise ValueError(f"must be a whole number or [{meaning}]{hint}")
    return BeforeValidator(repeat)


def _same(value: Any, info: ValidationInfo) -> Any:
    """The word "same" as the padding with which windows of stride 1 keep a map's size: what is odd is behind it."""
    if value != "same":
        return value
    kernel = info.data.get("kernel")
    if kernel is None or "stride" not in info.data:
        # These have a complaint of their own.
        return 0
    if (info.data["stride"] or kernel) != (1, 1):
        raise ValueError("keeps the map's size, for which the stride must be 1; with others write [top, bottom, left,"
                         " right]")
    return [side for size in kernel for side in ((size - 1) // 2, size // 2)]


Size = Annotated[StrictInt, Field(ge=1, le=MOST_SIZE)]
Pair = Annotated[tuple[Size, Size], _repeated("down, across")]
Pads = Annotated[StrictInt, Field(ge=0, le=MOST_SIZE)]
Sides = Annotated[tuple[Pads, Pads, Pads, Pads], _repeated("top, bottom, left, right"), BeforeValidator(_same)]


class Fold(Model):
    """Folding of a layer: SIMD divides its inputs, PE its units; `window`: whole windows of SIMD / kernel channels.

    `pixels` neighbours of a row of its map come in a beat, and with them all windows that begin with these. `reuse`:
    its weights come from DRAM, and each word of them is used for so many vectors; 0: they are on chip.
    """

    simd: Count
    pe: Count
    window: StrictBool = False
    pixels: Count = 1
    reuse: Annotated[StrictInt, Field(ge=0, le=MOST_SIZE)] = 0


class Requantized(Fold):
    """The same of a layer whose levels are made by `requant` behind its sums; `shape` is that of a fit."""

    shape: RequantShape


class WeightKind(Model):
    """What weights are: -1/+1 for one bit, else two's complement; `narrow` leaves out the most negative number.

    `density` is the largest share of them that is not 0: what unfolded hardware is planned for.
    """

    bits: StrictInt = Field(ge=1, le=8)
    narrow: StrictBool = False
    density: Annotated[float, Field(strict=True, gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _narrow(self) -> WeightKind:
        if self.narrow and self.bits == 1:
            raise ValueError("narrow leaves out the most negative number, and weights of 1 bit are -1 and +1; leave it"
                             " out, or give more bits")
        if self.density < 1 and self.bits == 1:
            raise ValueError("density is the share of weights that are not 0, and weights of 1 bit are -1 and +1; leave"
                             " it out, or give more bits")
        return self

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest weight."""
        return weight_range(self.bits, self.narrow)


#: How what lies between two levels is rounded: to the nearest, ties to the even one, away from 0 or towards it; away
#: from 0, towards 0, down, up.
Rounding = Literal["half_even", "half_up", "half_down", "up", "down", "floor", "ceil"]


class Quantizer(Model):
    """An activation of several levels, `bits` wide: unsigned from 0, or two's complement.

    `narrow` leaves out the most negative level; of an unsigned one, which has none, the greatest. `rounding` matters to
    parameters as trained alone, not to ready thresholds. `hardware` is what makes the levels; None: what costs less.
    """

    bits: StrictInt = Field(ge=1, le=8)
    signed: StrictBool = False
    narrow: StrictBool = False
    rounding: Rounding = "half_even"
    hardware: Literal["threshold", "requant"] | None = None

    @model_validator(mode="after")
    def _levels(self) -> Quantizer:
        if self.bits == 1 and self.signed:
            raise ValueError("a signed result of 1 bit is -1 or +1: write 'sign'")
        if self.bits == 1 and self.narrow:
            raise ValueError("narrow leaves out one of the 2 levels of 1 bit; leave it out, or give more bits")
        return self

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest result."""
        return level_range(self.bits, self.signed, self.narrow)

    @property
    def levels(self) -> int:
        """Thresholds of a unit."""
        low, high = self.range
        return high - low


# Tags of a union, which stand in the locations of pydantic's complaints and in no document.
WORD, OBJECT = "[word]", "[object]"


def _weights(value: Any) -> Any:
    """Bits, or a name, stand for the object."""
    names = {"binary": {"bits": 1}, "ternary": {"bits": 2, "narrow": True}}
    if type(value) is int:
        return {"bits": value}
    if isinstance(value, str) and value in names:
        return names[value]
    if isinstance(value, Mapping | WeightKind):
        return value
    raise ValueError('must be a number of bits, 1 to 8, "binary", "ternary", or an object such as {"bits": 4}')


def _activation(*words: str) -> BeforeValidator:
    """One of some words, or an object."""
    texts = ", ".join(f"'{word}'" for word in words)

    def check(value: Any) -> Any:
        if isinstance(value, Mapping | Quantizer) or (isinstance(value, str) and value in words):
            return value
        raise ValueError(f'must be {texts} or an object such as {{"bits": 2}}')
    return BeforeValidator(check)


def _kind(value: Any) -> str:
    return WORD if isinstance(value, str) else OBJECT


WeightsOf = Annotated[WeightKind, BeforeValidator(_weights)]
#: "sign" is -1 or +1; "none" leaves numbers as they are.
Activate = Annotated[Annotated[Literal["sign", "none"], Tag(WORD)] | Annotated[Quantizer, Tag(OBJECT)],
                     Discriminator(_kind), _activation("sign", "none")]
Quantize = Annotated[Annotated[Literal["sign"], Tag(WORD)] | Annotated[Quantizer, Tag(OBJECT)],
                     Discriminator(_kind), _activation("sign")]
