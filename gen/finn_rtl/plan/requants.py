"""Which layers may have their levels made by requant: those where it gives exactly the levels of their thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.description.topology import Topology
from finn_rtl.ips.requant_fit import RequantShape
from finn_rtl.operators.base import Operator
from finn_rtl.operators.schema import Fold, Requantized
from finn_rtl.operators.weights import Weights

# Fewer bits have so few thresholds that these cost less.
LEAST_BITS = 4


def wants_requant(layer: Operator) -> bool:
    """Whether a layer's levels are to be made by it, whatever that costs."""
    return isinstance(layer, Weights) and layer.quantizer is not None and layer.quantizer.hardware == "requant"


def may_requant(layer: Operator) -> bool:
    """Whether it is worth a look."""
    if not isinstance(layer, Weights) or layer.quantizer is None or layer.quantizer.hardware == "threshold":
        return False
    return wants_requant(layer) or layer.quantizer.bits >= LEAST_BITS


def requant_shapes(topology: Topology, layers: Mapping[str, IntegerLayer] | None) -> dict[str, RequantShape]:
    """What hardware is planned for, of each layer whose levels requant can make.

    Args:
        topology: the network.
        layers: the integers of its layers; None: they are not known, and nothing is found.

    Raises:
        FinnError: the topology wants it where it cannot.
    """
    found: dict[str, RequantShape] = {}
    for index, layer in enumerate(topology.layers):
        if not isinstance(layer, Weights) or not may_requant(layer):
            continue
        is_wanted, where = wants_requant(layer), f"{topology.name}: layer {layer.name!r}: hardware 'requant'"
        if layers is None:
            if is_wanted:
                raise FinnError(f"{where}: is planned by the layer's parameters, which are not at hand; give them, or"
                                " leave it out")
            continue
        (ifm,) = topology.ifms(index)
        fit = layer.fit(ifm, layers[layer.name])
        if fit is not None:
            found[layer.name] = fit.shape
        elif is_wanted:
            row = layer.without_fit(ifm, layers[layer.name])
            what = "a scale and an offset of all units that share a shift" if row is None else \
                f"a scale and an offset for unit {row}"
            raise FinnError(f"{where}: there is not {what} with which it gives the levels of the thresholds for every"
                            " sum; leave it out, or write 'threshold'")
    return found


def with_requants(layer: Operator, folds: Sequence[Fold], shape: RequantShape | None) -> Iterator[Fold]:
    """Foldings of a layer, and the same with requant where it is possible."""
    if shape is None or not wants_requant(layer):
        yield from folds
    if shape is not None:
        yield from (Requantized(**dict(fold), shape=shape) for fold in folds if fold.pixels == 1 and not fold.reuse)
