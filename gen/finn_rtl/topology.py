"""Topology of a network: the JSON file that a user writes, validated.

The file's format is documented in docs/topology.md; unknown keys are errors.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import floor, prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    field_validator,
    model_validator,
)

from finn_rtl.data import DATA_SETS
from finn_rtl.errors import FinnError
from finn_rtl.schema import Count, FileName, Model, Number, Text, complaint, shown

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Names that SystemVerilog or the generated top level already uses, and ends of names that stages of a layer have.
RESERVED = frozenset({"top", "guard", "guarded", "label", "result", "output", "input", "module", "begin", "end", "reg",
                      "wire", "logic"})
RESERVED_ENDS = ("_dwc", "_swu", "_mvtu", "_fifo")
# Beyond these a layer's weights no longer fit any device: a typing error, most likely.
MOST_UNITS = 65_536
MOST_ELEMENTS = 1 << 20
# The rules of swu and mvtu, which compute in 32 bits.
MOST_WINDOW_ELEMENTS = 1 << 28
MOST_WEIGHTS = 1 << 30
PIXEL_VALUES = 256
# A file of more bytes is something else.
MOST_BYTES = 1 << 24
# The same for layers, and for what a number in the file may have: its exact value is computed with.
MOST_LAYERS = 256
MOST_DIGITS = 64
RATIO = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?|[+-]?\d+/0*[1-9]\d*", re.ASCII | re.IGNORECASE)
SCENARIO = re.compile(r"[\w.+-]{1,63}", re.ASCII)


def _repeated(meaning: str) -> BeforeValidator:
    """A single number stands for as many equal ones as `meaning` names."""
    count = len(meaning.split(", "))

    def repeat(value: Any) -> Any:
        if type(value) is int:
            return [value] * count
        if isinstance(value, list | tuple) and len(value) == count:
            return value
        hint = "; an odd kernel k keeps the map's size with (k - 1) / 2" if count == 4 else ""
        raise ValueError(f"must be a whole number or [{meaning}]{hint}")
    return BeforeValidator(repeat)


def _fraction(value: Any) -> Fraction:
    """A number, or a ratio such as "256/255"; floating point is taken as the decimal number that was written."""
    try:
        text = str(value) if type(value) in (int, float, str) else ""
    except ValueError:
        text = ""
    if len(text) > MOST_DIGITS or not RATIO.fullmatch(text):
        raise ValueError(f'must be a number or a ratio such as "256/255", of at most {MOST_DIGITS} characters and with'
                         " an exponent of at most 3 digits")
    return Fraction(text)


Size = Annotated[StrictInt, Field(ge=1, le=MOST_ELEMENTS)]
Pair = Annotated[tuple[Size, Size], _repeated("down, across")]
Pads = Annotated[StrictInt, Field(ge=0, le=MOST_ELEMENTS)]
Sides = Annotated[tuple[Pads, Pads, Pads, Pads], _repeated("top, bottom, left, right")]
Rational = Annotated[Fraction, BeforeValidator(_fraction)]


def _check_data_set(name: str) -> str:
    if name not in DATA_SETS:
        raise ValueError(f"there is no such data set; there are {', '.join(DATA_SETS)}")
    return name


def _check_scenario(name: str) -> str:
    if name == "fit":
        raise ValueError("fit is as fast as the device holds, for every network; give this scenario another name")
    if not SCENARIO.fullmatch(name):
        raise ValueError("name of a scenario: must be 1 to 63 letters, digits and . + - _")
    return name


ScenarioName = Annotated[StrictStr, AfterValidator(_check_scenario)]
DataSetName = Annotated[StrictStr, AfterValidator(_check_data_set)]


@dataclass(frozen=True)
class Map:
    """What flows between two layers: height x width pixels of `channels` elements; a vector is a single pixel.

    An element of one bit stands for -1 or +1; one of more bits for an unsigned or a two's complement number.
    """

    height: int
    width: int
    channels: int
    bits: int = 1
    signed: bool = False

    @property
    def elements(self) -> int:
        """Elements of a frame."""
        return self.height * self.width * self.channels

    @property
    def frame_bits(self) -> int:
        """Bits of a frame."""
        return self.elements * self.bits

    @property
    def largest(self) -> int:
        """Bound of an element's magnitude."""
        if self.bits == 1:
            return 1
        return 1 << self.bits - 1 if self.signed else (1 << self.bits) - 1

    def __str__(self) -> str:
        return f"{self.height}x{self.width}x{self.channels}"


class BinaryEncoding(Model):
    """One input element a pixel: +1 where the pixel is at least the threshold, else -1."""

    type: Literal["binary"]
    threshold: StrictInt = Field(ge=1, le=255)

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, 1), 0 or 1."""
        return _level_table((self.threshold,))


class ThermometerEncoding(Model):
    """Several input elements a pixel, side by side: element i is +1 where the pixel is at least thresholds[i]."""

    type: Literal["thermometer"]
    thresholds: tuple[Annotated[StrictInt, Field(ge=1, le=255)], ...] = Field(min_length=1)

    @field_validator("thresholds")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(a >= b for a, b in zip(value, value[1:], strict=False)):
            raise ValueError("must be strictly ascending")
        return value

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, thresholds), 0 or 1."""
        return _level_table(self.thresholds)


class IntegerEncoding(Model):
    """One number a pixel: floor(pixel * scale + offset + 1/2), limited to what `bits` bits hold."""

    type: Literal["integer"]
    bits: StrictInt = Field(ge=2, le=16)
    signed: StrictBool
    scale: Rational = Fraction(1)
    offset: Rational = Fraction(0)

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, 1)."""
        low = -(1 << self.bits - 1) if self.signed else 0
        high = low + (1 << self.bits) - 1
        values = [floor(pixel * self.scale + self.offset + Fraction(1, 2)) for pixel in range(PIXEL_VALUES)]
        return np.array([min(max(value, low), high) for value in values], np.int32)[:, None]


def _level_table(levels: tuple[int, ...]) -> NDArray[np.int32]:
    return (np.arange(PIXEL_VALUES)[:, None] >= np.array(levels)).astype(np.int32)


class Input(Model):
    """Shape of an image (height, width[, channels]) or vector (n,), and how its pixels become input elements."""

    shape: tuple[Size, ...] = Field(min_length=1, max_length=3)
    encoding: Annotated[BinaryEncoding | ThermometerEncoding | IntegerEncoding, Field(discriminator="type")]
    stream_width: Count | None = None

    @cached_property
    def map(self) -> Map:
        """What enters the network: an image's pixels, or a vector as a single one."""
        height, width = self.shape[:2] if len(self.shape) > 1 else (1, 1)
        channels = prod(self.shape[2:]) if len(self.shape) > 1 else self.shape[0]
        if isinstance(self.encoding, IntegerEncoding):
            return Map(height, width, channels, self.encoding.bits, self.encoding.signed)
        levels = len(self.encoding.thresholds) if isinstance(self.encoding, ThermometerEncoding) else 1
        return Map(height, width, channels * levels)


class _Layer(Model):
    name: StrictStr

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not NAME.fullmatch(value) or value in RESERVED or value.endswith(RESERVED_ENDS):
            raise ValueError("must be lower-case letters, digits and _, begin with a letter, be no reserved word and"
                             f" not end in {', '.join(RESERVED_ENDS[:-1])} or {RESERVED_ENDS[-1]}")
        return value


class FullyConnected(_Layer):
    """A matrix of -1/+1 weights; "sign" binarizes its output by batch norm and sign, "none" leaves the scores."""

    type: Literal["fc"]
    units: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)]
    activation: Literal["sign", "none"]
    inputs: Count | None = None

    def output(self, ifm: Map) -> Map:
        """Map that leaves for the map `ifm` that enters."""
        if self.inputs is not None and self.inputs != ifm.elements:
            raise ValueError(f"inputs {self.inputs}: the map in front of it has {ifm.elements} elements ({ifm})")
        return _scores(self.activation, 1, 1, self.units, ifm.elements, ifm)


class _Windowed(_Layer):
    """A layer that looks at the map through a window."""

    kernel: Pair

    def windows(self, ifm: Map, stride: tuple[int, int], padding: tuple[int, int, int, int]) -> tuple[int, int]:
        """Rows and columns of windows."""
        top, bottom, left, right = padding
        counts = []
        for axis, size, kernel, step, before, after in (
                ("height", ifm.height, self.kernel[0], stride[0], top, bottom),
                ("width", ifm.width, self.kernel[1], stride[1], left, right)):
            if max(before, after) >= kernel:
                raise ValueError(f"padding {max(before, after)}: must be less than the kernel's {axis} {kernel}")
            if kernel > size + before + after:
                padded = f"{size}" if not before + after else f"{size} + {before + after} of padding"
                raise ValueError(f"kernel {self.kernel[0]}x{self.kernel[1]}: its {axis} must be at most that of the"
                                 f" map in front of it, {padded} (map {ifm})")
            counts.append((size + before + after - kernel) // step + 1)
        frame = (ifm.height + top + bottom) * (ifm.width + left + right) * ifm.channels
        for what, size in (("padded map", frame), ("windows", prod(counts) * prod(self.kernel) * ifm.channels)):
            if size > MOST_WINDOW_ELEMENTS:
                raise ValueError(f"its {what} would have {size} elements a frame: at most {MOST_WINDOW_ELEMENTS} are"
                                 " supported")
        return counts[0], counts[1]


class Convolution(_Windowed):
    """A matrix of -1/+1 weights applied to every window; `padding` is top, bottom, left, right."""

    type: Literal["conv"]
    channels: Annotated[StrictInt, Field(ge=1, le=MOST_UNITS)]
    stride: Pair = (1, 1)
    padding: Sides = (0, 0, 0, 0)
    activation: Literal["sign", "none"]

    @property
    def units(self) -> int:
        """Rows of the matrix."""
        return self.channels

    def output(self, ifm: Map) -> Map:
        """Map that leaves for the map `ifm` that enters."""
        height, width = self.windows(ifm, self.stride, self.padding)
        return _scores(self.activation, height, width, self.channels, prod(self.kernel) * ifm.channels, ifm)


class MaxPool(_Windowed):
    """Maximum of each channel over a window; `stride` is the window's size where it is left out."""

    type: Literal["maxpool"]
    stride: Pair | None = None

    @property
    def step(self) -> tuple[int, int]:
        """Distance of windows."""
        return self.stride or self.kernel

    def output(self, ifm: Map) -> Map:
        """Map that leaves for the map `ifm` that enters."""
        height, width = self.windows(ifm, self.step, (0, 0, 0, 0))
        return Map(height, width, ifm.channels, ifm.bits, ifm.signed)


def sum_bits(inputs: int, ifm: Map) -> int:
    """Bits of the sum over `inputs` products: a popcount of binary elements, else two's complement."""
    return inputs.bit_length() if ifm.bits == 1 else (inputs * ifm.largest).bit_length() + 1


def _scores(activation: str, height: int, width: int, channels: int, inputs: int, ifm: Map) -> Map:
    if activation == "sign":
        return Map(height, width, channels)
    return Map(height, width, channels, max(2, sum_bits(inputs, ifm)), ifm.bits > 1)


Matrix = FullyConnected | Convolution
Layer = FullyConnected | Convolution | MaxPool


class Fold(Model):
    """Folding of a layer: SIMD divides its inputs, PE its units; `window`: whole windows of SIMD / kernel channels."""

    simd: Count
    pe: Count
    window: StrictBool = False


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
    """A whole network."""

    name: StrictStr
    description: StrictStr = ""
    dataset: DataSetName | None = None
    parameters: FileName
    input: Input
    layers: tuple[Annotated[Layer, Field(discriminator="type")], ...] = Field(min_length=1, max_length=MOST_LAYERS)
    output: Literal["label", "vector"] = "label"
    classes: tuple[Text, ...] = ()
    scenarios: dict[ScenarioName, Scenario] = Field(default_factory=dict)
    folding: dict[StrictStr, Fold] = Field(default_factory=dict)

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
        if not self.matrices:
            raise ValueError("layers: none has weights; at least one must be 'fc' or 'conv'")
        for layer in self.layers[:-1]:
            if not isinstance(layer, MaxPool) and layer.activation != "sign":
                raise ValueError(f"layer {layer.name!r}: activation {layer.activation!r}: only the last layer may"
                                 " leave its scores; the others must be 'sign'")
        if self.input.map.elements > MOST_ELEMENTS:
            raise ValueError(f"input: {self.input.map.elements} elements a frame: at most {MOST_ELEMENTS} are"
                             " supported")
        result = self.maps[-1]
        for matrix in self.matrices:
            weights = matrix.units * self.inputs(matrix)
            if weights > MOST_WEIGHTS:
                raise ValueError(f"layer {matrix.name!r}: {matrix.units} units of {self.inputs(matrix)} inputs are"
                                 f" {weights} weights: at most {MOST_WEIGHTS} are supported")
        self._check_output(result)
        width = self.input.stream_width
        if width is not None and width > self.input.map.frame_bits:
            raise ValueError(f"input: stream_width {width}: must be at most {self.input.map.frame_bits}, the bits of"
                             " a frame")
        if self.classes and len(self.classes) != result.elements:
            raise ValueError(f"classes: {len(self.classes)} names for the {result.elements} units of layer"
                             f" {self.layers[-1].name!r}")
        for folding in (self.folding, *(scenario.folding for scenario in self.scenarios.values())):
            for layer_name, fold in folding.items():
                check_fold(self, layer_name, fold)
        return self

    def _check_output(self, result: Map) -> None:
        last = self.layers[-1]
        if self.output != "label":
            return
        if isinstance(last, MaxPool):
            raise ValueError(f"layer {last.name!r}: a maxpool layer has no scores: output 'label' picks the largest"
                             " score, so the last layer must be 'fc' or 'conv' (or output 'vector')")
        if last.activation != "none":
            raise ValueError(f"layer {last.name!r}: activation 'sign': output 'label' picks the largest score,"
                             " so the last layer must be 'none' (or output 'vector')")
        if result.height * result.width != 1:
            raise ValueError(f"layer {last.name!r}: leaves a map of {result}: output 'label' needs a single pixel,"
                             " one score a class")
        if result.channels < 2:
            raise ValueError(f"layer {last.name!r}: units 1: output 'label' needs at least 2 scores")

    @cached_property
    def maps(self) -> tuple[Map, ...]:
        """Map in front of each layer, and behind the last one.

        Raises:
            ValueError: a window that does not fit its map, or an input count that is not the map's.
        """
        maps = [self.input.map]
        for layer in self.layers:
            try:
                maps.append(layer.output(maps[-1]))
            except ValueError as error:
                raise ValueError(f"layer {layer.name!r}: {error}") from None
            if maps[-1].elements > MOST_ELEMENTS:
                raise ValueError(f"layer {layer.name!r}: leaves {maps[-1].elements} elements a frame: at most"
                                 f" {MOST_ELEMENTS} are supported")
        return tuple(maps)

    @cached_property
    def matrices(self) -> tuple[Matrix, ...]:
        """The layers with weights."""
        return tuple(layer for layer in self.layers if not isinstance(layer, MaxPool))

    def ifm(self, layer: Layer) -> Map:
        """The map in front of a layer."""
        return self.maps[self.layers.index(layer)]

    def ofm(self, layer: Layer) -> Map:
        """The map behind a layer."""
        return self.maps[self.layers.index(layer) + 1]

    def inputs(self, layer: Matrix) -> int:
        """Width of a layer's matrix."""
        ifm = self.ifm(layer)
        return prod(layer.kernel) * ifm.channels if isinstance(layer, Convolution) else ifm.elements

    def class_name(self, label: int) -> str:
        """Name of a class, its number where the topology gives none."""
        return self.classes[label] if self.classes else str(label)


def with_scores(topology: Topology) -> Topology:
    """The same network, giving all scores instead of the label."""
    return topology.model_copy(update={"output": "vector"})


def window_channels(topology: Topology, layer: Matrix, simd: int) -> int:
    """Channels of each pixel in a beat of whole windows that carries `simd` elements; 0 where none is possible."""
    if not isinstance(layer, Convolution):
        return 0
    size = prod(layer.kernel)
    top, bottom, left, right = layer.padding
    grows = top + bottom >= layer.kernel[0] or left + right >= layer.kernel[1]
    if size == 1 or simd % size or topology.ifm(layer).channels % (simd // size) or grows:
        return 0
    return simd // size


def check_fold(topology: Topology, layer_name: str, fold: Fold) -> None:
    """Raise ValueError unless `fold` is legal for the layer."""
    names = [layer.name for layer in topology.matrices]
    if layer_name not in names:
        raise ValueError(f"folding: layer {layer_name!r} does not exist; those with weights are {', '.join(names)}")
    layer = topology.matrices[names.index(layer_name)]
    inputs, units = topology.inputs(layer), layer.units
    if inputs % fold.simd:
        raise ValueError(f"layer {layer_name!r}: simd {fold.simd}: must divide its {inputs} inputs")
    if units % fold.pe:
        raise ValueError(f"layer {layer_name!r}: pe {fold.pe}: must divide its {units} units")
    if fold.window and not window_channels(topology, layer, fold.simd):
        raise ValueError(f"layer {layer_name!r}: simd {fold.simd} in whole windows: must be the kernel's size (more"
                         " than 1) times a divisor of the map's channels, and the padding less than the kernel")


def _place(location: tuple[int | str, ...], document: Any) -> str:
    """'layer 'fc1': key 'units'' for an error's location inside the document."""
    parts: list[str] = []
    # pydantic names the chosen member of a union in the location; the user did not write that.
    if location[:1] == ("layers",) and len(location) >= 2:
        try:
            name = document["layers"][location[1]]["name"]
        except (KeyError, IndexError, TypeError):
            name = None
        parts.append(f"layer {shown(name)}" if isinstance(name, str) else f"layers[{location[1]}]")
        location = location[2:]
        location = location[1:] if location[:1] in (("fc",), ("conv",), ("maxpool",)) else location
    elif location[:2] == ("input", "encoding") and location[2:3] in (("binary",), ("thermometer",), ("integer",)):
        location = (*location[:2], *location[3:])
    keys = [str(part) for part in location if part != "[key]"]
    if keys:
        parts.append(f"key {shown('.'.join(keys))}")
    return ": ".join(parts)


def parse_topology(document: Any, source: str) -> Topology:
    """Validate a decoded JSON document.

    Raises:
        FinnError: one line that names source, layer, key, value and rule.
    """
    try:
        return Topology.model_validate(document)
    except ValidationError as error:
        location, value, rule = complaint(error)
        place = _place(location, document)
        # A rule about the whole names what breaks it.
        value = f"value {value}" if value and (place or not isinstance(document, dict)) else ""
        rule += "; see docs/topology.md" if rule == "unknown key" else ""
        raise FinnError(": ".join(part for part in (source, place, value, rule) if part)) from None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"key {shown(key)} stands twice in one object")
    return found


def _whole_number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits, at most {MOST_DIGITS} are taken")
    return int(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number that JSON knows")


def load_topology(path: Path) -> Topology:
    """Read and validate a topology file.

    Raises:
        FinnError: the file cannot be read, is not JSON, or breaks a rule.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise FinnError(f"{path}: has {path.stat().st_size} bytes; a topology has at most {MOST_BYTES}")
        document = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_no_duplicates,
                              parse_int=_whole_number, parse_constant=_no_number)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise FinnError(f"{path}: cannot be read ({reason})") from None
    except RecursionError:
        raise FinnError(f"{path}: not valid JSON: objects and lists are nested too deeply") from None
    except ValueError as error:
        raise FinnError(f"{path}: not valid JSON: {error}") from None
    return parse_topology(document, str(path))


def encode_images(spec: Input, images: NDArray[np.uint8], source: str = "images") -> NDArray[np.int32]:
    """Images uint8 (n, *shape) to input elements int32 (n, elements): 0/1 for -1/+1, or numbers.

    Raises:
        FinnError: images of another shape or type.
    """
    if images.dtype != np.uint8:
        raise FinnError(f"{source}: pixels are {images.dtype}, must be uint8 (0 to 255)")
    if images.shape[1:] != spec.shape or not len(images):
        raise FinnError(f"{source}: images have shape {tuple(images.shape[1:])}, the network takes {spec.shape}")
    return spec.encoding.table()[images].reshape(len(images), -1)
