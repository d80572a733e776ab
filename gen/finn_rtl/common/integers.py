"""The integers with which hardware computes a layer, and the range of its sums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.maps import Map, held_bits


@dataclass(frozen=True, eq=False)
class IntegerLayer:
    """A layer with parameters as hardware computes it; two are equal where they are one.

    `weight` int8 (units, inputs), the numbers themselves: -1/+1 for weights of one bit. A convolution's inputs are its
    window's, by row, column and channel. Of an activation by itself it is (channels, 0), and the accumulator is the
    number that comes.
    `thresholds` int64 (units, levels), none less than the one before it, on the accumulator: the popcount where
    Accumulator.is_popcount, else the dot product. A unit's level is the number of its thresholds that are reached,
    those that are at most the accumulator; of a unit that is `falling`, the number of those that are not. A threshold
    lies between the least value that an accumulator can have (always reached) and one more than the largest (never).
    None: the accumulators leave.
    `falling` bool (units,); none falls where it is left out.
    `lowest` is what level 0 stands for, and level l for `lowest` + l; of activation "sign" levels are the bits 0 and 1,
    which stand for -1 and +1.
    `bias` int64 (units,) is added to accumulators that leave; none where it is left out.
    """

    weight: NDArray[np.int8]
    thresholds: NDArray[np.int64] | None
    falling: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    lowest: int = 0
    bias: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if not len(self.falling):
            object.__setattr__(self, "falling", np.zeros(len(self.weight), np.bool_))
        assert self.thresholds is None or self.thresholds.ndim == 2, "thresholds are (units, levels)"


class Sums(ABC):
    """What a threshold is compared with: its range, and the number that a value stands for."""

    @property
    @abstractmethod
    def low(self) -> int:
        """Least value."""

    @property
    @abstractmethod
    def high(self) -> int:
        """Largest value."""

    def dot(self, value: int) -> int:
        """The number that a value stands for."""
        return value

    def value(self, dot: int) -> int:
        """The least value, whether it can be or not, that stands for at least this number."""
        return dot


@dataclass(frozen=True)
class Elements(Sums):
    """The elements of a map."""

    ifm: Map

    @property
    def low(self) -> int:
        """Least value."""
        return self.ifm.low

    @property
    def high(self) -> int:
        """Largest value."""
        return self.ifm.high


@dataclass(frozen=True)
class Accumulator(Sums):
    """The accumulator of a neuron with `inputs` inputs, and the dot product that it stands for.

    `weight_bits` 1: weights are -1/+1; more: two's complement, without the most negative number where `narrow`. With
    `has_zeros` some inputs of a bipolar map may be 0, those of a border. With `bias_bits` a two's complement number of
    so many bits is added, 0: none. The range follows from these bits alone.
    """

    inputs: int
    ifm: Map
    weight_bits: int = 1
    narrow: bool = False
    has_zeros: bool = False
    bias_bits: int = 0

    @property
    def is_popcount(self) -> bool:
        """Whether it counts agreeing places."""
        return self.ifm.is_bipolar and self.weight_bits == 1 and not self.has_zeros and not self.bias_bits

    @property
    def _bias(self) -> tuple[int, int]:
        """Least and greatest number that is added."""
        return level_range(self.bias_bits, True) if self.bias_bits else (0, 0)

    @property
    def _products(self) -> tuple[int, ...]:
        """Products of the extremes of a weight and of an input."""
        return tuple(weight * value for weight in weight_range(self.weight_bits, self.narrow)
                     for value in self.ifm.held)

    @property
    def low(self) -> int:
        """Least value."""
        return 0 if self.is_popcount else self.inputs * min(self._products) + self._bias[0]

    @property
    def high(self) -> int:
        """Largest value."""
        return self.inputs * max(self._products) + self._bias[1]

    @property
    def bits(self) -> int:
        """Bits of the accumulator: unsigned for a popcount, else two's complement."""
        return self.high.bit_length() if self.is_popcount else held_bits(self.low, self.high)

    def dot(self, value: int) -> int:
        """Dot product."""
        return 2 * value - self.inputs if self.is_popcount else value

    def value(self, dot: int) -> int:
        """The least value that stands for at least this dot product."""
        return (dot + self.inputs + 1) // 2 if self.is_popcount else dot


def weight_range(bits: int, narrow: bool = False) -> tuple[int, int]:
    """Least and greatest weight of so many bits: -1 and +1 for one, else two's complement."""
    if bits == 1:
        return -1, 1
    return -(1 << bits - 1) + narrow, (1 << bits - 1) - 1


def level_range(bits: int, signed: bool = False, narrow: bool = False) -> tuple[int, int]:
    """Least and greatest result of a quantizer of so many bits."""
    high = (1 << bits - signed) - 1
    return (-high - 1 + narrow, high) if signed else (0, high - narrow)
