"""Arrays of the NPZ file with a network's parameters, taken out one by one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.schema import shown
from finn_rtl.description.archive import entries, read_array

LAYOUT = "layout"
# Orders of a layer's inputs, and the dimensions of weights (0 units, 1 rows, 2 columns, 3 channels) in each: the
# hardware's own, and PyTorch's. The inputs of a fully connected layer are a map's, in the same order.
LAYOUTS: Mapping[str, tuple[int, int, int, int]] = {"ohwi": (0, 1, 2, 3), "oihw": (0, 3, 1, 2)}


class Reader:
    """Takes arrays out of the archive one by one, checking each; what is left at the end is unknown.

    An array is read when its shape and type are known to be right: a small file can hold a huge one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries = entries(path)
        self.layout = self._layout()
        # A layer whose shape tells its layout, and that.
        self.witness: tuple[str, str] | None = None

    def _layout(self) -> str | None:
        entry = self.entries.pop(LAYOUT, None)
        if entry is None:
            return None
        value = read_array(self.path, entry).tolist() if not entry.shape else f"an array of shape {entry.shape}"
        name = value.decode("latin-1") if isinstance(value, bytes) else value
        if not isinstance(name, str) or name not in LAYOUTS:
            raise FinnError(f"{self.path}: key {LAYOUT!r}: value {shown(name)}: must be the string 'oihw' (PyTorch's"
                            " own: channels first) or 'ohwi' (channels last); see docs/topology.md")
        return name

    def error(self, layer: str, key: str, text: str) -> FinnError:
        """What a key is refused with."""
        return FinnError(f"{self.path}: layer {layer!r}: key '{layer}.{key}': {text}")

    def has(self, layer: str, key: str) -> bool:
        """Whether the array is there, and not taken yet."""
        return f"{layer}.{key}" in self.entries

    def shape(self, layer: str, key: str) -> tuple[int, ...]:
        """Its shape; () where it is not there."""
        entry = self.entries.get(f"{layer}.{key}")
        return () if entry is None else entry.shape

    def take(self, layer: str, key: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        """Numbers of this shape.

        Raises:
            FinnError: the array is missing, of another shape or type, or has numbers that are not finite.
        """
        entry = self.entries.pop(f"{layer}.{key}", None)
        if entry is None:
            raise self.error(layer, key, f"is missing; must be an array of shape {shape}")
        if entry.shape != shape:
            raise self.error(layer, key, f"has shape {shown(entry.shape)}, must be {shape} by the topology")
        if entry.dtype.kind not in "iufb":
            raise self.error(layer, key, f"has type {shown(str(entry.dtype))}, must be numbers")
        array = read_array(self.path, entry)
        if array.dtype.kind == "f":
            # Wider floats may hold numbers that are infinite here.
            with np.errstate(over="ignore"):
                array = array.astype(np.float64)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            row = int(np.argwhere(~np.isfinite(array.reshape(-1)))[0, 0])
            raise self.error(layer, key, f"value {array.reshape(-1)[row]} at position {row}: must be finite")
        return array

    def take_positive(self, layer: str, key: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        """Numbers of this shape, greater than 0.

        Raises:
            FinnError: see `take`; or one is not.
        """
        array = self.take(layer, key, shape)
        wrong = np.argwhere(array.reshape(-1) <= 0)  # type: ignore[operator]
        if len(wrong):
            row = int(wrong[0, 0])
            place = f" at position {row}" if shape else ""
            raise self.error(layer, key, f"value {array.reshape(-1)[row]}{place}: must be greater than 0")
        return array
