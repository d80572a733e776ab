# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""The four patterns: a model in numpy, and the memory files of the MVTU (`python kernels.py` writes both)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SIZE = 4
#: Light minus dark, summed over the eight pixels of each half: 50 grey levels on average.
THRESHOLD = 400

LEFT = np.repeat([[1, 1, -1, -1]], SIZE, axis=0)
PATTERNS = np.stack([LEFT, -LEFT, LEFT.T, -LEFT.T])  # light on the left, on the right, above, below


def edges(picture: np.ndarray) -> np.ndarray:
    """Bit i of a window is set where pattern i reaches the threshold."""
    windows = np.lib.stride_tricks.sliding_window_view(picture.astype(int), (SIZE, SIZE))
    sums = np.tensordot(windows, PATTERNS, axes=((2, 3), (1, 2)))
    return (sums >= THRESHOLD) @ (1 << np.arange(len(PATTERNS)))


def memories() -> dict[str, str]:
    """The files as docs/ip/mvtu.md has them, for SIMD = 1 and PE = 4: a hexadecimal word a line."""
    rows = PATTERNS.reshape(len(PATTERNS), -1)
    # Word c holds column c, that is pixel c of the window: bit p is row p, 1 for +1.
    weights = [sum(1 << p for p in range(len(rows)) if rows[p, c] > 0) for c in range(rows.shape[1])]
    # One word: in field p where the row's sum starts, less by its threshold. A weight -1 takes 255 - x for -x.
    width = (255 * rows.shape[1]).bit_length() + 1
    fields = [(-THRESHOLD - 255 * int((row < 0).sum())) % (1 << width) for row in rows]
    return {
        "weights.mem": "".join(f"{word:x}\n" for word in weights),
        "thresholds.mem": f"{sum(field << width * p for p, field in enumerate(fields)):x}\n",
    }


if __name__ == "__main__":
    for name, text in memories().items():
        Path(name).write_text(text)
