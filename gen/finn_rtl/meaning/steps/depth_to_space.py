"""depth_to_space: the channels of a pixel shared among several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.operators.depth_to_space import DepthToSpace


def step(layer: DepthToSpace, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    (held,), (rows, columns) = values, layer.scale
    n, height, width, channels = held.shape
    share = channels // (rows * columns)
    found = np.empty((n, height * rows, width * columns, share), np.int32)
    for down in range(rows):
        for across in range(columns):
            part = down * columns + across
            own = slice(part * share, (part + 1) * share)
            if layer.order == "interleaved":
                own = slice(part, None, rows * columns)
            found[:, down::rows, across::columns] = held[..., own]
    return found
