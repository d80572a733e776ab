# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What the tests of the sliding window units share: parameters, and corner shapes that those must reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

NO_PADDING = (0, 0, 0, 0)


def window_parameters(
    ifm: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    channels: tuple[int, int],
    element: int,
) -> dict[str, int | str]:
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


def padding_of(p: Parameters) -> int:
    """Rows and columns of padding together."""
    return sum(int(p[f"PAD_{side}"]) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT"))


def padded(p: Parameters) -> tuple[int, int]:
    """Rows and columns of the map with its padding."""
    return p["IFM_H"] + p["PAD_TOP"] + p["PAD_BOTTOM"], p["IFM_W"] + p["PAD_LEFT"] + p["PAD_RIGHT"]


def kernel_of(p: Parameters) -> tuple[int, int]:
    """Rows and columns of the kernel."""
    return p["KERNEL_H"], p["KERNEL_W"]


def rest(p: Parameters) -> bool:
    """Rows or columns at the end that no window reaches."""
    return any((size - kernel) % stride for size, kernel, stride in
               zip(padded(p), kernel_of(p), (p["STRIDE_H"], p["STRIDE_W"]), strict=True))


WINDOWS: Mapping[str, Callable[[Parameters], bool]] = {
    "map of one pixel": lambda p: p["IFM_H"] == p["IFM_W"] == 1,
    "map of one row": lambda p: p["IFM_H"] == 1 < p["IFM_W"],
    "map of one column": lambda p: p["IFM_W"] == 1 < p["IFM_H"],
    "kernel of one pixel": lambda p: kernel_of(p) == (1, 1),
    "kernel as large as the map": lambda p: kernel_of(p) == padded(p),
    "kernel wider than the map without padding": lambda p: p["KERNEL_W"] > p["IFM_W"],
    "stride as the kernel": lambda p: (p["STRIDE_H"], p["STRIDE_W"]) == kernel_of(p) != (1, 1),
    "stride above the kernel": lambda p: p["STRIDE_H"] > p["KERNEL_H"] or p["STRIDE_W"] > p["KERNEL_W"],
    "rest that no window reaches": rest,
    "padding all around": lambda p: all(p[f"PAD_{side}"] for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")),
    "padding on one side": lambda p: sum(bool(p[f"PAD_{s}"]) for s in ("TOP", "BOTTOM", "LEFT", "RIGHT")) == 1,
    "padding that is not 0": lambda p: p.get("PAD_VALUE", 0) > 0,
    "no padding": lambda p: not padding_of(p),
    "a pixel a beat": lambda p: p["SIMD"] == p["CHANNELS"],
    "several beats a pixel": lambda p: p["SIMD"] < p["CHANNELS"],
    "integers": lambda p: p["ELEMENT_W"] > 1,
    "block RAM": lambda p: p["RAM_STYLE"] == "block",
}
