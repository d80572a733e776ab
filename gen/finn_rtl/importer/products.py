"""Convolutions and matrix products: the weights as integers, and the sums that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from finn_rtl.importer.graph import MOST_ELEMENTS, GraphNode
from finn_rtl.importer.layout import Layout, layout_of
from finn_rtl.importer.maps import Sums, extremes, is_bipolar
from finn_rtl.importer.numbers import Whole, same_scale
from finn_rtl.importer.places import Place
from finn_rtl.importer.tabulate import is_even
from finn_rtl.importer.values import Constant, Stream, stream_of

MOST_WEIGHT_BITS = 8


@dataclass(frozen=True)
class Matrix:
    """Weights: integers (units, ...), what one is worth in each unit, and the fewest bits that hold all."""

    weight: Whole
    scale: NDArray[np.float32]
    bits: int
    is_narrow: bool


def bits_of(place: Place, weight: Whole) -> tuple[int, bool]:
    """The fewest bits that hold weights, and whether they are narrow.

    Raises:
        FinnError: more than are supported.
    """
    if (np.abs(weight) == 1).all():
        return 1, False
    low, high = int(weight.min()), int(weight.max())
    bits = max(2, high.bit_length() + 1, (-low - 1).bit_length() + 1)
    if bits > MOST_WEIGHT_BITS:
        raise place.error(f"weights from {low} to {high} have {bits} bits: at most {MOST_WEIGHT_BITS} are supported:"
                          " quantize them to fewer")
    return bits, low > -(1 << bits - 1)


def matrix_of(place: Place, constant: Constant) -> Matrix:
    """Weights (units, ...) of a product.

    Raises:
        FinnError: they are no integers, or have other scales within a row.
    """
    if not constant.array.size:
        raise place.error(f"weights of shape {constant.array.shape}: there are none")
    if constant.q is None or constant.scale is None:
        values = np.asarray(constant.array, np.float64)
        wrong = ~(np.isfinite(values) & (values == np.rint(values)))
        if wrong.any():
            raise place.error(f"its weights are no integers ({values[wrong].reshape(-1)[0]:g} is among them), and no"
                              " quantizer has made them such: quantize them")
        weight, scale = values.astype(np.int64), np.ones(len(values), np.float32)
    else:
        weight, rows = constant.q, constant.scale.reshape(len(constant.q), -1)
        scale = rows[:, 0].astype(np.float32)
        for unit, row in enumerate(rows):
            if row.min() != row.max():
                raise place.error(f"weights of unit {unit} are worth {row.min()} to {row.max()} a step: within a unit"
                                  " all must be worth the same")
    return Matrix(weight, scale, *bits_of(place, weight))


def _scale(place: Place, ifm: Stream, order: Whole, matrix: Matrix, groups: int = 1) -> NDArray[np.float32]:
    """What a sum is worth, by units; each of the `groups` of channels, which come in an `order`, has its own."""
    parts = ifm.scale[order].reshape(groups, -1)
    for part, channels in zip(parts, order.reshape(groups, -1), strict=True):
        if not is_even(part):
            other = next(k for k, scale in enumerate(part) if not same_scale(float(part[0]), float(scale)))
            raise place.error(f"a step of its input is worth {part[0]} in channel {channels[0]}, but {part[other]} in"
                              f" channel {channels[other]}: a sum over both is no integer; quantize with one scale for"
                              " all channels")
    found: NDArray[np.float32] = np.float32(parts[:, 0]).repeat(len(matrix.scale) // groups) * matrix.scale
    return found


def full(place: Place, ifm: Stream, matrix: Matrix) -> Stream:
    """A matrix (units, elements) applied to a whole map, which is held."""
    size = prod(ifm.source.shape)
    index = ifm.index
    if index.ndim != 2 or len(index) != 1:
        raise place.error(f"its input has shape {ifm.index.shape}: must be (1, elements); flatten it in front")
    if index.size != size or (np.bincount(index[0], minlength=size) != 1).any():
        raise place.error(f"reads {index.size} elements that are not each of the {size} of the map in front once")
    if matrix.weight.shape[1] != size:
        raise place.error(f"weights for {matrix.weight.shape[1]} inputs, but {size} elements come")
    weight = np.empty_like(matrix.weight)
    weight[:, index[0]] = matrix.weight
    made = ifm.source
    pixels = made.shape[0] * made.shape[1]
    low, high, step = (np.tile(array, pixels) for array in (made.low, made.high, made.step))
    sums = Sums(shape=(1, 1, len(weight)), **extremes(weight, low, high, step), nodes=[place], is_vector=True, ifm=made,
                weight=weight, weight_bits=matrix.bits, is_narrow=matrix.is_narrow)
    return stream_of(sums, _scale(place, ifm, np.arange(made.shape[2]), matrix))


def padding_of(node: GraphNode, ndim: int, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]
               ) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of a convolution or pool of a tensor of `ndim` axes.

    Raises:
        FinnError: a rule that is not known.
    """
    rule = node.text("auto_pad", "NOTSET")
    if rule in ("SAME_UPPER", "SAME_LOWER"):
        found = []
        for length, window, step in zip(size, kernel, stride, strict=True):
            total = max(0, (-(-length // step) - 1) * step + window - length)
            few, many = total // 2, total - total // 2
            found += [few, many] if rule == "SAME_UPPER" else [many, few]
        return found[0], found[1], found[2], found[3]
    if rule not in ("NOTSET", "VALID"):
        raise node.place.error(f"auto_pad {rule!r}: must be NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    pads = node.wholes("pads") if rule == "NOTSET" else None
    pads = (0,) * (2 * ndim - 4) if pads is None else pads
    if len(pads) != 2 * ndim - 4 or min(pads) < 0:
        raise node.place.error(f"pads {pads}: must be {2 * ndim - 4} numbers, none less than 0")
    return (pads[0], pads[2], pads[1], pads[3]) if len(pads) == 4 else (0, 0, pads[0], pads[1])


def pair(node: GraphNode, ndim: int, name: str, default: int | None = None) -> tuple[int, int]:
    """Two numbers, down and across, of an attribute; of a tensor of three axes it has that across alone."""
    value = node.wholes(name) or (None if default is None else (default,) * (ndim - 2))
    if value is None or len(value) != ndim - 2 or min(value) < 1:
        raise node.place.error(f"{name} {value}: must be numbers greater than 0, one for each of the {ndim - 2} axes of"
                               " a window")
    return (value[0], value[1]) if len(value) == 2 else (1, value[0])


def applied(place: Place, ifm: Stream, matrix: Matrix) -> Stream:
    """A matrix (units, elements) applied along the last axis of a tensor, which is held: a vector, or all pixels."""
    shape, layout = ifm.index.shape, layout_of(ifm)
    if ifm.index.ndim == 2 or prod(shape[:-1]) == 1:
        found = full(place, replace(ifm, index=ifm.index.reshape(-1, shape[-1])), matrix)
        return replace(found, index=found.index.reshape(*shape[:-1], -1))
    if layout is None or layout.is_first:
        raise place.error(f"its input has shape {shape}: must be (1, elements), or have its channels last; flatten it"
                          " in front")
    window = Window((1, 1), (1, 1), (0, 0, 0, 0), 1)
    return _convolved(place, ifm, layout, replace(matrix, weight=matrix.weight[:, :, None, None]), window)


@dataclass(frozen=True)
class Window:
    """Of a convolution: kernel, distance of two, what is around the map (top, bottom, left, right), groups."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    groups: int


def windowed(node: GraphNode, ifm: Stream, matrix: Matrix) -> Stream:
    """A matrix (units, channels, rows, columns) applied to all windows of a map, which is held."""
    place, layout = node.place, layout_of(ifm)
    if layout is None or not layout.is_first:
        raise place.error(f"its input, of shape {ifm.index.shape}, is no map (1, channels, height, width) in its own"
                          " order")
    if matrix.weight.ndim != ifm.index.ndim:
        raise place.error(f"weights of shape {matrix.weight.shape} for an input of shape {ifm.index.shape}: only"
                          " convolutions in one and in two dimensions are supported")
    if node.wholes("kernel_shape") not in (None, matrix.weight.shape[2:]):
        raise place.error(f"kernel_shape {node.wholes('kernel_shape')}: its weights have shape {matrix.weight.shape}")
    if matrix.weight.ndim == 3:
        matrix = replace(matrix, weight=matrix.weight[:, :, None])
    matrix = _without_gaps(node, pair(node, ifm.index.ndim, "dilations", 1), matrix)
    kernel = matrix.weight.shape[2], matrix.weight.shape[3]
    stride = pair(node, ifm.index.ndim, "strides", 1)
    pads = padding_of(node, ifm.index.ndim, padded(ifm), kernel, stride)
    top, bottom, left, right = (a + b for a, b in zip(pads, ifm.padding, strict=True))
    return _convolved(place, ifm, layout, matrix,
                      Window(kernel, stride, (top, bottom, left, right), node.whole("group", 1)))


def padded(stream: Stream) -> tuple[int, int]:
    """Height and width of a map with what stands around it."""
    top, bottom, left, right = stream.padding
    return stream.shape[0] + top + bottom, stream.shape[1] + left + right


def _convolved(place: Place, ifm: Stream, layout: Layout, matrix: Matrix, window: Window) -> Stream:
    made, groups = ifm.source, window.groups
    units, depth = matrix.weight.shape[:2]
    if groups < 1 or depth * groups != len(layout.order) or units % groups:
        apart = f" in each of {groups} groups" if groups != 1 else ""
        raise place.error(f"weights of {units} units for {depth} channels{apart}, but {len(layout.order)} come")
    scale = _scale(place, ifm, layout.order, matrix, groups)
    matrix, groups, rows = _in_order(place, matrix, layout.order, made.shape[2], groups)
    units, depth, *kernel = matrix.weight.shape
    top, bottom, left, right = padding = window.padding
    out = ((made.shape[0] + top + bottom - kernel[0]) // window.stride[0] + 1,
           (made.shape[1] + left + right - kernel[1]) // window.stride[1] + 1)
    if min(out) < 1:
        raise place.error(f"kernel {kernel[0]}x{kernel[1]}: no window fits the map of {made.shape[0]}x{made.shape[1]}"
                          " pixels")
    check_size(place, (out[0], out[1], units))
    weight = matrix.weight.transpose(0, 2, 3, 1).reshape(units, -1)
    low, high, step = made.low, made.high, made.step
    if any(padding):
        # Zeros stand around the map.
        low, high = np.minimum(low, 0), np.maximum(high, 0)
        step = np.gcd(step, made.low)
    # Of the inputs of each unit (units, inputs).
    spread = {name: np.tile(array.reshape(groups, depth), prod(kernel)).repeat(units // groups, axis=0)
              for name, array in (("low", low), ("high", high), ("step", step))}
    sums = Sums(shape=(out[0], out[1], units), **extremes(weight, **spread), nodes=[place], ifm=made, weight=weight,
                weight_bits=matrix.bits, is_narrow=matrix.is_narrow, kernel=window.kernel, stride=window.stride,
                padding=padding, groups=groups)
    return replace(stream_of(sums, scale[np.argsort(rows)]), index=layout.index(sums.shape, rows))


def _in_order(place: Place, matrix: Matrix, order: Whole, channels: int, groups: int) -> tuple[Matrix, int, Whole]:
    """Weights (units, channels of a group, ...) for channels that come in another `order`: those for the map's own.

    Returns:
        The weights, their groups, and which of their units each unit is (units,).
    """
    rows = np.arange(len(matrix.weight))
    if len(order) == channels and (order == np.arange(channels)).all():
        return matrix, groups, rows
    units, depth, *kernel = matrix.weight.shape
    parts = order.reshape(groups, depth)
    group = rows * groups // units
    first = parts.min(axis=1)
    is_apart = groups > 1 and len(order) == channels and bool(
        (np.sort(parts, axis=1) == first[:, None] + np.arange(depth)).all() and (first % depth == 0).all())
    if is_apart:
        # Groups stay what they are, and come in another order.
        weight = np.empty_like(matrix.weight)
        rows = first[group] // depth * (units // groups) + rows % (units // groups)
        weight[rows[:, None], (parts - first[:, None])[group]] = matrix.weight
        return replace(matrix, weight=weight), groups, rows
    # 0 for the channels of other groups, and for those that are not read.
    weight = np.zeros((units, channels, *kernel), np.int64)
    weight[rows[:, None], parts[group]] = matrix.weight
    return Matrix(weight, matrix.scale, *bits_of(place, weight)), 1, rows


def _without_gaps(node: GraphNode, gaps: tuple[int, int], matrix: Matrix) -> Matrix:
    """The same with weights of 0 in the gaps of the kernel.

    Raises:
        FinnError: the kernel is too large.
    """
    if gaps == (1, 1):
        return matrix
    units, depth, *kernel = matrix.weight.shape
    size = [(length - 1) * gap + 1 for length, gap in zip(kernel, gaps, strict=True)]
    if units * depth * prod(size) > MOST_ELEMENTS:
        raise node.place.error(f"dilations {list(gaps)}: at most {MOST_ELEMENTS} weights, those of 0 among them, are"
                               " supported")
    weight = np.zeros((units, depth, *size), np.int64)
    weight[:, :, ::gaps[0], ::gaps[1]] = matrix.weight
    return Matrix(weight, matrix.scale, *bits_of(node.place, weight))


def row_sums(sums: Sums) -> Whole:
    """What hardware's sums have more than the graph's, by units: its inputs are more by the shift."""
    assert sums.ifm is not None
    found: Whole = sums.ifm.shift * sums.weight.sum(axis=1)
    return found


def counts_places(sums: Sums) -> bool:
    """Whether hardware's sums are counts of places that agree."""
    assert sums.ifm is not None
    return sums.weight_bits == 1 and is_bipolar(sums.ifm) and not any(sums.padding) and sums.bias is None


def check_size(place: Place, shape: tuple[int, int, int]) -> None:
    """See that a map can be handled.

    Raises:
        FinnError: it is too large.
    """
    if prod(shape) > MOST_ELEMENTS:
        raise place.error(f"leaves a map of {shape[0]}x{shape[1]}x{shape[2]}: at most {MOST_ELEMENTS} elements are"
                          " supported")


def constant_rows(constant: Constant, transposed: bool) -> Constant:
    """Weights (inputs, units), or (units, inputs) where they are transposed already, as (units, inputs)."""
    return constant if transposed else constant.moved(lambda array: array.T)

