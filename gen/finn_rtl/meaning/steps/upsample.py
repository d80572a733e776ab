"""upsample: pixels repeated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.operators.upsample import Upsample


def step(layer: Upsample, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    return values[0].repeat(layer.scale[0], axis=1).repeat(layer.scale[1], axis=2)
