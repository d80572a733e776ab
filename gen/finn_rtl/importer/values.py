"""What a tensor of the graph is while it is read: a constant, or a stream of elements that come from a map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.maps import Added, Made, Pixels, Reals, Sums
from finn_rtl.importer.numbers import Numbers, Whole
from finn_rtl.importer.places import Place


@dataclass(frozen=True)
class Constant:
    """An array of the graph; `q` and `scale`, of its shape, where a quantizer has made array = q * scale of it."""

    array: NDArray[Any]
    q: Whole | None = None
    scale: NDArray[np.float32] | None = None

    def moved(self, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Constant:
        """With elements in other places."""
        if self.q is None or self.scale is None:
            return Constant(move(self.array))
        return Constant(move(self.array), move(self.q), move(self.scale))


@dataclass(frozen=True)
class Step:
    """An operator that works on each element alone: of numbers and of their channel."""

    place: Place
    apply: Callable[[Numbers, int], Numbers]
    #: Whether more never becomes less, or never more.
    is_monotone: bool = True
    is_quantizer: bool = False


@dataclass(frozen=True)
class Move:
    """A pool ("maxpool") or a repetition ("upsample") behind so many of the steps."""

    place: Place
    kind: str
    size: tuple[int, int]
    stride: tuple[int, int]
    behind: int
    #: Of a pool: top, bottom, left, right, of what is less than all.
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def shape(self, shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """Of the map that it leaves."""
        height, width, channels = shape
        if self.kind == "upsample":
            return height * self.size[0], width * self.size[1], channels
        top, bottom, left, right = self.padding
        return ((height + top + bottom - self.size[0]) // self.stride[0] + 1,
                (width + left + right - self.size[1]) // self.stride[1] + 1, channels)


@dataclass(frozen=True, eq=False)
class Stream:
    """A tensor: elements of a map, behind steps and moves.

    `scale` (channels,): what an integer of the map is worth. `index`, of the tensor's shape: which element of the map
    (row, column, channel; behind the moves) each is. `padding`: numbers around it, top, bottom, left, right, that are
    `fill` in the graph, behind all steps. `closed`: an
    operator that only the graph's end may have behind it, and what it is; `labels` are told where it is a label.
    """

    source: Made
    scale: NDArray[np.float32]
    index: Whole
    steps: tuple[Step, ...] = ()
    moves: tuple[Move, ...] = ()
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    fill: float = 0.0
    closed: Place | None = None
    is_label: bool = False
    labels: int = 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the map, behind the moves."""
        shape = self.source.shape
        for move in self.moves:
            shape = move.shape(shape)
        return shape

    @property
    def channels(self) -> int:
        """Channels of the map."""
        return self.source.shape[2]

    @property
    def is_quantized(self) -> bool:
        """Whether its elements are integers times a scale, as far as that is known without looking."""
        if isinstance(self.source, Added) and not self.source.is_quantized:
            return any(step.is_quantizer for step in self.steps)
        return any(step.is_quantizer for step in self.steps) or not isinstance(self.source, Sums | Pixels | Reals)

    def then(self, step: Step) -> Stream:
        """Behind one more step, which works on what stands around, too.

        Raises:
            FinnError: it makes different numbers of that.
        """
        fill = self.fill
        if any(self.padding):
            whole = np.array([round(fill)]) if fill == round(fill) else None
            around = Numbers(np.array([fill], np.float32), whole)
            found = {float(step.apply(around, channel).real[0]) for channel in range(self.channels)}
            fill = found.pop()
            if found:
                raise step.place.error(f"makes {fill} and {found.pop()} in different channels of what stands around its"
                                       " input (Pad): move it in front of the padding")
        return replace(self, steps=(*self.steps, step), fill=fill)

    @property
    def inner(self) -> Stream:
        """Without what stands around."""
        return replace(self, padding=(0, 0, 0, 0), fill=0.0) if any(self.padding) else self

    def start(self, channel: int, integers: Whole, kind: type[np.floating[Any]]) -> Numbers:
        """What integers of the map are in the graph."""
        source = self.source
        if isinstance(source, Reals):
            return Numbers(source.numbers(integers).astype(kind))
        if isinstance(source, Pixels):
            real = source.numbers(integers).astype(kind)
            return Numbers(real, integers, float(self.scale[channel]), True) if source.is_whole else Numbers(real)
        scale = float(self.scale[channel])
        if isinstance(source, Added) and source.reach:
            real = source.reach[channel].numbers(integers).astype(kind)
            return Numbers(real, integers, scale, source.is_quantized) if source.is_even else Numbers(real)
        return Numbers(integers.astype(kind) * kind(scale), integers, scale, not isinstance(source, Sums))


def stream_of(source: Made, scale: NDArray[np.float32]) -> Stream:
    """A map as a tensor: (1, channels, height, width), or (1, elements) where it is a vector."""
    height, width, channels = source.shape
    index = np.arange(prod(source.shape), dtype=np.int64).reshape(height, width, channels).transpose(2, 0, 1)[None]
    return Stream(source, scale, index.reshape(1, -1) if source.is_vector else index)
