"""What the generator knows of an operator, whichever it is: how it is written, its map, the IPs that it becomes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import PlainValidator, PrivateAttr, StrictStr, field_validator

from finn_rtl.common.errors import FinnError
from finn_rtl.common.maps import Map
from finn_rtl.common.names import checked_name
from finn_rtl.common.numbers import divisors
from finn_rtl.common.schema import Model
from finn_rtl.ips.axis_dwc import WidthConverter
from finn_rtl.ips.base import Ip
from finn_rtl.operators.schema import Fold, Quantizer

# Names that the generated top level already uses, and ends of names that IPs of a layer have.
RESERVED = frozenset({"top", "guard", "guarded", "label", "result"})
RESERVED_ENDS = ("_dwc", "_swu", "_mvtu", "_fifo")
# Name of the network's input among the sources of a layer.
INPUT = "input"


def names_of(value: Any) -> tuple[str, ...]:
    """A list of names."""
    if not isinstance(value, list | tuple) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError("must be a list of the names of layers")
    return tuple(value)


class Operator(Model):
    """A layer of a topology; its class is its `type`.

    `inputs` names what it reads: layers before it, or "input"; the layer in front of it where it is left out.
    """

    name: StrictStr
    inputs: Annotated[tuple[str, ...] | None, PlainValidator(names_of)] = None

    #: Maps that it reads.
    arity: ClassVar[int] = 1
    #: Whether the parameter file holds something for it.
    has_parameters: ClassVar[bool] = False
    #: Whether it is folded, and takes streams by its folding alone; else it follows those that come.
    is_folded: ClassVar[bool] = False

    _banks: int = PrivateAttr(default=0)

    @property
    def banks(self) -> int:
        """Banks of its parameters' memories, which are loaded at run time; 0: they are constants."""
        return self._banks

    def changeable(self, banks: int) -> Self:
        """The same layer with so many banks."""
        found = self.model_copy()
        found._banks = banks
        return found

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return checked_name(value, RESERVED, RESERVED_ENDS)

    @property
    def kind(self) -> str:
        """Its `type`."""
        return str(getattr(self, "type"))  # noqa: B009 - every operator has one of its own

    @property
    def reads(self) -> tuple[str, ...] | None:
        """Names of what it reads, None for the layer in front of it."""
        return self.inputs

    @property
    def leaves_scores(self) -> bool:
        """Whether its elements are sums that no activation has seen."""
        return False

    @abstractmethod
    def output(self, *ifms: Map) -> Map:
        """Map that leaves for the maps that enter.

        Raises:
            ValueError: they do not fit it.
        """

    def foldings(self, *ifms: Map) -> Iterator[Fold]:
        """Foldings that are worth a look; none where it follows the streams in front of it."""
        return iter(())

    def check_fold(self, fold: Fold, *ifms: Map) -> None:
        """Raise ValueError unless `fold` is legal."""
        raise ValueError(f"layer {self.name!r}: has no folding of its own; those with weights have")

    @abstractmethod
    def widths(self, ifms: Sequence[Map], offered: Sequence[int], fold: Fold | None) -> tuple[int, ...]:
        """Bits of the beats that it takes, where beats of `offered` bits come."""

    @abstractmethod
    def stages(self, ifms: Sequence[Map], widths: Sequence[int], fold: Fold | None) -> tuple[Ip, ...]:
        """Its IPs, each behind the one before, for beats of these widths (see `widths`)."""

    def frame(self, ifm: Map) -> tuple[int, int]:
        """Bits of the parts in which it reads a map, and how many of them there are: the pixels of one."""
        return ifm.pixel_bits, ifm.pixels

    def converters(self, ifms: Sequence[Map], offered: Sequence[int], widths: Sequence[int], dense: Sequence[bool]
                   ) -> tuple[tuple[WidthConverter, ...], ...]:
        """What stands between the streams that come and those that it takes; `dense`: frames come without gaps.

        Beats of several pixels are by rows, in front of it and behind: each row has beats of its own.
        """
        names = [self.name] if len(ifms) == 1 else [f"{self.name}__{side}" for side in "ab"]
        return tuple(self._between(name, ifm, width, taken, is_dense) for name, ifm, width, taken, is_dense
                     in zip(names, ifms, offered, widths, dense, strict=True))

    def _between(self, name: str, ifm: Map, width: int, taken: int, is_dense: bool) -> tuple[WidthConverter, ...]:
        pixel, row, (unit, units) = ifm.pixel_bits, ifm.width * ifm.pixel_bits, self.frame(ifm)
        comes_in_rows = width > pixel and row % width > 0 and not is_dense
        takes_rows = taken > pixel and units == ifm.pixels and units > 1
        first: WidthConverter | None = None
        last: WidthConverter | None = WidthConverter(name, width, taken, row, ifm.height)
        if not comes_in_rows and not takes_rows:
            last = converter(name, width, taken, unit, units)
        elif width == taken and (not is_dense or row % width == 0):
            last = None
        elif is_dense and row % width:
            # Rows do not begin with beats of the frame: in parts of a row that do, at least as wide.
            part = min(count for count in divisors(ifm.width) if count * pixel >= taken) * pixel
            first = converter(f"{name}__rows", width, part, part, ifm.frame_bits // part)
            last = WidthConverter(name, part, taken, row, ifm.height) if part != taken else None
        elif comes_in_rows and not takes_rows and row % taken:
            first = WidthConverter(f"{name}__rows", width, pixel, row, ifm.height)
            last = converter(name, pixel, taken, unit, units)
        return tuple(lead for lead in (first, last) if lead is not None)


def quantized_map(height: int, width: int, channels: int, quantizer: Quantizer | None) -> Map:
    """The map behind an activation: of -1 and +1, or of a quantizer's levels."""
    if quantizer is None:
        return Map(height, width, channels)
    return Map(height, width, channels, quantizer.bits, quantizer.signed, quantizer.range if quantizer.narrow else None,
               unipolar=quantizer.bits == 1)


def no_hardware(layer: str, what: str) -> FinnError:
    """What a layer is refused with that can be computed, but has no IP."""
    return FinnError(f"layer {layer!r}: no hardware is there for {what} yet; only infer and accuracy take it")


def converter(name: str, s_width: int, m_width: int, unit_bits: int, units: int) -> WidthConverter | None:
    """The converter between two widths, for frames of `units` equal parts of `unit_bits`; None where none is needed."""
    if unit_bits % s_width == 0 and unit_bits % m_width == 0:
        return WidthConverter(name, s_width, m_width, unit_bits, units) if s_width != m_width else None
    frame_bits = unit_bits * units
    if s_width == m_width and frame_bits % s_width == 0:
        return None
    return WidthConverter(name, s_width, m_width, frame_bits)


def elements_of(ifm: Map, width: int) -> int:
    """Elements a beat of an operator that follows its stream: those that come if they divide a pixel, else a pixel."""
    elements = width // ifm.bits if width % ifm.bits == 0 else 0
    return elements if elements and ifm.channels % elements == 0 else ifm.channels
