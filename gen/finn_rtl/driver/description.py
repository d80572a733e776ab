"""What a driver must know of the hardware: accelerator.json, written by the generator beside the SystemVerilog."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from math import prod
from pathlib import Path
from string import hexdigits
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.driver.boxes import HEAD, BoxForm

FORMAT = 1
FILE = "accelerator.json"
# First word of an identity: "FINN" in the order of bytes in memory.
MAGIC = int.from_bytes(b"FINN", "little")
HOSTS = ("axi", "uart")
# Bytes of a frame or a result that axi_host and uart_host count.
MOST_STRIDES = {"axi": 1 << 27, "uart": 65535}
SHA256_DIGITS = 64
# Weights of each layer begin on a page: no burst of a reader crosses one.
PAGE = 4096
# Of all weights together, which axi_host counts.
MOST_WEIGHTS = (1 << 31) - PAGE
# Of numbers in the file that have no limit of their own.
MOST = 1 << 32


@dataclass(frozen=True)
class WeightStream:
    """A layer whose weights come from DRAM: `words` of `word_bits` bits, each used for `reuse` vectors.

    They lie there in `size` bytes, whole beats, as in the file named; `sha256`: hexadecimal digits of their hash.
    """

    layer: str
    file: str
    word_bits: int
    words: int
    reuse: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Description:
    """One accelerator.

    `identity` are the words that the hardware must answer. `table` int32 (256, elements a pixel) has the input elements
    of each pixel value. A result has `result_beats` beats of `result_width` bits (whole bytes); each starts with
    `values_per_beat` values of `value_bits` bits.
    """

    net: str
    #: "axi" or "uart": what is around the network.
    host: str
    identity: Mapping[str, int]
    #: Of an image: height, width[, channels]; or (n,).
    shape: tuple[int, ...]
    #: Largest pixel value that the network was trained with.
    pixel_max: int
    element_bits: int
    table: NDArray[np.int32]
    result_beats: int
    result_width: int
    values_per_beat: int
    value_bits: int
    signed_values: bool
    #: Whether the result is a label; else it is all scores.
    is_label: bool
    classes: tuple[str, ...]
    clock_mhz: float
    #: Bits of a beat in memory; 8 for a UART.
    data_width: int
    #: Of a detector, what its values mean; `classes` are those of boxes then.
    boxes: BoxForm | None = None
    #: Layers whose weights come from DRAM, in the order of the network.
    weights: tuple[WeightStream, ...] = ()

    @property
    def weights_offsets(self) -> tuple[int, ...]:
        """Bytes from the first of all weights to those of each layer."""
        return tuple(accumulate((_pages(stream.size) for stream in self.weights[:-1]), initial=0))[:len(self.weights)]

    @property
    def weights_size(self) -> int:
        """Bytes of all weights in memory, whole pages."""
        return sum(_pages(stream.size) for stream in self.weights)

    @property
    def elements(self) -> int:
        """Input elements of a frame."""
        return prod(self.shape) * len(self.table[0])

    @property
    def element_range(self) -> tuple[int, int]:
        """Least and largest input element; 0 and 1 for -1 and +1."""
        low = -(1 << self.element_bits - 1) if self.identity["input_bits"] >> 31 else 0
        return low, low + (1 << self.element_bits) - 1

    @property
    def frame_bits(self) -> int:
        """Bits of an input frame."""
        return self.elements * self.element_bits

    @property
    def input_stride(self) -> int:
        """Bytes from a frame to the next."""
        return -(-self.frame_bits // self.data_width) * self.data_width // 8

    @property
    def output_stride(self) -> int:
        """Bytes from a result to the next."""
        return -(-self.result_beats * self.result_width // self.data_width) * self.data_width // 8

    def class_name(self, label: int) -> str:
        """Name of a class, its number where it has none."""
        return self.classes[label] if label < len(self.classes) else str(label)


def _pages(size: int) -> int:
    return -(-size // PAGE) * PAGE


def render(description: Description) -> str:
    """The file's text."""
    fields = {**description.__dict__, "format": FORMAT, "table": description.table.tolist(),
              "identity": dict(description.identity),
              "boxes": None if description.boxes is None else asdict(description.boxes),
              "weights": [asdict(stream) for stream in description.weights]}
    return json.dumps({key: fields[key] for key in ("format", *description.__dict__)}) + "\n"


def read_description(path: Path | str) -> Description:
    """Read accelerator.json, or that of a folder.

    Raises:
        FinnError: no such file, or not one that the generator wrote.
    """
    path = Path(path)
    if path.is_dir():
        path = path / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error}); the generator writes {FILE} beside the"
                        " SystemVerilog of an accelerator") from None
    except (ValueError, RecursionError) as error:
        raise FinnError(f"{path}: not JSON ({error})") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FinnError(f"{path}: is not an accelerator.json of format {FORMAT}; generate the hardware again")
    try:
        return _description(_Fields(document))
    except ValueError as error:
        raise FinnError(f"{path}: {error}; it is incomplete or was changed: generate the hardware again") from None


class _Fields:
    """Takes values out of the document, each of which the generator writes with one type."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def take(self, key: str, kinds: Sequence[type], holds: Callable[[Any], bool], rule: str) -> Any:
        """A value of one of some types.

        Raises:
            ValueError: it is missing, of another type or breaks the rule.
        """
        if key not in self.document:
            raise ValueError(f"key {key!r} is missing")
        value = self.document[key]
        if type(value) not in kinds or not holds(value):
            raise ValueError(f"key {key!r}: value {value!r:.60}: must be {rule}")
        return value

    def number(self, key: str, low: int, high: int = MOST) -> int:
        """A whole number."""
        return int(self.take(key, (int,), lambda value: low <= value <= high, f"a whole number from {low} to {high}"))

    def flag(self, key: str) -> bool:
        """True or false."""
        return bool(self.take(key, (bool,), lambda _: True, "true or false"))


def _is_numbers(value: Any, low: int, high: int) -> bool:
    return isinstance(value, list) and bool(value) and all(type(i) is int and low <= i <= high for i in value)


def _identity(fields: _Fields) -> dict[str, int]:
    words: dict[str, int] = fields.take("identity", (dict,), lambda value: _is_numbers([*value.values()], 0, MOST - 1),
                                        "names of 32-bit words")
    for name in ("magic", "input_elements", "input_bits", "cycles_per_frame", "latency_cycles"):
        if name not in words:
            raise ValueError(f"key 'identity': has no word {name!r}")
    return words


def _is_sized(anchor: Any) -> bool:
    return isinstance(anchor, list) and len(anchor) == 2 and all(
        type(size) in (int, float) and 0 < size < MOST for size in anchor)


def _boxes(fields: _Fields) -> BoxForm | None:
    """What the values of a detector mean; None where the network is none, as in files that do not know the key."""
    if fields.document.get("boxes") is None:
        return None
    form = _Fields(fields.take("boxes", (dict,), bool, "an object"))

    def share(key: str) -> float:
        return float(form.take(key, (int, float), lambda value: 0 <= value <= 1, "a number from 0 to 1"))
    anchors = form.take("anchors", (list,), lambda value: bool(value) and all(map(_is_sized, value)),
                        "widths and heights greater than 0")
    return BoxForm(form.number("rows", 1), form.number("columns", 1),
                   tuple((float(width), float(height)) for width, height in anchors),
                   float(form.take("step", (int, float), lambda value: 0 < value < MOST, "a number greater than 0")),
                   share("threshold"), share("overlap"))


def _weights(fields: _Fields) -> tuple[WeightStream, ...]:
    """Layers whose weights come from DRAM; none in files that do not know the key."""
    if "weights" not in fields.document:
        return ()
    found = []
    for entry in fields.take("weights", (list,), lambda value: all(isinstance(one, dict) for one in value),
                             "a list of objects"):
        one = _Fields(entry)
        stream = WeightStream(
            one.take("layer", (str,), str.isidentifier, "a layer's name"),
            one.take("file", (str,), lambda value: bool(value) and Path(value).name == value, "a file's name"),
            one.number("word_bits", 1), one.number("words", 1), one.number("reuse", 1), one.number("size", 1),
            one.take("sha256", (str,), lambda value: len(value) == SHA256_DIGITS and set(value) <= set(hexdigits),
                     f"{SHA256_DIGITS} hexadecimal digits"))
        if 8 * stream.size < stream.words * stream.word_bits:
            raise ValueError(f"key 'weights': {stream.words} words of {stream.word_bits} bits of layer {stream.layer!r}"
                             f" do not fit {stream.size} bytes")
        found.append(stream)
    return tuple(found)


def _description(fields: _Fields) -> Description:
    table = fields.take("table", (list,), lambda rows: len(rows) == 256 and all(
        _is_numbers(row, -(1 << 15), (1 << 16) - 1) and len(row) == len(rows[0]) for row in rows),
        "a row of numbers for each of the 256 pixel values")
    description = Description(
        net=fields.take("net", (str,), str.isidentifier, "the network's name"),
        host=fields.take("host", (str,), HOSTS.__contains__, " or ".join(map(repr, HOSTS))), identity=_identity(fields),
        shape=tuple(fields.take("shape", (list,), lambda value: _is_numbers(value, 1, MOST) and len(value) <= 3,
                                "1 to 3 whole numbers from 1")),
        pixel_max=fields.number("pixel_max", 1, 255), element_bits=fields.number("element_bits", 1, 16),
        table=np.array(table, np.int32), result_beats=fields.number("result_beats", 1),
        result_width=fields.number("result_width", 8), values_per_beat=fields.number("values_per_beat", 1),
        value_bits=fields.number("value_bits", 1, 62), signed_values=fields.flag("signed_values"),
        is_label=fields.flag("is_label"),
        classes=tuple(fields.take("classes", (list,), lambda value: all(isinstance(name, str) for name in value),
                                  "names of classes")),
        clock_mhz=float(fields.take("clock_mhz", (int, float), lambda value: 0 < value < MOST,
                                    "a finite number greater than 0")),
        data_width=fields.number("data_width", 8), boxes=_boxes(fields), weights=_weights(fields))
    _check(description)
    return description


def _check(form: Description) -> None:
    """Raise ValueError where values contradict each other."""
    elements, bits = form.identity["input_elements"], form.identity["input_bits"] & 0xFFFF
    if (form.elements, form.element_bits) != (elements, bits):
        raise ValueError(f"keys 'shape', 'table' and 'element_bits': {form.elements} elements of {form.element_bits}"
                         f" bits a frame, but by 'identity' it has {elements} of {bits}")
    low, high = form.element_range
    if form.table.min() < low or form.table.max() > high:
        raise ValueError(f"key 'table': must have numbers from {low} to {high}")
    if form.result_width % 8 or form.data_width % 8:
        raise ValueError("keys 'result_width' and 'data_width': must be whole bytes")
    if form.values_per_beat * form.value_bits > form.result_width:
        raise ValueError(f"keys 'values_per_beat' and 'value_bits': {form.values_per_beat} values of {form.value_bits}"
                         f" bits do not fit the {form.result_width} of a beat")
    if form.boxes is not None:
        cells = form.boxes.rows * form.boxes.columns * len(form.boxes.anchors)
        values = form.result_beats * form.values_per_beat
        if form.is_label or len(form.shape) < 2 or values != cells * (HEAD + len(form.classes)):
            raise ValueError(f"key 'boxes': {cells} boxes of {len(form.classes)} classes are not made of {values}"
                             " values")
    if form.weights and form.host != "axi":
        raise ValueError(f"key 'weights': host {form.host!r} has no memory")
    if form.weights_size > MOST_WEIGHTS:
        raise ValueError(f"key 'weights': {form.weights_size} bytes: must be at most {MOST_WEIGHTS}")
    for what, stride in (("frame", form.input_stride), ("result", form.output_stride)):
        if stride > MOST_STRIDES[form.host]:
            raise ValueError(f"a {what} of {stride} bytes: must be at most {MOST_STRIDES[form.host]}")
