"""Topology of a network: the JSON file that a user writes, validated.

The file's format is documented in docs/topology.md; unknown keys are errors.
"""

from __future__ import annotations

import json
import re
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError, field_validator, model_validator

from finn_rtl.errors import FinnError

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Names that SystemVerilog or the generated top level already uses.
RESERVED = frozenset({"top", "guard", "label", "output", "input", "module", "begin", "end", "reg", "wire", "logic"})
# Beyond these a layer's weights no longer fit any device: a typing error, most likely.
MOST_UNITS = 65_536
MOST_ELEMENTS = 1 << 20
PositiveInt = Annotated[StrictInt, Field(ge=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BinaryEncoding(_Model):
    """One input element a pixel: +1 where the pixel is at least the threshold, else -1."""

    type: Literal["binary"]
    threshold: StrictInt = Field(ge=1, le=255)

    @property
    def levels(self) -> tuple[int, ...]:
        """Thresholds, ascending; as many input elements a pixel."""
        return (self.threshold,)


class ThermometerEncoding(_Model):
    """Several input elements a pixel, side by side: element i is +1 where the pixel is at least thresholds[i]."""

    type: Literal["thermometer"]
    thresholds: tuple[Annotated[StrictInt, Field(ge=1, le=255)], ...] = Field(min_length=1)

    @field_validator("thresholds")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(a >= b for a, b in zip(value, value[1:], strict=False)):
            raise ValueError("must be strictly ascending")
        return value

    @property
    def levels(self) -> tuple[int, ...]:
        """Thresholds, ascending; as many input elements a pixel."""
        return self.thresholds


class Input(_Model):
    """Shape of an image (height, width) or vector (n,), and how its pixels become input elements."""

    shape: tuple[PositiveInt, ...] = Field(min_length=1, max_length=3)
    encoding: Annotated[BinaryEncoding | ThermometerEncoding, Field(discriminator="type")]
    stream_width: PositiveInt | None = None

    @property
    def elements(self) -> int:
        """Input elements of a frame."""
        return prod(self.shape) * len(self.encoding.levels)


class FullyConnected(_Model):
    """A matrix of -1/+1 weights; "sign" binarizes its output by batch norm and sign, "none" leaves the scores."""

    type: Literal["fc"]
    name: str
    units: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)]
    activation: Literal["sign", "none"]

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not NAME.fullmatch(value) or value in RESERVED or value.endswith("_dwc"):
            raise ValueError("must be lower-case letters, digits and _, begin with a letter, be no reserved word and"
                             " not end in _dwc")
        return value


class Fold(_Model):
    """Folding of one layer: SIMD divides its inputs, PE its units."""

    simd: PositiveInt
    pe: PositiveInt


class Scenario(_Model):
    """A wish: frames a second or cycles a frame, and at most so many cycles of latency."""

    fps: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    cycles_per_frame: PositiveInt | None = None
    latency_cycles: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_rate(self) -> Scenario:
        if (self.fps is None) == (self.cycles_per_frame is None):
            raise ValueError("must give one of fps and cycles_per_frame")
        return self


class Topology(_Model):
    """A whole network."""

    name: str
    description: str = ""
    dataset: str | None = None
    parameters: str
    input: Input
    layers: tuple[FullyConnected, ...] = Field(min_length=1)
    output: Literal["label", "vector"] = "label"
    classes: tuple[str, ...] = ()
    scenarios: dict[str, Scenario] = Field(default_factory=dict)
    folding: dict[str, Fold] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        # The top level is the module finn_NAME, and finn_pkg is the IPs' package.
        if not NAME.fullmatch(value) or value == "pkg":
            raise ValueError("must be lower-case letters, digits and _, begin with a letter, and not be pkg")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Topology:
        names = [layer.name for layer in self.layers]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"layers: name {name!r} is given twice; every layer needs a name of its own")
        for layer in self.layers[:-1]:
            if layer.activation != "sign":
                raise ValueError(f"layer {layer.name!r}: activation {layer.activation!r}: only the last layer may"
                                 " leave its scores; the others must be 'sign'")
        last = self.layers[-1]
        if self.output == "label":
            if last.activation != "none":
                raise ValueError(f"layer {last.name!r}: activation 'sign': output 'label' picks the largest score,"
                                 " so the last layer must be 'none' (or output 'vector')")
            if last.units < 2:
                raise ValueError(f"layer {last.name!r}: units 1: output 'label' needs at least 2 scores")
        if self.input.elements > MOST_ELEMENTS:
            raise ValueError(f"input: {self.input.elements} elements a frame: at most {MOST_ELEMENTS} are supported")
        width = self.input.stream_width
        if width is not None and width > self.input.elements:
            raise ValueError(f"input: stream_width {width}: must be at most {self.input.elements}, the input elements"
                             " of a frame")
        if self.classes and len(self.classes) != last.units:
            raise ValueError(f"classes: {len(self.classes)} names for the {last.units} units of layer {last.name!r}")
        for layer_name, fold in self.folding.items():
            check_fold(self, layer_name, fold)
        return self

    def inputs_of(self, index: int) -> int:
        """Elements that layer `index` takes: its matrix width."""
        return self.input.elements if index == 0 else self.layers[index - 1].units

    def class_name(self, label: int) -> str:
        """Name of a class, its number where the topology gives none."""
        return self.classes[label] if self.classes else str(label)


def check_fold(topology: Topology, layer_name: str, fold: Fold) -> None:
    """Raise ValueError unless `fold` is legal for the layer."""
    names = [layer.name for layer in topology.layers]
    if layer_name not in names:
        raise ValueError(f"folding: layer {layer_name!r} does not exist; the layers are {', '.join(names)}")
    index = names.index(layer_name)
    inputs, units = topology.inputs_of(index), topology.layers[index].units
    if inputs % fold.simd:
        raise ValueError(f"layer {layer_name!r}: simd {fold.simd}: must divide its {inputs} inputs")
    if units % fold.pe:
        raise ValueError(f"layer {layer_name!r}: pe {fold.pe}: must divide its {units} units")


def _place(location: tuple[int | str, ...], document: Any) -> str:
    """'layer 'fc1': key 'units'' for an error's location inside the document."""
    parts: list[str] = []
    if len(location) >= 2 and location[0] == "layers" and isinstance(location[1], int):
        name = None
        try:
            name = document["layers"][location[1]].get("name")
        except (AttributeError, KeyError, IndexError, TypeError):
            name = None
        parts.append(f"layer {name!r}" if isinstance(name, str) else f"layers[{location[1]}]")
        location = location[2:]
    # pydantic names the chosen member of a union in the location; the user did not write that.
    keys = [str(part) for part in location if part not in ("binary", "thermometer")]
    if keys:
        parts.append(f"key {'.'.join(keys)!r}")
    return ": ".join(parts)


def parse_topology(document: Any, source: str) -> Topology:
    """Validate a decoded JSON document.

    Raises:
        FinnError: one line that names source, layer, key, value and rule.
    """
    try:
        return Topology.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = _place(first["loc"], document)
        rule = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            rule = "unknown key; see docs/topology.md"
        value = first["input"]
        shown = "" if isinstance(value, (dict, list, tuple)) and not place else f"value {_short(value)}"
        if first["type"] == "missing":
            shown, rule = "", "is missing"
        message = ": ".join(part for part in (source, place, shown, rule) if part)
        raise FinnError(" ".join(message.split())) from None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"key {key!r} stands twice in one object")
    return dict(pairs)


def load_topology(path: Path) -> Topology:
    """Read and validate a topology file.

    Raises:
        FinnError: the file cannot be read, is not JSON, or breaks a rule.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_duplicates)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise FinnError(f"{path}: cannot be read ({reason})") from None
    except (ValueError, RecursionError) as error:
        raise FinnError(f"{path}: not valid JSON: {error}") from None
    return parse_topology(document, str(path))


def encode_images(spec: Input, images: NDArray[np.uint8], source: str = "images") -> NDArray[np.uint8]:
    """Images uint8 (n, *shape) to input bits uint8 0/1 (n, elements); bit 1 is +1.

    Raises:
        FinnError: images of another shape or type.
    """
    if images.dtype != np.uint8:
        raise FinnError(f"{source}: pixels are {images.dtype}, must be uint8 (0 to 255)")
    if images.shape[1:] != spec.shape or not len(images):
        raise FinnError(f"{source}: images have shape {tuple(images.shape[1:])}, the network takes {spec.shape}")
    levels = np.array(spec.encoding.levels, np.uint8)
    return (images.reshape(len(images), -1, 1) >= levels).astype(np.uint8).reshape(len(images), -1)
