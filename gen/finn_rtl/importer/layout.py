"""How a tensor lies in its map: which axes are channels, rows and columns, and in which order channels come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from finn_rtl.importer.numbers import Whole
from finn_rtl.importer.values import Stream

# Axes of frames, channels, rows and columns; tensors of three have no rows, and their maps one.
FORMS = {4: ((0, 1, 2, 3), (0, 3, 1, 2)), 3: ((0, 1, 2), (0, 2, 1))}


@dataclass(frozen=True)
class Layout:
    """`axes` of a tensor, as in FORMS, and for each of its channels that of the map: `order` (channels,)."""

    axes: tuple[int, ...]
    order: Whole

    @property
    def is_first(self) -> bool:
        """Whether channels stand in front of rows and columns, as ONNX' operators have them."""
        return self.axes in (FORMS[4][0], FORMS[3][0])

    @property
    def places(self) -> tuple[int, ...]:
        """The axes of rows and columns."""
        return self.axes[2:]

    def index(self, shape: tuple[int, int, int], order: Whole | None = None) -> Whole:
        """Which element of a map of this shape each of a tensor in this layout is."""
        height, width, channels = shape
        first = np.arange(height * width * channels, dtype=np.int64).reshape(shape).transpose(2, 0, 1)
        first = first[None, self.order if order is None else order]
        found: Whole = (first if len(self.axes) == 4 else first[:, :, 0]).transpose(np.argsort(self.axes))
        return found

    def pads(self, begins: tuple[int, ...], ends: tuple[int, ...]) -> tuple[int, int, int, int] | None:
        """What is put around a tensor, by axes, as top, bottom, left, right of its map; None for frames or channels."""
        if any(side for axis in self.axes[:2] for side in (begins[axis], ends[axis])):
            return None
        sides = [(begins[axis], ends[axis]) for axis in self.places]
        (top, bottom), (left, right) = sides if len(sides) == 2 else ((0, 0), *sides)
        return top, bottom, left, right


def layout_of(stream: Stream) -> Layout | None:
    """How a stream lies in its map; None where it has rows, columns or channels otherwise."""
    height, width, channels = stream.shape
    for axes in FORMS.get(stream.index.ndim, ()):
        first = stream.index.transpose(axes)
        first = first if first.ndim == 4 else first[:, :, None]
        if first.shape[0] != 1 or first.shape[2:] != (height, width) or not first.size:
            continue
        order = first[0, :, 0, 0]
        if order.max() >= channels or len(np.unique(order)) < len(order):
            continue
        pixels = channels * np.arange(height * width).reshape(height, width)
        if (first[0] == order[:, None, None] + pixels).all():
            return Layout(axes, order)
    return None


def is_plain(stream: Stream) -> bool:
    """Whether a tensor has all elements of its map by channel, row and column, or by row, column and channel."""
    height, width, channels = stream.shape
    flat = stream.index.reshape(-1)
    last = np.arange(height * width * channels)
    first = last.reshape(height, width, channels).transpose(2, 0, 1).reshape(-1)
    return flat.size == last.size and bool((flat == first).all() or (flat == last).all())
