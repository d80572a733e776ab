"""By how much a Resize or Upsample repeats rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.values import Constant, Stream

# Version of the operators where a file names none; from SECOND on Resize has a region, scales and sizes as inputs.
NEWEST, SECOND = 13, 11


def _check_rule(node: GraphNode) -> None:
    """See that pixels are repeated: with whole factors each of these rules does."""
    where = node.text("coordinate_transformation_mode", "half_pixel")
    rounding = node.text("nearest_mode", "round_prefer_floor")
    is_left = where == "asymmetric" and rounding == "floor"
    is_centred = where in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric") and rounding.startswith("round")
    if not is_left and not is_centred:
        raise node.place.error(f"coordinates {where!r}, rounding {rounding!r}: only what repeats each pixel is"
                               " supported, such as 'asymmetric' with 'floor'")


def factors_of(node: GraphNode, shape: tuple[int, ...], inputs: Sequence[Constant | Stream | None], version: int
               ) -> tuple[int, int]:
    """Times that rows and columns are repeated.

    Raises:
        FinnError: something else is done to them.
    """
    mode = node.text("mode", "nearest")
    if mode != "nearest":
        raise node.place.error(f"mode {mode!r}: only 'nearest', by whole factors, is supported")
    given = [part.array.astype(np.float64).reshape(-1) if isinstance(part, Constant) else np.zeros(0)
             for part in inputs]
    given += [np.zeros(0)] * 3
    is_second = node.op == "Resize" and version >= SECOND
    scales, sizes = (given[1], given[2]) if is_second else (given[0], np.zeros(0))
    if "scales" in node.attributes:
        scales = np.asarray(node.attributes["scales"], np.float64)
    if is_second:
        _check_rule(node)
    if not scales.size and sizes.size == len(shape):
        scales = sizes / np.array(shape)
    is_whole = scales.size == len(shape) and (scales == np.rint(scales)).all() and scales.min() >= 1
    if not is_whole or (scales[:2] != 1).any():
        raise node.place.error(f"factors {scales.tolist()}: must be whole numbers for height and width, and 1 for"
                               " frames and channels")
    return int(scales[2]), int(scales[3])
