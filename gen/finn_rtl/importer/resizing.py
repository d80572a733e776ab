"""By how much a Resize or Upsample repeats rows and columns, and the pixels that DepthToSpace makes of channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finn_rtl.importer.graph import GraphNode
from finn_rtl.importer.maps import Moved
from finn_rtl.importer.numbers import same_scale
from finn_rtl.importer.values import Constant, Stream, stream_of

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
    return (int(scales[2]), int(scales[3])) if len(scales) == 4 else (1, int(scales[2]))


def spread(node: GraphNode, ifm: Stream) -> Stream:
    """The map that DepthToSpace makes of one, which is held.

    Raises:
        FinnError: its channels do not fit, or some of one map are worth more than others.
    """
    size, mode = node.whole("blocksize", 0), node.text("mode", "DCR")
    made, parts = ifm.source, size * size
    height, width, channels = made.shape
    if size < 1 or channels % parts:
        raise node.place.error(f"blocksize {size}: its square must divide the {channels} channels")
    if mode not in ("DCR", "CRD"):
        raise node.place.error(f"mode {mode!r}: must be DCR or CRD")
    # Of each channel behind it, those that its pixels have (parts, channels).
    numbers = np.arange(channels)
    own = numbers.reshape(parts, -1) if mode == "DCR" else numbers.reshape(-1, parts).T
    scale = ifm.scale[own]
    for channel, (first, *others) in enumerate(scale.T):
        other = next((other for other in others if not same_scale(float(first), float(other))), None)
        if other is not None:
            raise node.place.error(f"puts pixels worth {first} and {other} a step side by side in channel {channel}:"
                                   " quantize its input with one scale for all channels")
    low = made.low[own]
    step = np.gcd.reduce(np.concatenate([made.step[own], low - low[:1]]))
    found = Moved((height * size, width * size, channels // parts), low.min(axis=0), made.high[own].max(axis=0),
                  np.maximum(step, 1), [node.place], made.shift, made.is_vector, ifm=made, kind="depth_to_space",
                  order="blocks" if mode == "DCR" else "interleaved", size=(size, size))
    return stream_of(found, scale[0])
