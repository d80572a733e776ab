"""conv: a matrix applied to every window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.kernels import layer_output, windows
from finn_rtl.operators.conv import Convolution


def step(layer: Convolution, integers: IntegerLayer, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    found = windows(values[0], layer.kernel, layer.stride, layer.padding)
    rows = layer_output(integers, found.reshape(-1, integers.weight.shape[1]), ifms[0].bits == 1)
    return rows.reshape(*found.shape[:3], -1)
