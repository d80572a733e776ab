"""add: sums of two maps; a bit counts as -1 or +1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.operators.add import Add


def step(layer: Add, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    numbers = [2 * held - 1 if ifm.bits == 1 else held for ifm, held in zip(ifms, values, strict=True)]
    return numbers[0] + numbers[1]
