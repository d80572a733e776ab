"""How the pixels of an image become the elements of a network's input."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cached_property
from math import floor, prod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, StrictBool, StrictInt, field_validator

from finn_rtl.common.errors import FinnError
from finn_rtl.common.maps import Map
from finn_rtl.common.schema import Count, Model
from finn_rtl.operators.schema import Size

PIXEL_VALUES = 256
# What a number in the file may have: its exact value is computed with.
MOST_DIGITS = 64
RATIO = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?|[+-]?\d+/0*[1-9]\d*", re.ASCII | re.IGNORECASE)


def _fraction(value: Any) -> Fraction:
    """A number, or a ratio such as "256/255"; floating point is taken as the decimal number that was written."""
    try:
        text = str(value) if type(value) in (int, float, str) else ""
    except ValueError:
        text = ""
    if len(text) > MOST_DIGITS or not RATIO.fullmatch(text):
        raise ValueError(f'must be a number or a ratio such as "256/255", of at most {MOST_DIGITS} characters and with'
                         " an exponent of at most 3 digits")
    return Fraction(text)


Rational = Annotated[Fraction, BeforeValidator(_fraction)]


class BinaryEncoding(Model):
    """One input element a pixel: +1 where the pixel is at least the threshold, else -1."""

    type: Literal["binary"]
    threshold: StrictInt = Field(ge=1, le=255)

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, 1), 0 or 1."""
        return _level_table((self.threshold,))


class ThermometerEncoding(Model):
    """Several input elements a pixel, side by side: element i is +1 where the pixel is at least thresholds[i]."""

    type: Literal["thermometer"]
    thresholds: tuple[Annotated[StrictInt, Field(ge=1, le=255)], ...] = Field(min_length=1)

    @field_validator("thresholds")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if any(a >= b for a, b in zip(value, value[1:], strict=False)):
            raise ValueError("must be strictly ascending")
        return value

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, thresholds), 0 or 1."""
        return _level_table(self.thresholds)


class IntegerEncoding(Model):
    """One number a pixel: floor(pixel * scale + offset + 1/2), limited to what `bits` bits hold."""

    type: Literal["integer"]
    bits: StrictInt = Field(ge=2, le=16)
    signed: StrictBool
    scale: Rational = Fraction(1)
    offset: Rational = Fraction(0)

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, 1)."""
        low = -(1 << self.bits - 1) if self.signed else 0
        high = low + (1 << self.bits) - 1
        values = [floor(pixel * self.scale + self.offset + Fraction(1, 2)) for pixel in range(PIXEL_VALUES)]
        return np.array([min(max(value, low), high) for value in values], np.int32)[:, None]


def _level_table(levels: tuple[int, ...]) -> NDArray[np.int32]:
    return (np.arange(PIXEL_VALUES)[:, None] >= np.array(levels)).astype(np.int32)


class Input(Model):
    """Shape of an image (height, width[, channels]) or vector (n,), and how its pixels become input elements."""

    shape: tuple[Size, ...] = Field(min_length=1, max_length=3)
    encoding: Annotated[BinaryEncoding | ThermometerEncoding | IntegerEncoding, Field(discriminator="type")]
    stream_width: Count | None = None

    @cached_property
    def map(self) -> Map:
        """What enters the network: an image's pixels, or a vector as a single one."""
        height, width = self.shape[:2] if len(self.shape) > 1 else (1, 1)
        channels = prod(self.shape[2:]) if len(self.shape) > 1 else self.shape[0]
        if isinstance(self.encoding, IntegerEncoding):
            return Map(height, width, channels, self.encoding.bits, self.encoding.signed)
        levels = len(self.encoding.thresholds) if isinstance(self.encoding, ThermometerEncoding) else 1
        return Map(height, width, channels * levels)


def encode_images(spec: Input, images: NDArray[np.uint8], source: str = "images") -> NDArray[np.int32]:
    """Images uint8 (n, *shape) to input elements int32 (n, elements): 0/1 for -1/+1, or numbers.

    Raises:
        FinnError: images of another shape or type.
    """
    if images.dtype != np.uint8:
        raise FinnError(f"{source}: pixels are {images.dtype}, must be uint8 (0 to 255)")
    if images.shape[1:] != spec.shape or not len(images):
        raise FinnError(f"{source}: images have shape {tuple(images.shape[1:])}, the network takes {spec.shape}")
    return spec.encoding.table()[images].reshape(len(images), -1)
