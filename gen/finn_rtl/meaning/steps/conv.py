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
    if layer.depthwise:
        return _by_channels(integers, windows(held, layer.kernel, layer.stride, padding), ifm,
                            is_popcount, has_zeros)
    ofm = matrix(integers, held, inputs, layer.kernel, layer.stride, padding)
    if ofm is not None:
        return ofm
    found = windows(held, layer.kernel, layer.stride, padding)
    if not is_popcount and not has_zeros:
        found = numbers(found, ifm)
    rows = layer_output(integers, found.reshape(-1, integers.weight.shape[1]), is_popcount)
    return rows.reshape(*found.shape[:3], -1)


def _by_channels(integers: IntegerLayer, found: NDArray[np.int32], ifm: Map, is_popcount: bool, has_zeros: bool
                 ) -> NDArray[np.int32]:
    """What the rows of a depthwise convolution make of windows (n, rows, columns, elements), a channel each."""
    apart = found.reshape(*found.shape[:3], -1, ifm.channels)
    if is_popcount:
        sums = (apart == (integers.weight.T > 0)).sum(axis=3)
    else:
        # Numbers of 31 bits at most.
        held = apart if has_zeros else numbers(apart, ifm)
        sums = np.einsum("nyxkc,ck->nyxc", held.astype(np.int64), integers.weight.astype(np.int64))
    return levels(integers, sums.astype(np.int32).reshape(-1, ifm.channels)).reshape(sums.shape)
