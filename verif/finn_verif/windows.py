# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What the tests of the sliding window units share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finn_verif.testbench import Value

NO_PADDING = (0, 0, 0, 0)


def window_parameters(
    ifm: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    channels: tuple[int, int],
    element: int,
) -> dict[str, Value]:
    """Parameters of a unit; `padding` is top, bottom, left, right, `channels` their number and SIMD."""
    return {
        "IFM_H": ifm[0],
        "IFM_W": ifm[1],
        "KERNEL_H": kernel[0],
        "KERNEL_W": kernel[1],
        "STRIDE_H": stride[0],
        "STRIDE_W": stride[1],
        "PAD_TOP": padding[0],
        "PAD_BOTTOM": padding[1],
        "PAD_LEFT": padding[2],
        "PAD_RIGHT": padding[3],
        "CHANNELS": channels[0],
        "SIMD": channels[1],
        "ELEMENT_W": element,
    }
