"""Topology of a network: its layers, how they read each other, and the rates that it is wanted for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictStr, field_validator, model_validator

from finn_rtl.common.maps import Map
from finn_rtl.common.names import checked_name
from finn_rtl.common.schema import Count, FileName, Model, Number, Text
from finn_rtl.description.boxes import Boxes
from finn_rtl.description.data import DATA_SETS
from finn_rtl.description.encoding import Input
from finn_rtl.ips.base import Products
from finn_rtl.operators.base import INPUT, Operator
from finn_rtl.operators.catalog import Layer
from finn_rtl.operators.schema import Fold
from finn_rtl.operators.weights import Weights

# Beyond these a frame is a typing error, most likely.
MOST_ELEMENTS = 1 << 28
MOST_LAYERS = 256
# The top level is the module finn_NAME, with a host around it finn_NAME_HOST; finn_pkg is the IPs' package.
RESERVED_NETS = frozenset({"pkg"})
RESERVED_NET_ENDS = ("_axi", "_uart")
SCENARIO = re.compile(r"[\w.+-]{1,63}", re.ASCII)


def _check_scenario(name: str) -> str:
    if name == "fit":
        raise ValueError("fit is as fast as the device holds, for every network; give this scenario another name")
    if not SCENARIO.fullmatch(name):
        raise ValueError("name of a scenario: must be 1 to 63 letters, digits and . + - _")
    return name


def _check_data_set(name: str) -> str:
    if name not in DATA_SETS:
        raise ValueError(f"there is no such data set; there are {', '.join(DATA_SETS)}")
    return name


DataSetName = Annotated[StrictStr, AfterValidator(_check_data_set)]
ScenarioName = Annotated[StrictStr, AfterValidator(_check_scenario)]


class Scenario(Model):
    """A wish: frames a second or cycles a frame, and at most so many cycles of latency; layers folded by hand."""

    fps: Number | None = None
    cycles_per_frame: Count | None = None
    latency_cycles: Count | None = None
    folding: dict[StrictStr, Fold] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_rate(self) -> Scenario:
        if (self.fps is None) == (self.cycles_per_frame is None):
            raise ValueError("must give one of fps and cycles_per_frame")
        return self


class Topology(Model):
    """A whole network: layers in an order in which each stands behind those that it reads."""

    name: StrictStr
    description: StrictStr = ""
    dataset: DataSetName | None = None
    parameters: FileName
    input: Input
    layers: tuple[Layer, ...] = Field(min_length=1, max_length=MOST_LAYERS)
    output: Literal["label", "vector"] = "label"
    #: Labels that a result has, that of the largest score first; 1 where it is a vector.
    labels: Count = 1
    #: What is told of scores that count places: the counts, or dot products.
    scores: Literal["sums", "dot"] = "sums"
    classes: tuple[Text, ...] = ()
    #: Of a detector, what the values of the last map mean.
    boxes: Boxes | None = None
    scenarios: dict[ScenarioName, Scenario] = Field(default_factory=dict)
    folding: dict[StrictStr, Fold] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return checked_name(value, RESERVED_NETS, RESERVED_NET_ENDS)

    @model_validator(mode="after")
    def _consistent(self) -> Topology:
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"layers: name {name!r} is given twice; every layer needs a name of its own")
        if not any(layer.is_folded for layer in self.layers):
            raise ValueError("layers: none has weights; at least one must be 'fc' or 'conv'")
        self._check_readers()
        if self.input.map.elements > MOST_ELEMENTS:
            raise ValueError(f"input: {self.input.map.elements} elements a frame: at most {MOST_ELEMENTS} are"
                             " supported")
        result = self.maps[-1]
        self._check_output(result)
        self._check_scores()
        width = self.input.stream_width
        if width is not None and width > self.input.map.frame_bits:
            raise ValueError(f"input: stream_width {width}: must be at most {self.input.map.frame_bits}, the bits of"
                             " a frame")
        self._check_boxes(result)
        if self.classes and len(self.classes) != self.class_count:
            units = f"{result.elements} units of layer {self.layers[-1].name!r}" if self.boxes is None else (
                f"{self.class_count} classes of boxes")
            raise ValueError(f"classes: {len(self.classes)} names for the {units}")
        for folding in (self.folding, *(scenario.folding for scenario in self.scenarios.values())):
            for layer_name, fold in folding.items():
                self.check_fold(layer_name, fold)
        return self

    def _check_readers(self) -> None:
        for index, layer in enumerate(self.layers[:-1]):
            if not self.readers(index):
                raise ValueError(f"layer {layer.name!r}: no layer reads it; name it among the inputs of one, or leave"
                                 " it out")
        if not self.readers(-1):
            raise ValueError("layers: none reads the input")
        for index, layer in enumerate(self.layers):
            if index < len(self.layers) - 1 and layer.leaves_scores and self._counts_one(index):
                raise ValueError(f"layer {layer.name!r}: activation 'none': the sum of a single bit is no number; only"
                                 " the last layer may leave it, others must be 'sign'")
            for source in self.sources[index]:
                if source >= 0 and self.layers[source].leaves_scores and layer.is_folded:
                    before = self.layers[source]
                    raise ValueError(f"layer {before.name!r}: activation 'none': only the last layer, and one that is"
                                     f" added, pooled or binarized, may leave its scores, and {layer.name!r} multiplies"
                                     " what it reads; must be 'sign', or bits such as {\"bits\": 2}")

    def _counts_one(self, index: int) -> bool:
        """Whether a layer's sums are popcounts of a single bit."""
        layer, ifm = self.layers[index], self.ifms(index)[0]
        return isinstance(layer, Weights) and layer.sums(ifm).is_popcount and ifm.frame_bits == 1

    def _check_output(self, result: Map) -> None:
        last = self.layers[-1]
        if self.output != "label":
            if self.labels > 1:
                raise ValueError(f"labels {self.labels}: output 'vector' has none; leave it out, or write output"
                                 " 'label'")
            return
        if not last.is_folded:
            raise ValueError(f"layer {last.name!r}: has no scores: output 'label' picks the largest score, so the last"
                             " layer must be 'fc' or 'conv' (or output 'vector')")
        if not last.leaves_scores:
            raise ValueError(f"layer {last.name!r}: activation: output 'label' picks the largest score, so that of the"
                             " last layer must be 'none' (or output 'vector')")
        if result.pixels != 1:
            raise ValueError(f"layer {last.name!r}: leaves a map of {result}: output 'label' needs a single pixel,"
                             " one score a class")
        if result.channels < 2:
            raise ValueError(f"layer {last.name!r}: units 1: output 'label' needs at least 2 scores")
        if self.labels > result.channels:
            raise ValueError(f"labels {self.labels}: must be at most the {result.channels} units of layer"
                             f" {last.name!r}")

    def _check_scores(self) -> None:
        last = self.layers[-1]
        counts = isinstance(last, Weights) and last.leaves_scores and last.sums(self.ifm(last)).is_popcount
        if self.scores == "dot" and not counts:
            raise ValueError(f"layer {last.name!r}: scores 'dot': only scores of inputs and weights that are both"
                             " -1/+1 count places; those of all other layers are dot products already: leave it out")

    def _check_boxes(self, result: Map) -> None:
        if self.boxes is None:
            return
        if self.output != "vector":
            raise ValueError("boxes: are made of all values of the last map: output must be 'vector'")
        if len(self.input.shape) < 2:
            raise ValueError("boxes: are in a picture, and the input's shape is none: [height, width, ...]")
        self.boxes.classes(result)

    @property
    def class_count(self) -> int:
        """Classes that are told apart: elements of the last map, of a detector those of a box."""
        return self.maps[-1].elements if self.boxes is None else self.boxes.classes(self.maps[-1])

    @cached_property
    def sources(self) -> tuple[tuple[int, ...], ...]:
        """Of each layer the layers that it reads, by their place; -1 is the input.

        Raises:
            ValueError: a name that no layer in front of it has, or not as many as it takes.
        """
        places = {INPUT: -1}
        found: list[tuple[int, ...]] = []
        for index, layer in enumerate(self.layers):
            names = layer.reads
            if names is None and layer.arity == 1:
                found.append((index - 1,))
            else:
                found.append(self._named(layer, names or (), places))
            places[layer.name] = index
        return tuple(found)

    @staticmethod
    def _named(layer: Operator, names: tuple[str, ...], places: dict[str, int]) -> tuple[int, ...]:
        if len(names) != layer.arity:
            raise ValueError(f"layer {layer.name!r}: inputs: must name {layer.arity} of the layers in front of it, or"
                             f" {INPUT!r}; there are {len(names)}")
        for name in names:
            if name not in places:
                raise ValueError(f"layer {layer.name!r}: inputs: {name!r} is no layer in front of it, nor {INPUT!r}")
        return tuple(places[name] for name in names)

    def readers(self, producer: int) -> int:
        """How many inputs of layers read what a layer (-1: the input) leaves."""
        return sum(sources.count(producer) for sources in self.sources)

    @cached_property
    def maps(self) -> tuple[Map, ...]:
        """The input's map, and the one behind each layer.

        Raises:
            ValueError: a window that does not fit its map, or an input count that is not the map's.
        """
        maps = [self.input.map]
        for layer, sources in zip(self.layers, self.sources, strict=True):
            try:
                maps.append(layer.output(*(maps[source + 1] for source in sources)))
            except ValueError as error:
                raise ValueError(f"layer {layer.name!r}: {error}") from None
            if maps[-1].elements > MOST_ELEMENTS:
                raise ValueError(f"layer {layer.name!r}: leaves {maps[-1].elements} elements a frame: at most"
                                 f" {MOST_ELEMENTS} are supported")
        return tuple(maps)

    @cached_property
    def matrices(self) -> tuple[Weights, ...]:
        """The layers with weights."""
        return tuple(layer for layer in self.layers if isinstance(layer, Weights))

    def map_behind(self, producer: int) -> Map:
        """The map that a layer (-1: the input) leaves."""
        return self.maps[producer + 1]

    def ifms(self, index: int) -> tuple[Map, ...]:
        """The maps that a layer reads."""
        return tuple(self.maps[source + 1] for source in self.sources[index])

    def dense(self, index: int) -> tuple[bool, ...]:
        """Of each map that a layer reads, whether its frames come as the network's input does, whatever a row is."""
        return tuple(source < 0 for source in self.sources[index])

    def ifm(self, layer: Operator) -> Map:
        """The (first) map that a layer reads."""
        return self.ifms(self.place(layer.name))[0]

    def ofm(self, layer: Operator) -> Map:
        """The map behind a layer."""
        return self.map_behind(self.place(layer.name))

    def place(self, name: str) -> int:
        """Where the layer of that name stands."""
        return next(index for index, layer in enumerate(self.layers) if layer.name == name)

    def check_fold(self, name: str, fold: Fold) -> None:
        """Raise ValueError unless `fold` is legal for the layer of that name."""
        index = next((i for i, layer in enumerate(self.layers) if layer.name == name and layer.is_folded), None)
        if index is None:
            names = ", ".join(layer.name for layer in self.matrices)
            raise ValueError(f"folding: layer {name!r} does not exist; those with weights are {names}")
        self.layers[index].check_fold(fold, *self.ifms(index))

    def class_name(self, label: int) -> str:
        """Name of a class, its number where the topology gives none."""
        return self.classes[label] if self.classes else str(label)


def with_arithmetic(topology: Topology, wishes: Mapping[str, Products]) -> Topology:
    """The same network, the products of some layers computed where `wishes` say; its foldings are not looked at again.

    Raises:
        ValueError: no such layer with weights, or products that cannot be computed there.
    """
    names = [layer.name for layer in topology.matrices]
    for name in wishes:
        if name not in names:
            raise ValueError(f"arithmetic: layer {name!r} does not exist; those with weights are {', '.join(names)}")
    layers = tuple(layer.model_copy(update={"arithmetic": wishes[layer.name]}) if layer.name in wishes else layer
                   for layer in topology.layers)
    fields = {name: getattr(topology, name) for name in Topology.model_fields} | {"layers": layers}
    found = Topology.model_construct(**fields)
    # Here a layer says what it has against it.
    _ = found.maps
    return found


def with_banks(topology: Topology, banks: int) -> Topology:
    """The same network, its parameters in memories of so many banks that are loaded at run time.

    Raises:
        ValueError: a folding that such memories do not take.
    """
    layers = tuple(layer.changeable(banks) for layer in topology.layers)
    fields = {name: getattr(topology, name) for name in Topology.model_fields} | {"layers": layers}
    found = Topology.model_construct(**fields)
    for name, fold in found.folding.items():
        found.check_fold(name, fold)
    return found


def with_scores(topology: Topology) -> Topology:
    """The same network, giving all scores instead of the label."""
    return topology.model_copy(update={"output": "vector", "labels": 1})
