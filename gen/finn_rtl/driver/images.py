"""From picture files to what a network was trained with."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.driver.errors import DriverError

if TYPE_CHECKING:
    from PIL import Image

# Wider or taller pictures are taken for a mistake.
MOST_PIXELS = 100_000_000
# Formats whose 16-bit grey pictures use all of their 16 bits, whatever the mode that Pillow has for them.
SIXTEEN_BITS = frozenset({"JPEG2000", "PNG", "PPM"})
# Tags of TIFF.
BITS_PER_SAMPLE, PHOTOMETRIC = 258, 262
WHITE_IS_ZERO = 0


def _tags(picture: Image.Image) -> Mapping[int, Any]:
    """Those of a TIFF; nothing else has any."""
    tags: Mapping[int, Any] = getattr(picture, "tag_v2", {})
    return tags


def _white(picture: Image.Image) -> int:
    """The number that is white in a picture of numbers wider than a byte.

    Raises:
        ValueError: it is not known.
    """
    if picture.format in SIXTEEN_BITS and picture.mode != "F":
        return (1 << 16) - 1
    if picture.format == "TIFF" and picture.mode.startswith("I;16"):
        return int((1 << _tags(picture).get(BITS_PER_SAMPLE, (16,))[0]) - 1)
    raise ValueError(f"mode {picture.mode} of {picture.format}: which of its numbers is white is not known; save it"
                     " with 8 or 16 bits a pixel, as PNG")


def _grey(picture: Image.Image, white: int, is_negative: bool) -> Image.Image:
    """A picture of numbers from 0 to `white` with 8 bits a pixel."""
    from PIL import Image

    wide = np.asarray(picture).astype(np.int64)
    array = (np.clip(wide, 0, white) * 510 + white) // (2 * white)
    if is_negative:
        array = 255 - array
    array[wide == picture.info.get("transparency", -1)] = 255
    return Image.fromarray(array.astype(np.uint8))


def _as_shown(picture: Image.Image) -> Image.Image:
    """A picture as viewers show it: turned as its EXIF data say, transparent parts white; RGB, 8 bits a channel."""
    from PIL import Image, ImageOps

    is_wide = picture.mode[0] in "IF"
    white = _white(picture) if is_wide else 255
    is_negative = _tags(picture).get(PHOTOMETRIC) == WHITE_IS_ZERO
    turned = ImageOps.exif_transpose(picture)
    if is_wide:
        turned = _grey(turned, white, is_negative)
    # Premultiplied grey can become nothing else in one step.
    coloured = (turned.convert("LA") if turned.mode == "La" else turned).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("RGB")


def read_image(path: Path | str, shape: tuple[int, ...], pixel_max: int = 255, *, invert: bool = False
               ) -> NDArray[np.uint8]:
    """Read a picture (PNG, JPEG, ...), cut its middle to the network's proportions and resize it.

    It is taken as viewers show it: turned as its EXIF data say, transparent parts white, 16 bits scaled to 8.

    Args:
        path: the file.
        shape: height, width[, channels], channels being 1 (grey) or 3 (red, green, blue).
        pixel_max: largest pixel value that the network knows; 255 becomes that.
        invert: for white things on black, as in MNIST, photographed the other way round.

    Returns:
        uint8 of `shape`.

    Raises:
        DriverError: the file is no picture, or one of numbers whose black and white are not known (32 bits, floating
            point), or the network takes none.
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
        # By name, Pillow 13 mixes up width and height of a TIFF that is to be turned.
        with warnings.catch_warnings(), Path(path).open("rb") as file:
            # Of odd metadata nobody needs to know.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as picture:
                pixels = _as_shown(picture)
    except Exception as error:
        # Readers of broken files raise whatever they stumble over.
        raise DriverError(f"{path}: cannot be read as a picture ({' '.join(str(error).split())})") from None
    if channels == 1:
        pixels = pixels.convert("L")
    scale = min(pixels.width / width, pixels.height / height)
    cut = (round(width * scale), round(height * scale))
    left, top = (pixels.width - cut[0]) // 2, (pixels.height - cut[1]) // 2
    small = pixels.resize((width, height), Image.Resampling.BOX if scale >= 1 else Image.Resampling.BILINEAR,
                          (left, top, left + cut[0], top + cut[1]))
    array = np.asarray(small, np.uint8)
    if invert:
        array = 255 - array
    if pixel_max != 255:
        array = ((array.astype(np.uint32) * pixel_max + 127) // 255).astype(np.uint8)
    return array.reshape(shape)
