"""From trained parameters to integers: batch norm and sign become one threshold a neuron, exactly.

A neuron of K inputs whose dot product is s fires when gamma * (s - mean) / sqrt(var + eps) + beta >= 0. With the
accumulator as popcount p, the number of places where input and weight agree, s = 2 p - K. The condition is monotone in
p, so it is p >= t for one integer t, after the row of weights is negated where gamma < 0 (Umuroglu et al., "FINN",
FPGA 2017, section 4.2.2). The square root is avoided: both sides of the inequality are compared by sign and square, in
rational arithmetic, so no rounding takes place.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.parameters import BatchNorm, LayerParameters, load_parameters
from finn_rtl.topology import Topology


@dataclass(frozen=True)
class IntegerLayer:
    """A layer as hardware computes it.

    `weight` uint8 0/1 (units, inputs); 1 is +1. `threshold` int64 (units,): the neuron fires when its popcount is at
    least that; 0 always fires, inputs + 1 never does. None: the popcounts leave.
    """

    weight: NDArray[np.uint8]
    threshold: NDArray[np.int64] | None


@dataclass(frozen=True)
class Network:
    """A topology with its integer layers."""

    topology: Topology
    layers: tuple[IntegerLayer, ...]


def fires(gamma: Fraction, beta: Fraction, mean: Fraction, spread: Fraction, dot: int) -> bool:
    """Whether gamma * (dot - mean) / sqrt(spread) + beta >= 0, in exact arithmetic; spread > 0."""
    left, right = gamma * (dot - mean), -beta  # left >= right * sqrt(spread)
    if left >= 0 >= right:
        return True
    if left < 0 <= right or left <= 0 < right:
        return False
    left_square, right_square = left * left, right * right * spread
    return left_square >= right_square if left > 0 else left_square <= right_square


def popcount_threshold(gamma: float, beta: float, mean: float, spread: Fraction, inputs: int) -> tuple[int, bool]:
    """Threshold of a neuron on its popcount, and whether its weights must be negated for it.

    Returns:
        (t, negate): t from 0 (always fires) to inputs + 1 (never).
    """
    exact = Fraction(gamma), Fraction(beta), Fraction(mean), spread
    negate = gamma < 0

    def reached(popcount: int) -> bool:
        dot = 2 * popcount - inputs
        return fires(*exact, -dot if negate else dot)

    low, high = 0, inputs + 1  # the answer lies in low..high; reached() is monotone
    while low < high:
        middle = (low + high) // 2
        if reached(middle):
            high = middle
        else:
            low = middle + 1
    return low, negate


def fold_layer(parameters: LayerParameters) -> IntegerLayer:
    """Fold a layer's batch norm into integer thresholds; ready thresholds are only limited to 0..inputs + 1."""
    weight = (parameters.weight > 0).astype(np.uint8)
    inputs = weight.shape[1]
    activation = parameters.activation
    if activation is None:
        return IntegerLayer(weight, None)
    if not isinstance(activation, BatchNorm):
        return IntegerLayer(weight, np.clip(activation, 0, inputs + 1))
    eps = Fraction(activation.eps)
    threshold = np.empty(len(weight), np.int64)
    for row in range(len(weight)):
        threshold[row], negate = popcount_threshold(
            float(activation.gamma[row]), float(activation.beta[row]), float(activation.mean[row]),
            Fraction(float(activation.var[row])) + eps, inputs)
        if negate:
            weight[row] ^= 1
    return IntegerLayer(weight, threshold)


def load_network(topology: Topology, topology_path: Path) -> Network:
    """Read a topology's parameters (relative to its file) and fold them.

    Raises:
        FinnError: see load_parameters.
    """
    parameters = load_parameters(topology_path.parent / topology.parameters, topology)
    return Network(topology, tuple(fold_layer(layer) for layer in parameters))
