"""From trained parameters to integers: batch norm and sign become one threshold a neuron, exactly.

A neuron whose dot product is s fires when gamma * (s - mean) / sqrt(var + eps) + beta >= 0. Its accumulator is s for
inputs of several bits; for K binary inputs it is the popcount p, the number of places where input and weight agree,
with s = 2 p - K. The condition is monotone in the accumulator, so it is accumulator >= t for one integer t, after the
row of weights is negated where gamma < 0 (Umuroglu et al., "FINN", FPGA 2017, section 4.2.2). The square root is
avoided: both sides of the inequality are compared by sign and square, in rational arithmetic, so no rounding takes
place.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.parameters import BatchNorm, LayerParameters, load_parameters
from finn_rtl.topology import Map, Topology


@dataclass(frozen=True)
class IntegerLayer:
    """A layer with weights as hardware computes it.

    `weight` uint8 0/1 (units, inputs); 1 is +1. A convolution's inputs are its window's, by row, column and channel.
    `threshold` int64 (units,): the neuron fires when its accumulator is at least that. It lies between the least
    value that an accumulator can have (always fires) and one more than the largest (never does). None: the
    accumulators leave.
    """

    weight: NDArray[np.uint8]
    threshold: NDArray[np.int64] | None


@dataclass(frozen=True)
class Network:
    """A topology with the integers of its layers with weights, in order."""

    topology: Topology
    layers: tuple[IntegerLayer, ...]


@dataclass(frozen=True)
class Accumulator:
    """Range of the accumulator of a neuron with `inputs` inputs, and the dot product that it stands for."""

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


def fires(gamma: Fraction, beta: Fraction, mean: Fraction, spread: Fraction, dot: int) -> bool:
    """Whether gamma * (dot - mean) / sqrt(spread) + beta >= 0, in exact arithmetic; spread > 0."""
    left, right = gamma * (dot - mean), -beta  # left >= right * sqrt(spread)
    if left >= 0 >= right:
        return True
    if left < 0 <= right or left <= 0 < right:
        return False
    left_square, right_square = left * left, right * right * spread
    return left_square >= right_square if left > 0 else left_square <= right_square


def neuron_threshold(gamma: float, beta: float, mean: float, spread: Fraction, sums: Accumulator) -> tuple[int, bool]:
    """Threshold of a neuron on its accumulator, and whether its weights must be negated for it.

    Returns:
        (t, negate): t from sums.low (always fires) to sums.high + 1 (never).
    """
    exact = Fraction(gamma), Fraction(beta), Fraction(mean), spread
    negate = gamma < 0

    def reached(value: int) -> bool:
        dot = sums.dot(value)
        return fires(*exact, -dot if negate else dot)

    low, high = sums.low, sums.high + 1  # the answer lies in low..high; reached() is monotone
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return low, negate


def fold_layer(parameters: LayerParameters, ifm: Map) -> IntegerLayer:
    """Fold a layer's batch norm into integer thresholds; ready thresholds are only limited to the range.

    Args:
        parameters: as trained.
        ifm: the map in front of the layer.
    """
    weight = (parameters.weight > 0).astype(np.uint8)
    sums = Accumulator(weight.shape[1], ifm)
    activation = parameters.activation
    if activation is None:
        return IntegerLayer(weight, None)
    if not isinstance(activation, BatchNorm):
        return IntegerLayer(weight, np.clip(activation, sums.low, sums.high + 1))
    eps = Fraction(activation.eps)
    threshold = np.empty(len(weight), np.int64)
    for row in range(len(weight)):
        threshold[row], negate = neuron_threshold(
            float(activation.gamma[row]), float(activation.beta[row]), float(activation.mean[row]),
            Fraction(float(activation.var[row])) + eps, sums)
        if negate:
            weight[row] ^= 1
    return IntegerLayer(weight, threshold)


def load_network(topology: Topology, topology_path: Path) -> Network:
    """Read a topology's parameters (relative to its file) and fold them.

    Raises:
        FinnError: see load_parameters.
    """
    parameters = load_parameters(topology_path.parent / topology.parameters, topology)
    return Network(topology, tuple(fold_layer(read, topology.ifm(layer))
                                   for layer, read in zip(topology.matrices, parameters, strict=True)))
