"""Boxes around things, from the values of a detector's last map (Redmon & Farhadi, "YOLO9000", 2017): numpy alone.

Each pixel of the map is a cell of the picture, and has for every anchor 5 + classes values: where in the cell the box's
middle is (x, y; through a sigmoid), its width and height as logarithms of so many anchors, whether there is a thing
(through a sigmoid), and a score a class (through a softmax).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Of an anchor before the scores of its classes.
HEAD = 5
# Beyond, exp would make sizes that no picture has.
MOST_EXPONENT = 20.0


@dataclass(frozen=True)
class BoxForm:
    """How a detector tells boxes.

    `rows` and `columns` of the last map; `anchors` are widths and heights in pixels of the picture; `step` is what 1 of
    a value is worth; boxes of less than `threshold` are none; of boxes of a class that overlap by more than `overlap`,
    intersection over union, the better one stays.
    """

    rows: int
    columns: int
    anchors: tuple[tuple[float, float], ...]
    step: float
    threshold: float
    overlap: float


@dataclass(frozen=True)
class Box:
    """A thing in a picture: its edges in pixels, what it is, and how sure that is, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    label: int
    name: str
    score: float


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return found


def raw_boxes(form: BoxForm, values: NDArray[np.int64], height: int, width: int) -> NDArray[np.float64]:
    """All boxes of a picture of this size, sure or not: (cells * anchors, 4 + classes).

    Args:
        form: of the detector.
        values: the last map's, in order of rows, columns, channels.
        height: of the picture, pixels.
        width: likewise.

    Returns:
        Left, top, right, bottom in pixels, and for each class how sure a thing of it is there.
    """
    v = values.reshape(form.rows, form.columns, len(form.anchors), -1).astype(np.float64) * form.step
    row, column = np.arange(form.rows)[:, None, None], np.arange(form.columns)[None, :, None]
    x = (column + _sigmoid(v[..., 0])) * width / form.columns
    y = (row + _sigmoid(v[..., 1])) * height / form.rows
    sizes = np.array(form.anchors) * np.exp(np.minimum(v[..., 2:4], MOST_EXPONENT))
    scores = np.exp(v[..., HEAD:] - v[..., HEAD:].max(axis=-1, keepdims=True))
    scores *= (_sigmoid(v[..., 4]) / scores.sum(axis=-1))[..., None]
    half = sizes / 2
    edges = np.stack([x - half[..., 0], y - half[..., 1], x + half[..., 0], y + half[..., 1]], axis=-1)
    limits = np.array([width, height, width, height], np.float64)
    found = np.concatenate([np.clip(edges, 0, limits), scores], axis=-1)
    return found.reshape(-1, found.shape[-1])


def overlaps(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of a box (4,) with others (n, 4)."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    found: NDArray[np.float64] = both / np.maximum(areas - both, 1e-12)
    return found


def find_boxes(form: BoxForm, values: NDArray[np.int64], height: int, width: int,
               threshold: float | None = None) -> NDArray[np.float64]:
    """The boxes of a picture, the surest first, (k, 6): left, top, right, bottom, label, score.

    Of each class those that overlap a surer one by more than `form.overlap` are left out.

    Args:
        form: of the detector.
        values: see raw_boxes.
        height: of the picture, pixels.
        width: likewise.
        threshold: instead of the form's.
    """
    raw, least = raw_boxes(form, values, height, width), form.threshold if threshold is None else threshold
    kept: list[NDArray[np.float64]] = []
    for label in range(raw.shape[1] - 4):
        scores = raw[:, 4 + label]
        left = raw[np.argsort(-scores, kind="stable")]
        left = left[left[:, 4 + label] >= least]
        while len(left):
            kept.append(np.array([*left[0, :4], label, left[0, 4 + label]]))
            left = left[1:][overlaps(left[0, :4], left[1:, :4]) <= form.overlap]
    found = np.array(kept).reshape(-1, 6)
    order: NDArray[np.float64] = found[np.argsort(-found[:, 5], kind="stable")]
    return order
