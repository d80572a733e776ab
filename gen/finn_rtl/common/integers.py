"""The integers with which hardware computes a layer, and the range of its sums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.maps import Map


@dataclass(frozen=True)
class IntegerLayer:
    """A layer with weights as hardware computes it.

    `weight` uint8 0/1 (units, inputs); 1 is +1. A convolution's inputs are its window's, by row, column and channel. Of
    an activation by itself it is (channels, 0), and the accumulator is the number that comes.
    `threshold` int64 (units,): the neuron fires when its accumulator is at least that. It lies between the least
    value that an accumulator can have (always fires) and one more than the largest (never does). None: the
    accumulators leave.
    """

    weight: NDArray[np.uint8]
    threshold: NDArray[np.int64] | None


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
    """The accumulator of a neuron with `inputs` inputs, and the dot product that it stands for."""

    inputs: int
    ifm: Map

    @property
    def is_popcount(self) -> bool:
        """Whether it counts agreeing places."""
        return self.ifm.bits == 1

    @property
    def low(self) -> int:
        """Least value."""
        return 0 if self.is_popcount else -self.inputs * self.ifm.largest

    @property
    def high(self) -> int:
        """Largest value."""
        return self.inputs * self.ifm.largest

    def dot(self, value: int) -> int:
        """Dot product."""
        return 2 * value - self.inputs if self.is_popcount else value
