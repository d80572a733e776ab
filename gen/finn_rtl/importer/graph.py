"""An ONNX file, read with suspicion: nodes in an order in which each stands behind those that it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.common.schema import clipped, printable
from finn_rtl.importer.places import Place, text_of
from finn_rtl.importer.tensors import constant_of

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

# No protobuf message is larger.
MOST_BYTES = (1 << 31) - 1
MOST_NODES = 20_000
# Of the input, and of every map.
MOST_ELEMENTS = 1 << 24
# Of onnx.TensorProto.
FLOAT, UINT8, INT8 = 1, 2, 3
OPSETS = (7, 25)
HARDWARE_DOMAINS = ("finn.custom_op.fpgadataflow",)
STANDARD = ("", "ai.onnx")


@dataclass(frozen=True)
class GraphNode:
    """A node: operator and domain, names of tensors ("" where left out), attributes."""

    place: Place
    op: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def whole(self, name: str, default: int) -> int:
        """A whole number among the attributes."""
        return int(self.attributes.get(name, default))

    def number(self, name: str, default: float) -> float:
        """A number among the attributes, float32."""
        return float(self.attributes.get(name, default))

    def text(self, name: str, default: str) -> str:
        """A text among the attributes."""
        value = self.attributes.get(name, default)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def wholes(self, name: str) -> tuple[int, ...] | None:
        """Whole numbers among the attributes."""
        value = self.attributes.get(name)
        return None if value is None else tuple(int(number) for number in value)


@dataclass(frozen=True)
class Graph:
    """A network as its file has it: one input, one output, constants by name."""

    file: str
    name: str
    nodes: tuple[GraphNode, ...]
    constants: Mapping[str, NDArray[np.generic]]
    input: str
    input_shape: tuple[int, ...]
    input_type: int
    output: str
    opsets: Mapping[str, int]

    @cached_property
    def readers(self) -> Mapping[str, int]:
        """How many nodes read a tensor, by its name."""
        return Counter(name for node in self.nodes for name in set(node.inputs))


def _onnx() -> Any:
    require("import", "onnx")
    import onnx  # noqa: PLC0415 - slow to load

    return onnx


def _parse(path: Path) -> ModelProto:
    onnx = _onnx()
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - comes with onnx

    try:
        if not path.is_file():
            raise FinnError(f"{path}: {'not a file' if path.exists() else 'no such file'}; it must be an ONNX model")
        size = path.stat().st_size
        if not 0 < size <= MOST_BYTES:
            raise FinnError(f"{path}: has {size} bytes; an ONNX file has 1 to {MOST_BYTES}, and larger weights in a"
                            " second file")
        data = path.read_bytes()
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, RuntimeError, ValueError, TypeError, RecursionError):
        raise FinnError(f"{path}: not an ONNX model, or cut off: export it again") from None
    if not model.HasField("graph") or not model.graph.node:
        raise FinnError(f"{path}: not an ONNX model: there is no graph with nodes in it")
    found: ModelProto = model
    return found


def _shape(path: Path, value: ValueInfoProto) -> tuple[int, ...]:
    place = f"{path}: input {clipped(printable(text_of(value.name)))!r}"
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
        raise FinnError(f"{place}: has no shape; export the network with one for a single frame")
    if tensor.elem_type not in (FLOAT, UINT8, INT8):
        raise FinnError(f"{place}: is of type number {tensor.elem_type}: must be float32, as quantized networks are"
                        " exported, or bytes")
    shape = []
    for axis, size in enumerate(tensor.shape.dim):
        if axis == 0 and not size.HasField("dim_value"):
            shape.append(1)
        elif size.dim_value < 1:
            name = f" ({clipped(printable(text_of(size.dim_param)))!r})" if size.dim_param else ""
            raise FinnError(f"{place}: axis {axis} of its shape is no number{name}: export the network for one size,"
                            " only the number of frames, axis 0, may be left open")
        else:
            shape.append(size.dim_value)
    if len(shape) not in (2, 3, 4):
        raise FinnError(f"{place}: has shape {tuple(shape)}: must be (1, elements), (1, channels, length) or (1,"
                        " channels, height, width)")
    if prod(shape) > MOST_ELEMENTS:
        raise FinnError(f"{place}: has shape {tuple(shape)}: at most {MOST_ELEMENTS} elements are supported")
    if shape[0] != 1:
        raise FinnError(f"{place}: has shape {tuple(shape)}, {shape[0]} frames at once: export the network for one")
    return tuple(shape)


def _attributes(place: Place, node: NodeProto, folder: Path) -> dict[str, Any]:
    onnx = _onnx()
    found: dict[str, Any] = {}
    kinds = onnx.AttributeProto
    for item in node.attribute:
        name = text_of(item.name)
        if item.type == kinds.TENSOR:
            found[name] = constant_of(place.file, item.t, folder)
        elif item.type in (kinds.FLOAT, kinds.INT, kinds.STRING, kinds.FLOATS, kinds.INTS, kinds.STRINGS):
            found[name] = onnx.helper.get_attribute_value(item)
        else:
            raise place.error(f"attribute {clipped(printable(name))!r} is a graph or another thing that no"
                              " operator known here has")
    return found


def _sorted(file: str, nodes: list[GraphNode], known: set[str]) -> tuple[GraphNode, ...]:
    """The nodes, each behind those that it reads.

    Raises:
        FinnError: a tensor comes from nowhere, or two times, or from itself.
    """
    made: dict[str, int] = {}
    for at, node in enumerate(nodes):
        for name in node.outputs:
            if name and (name in made or name in known):
                raise node.place.error(f"tensor {clipped(printable(name))!r} has a value already")
            made[name] = at
    for node in nodes:
        for name in node.inputs:
            if name and name not in made and name not in known:
                raise node.place.error(f"nothing in the file makes its input {clipped(printable(name))!r}")
    waiting = [len({made[name] for name in node.inputs if name in made}) for node in nodes]
    readers: dict[int, list[int]] = {}
    for at, node in enumerate(nodes):
        for source in {made[name] for name in node.inputs if name in made}:
            readers.setdefault(source, []).append(at)
    ready = [at for at, count in enumerate(waiting) if not count][::-1]
    order = []
    while ready:
        at = ready.pop()
        order.append(nodes[at])
        for reader in readers.get(at, [])[::-1]:
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(order) < len(nodes):
        stuck = next(node for node, count in zip(nodes, waiting, strict=True) if count)
        raise stuck.place.error("reads, by other nodes, what it makes itself: the graph has a cycle")
    return tuple(order)


def _used(nodes: tuple[GraphNode, ...], output: str) -> tuple[GraphNode, ...]:
    """Those that the output depends on."""
    wanted = {output}
    found = []
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            found.append(node)
    return tuple(reversed(found))


def _opsets(path: Path, model: ModelProto) -> dict[str, int]:
    opsets = {text_of(item.domain): item.version for item in model.opset_import}
    version = opsets.get("", opsets.get("ai.onnx"))
    if version is not None and not OPSETS[0] <= version <= OPSETS[1]:
        raise FinnError(f"{path}: operators of version {version} (opset): those from {OPSETS[0]} to {OPSETS[1]} are"
                        " known; export it with one of these")
    return opsets


def _one(path: Path, what: str, names: list[str]) -> str:
    if len(names) != 1:
        shown = ", ".join(clipped(printable(name)) for name in names[:4]) or "none"
        raise FinnError(f"{path}: the graph has {len(names)} {what}s ({shown}): it must have one")
    return names[0]


def read_graph(path: Path) -> Graph:
    """Read an ONNX file, and the file with its weights if there is one.

    Raises:
        FinnError: it cannot be read, is cut off or is something else; or breaks a rule for all graphs.
    """
    model = _parse(path)
    graph, folder, file = model.graph, path.parent, str(path)
    if len(graph.node) > MOST_NODES:
        raise FinnError(f"{path}: {len(graph.node)} nodes: at most {MOST_NODES} are taken")
    if graph.sparse_initializer:
        raise FinnError(f"{path}: has sparse tensors: store them whole")
    constants: dict[str, NDArray[np.generic]] = {}
    for tensor in graph.initializer:
        constants[text_of(tensor.name)] = constant_of(file, tensor, folder)
    inputs = [value for value in graph.input if text_of(value.name) not in constants]
    name = _one(path, "input", [text_of(value.name) for value in inputs])
    output = _one(path, "output", [text_of(value.name) for value in graph.output])
    nodes = []
    for at, item in enumerate(graph.node):
        made, read = tuple(map(text_of, item.output)), tuple(map(text_of, item.input))
        place = Place(file, text_of(item.name) or (made[0] if made else f"number {at}"), text_of(item.op_type))
        nodes.append(GraphNode(place, place.op, text_of(item.domain), read, made, _attributes(place, item, folder)))
    for node in nodes:
        if node.domain.startswith(HARDWARE_DOMAINS):
            raise node.place.error(f"domain {printable(node.domain)!r}: a graph that is lowered to hardware already;"
                                   " import the one that it was made from")
    functions = {(text_of(item.domain), text_of(item.name)) for item in model.functions}
    called = next((node for node in nodes if (node.domain, node.op) in functions), None)
    if called is not None:
        raise called.place.error("is a function of the file's own: export it with its functions written out")
    order = _sorted(file, nodes, {"", name, *constants})
    if output not in {made for node in order for made in node.outputs}:
        raise FinnError(f"{path}: no node makes the output {clipped(printable(output))!r}")
    shape = _shape(path, inputs[0])
    return Graph(file, text_of(graph.name), _used(order, output), constants, name, shape,
                 inputs[0].type.tensor_type.elem_type, output, _opsets(path, model))
