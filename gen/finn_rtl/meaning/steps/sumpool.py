"""sumpool: the sum of each channel over a window; a bit counts as -1 or +1 where it stands for these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.kernels import numbers, surrounded, windows
from finn_rtl.operators.sumpool import SumPool


def step(layer: SumPool, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    (ifm,), (held,) = ifms, values
    padded = surrounded(numbers(held, ifm), layer.padding, layer.border or 0)
    found: NDArray[np.int32] = windows(padded, layer.kernel, layer.step, (0, 0, 0, 0)).sum(axis=(3, 4), dtype=np.int32)
    return found
