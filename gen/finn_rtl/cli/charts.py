"""What the pictures of figures have in common: whether they can be written, colours, and that they come whole."""

from __future__ import annotations

import io
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from finn_rtl.common import processes
from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".jpeg", ".jpg", ".pdf", ".png", ".svg", ".webp")
# Told apart by those who see colours differently, too (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#000000")
MARKERS = "osD^vPX*"


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


def new_figure(width: float, height: float) -> Figure:
    """An empty picture of so many inches."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes long to load

    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a picture, all of it or nothing; its ending says the format.

    Raises:
        FinnError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with processes.workspace(path.parent, f".{path.name[:32]}-") as work:
            fresh = work / f"picture{path.suffix.lower()}"
            figure.savefig(fresh, dpi=110, format=path.suffix[1:].lower())
            fresh.replace(path)
    except OSError as error:
        raise FinnError(f"{path}: the picture cannot be written ({error.strerror or error})") from None


def image_of(figure: Figure, kind: str) -> bytes:
    """A picture as the content of a file."""
    content = io.BytesIO()
    figure.savefig(content, dpi=110, format=kind)
    return content.getvalue()


def plain_grid(axes: Axes) -> None:
    """A grid in the background, and no frame on the right and above."""
    axes.grid(True, which="major", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def short(number: float) -> str:
    """Three digits and a prefix: 12.5 M."""
    for size, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size * 0.9995:
            return f"{number / size:.3g} {prefix}"
    return f"{number:.3g} "
