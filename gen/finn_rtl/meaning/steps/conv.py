"""conv: a matrix applied to every window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.integers import IntegerLayer
from finn_rtl.common.maps import Map
from finn_rtl.meaning.compiled import Inputs, matrix
from finn_rtl.meaning.kernels import layer_output, levels, numbers, surrounded, windows
from finn_rtl.operators.conv import Convolution


def step(layer: Convolution, integers: IntegerLayer, ifms: Sequence[Map],
         values: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    """What the layer leaves; see steps.Step."""
    (ifm,), (held,) = ifms, values
    is_popcount = layer.sums(ifm).is_popcount
    # What `windows` puts around a map is 0, the bit of -1; a true 0 stands beside numbers.
    has_zeros = layer.zeros(ifm) is not None
    if has_zeros:
        inputs, held = Inputs(2, True), numbers(held, ifm)
    else:
        inputs = Inputs(ifm.bits, ifm.signed, ifm.is_bipolar, is_popcount)
    padding, border = layer.padding, layer.border_of(ifm)
    if border and not ifm.is_bipolar:
        held, padding = surrounded(held, padding, border), (0, 0, 0, 0)
    if layer.groups > 1:
        found = windows(held, layer.kernel, layer.stride, padding)
        apart = found.reshape(*found.shape[:3], -1, layer.groups, ifm.channels // layer.groups)
        return _by_groups(integers, apart if is_popcount or has_zeros else numbers(apart, ifm), is_popcount)
    ofm = matrix(integers, held, inputs, layer.kernel, layer.stride, padding)
    if ofm is not None:
        return ofm
    found = windows(held, layer.kernel, layer.stride, padding)
    if not is_popcount and not has_zeros:
        found = numbers(found, ifm)
    rows = layer_output(integers, found.reshape(-1, integers.weight.shape[1]), is_popcount)
    return rows.reshape(*found.shape[:3], -1)


def _by_groups(integers: IntegerLayer, apart: NDArray[np.int32], is_popcount: bool) -> NDArray[np.int32]:
    """What groups of rows make of windows (n, rows, columns, pixels, groups, channels)."""
    units, groups, places = len(integers.weight), apart.shape[4], apart.shape[:3]
    vectors = apart.transpose(4, 0, 1, 2, 3, 5).reshape(groups, -1, integers.weight.shape[1])
    # Sums have 31 bits at most, and are whole numbers of float64.
    weight = integers.weight.astype(np.float64).reshape(groups, units // groups, -1).transpose(0, 2, 1)
    sums = np.matmul(2.0 * vectors - 1 if is_popcount else vectors.astype(np.float64), weight)
    rows = sums.transpose(1, 0, 2).reshape(-1, units).astype(np.int32)
    if is_popcount:
        rows = (rows + integers.weight.shape[1]) // 2
    return levels(integers, rows).reshape(*places, units)
