"""Weights of a layer in the parameter file."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.maps import Map
from finn_rtl.description.reader import LAYOUT, LAYOUTS, Reader
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.weights import Weights


def _fitting(reader: Reader, layer: Weights, shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """The layouts that a layer's weights may be in, of those with the shapes `shapes`."""
    known = [reader.layout] if reader.layout else list(LAYOUTS)
    if not isinstance(layer, Convolution) or len(reader.shape(layer.name, "weight")) != 4:
        return known
    shape = reader.shape(layer.name, "weight")
    fitting = [layout for layout in known if shape == shapes[layout]]
    if not fitting:
        texts = [f"{shapes[layout]} (layout {layout!r})" for layout in known]
        raise reader.error(layer.name, "weight", f"has shape {shape}, must be {' or '.join(texts)} by the topology")
    return fitting


def _only(reader: Reader, layer: Weights, layouts: list[str], what: str) -> str:
    """The one layout of weights that differ from layout to layout.

    Raises:
        FinnError: there are two, or another layer's weights are in the other.
    """
    if len(layouts) > 1:
        raise reader.error(layer.name, "weight", f"{what} may come in either order: add the key {LAYOUT!r} with the"
                           " value 'oihw' (PyTorch's own: channels first) or 'ohwi' (channels last), for all"
                           " layers; see docs/topology.md")
    [layout] = layouts
    reader.witness = reader.witness or (layer.name, layout)
    if layout != reader.witness[1]:
        raise reader.error(layer.name, "weight", f"is in layout {layout!r} by its shape, layer {reader.witness[0]!r}"
                           f" in {reader.witness[1]!r}: all layers must be in one")
    return layout


def read_weight(reader: Reader, layer: Weights, ifm: Map) -> NDArray[np.int8]:
    """Weights (units, inputs), the inputs in the hardware's own order.

    Raises:
        FinnError: they are missing, of another shape or type, do not fit their bits, or may be in either order.
    """
    height, width = layer.kernel if isinstance(layer, Convolution) else (ifm.height, ifm.width)
    depth = ifm.channels // layer.row_groups
    sizes = (layer.rows, height, width, depth)
    shapes = {layout: tuple(sizes[axis] for axis in order) for layout, order in LAYOUTS.items()}
    flat = (layer.rows, prod(sizes[1:]))
    layout, *others = _fitting(reader, layer, shapes)
    is_window = isinstance(layer, Convolution) and len(reader.shape(layer.name, "weight")) == 4
    array = reader.take(layer.name, "weight", shapes[layout] if is_window else flat)
    rows = array.reshape(flat)
    low, high = layer.weights.range
    is_binary = layer.weights.bits == 1
    wrong = np.argwhere((rows != 1) & (rows != -1) if is_binary else
                        (rows < low) | (rows > high) | (np.mod(rows, 1) != 0))  # type: ignore[operator]
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        narrow = ", narrow," * layer.weights.narrow
        rule = "binary weights must be -1 or +1" if is_binary else (
            f"weights of {layer.weights.bits} bits{narrow} must be whole numbers from {low} to {high}")
        raise reader.error(layer.name, "weight", f"value {rows[row, column]} at row {row}, column {column}: {rule}")
    count, density = int(np.count_nonzero(rows)), layer.weights.density
    if count > density * rows.size:
        share = -(-count * 10_000 // rows.size) / 10_000
        raise reader.error(layer.name, "weight", f"{count} of {rows.size} weights are not 0, more than a share of"
                           f" {density:g}; raise 'density' in the topology to {share:g}, or set more weights to 0")
    if height * width > 1 and depth > 1:
        layout = _only(reader, layer, [layout, *others], f"{height}x{width} pixels of {depth} channels")
    own = array.astype(np.int8).reshape(shapes[layout]).transpose(np.argsort(LAYOUTS[layout]))
    return own.reshape(flat)
