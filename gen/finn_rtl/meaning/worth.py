"""What a step of each map is worth, where layers are trained with scales."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from finn_rtl.description.parameters import LayerParameters, Scaling
from finn_rtl.description.topology import Topology
from finn_rtl.operators.base import Operator
from finn_rtl.operators.weights import Weights


def exact(values: object) -> list[Fraction]:
    """An array's numbers as what they are exactly."""
    return [Fraction(value) for value in values.tolist()]  # type: ignore[attr-defined]


def input_worths(topology: Topology, parameters: Mapping[str, LayerParameters]) -> dict[str, Fraction | None]:
    """What a step of the map is worth that each layer with parameters reads; None where nothing says so.

    1 for the input and for -1/+1; the scale of a quantizer; of scores what a step of their sums is worth, and of
    popcounts 1, which stand for themselves. Other layers pass on what they read.
    """
    worths: list[Fraction | None] = [Fraction(1)]
    found = {}
    for index, layer in enumerate(topology.layers):
        read = {worths[source + 1] for source in topology.sources[index]}
        worth = read.pop() if len(read) == 1 else None
        if layer.name in parameters:
            found[layer.name] = worth
            worth = _behind(topology, layer, parameters[layer.name], worth)
        worths.append(worth)
    return found


def _behind(topology: Topology, layer: Operator, parameters: LayerParameters, worth: Fraction | None
            ) -> Fraction | None:
    activation = parameters.activation
    if not isinstance(activation, Scaling):
        if topology.ofm(layer).is_bipolar:
            return Fraction(1)
        return None if activation.scale is None else Fraction(activation.scale)
    weights = set(exact(activation.weight))
    assert isinstance(layer, Weights)
    if layer.sums(topology.ifm(layer)).is_popcount:
        return Fraction(1) if weights == {Fraction(1)} else None
    worth = worth if activation.input is None else exact(activation.input)[0]
    return worth * weights.pop() if worth is not None and len(weights) == 1 else None
