"""A picture of images with the labels that hardware gave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.cli.charts import new_figure, save_figure
from finn_rtl.description.data import Dataset

COLUMNS, ROWS = 12, 5
# Of wrong images; the other rows are for right ones.
MOST_WRONG = COLUMNS * (ROWS - 1)
# Longer class names are written smaller.
SHORT_NAME = 5


def choose(is_right: NDArray[np.bool_]) -> tuple[NDArray[np.int64], str]:
    """Which images to show, wrong ones first, and what the picture says of those."""
    wrong, right = np.flatnonzero(~is_right), np.flatnonzero(is_right)
    shown = np.concatenate([wrong[:MOST_WRONG], right])[: COLUMNS * ROWS]
    if not len(wrong):
        return shown, "no wrong one"
    part = f"the first {MOST_WRONG:,} of {len(wrong):,}" if len(wrong) > MOST_WRONG else f"all {len(wrong):,}"
    return shown, f"{part} wrong ones in red, with the true label"


def draw_labels(path: Path, data: Dataset, found: NDArray[np.int64], names: tuple[str, ...], title: str) -> None:
    """Write a picture with up to 60 images, wrong ones first, each under its label; wrong labels are red.

    Args:
        path: of the PNG.
        data: images and true labels.
        found: labels by the hardware.
        names: of the classes.
        title: its first line; the second says how many of the wrong images are shown.

    Raises:
        FinnError: the file cannot be written.
    """
    shown, note = choose(found == data.labels)
    figure = new_figure(COLUMNS * 0.9, ROWS * 1.12 + 0.5)
    axes = figure.subplots(ROWS, COLUMNS)
    figure.suptitle(f"{title}\n{note}", fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    size = 9 if max(len(name) for name in names) <= SHORT_NAME else 7
    for axis, index in zip(axes.flat, shown, strict=False):
        image = data.images[index]
        axis.imshow(image, cmap="gray_r" if image.ndim == 2 else None, interpolation="nearest")
        is_right = found[index] == data.labels[index]
        text = names[found[index]] if is_right else f"{names[found[index]]} ({names[data.labels[index]]})"
        axis.set_title(text, fontsize=size, color="black" if is_right else "#c00000", pad=2,
                       parse_math=False)
    save_figure(figure, path)
