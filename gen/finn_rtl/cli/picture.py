"""A picture of images with the labels that hardware gave them."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.description.data import Dataset

COLUMNS, ROWS = 12, 5
# Of wrong images; the other rows are for right ones.
MOST_WRONG = COLUMNS * (ROWS - 1)
# Longer class names are written smaller.
SHORT_NAME = 5
ENDINGS = (".jpeg", ".jpg", ".pdf", ".png", ".svg", ".webp")


def check_picture(path: Path) -> None:
    """See that a picture can be written, before there is one.

    Raises:
        FinnError: no format is known by the file's ending, it cannot be written there, or nothing here draws.
    """
    require("sim", "matplotlib")
    if path.suffix.lower() not in ENDINGS:
        raise FinnError(f"{path}: no format for a picture; the name must end in {', '.join(ENDINGS)}")
    try:
        if path.is_dir():
            raise FinnError(f"{path}: is a folder; the picture must be a file")
        folder = next(folder for folder in path.absolute().parents if folder.exists())
        with tempfile.TemporaryFile(dir=folder), path.open("ab") if path.exists() else nullcontext():
            pass
    except OSError as error:
        raise FinnError(f"{path}: the picture cannot be written ({error.strerror or error})") from None


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
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    shown, note = choose(found == data.labels)
    figure, axes = plt.subplots(ROWS, COLUMNS, figsize=(COLUMNS * 0.9, ROWS * 1.12 + 0.5), layout="constrained")
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=110, format=path.suffix[1:].lower())
    except OSError as error:
        raise FinnError(f"{path}: the picture cannot be written ({error.strerror or error})") from None
    finally:
        plt.close(figure)
