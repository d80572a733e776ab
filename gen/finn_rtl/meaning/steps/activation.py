"""activation: how many of its channel's thresholds a number reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.kernels import levels
from finn_rtl.operators.activation import Activation


def step(layer: Activation, integers: IntegerLayer, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    (held,) = values
    return levels(integers, held.reshape(-1, held.shape[-1])).reshape(held.shape)
