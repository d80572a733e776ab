"""Levels of an activation as the thresholds of its hardware."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer

# Beyond what any sum can be: always reached, and never.
ALWAYS, NEVER = -(1 << 40), 1 << 40


def filled(layer: IntegerLayer, bits: int, is_signed: bool) -> NDArray[np.int64]:
    """Thresholds of a layer (units, 2^bits - 1): where it has fewer levels, with others that all or no sums reach.

    Hardware counts from 0, or two's complement from -2^(bits - 1), and turns over the bits of what falls.
    """
    assert layer.thresholds is not None
    units, count = layer.thresholds.shape
    below = layer.lowest + ((1 << bits - 1) if is_signed else 0)
    above = (1 << bits) - 1 - below - count
    assert below >= 0 and above >= 0, "more levels than bits hold"
    found = np.empty((units, below + count + above), np.int64)
    for falls, always in ((False, below), (True, above)):
        rows = layer.falling == falls
        found[rows, :always] = ALWAYS
        found[rows, always:always + count] = layer.thresholds[rows]
        found[rows, always + count:] = NEVER
    return found
