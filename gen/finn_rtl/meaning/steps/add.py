"""add: sums of two maps; a bit counts as -1 or +1 where it stands for these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.kernels import numbers
from finn_rtl.operators.add import Add


def step(layer: Add, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    a, b = (numbers(held, ifm) for ifm, held in zip(ifms, values, strict=True))
    found: NDArray[np.int32] = layer.scale[0] * a + layer.scale[1] * b
    return found
