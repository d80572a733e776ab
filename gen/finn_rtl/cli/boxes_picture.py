"""A picture of images with the boxes that hardware found in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from finn_rtl.cli.charts import COLOURS, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from finn_rtl.description.data import Dataset

COLUMNS, ROWS = 6, 4


def _frame(axes: Axes, box: NDArray[np.float64], text: str, colour: str, style: str = "-") -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - takes long to load

    left, top, right, bottom = box[:4] - 0.5
    axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linestyle=style,
                             linewidth=1.4 if style == "-" else 0.8))
    if text:
        axes.text(left, top - 0.6, text, color=colour, fontsize=7, va="bottom", parse_math=False)


def draw_boxes(path: Path, data: Dataset, found: Sequence[NDArray[np.float64]], names: Sequence[str], title: str
               ) -> None:
    """Write a picture with the first 24 images, each with its boxes, their classes and scores; true ones are dotted.

    Args:
        path: of the picture.
        data: images and true boxes.
        found: of each image boxes (k, 6) by the hardware: left, top, right, bottom, label, score.
        names: of the classes.
        title: its first line.

    Raises:
        FinnError: the file cannot be written.
    """
    figure = new_figure(COLUMNS * 1.5, ROWS * 1.55 + 0.5)
    axes = figure.subplots(ROWS, COLUMNS)
    figure.suptitle(f"{title}\nboxes of the hardware with class and score; dotted: the true ones", fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    assert data.boxes is not None
    for axis, image, boxes, true in zip(axes.flat, data.images, found, data.boxes, strict=False):
        axis.imshow(image, cmap="gray_r" if image.ndim == 2 else None, interpolation="nearest")
        for box in true:
            _frame(axis, box, "", COLOURS[7], ":")
        for box in boxes:
            label = int(box[4])
            _frame(axis, box, f"{names[label]} {box[5]:.2f}", COLOURS[label % len(COLOURS[:7])])
    save_figure(figure, path)
