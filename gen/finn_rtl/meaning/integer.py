"""From trained parameters to integers: batch norm and sign become one threshold a neuron, exactly.

A neuron whose dot product is s fires when gamma * (s - mean) / sqrt(var + eps) + beta >= 0. Its accumulator is s for
inputs of several bits; for K binary inputs it is the popcount p, the number of places where input and weight agree,
with s = 2 p - K. The condition is monotone in the accumulator, so it is accumulator >= t for one integer t, after the
row of weights is negated where gamma < 0 (Umuroglu et al., "FINN", FPGA 2017, section 4.2.2). The square root is
avoided: both sides of the inequality are compared by sign and square, in rational arithmetic, so no rounding takes
place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import Accumulator, Elements, IntegerLayer, Sums
from finn_rtl.common.maps import Map
from finn_rtl.description.parameters import BatchNorm, LayerParameters, load_parameters
from finn_rtl.description.topology import Topology


@dataclass(frozen=True)
class Network:
    """A topology with the integers of its layers that have parameters, by name."""

    topology: Topology
    layers: Mapping[str, IntegerLayer]


def fires(gamma: Fraction, beta: Fraction, mean: Fraction, spread: Fraction, dot: int) -> bool:
    """Whether gamma * (dot - mean) / sqrt(spread) + beta >= 0, in exact arithmetic; spread > 0."""
    left, right = gamma * (dot - mean), -beta  # left >= right * sqrt(spread)
    if left >= 0 >= right:
        return True
    if left < 0 <= right or left <= 0 < right:
        return False
    left_square, right_square = left * left, right * right * spread
    return left_square >= right_square if left > 0 else left_square <= right_square


def neuron_threshold(gamma: float, beta: float, mean: float, spread: Fraction, sums: Sums) -> tuple[int, bool]:
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


def fold_layer(parameters: LayerParameters, sums: Sums) -> IntegerLayer:
    """Fold a layer's batch norm into integer thresholds; ready thresholds are only limited to the range.

    Args:
        parameters: as trained.
        sums: what the thresholds are compared with.

    Raises:
        ValueError: a falling slope without weights that could be negated instead.
    """
    weight = (parameters.weight > 0).astype(np.uint8)
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
        if negate and not weight.shape[1]:
            raise ValueError(f"bn.gamma {activation.gamma[row]} of channel {row}: must not be negative where there are"
                             " no weights to be negated; negate the layers in front of it instead")
        if negate:
            weight[row] ^= 1
    return IntegerLayer(weight, threshold)


def check_held(layer: IntegerLayer, ifm: Map) -> None:
    """Raise ValueError unless the bits of a map hold the thresholds of an activation by itself."""
    assert layer.threshold is not None
    channel = int(layer.threshold.argmax())
    if layer.threshold[channel] > ifm.held[1]:
        raise ValueError(f"channel {channel} is never +1, for no number of {ifm.bits} bits reaches its threshold; lower"
                         " it, or leave the channel out")


def load_network(topology: Topology, topology_path: Path) -> Network:
    """Read a topology's parameters (relative to its file) and fold them.

    Raises:
        FinnError: see load_parameters; or a layer cannot be folded.
    """
    path = topology_path.parent / topology.parameters
    folded = {}
    for name, read in load_parameters(path, topology).items():
        index = topology.place(name)
        ifm = topology.ifms(index)[0]
        inputs = read.weight.shape[1]
        try:
            folded[name] = fold_layer(read, Accumulator(inputs, ifm) if inputs else Elements(ifm))
            if not inputs:
                check_held(folded[name], ifm)
        except ValueError as error:
            raise FinnError(f"{path}: layer {name!r}: {error}") from None
    return Network(topology, folded)
