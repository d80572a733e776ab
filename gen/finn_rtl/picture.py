"""A picture of images with the labels that hardware gave them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.data import Dataset
from finn_rtl.errors import FinnError

COLUMNS, ROWS = 12, 5
# Longer class names are written smaller.
SHORT_NAME = 5


def draw_labels(path: Path, data: Dataset, found: NDArray[np.int64], names: tuple[str, ...], title: str) -> None:
    """Write a PNG with up to 60 images, wrong ones first, each under its label; wrong labels are red.

    Raises:
        FinnError: the file cannot be written.
    """
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    wrong = np.flatnonzero(found != data.labels)
    right = np.flatnonzero(found == data.labels)
    shown = np.concatenate([wrong[:COLUMNS], right])[: COLUMNS * ROWS]
    figure, axes = plt.subplots(ROWS, COLUMNS, figsize=(COLUMNS * 0.9, ROWS * 1.12 + 0.5), layout="constrained")
    figure.suptitle(title, fontsize=10)
    for axis in axes.flat:
        axis.axis("off")
    size = 9 if max(len(name) for name in names) <= SHORT_NAME else 7
    for axis, index in zip(axes.flat, shown, strict=False):
        image = data.images[index]
        axis.imshow(image, cmap="gray_r" if image.ndim == 2 else None, interpolation="nearest")
        is_right = found[index] == data.labels[index]
        text = names[found[index]] if is_right else f"{names[found[index]]} ({names[data.labels[index]]})"
        axis.set_title(text, fontsize=size, color="black" if is_right else "#c00000", pad=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise FinnError(f"{path}: the picture cannot be written ({error.strerror or error})") from None
    finally:
        plt.close(figure)
