"""concat: the channels of two maps; bits become numbers unless they are -1 and +1 in both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.kernels import numbers
from finn_rtl.operators.concat import Concat


def step(layer: Concat, integers: IntegerLayer | None, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    if all(ifm.is_bipolar for ifm in ifms):
        return np.concatenate(values, axis=3)
    return np.concatenate([numbers(held, ifm) for ifm, held in zip(ifms, values, strict=True)], axis=3)
