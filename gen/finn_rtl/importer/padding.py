"""What a Pad puts around a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.layout import Layout
from finn_rtl.importer.values import Constant


def around(node: GraphNode, layout: Layout, inputs: Sequence[Constant | None]
           ) -> tuple[tuple[int, int, int, int], float]:
    """Top, bottom, left and right of the map, and the number that stands there.

    Raises:
        FinnError: it is no constant, or stands elsewhere.
    """
    place, ndim = node.place, len(layout.axes)
    if node.text("mode", "constant") != "constant":
        raise place.error(f"mode {node.text('mode', '')!r}: only 'constant' is supported")
    given = [None if part is None else part.array.reshape(-1) for part in (*inputs, None, None, None)][1:4]
    pads = node.wholes("pads") or node.wholes("paddings") or (
        () if given[0] is None else tuple(int(size) for size in given[0]))
    axes = range(ndim) if given[2] is None else [int(axis) % ndim for axis in given[2]]
    if len(pads) != 2 * len(axes) or not pads or min(pads) < 0:
        raise place.error(f"pads {pads}: must be {2 * len(axes)} numbers, none below 0")
    begins, ends = np.zeros(ndim, np.int64), np.zeros(ndim, np.int64)
    begins[list(axes)], ends[list(axes)] = pads[:len(axes)], pads[len(axes):]
    sides = layout.pads(tuple(begins.tolist()), tuple(ends.tolist()))
    if sides is None:
        raise place.error(f"pads {pads}: must be 0 for frames and channels")
    fill = float(given[1][0]) if given[1] is not None and given[1].size else node.number("value", 0.0)
    if not np.isfinite(fill):
        raise place.error(f"value {fill}: must be finite")
    return sides, fill
