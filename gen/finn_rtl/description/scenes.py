"""Scenes to find digits in: some of scikit-learn's digits, of several sizes, on a canvas with a little noise.

Everything follows from the digits and a seed. A scene's digits do not touch, and stay in the picture whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZE = 40
MOST_DIGITS = 3
# Pixels that a digit is high, as many across.
LEAST_SIZE, MOST_SIZE = 8, 16
# Pixels of less ink are no part of its box; noise has less.
INK, NOISE = 4, 2
TRIES = 20
#: Largest pixel value, that of the digits.
MOST_PIXEL = 16
#: Of the test scenes, by the digits that no training scene has.
TEST_SCENES, TEST_SEED = 400, 1


def resized(digit: NDArray[np.generic], size: int) -> NDArray[np.float64]:
    """A digit (8, 8) as (size, size), bilinear."""
    source = digit.astype(np.float64)
    place = (np.arange(size) + 0.5) * len(source) / size - 0.5
    low = np.clip(np.floor(place).astype(np.int64), 0, len(source) - 2)
    part = np.clip(place - low, 0.0, 1.0)
    rows = source[low] * (1 - part)[:, None] + source[low + 1] * part[:, None]
    found: NDArray[np.float64] = rows[:, low] * (1 - part) + rows[:, low + 1] * part
    return found


def _ink_box(patch: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is drawn."""
    rows, columns = (np.flatnonzero((patch >= INK).any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _touches(box: tuple[int, int, int, int], others: list[tuple[int, int, int, int, int]]) -> bool:
    left, top, right, bottom = box
    return any(left <= other[2] and other[0] <= right and top <= other[3] and other[1] <= bottom for other in others)


def draw_scene(digits: NDArray[np.uint8], labels: NDArray[np.int64], rng: np.random.Generator
               ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A scene of 1 to 3 digits.

    Args:
        digits: pictures (n, 8, 8) to choose from.
        labels: what they are, (n,).
        rng: what decides.

    Returns:
        Pixels (SIZE, SIZE), 0 to MOST_PIXEL, and boxes (k, 5): left, top, right, bottom in pixels, label.
    """
    canvas = rng.integers(0, NOISE + 1, (SIZE, SIZE)).astype(np.float64)
    boxes: list[tuple[int, int, int, int, int]] = []
    for _ in range(int(rng.integers(1, MOST_DIGITS + 1))):
        pick, size = int(rng.integers(len(digits))), int(rng.integers(LEAST_SIZE, MOST_SIZE + 1))
        patch = resized(digits[pick], size)
        left, top, right, bottom = _ink_box(patch)
        for _ in range(TRIES):
            x, y = (int(rng.integers(SIZE - size + 1)) for _ in range(2))
            box = x + left, y + top, x + right, y + bottom
            if not _touches(box, boxes):
                part = canvas[y:y + size, x:x + size]
                np.maximum(part, patch, out=part)
                boxes.append((*box, int(labels[pick])))
                break
    return np.rint(canvas).clip(0, MOST_PIXEL).astype(np.uint8), np.array(boxes, np.float64).reshape(-1, 5)


def draw_scenes(digits: NDArray[np.uint8], labels: NDArray[np.int64], count: int, rng: np.random.Generator
                ) -> tuple[NDArray[np.uint8], tuple[NDArray[np.float64], ...]]:
    """Several scenes: pixels (count, SIZE, SIZE), and the boxes of each; see draw_scene."""
    drawn = [draw_scene(digits, labels, rng) for _ in range(count)]
    return np.stack([pixels for pixels, _ in drawn]), tuple(boxes for _, boxes in drawn)
