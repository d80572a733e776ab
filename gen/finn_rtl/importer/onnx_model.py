"""ONNX in: from a file to topology and parameters."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import level_range
from finn_rtl.common.names import checked_name
from finn_rtl.description.topology import RESERVED_NET_ENDS, RESERVED_NETS
from finn_rtl.importer.emit import Imported, emitted, plain_name
from finn_rtl.importer.ending import ended
from finn_rtl.importer.graph import FLOAT, INT8, Graph, read_graph
from finn_rtl.importer.holding import Holder
from finn_rtl.importer.input_layout import of_input
from finn_rtl.importer.maps import Made, Pixels, Reals
from finn_rtl.importer.operators import check_operators
from finn_rtl.importer.values import Stream
from finn_rtl.importer.walk import Walk

# Pixels are bytes.
MOST_INPUT_BITS = 8
LARGEST = 0x7F7F_FFFF


def _source(graph: Graph, scale: Fraction | None, bits: int | None, signed: bool) -> Stream:
    """The input's tensor."""
    shape, index = of_input(graph)
    is_vector = shape[:2] == (1, 1) and len(graph.input_shape) == 2
    ones = np.ones(shape[2], np.int64)
    if scale is None and bits is None:
        # float32, in the order of the integers that stand for them: see maps.Reals.
        made: Made = Reals(shape, ones * (-LARGEST - 1), ones * LARGEST, ones, is_vector=is_vector)
        return Stream(made, np.ones(shape[2], np.float32), index)
    low, high = level_range(MOST_INPUT_BITS if bits is None else bits, signed)
    worth = Fraction(1) if scale is None else scale
    made = Pixels(shape, ones * low, ones * high, ones, is_vector=is_vector, worth=worth, is_whole=bits is not None)
    return Stream(made, np.full(shape[2], np.float32(float(worth))), index)


def _name(path: Path, name: str | None) -> str:
    if name is None:
        says_nothing = re.match(r"(model|network|net)\b", path.stem)
        return plain_name(path.parent.resolve().name if says_nothing else path.stem, "net")
    try:
        return checked_name(name, RESERVED_NETS, RESERVED_NET_ENDS)
    except ValueError as error:
        raise FinnError(f"--name {name!r}: {error}") from None


def import_onnx(path: Path | str, *, name: str | None = None, input_scale: Fraction | int | None = None,
                input_bits: int | None = None, signed: bool = False, wide: bool = False) -> Imported:
    """A quantized network of an ONNX file, as topology and parameters that compute the same integers.

    Args:
        path: QONNX, QCDQ, QLinear, or an export of FINN's.
        name: of the network; by default made of the file's.
        input_scale: the graph's input is a pixel of a byte times this (1/255), so that its encoding is a table. Without
            it, and without `input_bits`, it is float32.
        input_bits: the graph's input is integers of so many bits, at most 8, times `input_scale` (1), and may be
            multiplied without a quantizer.
        signed: these are two's complement, and so are the bytes.
        wide: compute in the widest floating point of the machine, instead of the graph's own float32.

    Raises:
        FinnError: the file is no network of this kind, or has what cannot be taken over exactly.
    """
    path = Path(path)
    if input_scale is not None and not 0 < input_scale < 1 << 64:
        raise FinnError(f"{path}: input scale {input_scale}: must be greater than 0, and less than 2^64")
    if input_bits is not None and not 1 + signed <= input_bits <= MOST_INPUT_BITS:
        raise FinnError(f"{path}: input of {input_bits} bits{', signed' * signed}: must be {1 + signed} to"
                        f" {MOST_INPUT_BITS}, for pixels are bytes")
    if signed and input_bits is None:
        raise FinnError(f"{path}: input that is signed: its bits must be given, too (--input-bits)")
    graph = read_graph(path)
    check_operators(graph)
    if graph.input_type != FLOAT:
        if (input_scale, input_bits) != (None, None):
            raise FinnError(f"{path}: input {graph.input!r}: is bytes: leave out its scale (--input-scale) and bits"
                            " (--input-bits)")
        input_bits, signed = MOST_INPUT_BITS, graph.input_type == INT8
    kind: type[np.floating[Any]] = np.longdouble if wide else np.float32
    source = _source(graph, None if input_scale is None else Fraction(input_scale), input_bits, signed)
    holder = Holder(source.source, kind)
    end = ended(Walk(graph, source, holder).run(), holder, kind)
    return emitted(_name(path, name), f"from {path.name}", str(path), holder.made, end)
