"""maxpool: the maximum of each channel over a window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.kernels import surrounded, windows
from finn_rtl.operators.maxpool import MaxPool


def step(layer: MaxPool, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    # What is outside of the map is less than all numbers in it.
    padded = surrounded(values[0], layer.padding, int(np.iinfo(np.int32).min))
    found: NDArray[np.int32] = windows(padded, layer.kernel, layer.step, (0, 0, 0, 0)).max(axis=(3, 4))
    return found
