"""What the axes of the graph's input are: the file does not say it, but what reads it does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from finn_rtl.common.errors import FinnError
from finn_rtl.importer.constants import reshaped
from finn_rtl.importer.elementwise import MAKERS
from finn_rtl.importer.graph import Graph, GraphNode
from finn_rtl.importer.layout import FORMS
from finn_rtl.importer.numbers import Whole
from finn_rtl.importer.operators import CHANNELS_LAST

#: Operators that leave axes what they are.
KEEPS = frozenset({"Identity", "Dropout", "Cast", "Pad", *MAKERS} - {"BatchNormalization"})
#: Pictures of so many channels are shown.
COLOURS = (1, 3)


def _readers(graph: Graph) -> list[GraphNode]:
    """The first nodes that do more to the input than to work on each element alone."""
    names, found = {graph.input}, []
    for node in graph.nodes:
        if not names & set(node.inputs):
            continue
        if node.op in KEEPS and node.domain != CHANNELS_LAST:
            names |= set(node.outputs[:1])
        else:
            found.append(node)
    return found


def _is_last(graph: Graph) -> bool | None:
    """Whether the channels are the last axis of the input; None where nothing tells it."""
    ndim = len(graph.input_shape)
    for node in _readers(graph):
        if node.op == "Transpose":
            perm = node.wholes("perm")
            if perm is not None and perm == FORMS[ndim][1]:
                return True
        elif node.domain == CHANNELS_LAST or node.op == "MatMul":
            return True
        elif node.op not in ("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Shape"):
            return False
    return None


def _made_map(graph: Graph) -> tuple[tuple[int, ...], bool] | None:
    """The shape in which a vector is first read, if that is one of a map, and whether channels are its last axis."""
    tensor = np.zeros(graph.input_shape, np.bool_)
    found = _readers(graph)
    if len(found) != 1 or found[0].op != "Reshape" or len(found[0].inputs) < 2:
        return None
    given = graph.constants.get(found[0].inputs[1])
    made = next((node.attributes.get("value") for node in graph.nodes if found[0].inputs[1] in node.outputs), given)
    if not isinstance(made, np.ndarray) or made.size != 4:
        return None
    try:
        shape = reshaped(found[0], tensor, [int(size) for size in made.reshape(-1)]).shape
    except FinnError:
        return None
    is_last = bool(_is_last(replace(graph, input=found[0].outputs[0], input_shape=shape)))
    # Else elements of the vector and of a picture would come in different orders.
    return (shape, is_last) if shape[0] == 1 and (is_last or shape[1] == 1) else None


def of_input(graph: Graph) -> tuple[tuple[int, int, int], Whole]:
    """Height, width and channels of the input's map, and which of its elements each of the tensor is."""
    shape = graph.input_shape
    if len(shape) == 2:
        made = _made_map(graph)
        if made is None:
            return (1, 1, shape[1]), np.arange(shape[1])[None]
        (_, *sizes), is_first = made[0], not made[1]
        height, width, channels = (*sizes[1:], sizes[0]) if is_first else sizes
        return (height, width, channels), np.arange(shape[1])[None]
    is_last = _is_last(graph)
    if len(shape) == 3:
        if is_last is None:
            # A picture without channels.
            return (shape[1], shape[2], 1), np.arange(shape[1] * shape[2]).reshape(shape)
        height, width, channels = (1, *shape[1:]) if is_last else (1, shape[2], shape[1])
    else:
        if is_last is None:
            is_last = shape[3] in COLOURS and shape[1] not in COLOURS
        height, width, channels = shape[1:] if is_last else (shape[2], shape[3], shape[1])
    index = np.arange(height * width * channels).reshape(height, width, channels)
    if not is_last:
        index = index.transpose(2, 0, 1)
    return (height, width, channels), index.reshape(shape)
