"""From trained parameters to integers: scales, batch norm and rounding become thresholds of each unit, exactly.

The accumulator of a unit is its dot product s; for K inputs and weights of -1/+1 it is the popcount p, the number of
places where input and weight agree, with s = 2 p - K. What the layer makes of s is monotone, so each level is reached
from one accumulator on, after the row of weights is negated where it falls, or the unit is marked as falling where
they cannot be (see `thresholds`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import Elements, IntegerLayer, Sums
from finn_rtl.common.maps import Map
from finn_rtl.description.parameters import LayerParameters, Raw, Ready, Scaling, load_parameters
from finn_rtl.description.topology import Topology
from finn_rtl.meaning.thresholds import Line, level_bounds, row_thresholds
from finn_rtl.meaning.worth import exact, input_worths
from finn_rtl.operators.activation import Activation
from finn_rtl.operators.schema import Quantizer, WeightKind
from finn_rtl.operators.weights import Weights

BIPOLAR = WeightKind(bits=1)


@dataclass(frozen=True)
class Network:
    """A topology with the integers of its layers that have parameters, by name."""

    topology: Topology
    layers: Mapping[str, IntegerLayer]


def lines(raw: Raw, worth: Fraction) -> list[Line]:
    """What a layer makes of each unit's dot product; `worth` is that of a step of its inputs, if it does not say so."""
    weights, bias = exact(raw.scaling.weight), exact(raw.bias)
    inputs = [worth] * len(weights) if raw.scaling.input is None else exact(raw.scaling.input)
    slopes = [weight * step for weight, step in zip(weights, inputs, strict=True)]
    if raw.norm is None:
        return [Line(slope, offset) for slope, offset in zip(slopes, bias, strict=True)]
    norm, eps = raw.norm, Fraction(raw.norm.eps)
    numbers = zip(slopes, bias, exact(norm.gamma), exact(norm.beta), exact(norm.mean), exact(norm.var), strict=True)
    return [Line(gamma * slope, gamma * (offset - mean), var + eps, beta)
            for slope, offset, gamma, beta, mean, var in numbers]


def _negatable(weight: NDArray[np.int8], kind: WeightKind) -> NDArray[np.bool_]:
    """Which rows have weights whose negatives their bits hold too."""
    if not weight.shape[1]:
        return np.zeros(len(weight), np.bool_)
    found: NDArray[np.bool_] = weight.min(axis=1) >= -kind.range[1]
    return found


def _folded(ready: Ready, sums: Sums, is_sign: bool, can_negate: NDArray[np.bool_]
            ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Ready thresholds on the accumulator, and which rows are negated."""
    negate = ready.falling & can_negate
    # Of signs they are on the accumulator already; of others they are limited first, as not to overflow.
    if is_sign:
        thresholds = np.vectorize(sums.dot, otypes=[np.int64])(np.clip(ready.thresholds, sums.low, sums.high + 1))
    else:
        thresholds = np.clip(ready.thresholds, sums.dot(sums.low) - 1, sums.dot(sums.high) + 2)
    # s < t is -s >= 1 - t.
    thresholds[negate] = 1 - thresholds[negate, ::-1]
    on_sums = np.vectorize(sums.value, otypes=[np.int64])(thresholds)
    return np.clip(on_sums, sums.low, sums.high + 1), negate


def fold_layer(parameters: LayerParameters, sums: Sums, quantizer: Quantizer | None = None,
               kind: WeightKind = BIPOLAR, worth: Fraction = Fraction(1)) -> IntegerLayer:
    """Fold what a layer does with its dot products into integer thresholds; ready ones are limited to the range.

    Args:
        parameters: as trained.
        sums: what the thresholds are compared with.
        quantizer: the activation; None for "sign", and where the sums leave.
        kind: of its weights.
        worth: of a step of the inputs, where the parameters do not say so.
    """
    weight, activation = parameters.weight.copy(), parameters.activation
    if isinstance(activation, Scaling):
        return IntegerLayer(weight, None, bias=activation.bias)
    can_negate = _negatable(weight, kind)
    falling = np.zeros(len(weight), np.bool_)
    if isinstance(activation, Ready):
        thresholds, negate = _folded(activation, sums, quantizer is None, can_negate)
        falling = activation.falling & ~negate
    else:
        bounds = [(Fraction(0), True)]
        if quantizer is not None:
            assert activation.scale is not None
            bounds = level_bounds(quantizer.rounding, *quantizer.range, Fraction(activation.scale))
        thresholds = np.empty((len(weight), len(bounds)), np.int64)
        negate = np.zeros(len(weight), np.bool_)
        for row, line in enumerate(lines(activation, worth)):
            thresholds[row], negate[row], falling[row] = row_thresholds(line, bounds, sums, bool(can_negate[row]))
    weight[negate] = -weight[negate]
    return IntegerLayer(weight, thresholds, falling, 0 if quantizer is None else quantizer.range[0])


def check_held(layer: IntegerLayer, ifm: Map) -> None:
    """Raise ValueError unless the bits of a map hold the thresholds of an activation "sign" by itself."""
    assert layer.thresholds is not None
    channel = int(layer.thresholds[:, 0].argmax())
    if layer.thresholds[channel, 0] > ifm.held[1]:
        never = "-1" if layer.falling[channel] else "+1"
        raise ValueError(f"channel {channel} is never {never}, for no number of {ifm.bits} bits reaches its threshold;"
                         " lower it, or leave the channel out")


def _worth(topology: Topology, name: str, parameters: LayerParameters, worth: Fraction | None) -> Fraction:
    """What a step of a layer's inputs is worth, where that matters and the layer itself does not say so.

    Raises:
        ValueError: nothing says so.
    """
    raw = parameters.activation
    if isinstance(raw, Raw) and raw.scaling.input is None and worth is None:
        raise ValueError(f"key '{name}.input_scale': is missing; say what a step of its inputs is worth, for the layers"
                         " in front of it do not (by 'scale' of a quantizer), or disagree")
    return Fraction(1) if worth is None else worth


def _check_label(topology: Topology, name: str, parameters: LayerParameters) -> None:
    """Raise ValueError where a label would compare sums of rows that are worth different numbers."""
    activation = parameters.activation
    if topology.output == "label" and name == topology.layers[-1].name and isinstance(activation, Scaling):
        wrong = np.argwhere(activation.weight != activation.weight[0])
        if len(wrong):
            row = int(wrong[0, 0])
            raise ValueError(f"key '{name}.weight_scale': value {activation.weight[row]} at position {row}, but"
                             f" {activation.weight[0]} at position 0: output 'label' compares sums, which must be worth"
                             " the same in all rows (or output 'vector')")


def load_network(topology: Topology, topology_path: Path) -> Network:
    """Read a topology's parameters (relative to its file) and fold them.

    Raises:
        FinnError: see load_parameters; or a layer cannot be folded.
    """
    path = topology_path.parent / topology.parameters
    parameters = load_parameters(path, topology)
    worths = input_worths(topology, parameters)
    folded = {}
    for name, read in parameters.items():
        layer = topology.layers[topology.place(name)]
        assert isinstance(layer, Weights | Activation)
        ifm = topology.ifm(layer)
        try:
            _check_label(topology, name, read)
            worth = _worth(topology, name, read, worths[name])
            if isinstance(layer, Weights):
                folded[name] = fold_layer(read, layer.sums(ifm), layer.quantizer, layer.weights, worth)
            else:
                folded[name] = fold_layer(read, Elements(ifm), layer.quantizer, worth=worth)
                if layer.quantizer is None:
                    check_held(folded[name], ifm)
        except ValueError as error:
            raise FinnError(f"{path}: layer {name!r}: {error}") from None
    return Network(topology, folded)
