"""A border of true zeros around a map of -1 and +1: what it changes in a row's sum, by the place of the window.

The border comes as -1. A weight whose input is 0 then counts once too little: the sums lack the weights that lie in the
border, which only the place of the window tells. Rows of windows are of classes by what of the kernel lies above or
below the map, columns likewise; the first and the last ones are a class each, all between are one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Side:
    """One direction: size of the map, of the kernel, its stride, and padding before and behind."""

    size: int
    kernel: int
    stride: int
    before: int
    behind: int

    @property
    def windows(self) -> int:
        """Windows."""
        return (self.size + self.before + self.behind - self.kernel) // self.stride + 1

    def outside(self, window: int) -> NDArray[np.bool_]:
        """Which places of the kernel lie in the border (kernel,)."""
        places = window * self.stride - self.before + np.arange(self.kernel)
        found: NDArray[np.bool_] = (places < 0) | (places >= self.size)
        return found

    @property
    def edges(self) -> tuple[int, int]:
        """Windows at the begin that meet the border before the map, and further ones that meet the one behind it."""
        first = min(self.windows, -(-self.before // self.stride))
        # The last window that ends inside the map.
        inside = (self.size + self.before - self.kernel) // self.stride
        return first, self.windows - max(first, min(self.windows, inside + 1))

    @property
    def classes(self) -> NDArray[np.bool_]:
        """Which places of the kernel lie in the border, of each class (classes, kernel)."""
        first, last = self.edges
        windows = [*range(first), *[first] * (first + last < self.windows), *range(self.windows - last, self.windows)]
        return np.array([self.outside(window) for window in windows])


@dataclass(frozen=True)
class Border:
    """The border of a convolution."""

    rows: Side
    columns: Side

    @property
    def classes(self) -> int:
        """Pairs of classes of rows and of columns."""
        return len(self.rows.classes) * len(self.columns.classes)

    def lacking(self, weight: NDArray[np.integer]) -> NDArray[np.int64]:
        """What the dot products lack in each pair of classes, pairs row by row: (classes, units).

        Args:
            weight: (units, inputs) in the order of row, column and channel of a window.
        """
        sums = weight.reshape(len(weight), self.rows.kernel, self.columns.kernel, -1).sum(axis=3, dtype=np.int64)
        outside = self.rows.classes[:, None, :, None] | self.columns.classes[None, :, None, :]
        found: NDArray[np.int64] = np.einsum("rcyx,uyx->rcu", outside.astype(np.int64), sums)
        return found.reshape(-1, len(weight))

    @property
    def parameters(self) -> dict[str, int]:
        """Those of mvtu."""
        (top, bottom), (left, right) = self.rows.edges, self.columns.edges
        return {"ZEROS": 1, "OFM_H": self.rows.windows, "OFM_W": self.columns.windows, "EDGE_TOP": top,
                "EDGE_BOTTOM": bottom, "EDGE_LEFT": left, "EDGE_RIGHT": right}
