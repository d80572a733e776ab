"""Where something is in a file, as complaints name it."""

from __future__ import annotations

from dataclasses import dataclass

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import clipped, printable


@dataclass(frozen=True)
class Place:
    """A node of a graph: its file, name and operator."""

    file: str
    name: str
    op: str

    def error(self, text: str) -> FinnError:
        """What it is refused with."""
        return FinnError(f"{self}: {text}")

    def __str__(self) -> str:
        return f"{self.file}: node {clipped(printable(self.name))!r} ({printable(self.op)})"


def text_of(value: str | bytes) -> str:
    """Text of a file: protobuf gives bytes where it is not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def later(place: Place, what: str) -> FinnError:
    """What is refused that can be computed, but that no layer is there for."""
    return place.error(f"{what}: no layer is there for it yet")
