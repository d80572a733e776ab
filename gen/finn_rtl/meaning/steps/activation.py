"""activation: 1 where a number is at least its channel's threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.operators.activation import Activation


def step(layer: Activation, integers: IntegerLayer, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    assert integers.threshold is not None
    return (values[0] >= integers.threshold).astype(np.int32)
