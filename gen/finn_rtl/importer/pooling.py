"""Windows of pools: of AveragePool, GlobalAveragePool and ReduceMean, and what their sums become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from finn_rtl.importer.constants import axes_of
from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.layout import Layout
from finn_rtl.importer.maps import Summed, is_bipolar
from finn_rtl.importer.numbers import Numbers
from finn_rtl.importer.places import Place, later
from finn_rtl.importer.products import padded, padding_of, pair
from finn_rtl.importer.values import Constant, Step, Stream, stream_of

AVERAGES = ("AveragePool", "GlobalAveragePool", "ReduceMean")


@dataclass(frozen=True)
class Window:
    """A pool's window, the distance of two, and what is around the map: top, bottom, left, right."""

    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)


def window_of(node: GraphNode, stream: Stream) -> Window:
    """Of a MaxPool or AveragePool; the padding has what stands around the stream, too.

    Raises:
        FinnError: an attribute that is not supported.
    """
    shape = padded(stream)
    ndim = stream.index.ndim
    size, stride = pair(node, ndim, "kernel_shape"), pair(node, ndim, "strides", 1)
    if pair(node, ndim, "dilations", 1) != (1, 1):
        raise node.place.error(f"dilations {node.wholes('dilations')}: must be 1")
    padding = padding_of(node, ndim, shape, size, stride)
    if max(padding[:2]) >= size[0] or max(padding[2:]) >= size[1]:
        raise node.place.error(f"pads {padding}: must be less than the window {size[0]}x{size[1]}")
    if node.whole("ceil_mode", 0):
        padding = (*_whole(node, shape[0], size[0], stride[0], padding[:2]),
                   *_whole(node, shape[1], size[1], stride[1], padding[2:]))
    top, bottom, left, right = (a + b for a, b in zip(padding, stream.padding, strict=True))
    if any(stream.padding) and (max(top, bottom) >= size[0] or max(left, right) >= size[1]):
        raise node.place.error(f"pads {padding}, and {stream.padding} in front (Pad): must be less than the window"
                               f" {size[0]}x{size[1]}")
    return Window(size, stride, (top, bottom, left, right))


def _whole(node: GraphNode, length: int, size: int, stride: int, padding: tuple[int, int]) -> tuple[int, int]:
    """Padding on both sides with which a last window that lies outside in part (ceil_mode) is there, too.

    Raises:
        FinnError: it lies outside as a whole, or would be the average of fewer elements.
    """
    before, after = padding
    lacking = -(length + before + after - size) % stride
    if length + before + after < size or not lacking:
        return padding
    if after + lacking >= size:
        raise node.place.error("ceil_mode 1: its last window would lie outside of the map, about which runtimes differ;"
                               " use ceil_mode 0")
    if node.op != "MaxPool":
        raise later(node.place, "ceil_mode 1 with windows that lie outside in part, averages of fewer elements")
    return before, after + lacking


def average_of(node: GraphNode, stream: Stream, layout: Layout, inputs: Sequence[Constant | None]) -> Window:
    """The window of an average over a map.

    Raises:
        FinnError: no average over windows.
    """
    if node.op == "AveragePool":
        found = window_of(node, stream)
        if found.padding != stream.padding and not node.whole("count_include_pad", 0):
            raise later(node.place, "count_include_pad 0, averages of fewer elements where there is padding")
        return found
    if node.op == "ReduceMean":
        axes, shape = axes_of(node, inputs), stream.index.shape
        along = {axis % len(shape) for axis in axes or ()} - {axis for axis, size in enumerate(shape) if size == 1}
        if along != {axis for axis in layout.places if shape[axis] > 1}:
            raise node.place.error(f"axes {axes}: an average must be one over height and width, axes"
                                   f" {' and '.join(map(str, layout.places))}")
    return Window(stream.shape[:2], stream.shape[:2])


def summed(place: Place, ifm: Stream, window: Window) -> Stream:
    """The averages of a map, which is held: sums, and a step that divides them.

    Raises:
        FinnError: no window fits, or there is padding around bits.
    """
    made, size = ifm.source, prod(window.size)
    top, bottom, left, right = window.padding
    height, width, channels = made.shape
    out = ((height + top + bottom - window.size[0]) // window.stride[0] + 1,
           (width + left + right - window.size[1]) // window.stride[1] + 1)
    if min(out) < 1:
        raise place.error(f"window {window.size[0]}x{window.size[1]}: none fits the map of {height}x{width} pixels")
    low, high, step = made.low, made.high, made.step
    if any(window.padding):
        if is_bipolar(made):
            raise later(place, f"pads {window.padding} around a map of -1 and +1, an average with zeros")
        low, high, step = np.minimum(low, 0), np.maximum(high, 0), np.gcd(step, made.low)
    sums = Summed((*out, channels), size * low, size * high, np.maximum(step, 1), [place], size * made.shift, ifm=made,
                  size=window.size, stride=window.stride, padding=window.padding)

    def divide(x: Numbers, c: int) -> Numbers:
        averages = x.moved(x.real / x.cast(size), 1 / size)
        # Integers that are worth so much less.
        return replace(averages, q=x.q, scale=x.scale / size, is_quantized=x.is_quantized)
    return stream_of(sums, ifm.scale).then(Step(place, divide))
