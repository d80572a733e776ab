"""fc: every unit sees the whole map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.compiled import Inputs, matrix
from finn_rtl.meaning.kernels import layer_output, numbers
from finn_rtl.operators.fc import FullyConnected


def step(layer: FullyConnected, integers: IntegerLayer, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    (ifm,), (held,) = ifms, values
    vectors = held.reshape(len(held), -1)
    is_popcount = layer.sums(ifm).is_popcount
    inputs = Inputs(ifm.bits, ifm.signed, ifm.is_bipolar, is_popcount)
    ofm = matrix(integers, vectors[None, None], inputs, (1, 1))
    if ofm is not None:
        return ofm.reshape(len(held), 1, 1, -1)
    return layer_output(integers, vectors if is_popcount else numbers(vectors, ifm), is_popcount)[:, None, None, :]
