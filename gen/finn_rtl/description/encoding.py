"""How the pixels of an image, or real numbers, become the elements of a network's input."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property
from math import floor, prod
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, StrictBool, StrictInt, field_validator, model_validator

from finn_rtl.common.errors import FinnError
from finn_rtl.common.integers import level_range
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


class Held(Model):
    """Elements of `bits` bits: two's complement where `signed`; -1/+1 of one signed bit, 0/1 of an unsigned one."""

    bits: StrictInt = Field(ge=1, le=16)
    signed: StrictBool

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest element."""
        return level_range(self.bits, self.signed) if self.bits > 1 or not self.signed else (-1, 1)

    def check(self, values: Iterable[int]) -> None:
        """Raise ValueError unless the bits hold these numbers."""
        low, high = self.range
        for value in values:
            if not low <= value <= high or (self.is_bipolar and not value):
                must = "-1 or +1" if self.is_bipolar else f"from {low} to {high}, which the bits hold"
                raise ValueError(f"value {value}: must be {must}")

    @property
    def is_bipolar(self) -> bool:
        """Whether the elements are -1 and +1."""
        return self.bits == 1 and self.signed

    def held(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """What elements hold that stand for numbers."""
        return (numbers > 0).astype(np.int32) if self.is_bipolar else numbers


def _rows(value: Any) -> Any:
    """One list stands for a list of it alone."""
    if isinstance(value, list | tuple) and value and not isinstance(value[0], list | tuple):
        return [value]
    return value


class TableEncoding(Held):
    """One number a pixel: what a table has for its value; one table for all channels, or one for each."""

    type: Literal["table"]
    values: Annotated[tuple[Annotated[tuple[StrictInt, ...], Field(min_length=256, max_length=256)], ...],
                      BeforeValidator(_rows), Field(min_length=1)]

    @model_validator(mode="after")
    def _held(self) -> TableEncoding:
        self.check(value for row in self.values for value in row)
        return self

    @property
    def channels(self) -> int:
        """Tables that there are."""
        return len(self.values)

    def table(self) -> NDArray[np.int32]:
        """Elements of every pixel value, (256, 1); see `tables`.

        Raises:
            FinnError: the channels have tables of their own.
        """
        if self.channels > 1:
            raise FinnError("encoding 'table': there is one for each channel, and a driver has one for all; only infer"
                            " and simulation take it")
        return self.held(np.array(self.values, np.int32).T)

    def encode(self, images: NDArray[np.generic]) -> NDArray[np.int32]:
        """Elements of pixels (n, ..., channels)."""
        tables = self.held(np.array(self.values, np.int32))
        found: NDArray[np.int32] = tables[np.arange(self.channels), images] if self.channels > 1 else tables[0][images]
        return found


class RealEncoding(Held):
    """One number of a real one, float32: `lowest`, and one more for each threshold that it is at least.

    One list of thresholds for all channels, or one for each.
    """

    type: Literal["real"]
    lowest: StrictInt
    thresholds: Annotated[tuple[tuple[Annotated[float, Field(strict=True, allow_inf_nan=False)], ...], ...],
                          BeforeValidator(_rows), Field(min_length=1)]

    @model_validator(mode="after")
    def _ascending(self) -> RealEncoding:
        for row in self.thresholds:
            if any(a > b for a, b in zip(row, row[1:], strict=False)):
                raise ValueError("thresholds must be ascending")
            if self.is_bipolar and (self.lowest, len(row)) != (-1, 1):
                raise ValueError("elements of one signed bit are -1 or +1: lowest must be -1, and there is one"
                                 " threshold")
            if not self.is_bipolar:
                self.check((self.lowest, self.lowest + len(row)))
        return self

    @property
    def channels(self) -> int:
        """Lists of thresholds that there are."""
        return len(self.thresholds)

    def table(self) -> NDArray[np.int32]:
        """Of pixels there is none.

        Raises:
            FinnError: always.
        """
        raise FinnError("encoding 'real': the input is real numbers, and not pixels of a byte; there is no table of"
                        " them")

    def encode(self, images: NDArray[np.generic]) -> NDArray[np.int32]:
        """Elements of numbers (n, ..., channels)."""
        numbers = images.astype(np.float32).astype(np.float64)
        rows = [np.array(row, np.float64) for row in self.thresholds]
        if self.channels == 1:
            count = np.searchsorted(rows[0], numbers, side="right")
        else:
            count = np.stack([np.searchsorted(row, numbers[..., channel], side="right")
                              for channel, row in enumerate(rows)], axis=-1)
        return count.astype(np.int32) + (0 if self.is_bipolar else self.lowest)


def _level_table(levels: tuple[int, ...]) -> NDArray[np.int32]:
    return (np.arange(PIXEL_VALUES)[:, None] >= np.array(levels)).astype(np.int32)


class Input(Model):
    """Shape of an image (height, width[, channels]) or vector (n,), and how its pixels become input elements."""

    shape: tuple[Size, ...] = Field(min_length=1, max_length=3)
    encoding: Annotated[BinaryEncoding | ThermometerEncoding | IntegerEncoding | TableEncoding | RealEncoding,
                        Field(discriminator="type")]
    stream_width: Count | None = None

    @model_validator(mode="after")
    def _channels(self) -> Input:
        encoding, channels = self.encoding, self.map.channels
        if isinstance(encoding, TableEncoding | RealEncoding) and encoding.channels not in (1, channels):
            raise ValueError(f"encoding: {encoding.channels} lists for the {channels} channels of the input: there"
                             " must be one for all of them, or one for each")
        return self

    @cached_property
    def map(self) -> Map:
        """What enters the network: an image's pixels, or a vector as a single one."""
        height, width = self.shape[:2] if len(self.shape) > 1 else (1, 1)
        channels = prod(self.shape[2:]) if len(self.shape) > 1 else self.shape[0]
        if isinstance(self.encoding, Held):
            is_bipolar, bits = self.encoding.is_bipolar, self.encoding.bits
            return Map(height, width, channels, bits, self.encoding.signed and not is_bipolar,
                       unipolar=bits == 1 and not is_bipolar)
        if isinstance(self.encoding, IntegerEncoding):
            return Map(height, width, channels, self.encoding.bits, self.encoding.signed)
        levels = len(self.encoding.thresholds) if isinstance(self.encoding, ThermometerEncoding) else 1
        return Map(height, width, channels * levels)


def encode_images(spec: Input, images: NDArray[np.generic], source: str = "images") -> NDArray[np.int32]:
    """Images (n, *shape) to input elements int32 (n, elements): 0/1 for -1/+1, or numbers.

    Pixels are uint8; where the encoding is of real numbers they are floating point or integers.

    Raises:
        FinnError: images of another shape or type, or numbers that are not finite.
    """
    is_real = isinstance(spec.encoding, RealEncoding)
    if is_real and images.dtype.kind != "f":
        raise FinnError(f"{source}: numbers are {images.dtype}, must be floating point: the network's input is real"
                        " numbers, as those that it was trained with, and not pixels")
    if not is_real and images.dtype != np.uint8:
        raise FinnError(f"{source}: pixels are {images.dtype}, must be uint8 (0 to 255)")
    if images.shape[1:] != spec.shape or not len(images):
        raise FinnError(f"{source}: images have shape {tuple(images.shape[1:])}, the network takes {spec.shape}")
    if is_real and not np.isfinite(images).all():
        raise FinnError(f"{source}: there are numbers that are not finite")
    if isinstance(spec.encoding, TableEncoding | RealEncoding):
        pixels = images if len(spec.shape) != 2 else images[..., None]
        return spec.encoding.encode(pixels).reshape(len(images), -1)
    found: NDArray[np.int32] = spec.encoding.table()[images].reshape(len(images), -1)
    return found
