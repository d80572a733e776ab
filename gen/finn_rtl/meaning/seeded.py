"""Parameters by a seed, for networks that are planned, simulated and synthesized, and that nobody trained.

Weights are drawn, of all numbers that their bits hold; thresholds are put where they part what the sums of a few random
frames are, so that every level is met in every layer. The same seed gives the same parameters everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import Elements, IntegerLayer, Sums, level_range
from finn_rtl.common.maps import Map
from finn_rtl.description.topology import Topology
from finn_rtl.meaning.steps import compute
from finn_rtl.operators.activation import Activation
from finn_rtl.operators.base import Operator
from finn_rtl.operators.weights import Weights

Array = NDArray[np.generic]
# Frames that thresholds are found with: as many as have so many elements, and no more.
FRAME_ELEMENTS, MOST_FRAMES = 1 << 20, 64


def _frames(ifm: Map, rng: np.random.Generator) -> NDArray[np.int32]:
    count = min(MOST_FRAMES, max(1, FRAME_ELEMENTS // ifm.elements))
    low, high = (0, 1) if ifm.bits == 1 else ifm.held
    return rng.integers(low, high + 1, (count, ifm.height, ifm.width, ifm.channels), dtype=np.int32)


def _weight(layer: Weights, ifm: Map, rng: np.random.Generator) -> NDArray[np.int8]:
    shape = layer.rows, layer.columns(ifm)
    kind = layer.weights
    if kind.bits == 1:
        return (2 * rng.integers(0, 2, shape, dtype=np.int8) - 1).astype(np.int8)
    low, high = kind.range
    drawn = rng.integers(low, high + 1, shape, dtype=np.int8)
    if kind.density < 1:
        kept = rng.permutation(drawn.size)[:int(kind.density * drawn.size)]
        mask = np.zeros(drawn.size, np.bool_)
        mask[kept] = True
        drawn = np.where(mask.reshape(shape), drawn, 0).astype(np.int8)
    return drawn


def _thresholds(values: NDArray[np.int32], levels: int, sums: Sums) -> NDArray[np.int64]:
    """Thresholds (units, levels) on values (n, units): those of a normal distribution of their mean and spread."""
    whole = values.astype(np.int64)
    count = len(whole)
    # Sums of whole numbers, so that no order of additions matters.
    mean = whole.sum(axis=0).astype(np.float64) / count
    spread = np.sqrt(np.maximum((whole * whole).sum(axis=0).astype(np.float64) / count - mean * mean, 0.0))
    parts = np.array([NormalDist().inv_cdf((level + 1) / (levels + 1)) for level in range(levels)])
    found = np.ceil(mean[:, None] + spread[:, None] * np.round(parts, 6)).astype(np.int64)
    within: NDArray[np.int64] = np.clip(found, sums.low, sums.high)
    return within


def _matrix(layer: Weights, ifm: Map, rng: np.random.Generator, run: Callable[[IntegerLayer], NDArray[np.int32]]
            ) -> tuple[IntegerLayer, dict[str, Array]]:
    name, weight = layer.name, _weight(layer, ifm, rng)
    arrays: dict[str, Array] = {f"{name}.weight": weight}
    if layer.leaves_scores:
        bias = None
        if layer.bias is not None:
            low, high = level_range(layer.bias, True)
            bias = rng.integers(low, high + 1, layer.rows, dtype=np.int64)
            arrays[f"{name}.bias"] = bias
        return IntegerLayer(weight, None, bias=bias), arrays
    sums, quantizer = layer.sums(ifm), layer.quantizer
    values = run(IntegerLayer(weight, None)).reshape(-1, layer.rows)
    thresholds = _thresholds(values, 1 if quantizer is None else quantizer.levels, sums)
    if quantizer is None:
        arrays[f"{name}.threshold"] = thresholds[:, 0]
        return IntegerLayer(weight, thresholds), arrays
    # The file has those of levels on dot products.
    arrays[f"{name}.thresholds"] = np.vectorize(sums.dot, otypes=[np.int64])(thresholds)
    return IntegerLayer(weight, thresholds, lowest=quantizer.range[0]), arrays


def _activation(layer: Activation, ifm: Map, values: NDArray[np.int32]) -> tuple[IntegerLayer, dict[str, Array]]:
    quantizer = layer.quantizer
    numbers = values.reshape(-1, ifm.channels)
    thresholds = _thresholds(numbers, 1 if quantizer is None else quantizer.levels, Elements(ifm))
    weight = np.zeros((ifm.channels, 0), np.int8)
    if quantizer is None:
        return IntegerLayer(weight, thresholds), {f"{layer.name}.threshold": thresholds[:, 0]}
    return (IntegerLayer(weight, thresholds, lowest=quantizer.range[0]),
            {f"{layer.name}.thresholds": thresholds})


def seeded_parameters(topology: Topology, seed: int) -> dict[str, Array]:
    """The arrays of a parameter file (numpy.savez), by their keys.

    Args:
        topology: the network.
        seed: 0 or more; another one gives other weights.
    """
    rng = np.random.default_rng(seed)
    arrays: dict[str, Array] = {"layout": np.array("ohwi")}
    maps = [_frames(topology.input.map, rng)]
    left = [topology.readers(place - 1) for place in range(len(topology.layers) + 1)]
    for index, (layer, sources) in enumerate(zip(topology.layers, topology.sources, strict=True)):
        ifms, values = topology.ifms(index), [maps[source + 1] for source in sources]

        def run(integers: IntegerLayer, layer: Operator = layer, ifms: tuple[Map, ...] = ifms,
                values: list[NDArray[np.int32]] = values) -> NDArray[np.int32]:
            return compute(layer, integers, ifms, values)
        integers: IntegerLayer | None = None
        found: dict[str, Array] = {}
        if isinstance(layer, Weights):
            integers, found = _matrix(layer, ifms[0], rng, run)
        elif isinstance(layer, Activation):
            integers, found = _activation(layer, ifms[0], values[0])
        arrays |= found
        maps.append(compute(layer, integers, ifms, values))
        for source in sources:
            left[source + 1] -= 1
            if not left[source + 1]:
                maps[source + 1] = np.zeros(0, np.int32)
    return arrays
