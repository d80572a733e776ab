"""From picture files to what a network was trained with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.errors import DriverError

# Wider or taller pictures are taken for a mistake.
MOST_PIXELS = 100_000_000


def read_image(path: Path, shape: tuple[int, ...], pixel_max: int = 255, *, invert: bool = False) -> NDArray[np.uint8]:
    """Read a picture (PNG, JPEG, ...), cut its middle to the network's proportions and resize it.

    Args:
        path: the file.
        shape: height, width[, channels], channels being 1 (grey) or 3 (red, green, blue).
        pixel_max: largest pixel value that the network knows; 255 becomes that.
        invert: for white things on black, as in MNIST, photographed the other way round.

    Returns:
        uint8 of `shape`.

    Raises:
        DriverError: the file is no picture, or the network takes none.
    """
    channels = shape[2] if len(shape) == 3 else 1
    if len(shape) < 2 or channels not in (1, 3):
        raise DriverError(f"{path}: a network with input shape {shape} takes no pictures")
    try:
        from PIL import Image
    except ImportError:
        raise DriverError(f"{path}: reading pictures needs Pillow; pip install pillow") from None
    height, width = shape[:2]
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(path) as picture:
            coloured = picture.convert("RGBA")
            # Transparent parts count as white, as viewers show them.
            opaque = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)
            pixels = opaque.convert("RGB" if channels == 3 else "L")
            scale = min(pixels.width / width, pixels.height / height)
            cut = (round(width * scale), round(height * scale))
            left, top = (pixels.width - cut[0]) // 2, (pixels.height - cut[1]) // 2
            small = pixels.resize((width, height), Image.Resampling.BOX if scale >= 1 else Image.Resampling.BILINEAR,
                                  (left, top, left + cut[0], top + cut[1]))
            array = np.asarray(small, np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DriverError(f"{path}: cannot be read as a picture ({' '.join(str(error).split())})") from None
    if invert:
        array = 255 - array
    if pixel_max != 255:
        array = ((array.astype(np.uint32) * pixel_max + 127) // 255).astype(np.uint8)
    return array.reshape(shape)
