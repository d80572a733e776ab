"""From maps to a topology and its parameters, and the table that tells a user what became of the graph."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.names import name_fault
from finn_rtl.description.files import parse_topology
from finn_rtl.description.topology import MOST_LAYERS, Topology
from finn_rtl.importer.ending import End
from finn_rtl.importer.inputs import encoding_of
from finn_rtl.importer.maps import Added, Joined, Levels, Made, Moved, Shifted, Summed, Sums, is_bipolar
from finn_rtl.importer.products import counts_places, row_sums
from finn_rtl.operators.base import RESERVED, RESERVED_ENDS
from finn_rtl.operators.weights import Weights

MOST_NAME = 40
# Share of weights that are not 0 up to which the topology tells it: those of kernels with gaps.
SPARSE = 0.5
FILE = "parameters.npz"


@dataclass(frozen=True)
class Row:
    """A layer, as the report shows it."""

    node: str
    layer: str
    kind: str
    weight_bits: int | None = None
    input_bits: int | None = None
    sum_bits: int | None = None
    levels: int | None = None
    folded: tuple[str, ...] = ()
    near: int = 0
    pairs: int = 0


@dataclass(frozen=True)
class Imported:
    """A network from outside: topology (a document, and checked), parameters by key, and what to tell the user."""

    document: dict[str, Any]
    topology: Topology
    arrays: dict[str, NDArray[Any]]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    #: What a step of the results is worth (channels,).
    scale: NDArray[np.float32] | None
    #: What results have more than the graph's integers.
    shift: int = 0
    #: What the graph adds to results times scale (channels,), None: nothing.
    offset: NDArray[np.float32] | None = None

    def report(self) -> dict[str, Any]:
        """The same for machines."""
        scale = None if self.scale is None else sorted({float(value) for value in self.scale})
        return {"net": self.topology.name, "output": self.topology.output,
                "layers": [dict(row.__dict__, folded=list(row.folded)) for row in self.rows],
                "scale": scale[0] if scale is not None and len(scale) == 1 else
                None if self.scale is None else [float(value) for value in self.scale],
                "offset": None if self.offset is None else [float(value) for value in self.offset],
                "shift": self.shift, "notes": list(self.notes),
                "pairs": sum(row.pairs for row in self.rows), "near_a_boundary": sum(row.near for row in self.rows)}


def plain_name(text: str, default: str) -> str:
    """A name that a layer or network may have, made of another one."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_").removeprefix("node_")
    name = name[-MOST_NAME:].strip("_")
    name = name if re.match(r"[a-z]", name) else f"{default}_{name}".strip("_")
    if name_fault(name) is not None or name in RESERVED or name == "input" or name.endswith(RESERVED_ENDS):
        name = f"{name}_{default}"
    return name


@dataclass
class _Writer:
    """Layers as they are written, in order."""

    end: End
    made: list[Made]
    layers: list[dict[str, Any]] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    #: Layer names of the levels that stand behind matrices, or by themselves.
    thresholds: dict[str, tuple[Levels, Sums | None]] = field(default_factory=dict)
    sums: dict[str, Sums] = field(default_factory=dict)

    def readers(self, made: Made) -> list[Made]:
        return [other for other in self.made if made in other.inputs]

    def _name(self, made: Made, default: str) -> str:
        name = plain_name(made.nodes[0].name, default)
        taken = set(self.names.values())
        count = 1
        found = name
        while found in taken:
            count += 1
            found = f"{name}_{count}"
        return found

    def _put(self, made: Made, layer: dict[str, Any], *also: Made) -> str:
        name = self._name(made, layer["type"])
        sources = [self.names[id(source)] for source in made.inputs]
        before = self.layers[-1]["name"] if self.layers else "input"
        whole: dict[str, Any] = {"type": layer["type"], "name": name}
        if len(sources) > 1 or sources[0] != before:
            whole["inputs"] = sources
        self.layers.append({**whole, **{key: value for key, value in layer.items() if key != "type"}})
        for item in (made, *also):
            self.names[id(item)] = name
        return name

    def write(self) -> None:
        source = self.made[0]
        behind = [item for item in self.made if isinstance(item, Levels) and item.source is source]
        is_read = any(item not in behind for item in self.readers(source))
        if len(behind) + is_read > 1:
            raise behind[1 if len(behind) > 1 else 0].nodes[-1].error(
                "quantizes the network's input, which is quantized otherwise, or read as it comes, too: quantize it"
                " once")
        for item in (source, *behind):
            self.names[id(item)] = "input"
        fused: set[int] = set()
        for item in self.made[1:]:
            if id(item) in fused or id(item) in self.names:
                continue
            if isinstance(item, Sums):
                only = self._only_levels(item)
                self._matrix(item, only)
                if only is not None:
                    fused.add(id(only))
            elif isinstance(item, Levels):
                self._put_levels(item)
            elif isinstance(item, Moved):
                self._moved(item)
            elif isinstance(item, Summed):
                self._summed(item)
            elif isinstance(item, Shifted):
                self.names[id(item)] = self.names[id(item.inputs[0])]
            elif isinstance(item, Joined):
                self.rows.append(Row(item.nodes[0].name, self._put(item, {"type": "concat"}), "concat"))
            elif isinstance(item, Added):
                scale = {} if item.factors == (1, 1) else {"scale": list(item.factors)}
                name = self._put(item, {"type": "add", **scale})
                self.rows.append(Row(item.nodes[0].name, name, "add"))

    def _only_levels(self, sums: Sums) -> Levels | None:
        """The levels that alone read some sums: those are its activation."""
        readers = self.readers(sums)
        is_end = sums is self.end.made
        return readers[0] if len(readers) == 1 and not is_end and isinstance(readers[0], Levels) else None

    def _activation(self, levels: Levels | None) -> Any:
        if levels is None:
            return "none"
        if levels.quantizer is None:
            return "sign"
        quantizer = levels.quantizer
        found: dict[str, Any] = {"bits": quantizer.bits}
        found.update({key: True for key in ("signed", "narrow") if getattr(quantizer, key)})
        return found

    def _matrix(self, sums: Sums, levels: Levels | None) -> None:
        assert sums.ifm is not None
        layer: dict[str, Any] = {"type": "fc", "units": len(sums.weight)} if sums.kernel is None else \
            {"type": "conv", "channels": len(sums.weight), "kernel": list(sums.kernel)}
        if sums.kernel is not None:
            if sums.stride != (1, 1):
                layer["stride"] = list(sums.stride)
            if any(sums.padding):
                layer["padding"] = list(sums.padding)
                if is_bipolar(sums.ifm) or sums.ifm.shift:
                    # The graph's own 0.
                    layer["border"] = 0 if is_bipolar(sums.ifm) else sums.ifm.shift
        if sums.groups > 1:
            layer["groups"] = sums.groups
        if sums.weight_bits > 1:
            layer["weights"] = {"bits": sums.weight_bits, **({"narrow": True} if sums.is_narrow else {})}
            share = ceil(100 * np.count_nonzero(sums.weight) / sums.weight.size) / 100
            if share <= SPARSE:
                layer["weights"]["density"] = max(share, 0.01)
        if sums is self.end.made:
            bias = (0 if sums.bias is None else sums.bias) - row_sums(sums)
            if bias.any():
                sums.bias = bias
                low, high = int(bias.min()), int(bias.max())
                layer["bias"] = max(high.bit_length(), (-low - 1).bit_length()) + 1
            else:
                sums.bias = None
        layer["activation"] = self._activation(levels)
        name = self._put(sums, layer, *(() if levels is None else (levels,)))
        self.sums[name] = sums
        if levels is not None:
            self.thresholds[name] = levels, sums
        self.rows.append(Row(sums.nodes[0].name, name, layer["type"], sums.weight_bits,
                             levels=None if levels is None else levels.reach.shape[1] + 1,
                             folded=() if levels is None else _folded(levels, sums),
                             near=0 if levels is None else levels.near, pairs=0 if levels is None else levels.pairs))

    def _put_levels(self, levels: Levels) -> None:
        name = self._put(levels, {"type": "activation", "activation": self._activation(levels)})
        source = levels.source if isinstance(levels.source, Sums) else None
        self.thresholds[name] = levels, source
        self.rows.append(Row(levels.nodes[0].name, name, "activation", levels=levels.reach.shape[1] + 1,
                             folded=_folded(levels, source), near=levels.near, pairs=levels.pairs))

    def _moved(self, item: Moved) -> None:
        if item.kind == "upsample":
            name = self._put(item, {"type": "upsample", "scale": list(item.size)})
        elif item.kind == "depth_to_space":
            name = self._put(item, {"type": item.kind, "scale": list(item.size), "order": item.order})
        else:
            name = self._put(item, {"type": "maxpool", **_window(item)})
        self.rows.append(Row(item.nodes[0].name, name, item.kind))

    def _summed(self, item: Summed) -> None:
        assert item.ifm is not None
        # The graph's own 0.
        border = {"border": item.ifm.shift} if any(item.padding) and item.ifm.shift else {}
        name = self._put(item, {"type": "sumpool", **_window(item), **border})
        self.rows.append(Row(item.nodes[0].name, name, "sumpool"))


def _window(item: Moved | Summed) -> dict[str, Any]:
    found: dict[str, Any] = {"kernel": list(item.size)}
    if item.stride != item.size:
        found["stride"] = list(item.stride)
    if any(item.padding):
        found["padding"] = list(item.padding)
    return found


def _folded(levels: Levels, source: Made | None) -> tuple[str, ...]:
    own = set() if source is None else {place.name for place in source.nodes}
    names = ("bias" if place.name in own and not place.op.startswith("Q") else place.op for place in levels.nodes)
    return tuple(dict.fromkeys(names))


def _arrays(writer: _Writer, topology: Topology) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"layout": np.array("ohwi")}
    for layer in topology.layers:
        name = layer.name
        sums = writer.sums.get(name)
        ifm = topology.ifm(layer)
        if sums is not None:
            weight = sums.weight.astype(np.int8)
            if sums.kernel is not None:
                weight = weight.reshape(len(weight), *sums.kernel, ifm.channels // sums.groups)
            arrays[f"{name}.weight"] = weight
            if sums is writer.end.made and sums.bias is not None:
                arrays[f"{name}.bias"] = sums.bias
        if name in writer.thresholds:
            arrays.update(_thresholds(writer, name, topology))
    return arrays


def _thresholds(writer: _Writer, name: str, topology: Topology) -> dict[str, NDArray[Any]]:
    """Thresholds on what hardware compares with, and which channels fall."""
    levels, sums = writer.thresholds[name]
    assert levels.source is not None
    reach = levels.reach + (levels.source.shift if sums is None else row_sums(sums)[:, None])
    if sums is not None:
        matrix = topology.layers[topology.place(writer.names[id(sums)])]
        assert isinstance(matrix, Weights)
        # Those of levels behind a matrix are on the dot product, all others on what leaves it.
        if matrix.name != name or levels.quantizer is None:
            reach = np.vectorize(matrix.sums(topology.ifm(matrix)).value, otypes=[np.int64])(reach)
    found: dict[str, NDArray[Any]] = {f"{name}.threshold": reach[:, 0]} if levels.quantizer is None else \
        {f"{name}.thresholds": reach}
    if levels.falling.any():
        found[f"{name}.falling"] = levels.falling
    return found


def emitted(name: str, description: str, file: str, made: list[Made], end: End) -> Imported:
    """The network.

    Raises:
        FinnError: a rule of topologies that the graph's layers break.
    """
    writer = _Writer(end, made)
    writer.write()
    source = made[0]
    if not writer.layers or not writer.sums:
        raise FinnError(f"{file}: there is no layer with weights (Conv, MatMul, Gemm): nothing to make hardware of")
    if len(writer.layers) > MOST_LAYERS:
        raise FinnError(f"{file}: its {len(made)} maps become {len(writer.layers)} layers: at most {MOST_LAYERS} are"
                        " supported; cut the network")
    height, width, channels = source.shape
    shape = [channels] if source.is_vector else [height, width] + ([channels] if channels > 1 else [])
    document: dict[str, Any] = {
        "name": name, "description": description, "parameters": FILE,
        "input": {"shape": shape, "encoding": encoding_of(made)}, "layers": writer.layers,
        "output": "label" if end.is_label else "vector", **({"labels": end.labels} if end.labels > 1 else {})}
    last = end.made
    if isinstance(last, Sums) and counts_places(last):
        document["scores"] = "dot"
    topology = parse_topology(document, file)
    arrays = _arrays(writer, topology)
    if isinstance(last, Sums) and end.scale is not None:
        key = writer.names[id(last)]
        scale = end.scale.astype(np.float32)
        arrays[f"{key}.weight_scale"] = scale[0].reshape(()) if end.is_label or (scale == scale[0]).all() else scale
        arrays[f"{key}.input_scale"] = np.ones((), np.float32)
    rows = tuple(_measured(row, topology) for row in writer.rows)
    return Imported(document, topology, arrays, (_input_row(made, topology), *rows), end.notes, end.scale, end.shift,
                    end.offset)


def _input_row(made: list[Made], topology: Topology) -> Row:
    levels = next((item for item in made if isinstance(item, Levels) and item.source is made[0]), None)
    return Row("", "input", topology.input.encoding.type, input_bits=topology.input.map.bits,
               folded=() if levels is None else tuple(dict.fromkeys(place.op for place in levels.nodes)),
               near=0 if levels is None else levels.near, pairs=0 if levels is None else levels.pairs)


def _measured(row: Row, topology: Topology) -> Row:
    """With the bits that the topology tells."""
    layer = topology.layers[topology.place(row.layer)]
    ifm = topology.ifm(layer)
    sums = layer.sums(ifm).bits if isinstance(layer, Weights) else None
    return Row(**{**row.__dict__, "input_bits": ifm.bits, "sum_bits": sums})
