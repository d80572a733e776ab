"""How well boxes are found: average precision of each class, and their mean."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.boxes import overlaps

# Least overlap, intersection over union, with which a box counts as found.
LEAST_OVERLAP = 0.5


def _hits(told: Sequence[tuple[int, NDArray[np.float64]]], wanted: Sequence[NDArray[np.float64]]
          ) -> NDArray[np.float64]:
    """Of boxes of a class with their pictures, the surest first: 1 for those that find a true one that is open yet."""
    is_open = [np.ones(len(boxes), np.bool_) for boxes in wanted]
    hits = np.zeros(len(told))
    for index, (picture, box) in enumerate(told):
        shares = overlaps(box[:4], wanted[picture][:, :4]) * is_open[picture]
        if len(shares) and shares.max() >= LEAST_OVERLAP:
            is_open[picture][shares.argmax()] = False
            hits[index] = 1
    return hits


def _of_class(found: Sequence[NDArray[np.float64]], true: Sequence[NDArray[np.float64]], label: int
              ) -> tuple[NDArray[np.float64], int]:
    """Hits of all boxes of a class, the surest first, and how many true ones there are."""
    wanted = [boxes[boxes[:, 4] == label] for boxes in true]
    told = sorted(((-box[5], picture, number, box) for picture, boxes in enumerate(found)
                   for number, box in enumerate(boxes) if box[4] == label), key=lambda item: item[:3])
    return _hits([(picture, box) for _, picture, _, box in told], wanted), sum(map(len, wanted))


def right_boxes(found: Sequence[NDArray[np.float64]], true: Sequence[NDArray[np.float64]]) -> int:
    """How many boxes find a thing of their class; see average_precision."""
    labels = {int(label) for boxes in found for label in boxes[:, 4]}
    return int(sum(_of_class(found, true, label)[0].sum() for label in labels))


def average_precision(found: Sequence[NDArray[np.float64]], true: Sequence[NDArray[np.float64]], label: int) -> float:
    """Area below the curve of precision over recall of a class, which is made to fall; 0 where none is found.

    Each true box is found once, by the surest box of its class that overlaps it by LEAST_OVERLAP; others are wrong.

    Args:
        found: of each picture boxes (k, 6): left, top, right, bottom, label, score.
        true: of each picture boxes (k, 5): left, top, right, bottom, label.
        label: the class.

    Returns:
        0 to 1.
    """
    hits, count = _of_class(found, true, label)
    if not count or not len(hits):
        return 0.0
    recall, precision = hits.cumsum() / count, hits.cumsum() / np.arange(1, len(hits) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * falling).sum())


def mean_precision(found: Sequence[NDArray[np.float64]], true: Sequence[NDArray[np.float64]], classes: int) -> float:
    """Mean of the average precisions of all classes that there are (mAP); see average_precision."""
    there = [label for label in range(classes) if any((boxes[:, 4] == label).any() for boxes in true)]
    return sum(average_precision(found, true, label) for label in there) / max(1, len(there))
