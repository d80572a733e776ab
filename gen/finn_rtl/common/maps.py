"""What flows between two layers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Map:
    """What flows between two layers: height x width pixels of `channels` elements; a vector is a single pixel.

    An element of one bit stands for -1 or +1, or for the number 0 or 1 where the map is `unipolar`; one of more bits
    for an unsigned or a two's complement number, `limits` being the least and the greatest that there is, where these
    are not the ones that the bits hold.
    """

    height: int
    width: int
    channels: int
    bits: int = 1
    signed: bool = False
    limits: tuple[int, int] | None = None
    unipolar: bool = False

    def __post_init__(self) -> None:
        assert self.bits == 1 or not self.unipolar, "only elements of one bit are unipolar"

    @property
    def is_bipolar(self) -> bool:
        """Whether its bits stand for -1 and +1."""
        return self.bits == 1 and not self.unipolar

    @property
    def pixels(self) -> int:
        """Pixels of a frame."""
        return self.height * self.width

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return self.pixels * self.channels

    @property
    def pixel_bits(self) -> int:
        """Bits of a pixel."""
        return self.channels * self.bits

    @property
    def frame_bits(self) -> int:
        """Bits of a frame."""
        return self.elements * self.bits

    @property
    def held(self) -> tuple[int, int]:
        """Least and greatest number that its bits hold."""
        if self.is_bipolar:
            return -1, 1
        return -(1 << self.bits - 1) if self.signed else 0, (1 << self.bits - self.signed) - 1

    @property
    def low(self) -> int:
        """Least number that an element stands for."""
        return self.held[0] if self.limits is None else self.limits[0]

    @property
    def high(self) -> int:
        """Greatest number that an element stands for."""
        return self.held[1] if self.limits is None else self.limits[1]

    @property
    def largest(self) -> int:
        """Bound of the magnitude of what the bits hold."""
        low, high = self.held
        return max(-low, high)

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.channels}"


def held_bits(low: int, high: int) -> int:
    """Bits of two's complement numbers from `low` to `high`."""
    return max(high.bit_length(), (-low - 1).bit_length()) + 1


def sum_bits(inputs: int, ifm: Map) -> int:
    """Bits of the sum over `inputs` products with weights -1/+1: a popcount of bipolar elements, else two's complement.
    """  # noqa: D200
    return inputs.bit_length() if ifm.is_bipolar else (inputs * ifm.largest).bit_length() + 1
