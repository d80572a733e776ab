"""What each operator computes, a file each, and the list of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.steps import activation, add, concat, conv, depth_to_space, fc, maxpool, sumpool, upsample
from finn_rtl.operators.base import Operator

#: The map (n, height, width, channels) that a layer leaves: of the layer, its integers where it has some, and the maps
#: that it reads with what they hold, 0/1 for -1/+1 or numbers.
Step = Callable[..., NDArray[np.int32]]

STEPS: Mapping[str, Step] = {
    "fc": fc.step, "conv": conv.step, "maxpool": maxpool.step, "add": add.step, "activation": activation.step,
    "upsample": upsample.step, "sumpool": sumpool.step,
    "concat": concat.step, "depth_to_space": depth_to_space.step}


def compute(layer: Operator, integers: IntegerLayer | None, ifms: Sequence[Map],
            values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What a layer leaves, (n, height, width, channels), for the maps that it reads."""
    return STEPS[layer.kind](layer, integers, ifms, values)
