"""Integer-exact inference in numpy: what hardware must compute, bit for bit.

Bits are packed 64 to a word and compared by XOR and popcount, so that thousands of images take seconds. Nothing here
is shared with what emits hardware.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from finn_rtl.description.topology import Topology
from finn_rtl.meaning.integer import Network
from finn_rtl.meaning.steps import compute
from finn_rtl.operators.weights import Weights

# Input elements that go through the network together: bounds the memory that windows take.
BATCH_ELEMENTS = 1 << 20


def layer_outputs(network: Network, values: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Maps (n, height, width, channels) behind every layer, for input elements (n, elements): 0/1 or numbers."""
    topology = network.topology
    ifm = topology.input.map
    # The input, then what each layer leaves.
    found = [values.astype(np.int32).reshape(len(values), ifm.height, ifm.width, ifm.channels)]
    for index, (layer, sources) in enumerate(zip(topology.layers, topology.sources, strict=True)):
        found.append(compute(layer, network.layers.get(layer.name), topology.ifms(index),
                             [found[source + 1] for source in sources]))
    return found[1:]


def infer(network: Network, values: NDArray[np.int32], progress: Callable[[int], None] = lambda _: None
          ) -> NDArray[np.int32]:
    """Elements of the last map, int32 (n, elements), for input elements (n, elements): 0/1 for -1/+1, or numbers.

    Args:
        network: topology and integers.
        values: the frames.
        progress: called with the number of frames just finished.
    """
    count = max(1, BATCH_ELEMENTS // max(m.elements for m in network.topology.maps))
    parts = []
    for begin in range(0, len(values), count):
        part = values[begin:begin + count]
        parts.append(layer_outputs(network, part)[-1].reshape(len(part), -1))
        progress(len(part))
    return np.concatenate(parts)


def labels(scores: NDArray[np.int32]) -> NDArray[np.int64]:
    """Class of each row of scores: its first maximum."""
    found: NDArray[np.int64] = scores.argmax(axis=1).astype(np.int64)
    return found


def ranking(scores: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Classes of the `count` largest scores of each row, in their order, int64 (n, count); of equal ones the first."""
    return (-scores.astype(np.int64)).argsort(axis=1, kind="stable")[:, :count].astype(np.int64)


def told(topology: Topology, elements: NDArray[np.int32]) -> NDArray[np.int64]:
    """What hardware tells of elements of the last map (n, elements): labels int64 (n, labels), or these as they are."""
    return ranking(elements, topology.labels) if topology.output == "label" else elements.astype(np.int64)


def scores(network: Network, results: NDArray[np.int32]) -> NDArray[np.int32]:
    """Results of `infer` as the topology says that they are told: with `scores` "dot" counts p as sums 2 p - K."""
    topology = network.topology
    if topology.scores == "sums":
        return results
    last = topology.layers[-1]
    assert isinstance(last, Weights)
    return 2 * results - last.sums(topology.ifm(last)).inputs
