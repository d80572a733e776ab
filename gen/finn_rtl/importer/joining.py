"""Channels of several maps side by side: Concat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.layout import Layout, layout_of
from finn_rtl.importer.maps import Joined, Made
from finn_rtl.importer.places import Place, later
from finn_rtl.importer.values import Stream, stream_of


def check_axis(node: GraphNode, streams: list[Stream]) -> Callable[[Stream], Stream]:
    """See that maps are joined along their channels, and each in its own order.

    Returns:
        What gives the joined map the form of the tensors.

    Raises:
        FinnError: they are not.
    """
    ndim, axes = streams[0].index.ndim, set()
    for stream in streams:
        layout = layout_of(stream)
        is_vector = stream.index.ndim == ndim == 2 and stream.shape[:2] == (1, 1)
        order = stream.index.reshape(-1) if is_vector else None if layout is None else layout.order
        axes.add((0, 1) if is_vector else None if layout is None else layout.axes)
        if order is None or len(order) != stream.channels or (np.diff(order) != 1).any():
            raise node.place.error(f"reads a tensor of shape {stream.index.shape} that is no map (1, channels, height,"
                                   " width) in its own order, nor a vector: join maps before they are flattened")
    form = axes.pop()
    if axes or form is None:
        raise node.place.error("its inputs have their channels in different axes: must be the same")
    axis = node.whole("axis", 0)
    if axis not in (form[1], form[1] - ndim):
        raise node.place.error(f"axis {axis}: must be that of the channels, {form[1]}")

    def restored(found: Stream) -> Stream:
        if len(form) == 2:
            return replace(found, index=found.index.reshape(1, -1))
        return replace(found, index=Layout(form, np.arange(found.channels)).index(found.shape))
    return restored


def joined(place: Place, streams: list[Stream]) -> tuple[Stream, list[Made]]:
    """One map of several, which are held, and all maps that are made for that, two by two.

    Raises:
        FinnError: they do not fit.
    """
    first = streams[0]
    made: list[Made] = []
    for stream in streams[1:]:
        a, b = first.source, stream.source
        if a.shape[:2] != b.shape[:2]:
            raise place.error(f"joins maps of {a.shape[0]}x{a.shape[1]} and {b.shape[0]}x{b.shape[1]} pixels: they must"
                              " be alike")
        if a.shift != b.shift:
            raise later(place, f"maps whose hardware has zero points {a.shift} and {b.shift}")
        shape = (*a.shape[:2], a.shape[2] + b.shape[2])
        both = Joined(shape, np.concatenate([a.low, b.low]), np.concatenate([a.high, b.high]),
                      np.concatenate([a.step, b.step]), [place], a.shift, a.is_vector, terms=(a, b))
        made.append(both)
        first = stream_of(both, np.concatenate([first.scale, stream.scale]))
    return first, made
