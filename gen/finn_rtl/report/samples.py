"""Pictures of a data set with the labels that were found for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finn_rtl.description.data import Dataset, pixel_max
from finn_rtl.report.charts import data_uri

MOST, MOST_WRONG = 24, 8


@dataclass(frozen=True)
class Sample:
    """A picture, what it was taken for, and what it is."""

    picture: str
    found: str
    truth: str

    @property
    def is_right(self) -> bool:
        """Whether it was taken for what it is."""
        return self.found == self.truth


@dataclass(frozen=True)
class Samples:
    """Some of `count` pictures, `right` of which were taken for what they are; `by` says by whom."""

    shown: tuple[Sample, ...]
    count: int
    right: int
    dataset: str
    by: str


def _pixels(image: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """As it is shown: grey ones dark on light."""
    scaled = np.clip(image.astype(np.int64) * 255 // most, 0, 255).astype(np.uint8)
    if scaled.ndim == 3 and scaled.shape[2] == 1:
        scaled = scaled[..., 0]
    return 255 - scaled if scaled.ndim == 2 else scaled


def chosen(is_right: NDArray[np.bool_]) -> list[int]:
    """Which pictures to show: some wrong ones, then right ones."""
    wrong = np.flatnonzero(~is_right)[:MOST_WRONG].tolist()
    return [*wrong, *np.flatnonzero(is_right)[:MOST - len(wrong)].tolist()]


def samples(data: Dataset, found: NDArray[np.int64], names: tuple[str, ...], dataset: str, by: str) -> Samples:
    """Pictures with their labels.

    Args:
        data: pictures and true labels.
        found: labels int64 (n,) of them.
        names: of the classes, at least as many as the data set has.
        dataset: its name.
        by: who found the labels.
    """
    is_right = found == data.labels
    most = pixel_max(dataset)
    shown = tuple(Sample(data_uri(_pixels(data.images[index], most)), names[found[index]], names[data.labels[index]])
                  for index in chosen(is_right))
    return Samples(shown, len(found), int(is_right.sum()), dataset, by)
