"""Pictures of every mode that Pillow opens, of every orientation, and broken ones."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finn_rtl import driver

Image = pytest.importorskip("PIL.Image")

pytestmark = [pytest.mark.steady, pytest.mark.filterwarnings("ignore:IM image format:DeprecationWarning")]

SHAPE = (16, 16)
#: All 256 shades, each once.
RAMP = np.arange(256, dtype=np.uint8).reshape(SHAPE)
WIDE = RAMP.astype(np.uint16) * 257
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP.T], axis=2)
#: Shades by which compression, or another colour space, may be off.
CLOSE = 5


def in_mode(mode: str) -> Any:
    """The ramp in a grey mode, the colours in another."""
    if mode == "1":
        return Image.fromarray(np.where(RAMP > 99, 255, 0).astype(np.uint8)).convert("1")
    if mode == "I;16B":
        return Image.frombytes(mode, SHAPE, WIDE.astype(">u2").tobytes())
    if mode.startswith("I;16"):
        return Image.frombytes(mode, SHAPE, WIDE.astype("<u2").tobytes())
    if mode == "I":
        return Image.fromarray(WIDE.astype(np.int32))
    if mode == "F":
        return Image.fromarray(RAMP.astype(np.float32) / 255)
    if mode == "LAB":
        return Image.merge("LAB", [Image.fromarray(RAMP), *[Image.new("L", SHAPE, 128)] * 2])
    return Image.fromarray(RAMP if mode in ("L", "LA", "P", "PA") else COLOURS).convert(mode)


def in_grey(mode: str) -> NDArray[np.uint8]:
    """What that picture is in shades of grey."""
    if mode == "1":
        return np.where(RAMP > 99, 255, 0).astype(np.uint8)
    if mode == "LAB":
        # L* of CIELAB to the shades of sRGB.
        lightness = RAMP / 255 * 100
        linear = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
        shades = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
        return np.rint(shades * 255).astype(np.uint8)
    if mode in ("L", "LA", "P", "PA", "I") or mode.startswith("I;16"):
        return RAMP
    return np.asarray(Image.fromarray(COLOURS).convert("L"))


#: Modes with the files that hold them. Pillow opens no file with one of the last line; it writes others of their kind.
MODES: dict[str, list[str]] = {
    "1": ["png", "tif", "bmp", "pbm"], "L": ["png", "tif", "bmp", "pgm", "gif", "jpg", "jp2", "webp", "avif"],
    "LA": ["png", "tif", "jp2"], "P": ["png", "tif"], "PA": ["tif"], "RGB": ["png", "tif", "bmp", "ppm", "jpg", "webp"],
    "RGBA": ["png", "tif", "jp2", "webp"], "CMYK": ["tif", "jpg", "jp2"], "YCbCr": ["tif"], "LAB": ["tif"],
    "I;16": ["png", "tif", "pgm", "jp2"], "I;16B": ["png", "tif"], "I": ["pgm"], "F": [],
    "La": [], "HSV": [], "I;16L": [], "I;16N": [], "RGBa": [], "RGBX": [],
}


def test_no_mode_is_forgotten() -> None:
    assert set(MODES) == set(Image.MODES)


@pytest.mark.parametrize(("mode", "kind"), [(mode, kind) for mode, kinds in MODES.items() for kind in kinds])
def test_shades_of_every_mode(tmp_path: Path, mode: str, kind: str) -> None:
    path = tmp_path / f"picture.{kind}"
    in_mode(mode).save(path)
    found = driver.read_image(path, SHAPE).astype(int)
    allowed = CLOSE if kind in ("jpg", "webp", "avif") or mode in ("YCbCr", "LAB") else 0
    assert np.abs(found - in_grey(mode)).max() <= allowed


@pytest.mark.parametrize(("mode", "kind"), [("F", "tif"), ("F", "pfm"), ("I", "tif"), ("I", "im"), ("I;16", "im")])
def test_numbers_whose_white_is_not_known_are_refused(tmp_path: Path, mode: str, kind: str) -> None:
    path = tmp_path / f"picture.{kind}"
    in_mode(mode).save(path)
    with pytest.raises(driver.DriverError, match=rf"picture.{kind}: .*mode {mode} of .* not known; save it with 8 or"):
        driver.read_image(path, SHAPE)


def tiff(data: bytes, bits: int, photometric: int, sample: int = 1, order: str = "<") -> bytes:
    """A picture of SHAPE in one strip, as other programs write it."""
    entries = [(256, SHAPE[1]), (257, SHAPE[0]), (258, bits), (259, 1), (262, photometric), (273, 8), (277, 1),
               (278, SHAPE[0]), (279, len(data)), (339, sample)]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data))
    fields = b"".join(struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    return head + data + struct.pack(f"{order}H", len(entries)) + fields + bytes(4)


def packed_12(values: NDArray[np.int64]) -> bytes:
    """Two numbers in three bytes."""
    return b"".join(int(a << 12 | b).to_bytes(3, "big") for a, b in values.reshape(-1, 2))


@pytest.mark.parametrize(("data", "bits", "photometric", "order"), [
    (WIDE.astype("<u2").tobytes(), 16, 1, "<"), (WIDE.astype(">u2").tobytes(), 16, 1, ">"),
    ((65535 - WIDE).astype("<u2").tobytes(), 16, 0, "<"),
    (packed_12((RAMP.astype(np.int64) * 4095 + 127) // 255), 12, 1, "<"),
    ((255 - RAMP).tobytes(), 8, 0, "<")], ids=["16", "16 big endian", "16 white is zero", "12", "8 white is zero"])
def test_tiff_of_other_programs(tmp_path: Path, data: bytes, bits: int, photometric: int, order: str) -> None:
    path = tmp_path / "picture.tif"
    path.write_bytes(tiff(data, bits, photometric, order=order))
    assert np.array_equal(driver.read_image(path, SHAPE), RAMP)


def test_signed_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.tif"
    path.write_bytes(tiff(WIDE.astype("<i2").tobytes(), 16, 1, sample=2))
    with pytest.raises(driver.DriverError, match="not known"):
        driver.read_image(path, SHAPE)


def test_transparent_shade_of_16_bits(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    in_mode("I;16").save(path, transparency=257 * 7)
    assert np.array_equal(driver.read_image(path, SHAPE), np.where(RAMP == 7, 255, RAMP))


#: What makes a picture upright that was stored with each EXIF orientation.
UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
    5: lambda p: p.swapaxes(0, 1), 6: lambda p: np.rot90(p, -1), 7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
    8: lambda p: np.rot90(p)}


@pytest.mark.parametrize(("mode", "kind"), [("L", "png"), ("L", "tif"), ("L", "jpg"), ("L", "webp"), ("RGB", "tif"),
                                            ("RGB", "jpg"), ("I;16", "png"), ("I;16", "tif")])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_pictures_are_turned_as_their_exif_data_say(tmp_path: Path, orientation: int, mode: str, kind: str) -> None:
    """Before the middle is cut out: the picture is three times as wide as high, or lies on its side."""
    stored = np.random.default_rng(orientation).integers(0, 256, (8, 24), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"picture.{kind}"
    (Image.fromarray(stored.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(stored).convert(mode)).save(
        path, exif=exif, **({"quality": 95} if kind in ("jpg", "webp") else {}))
    upright = UPRIGHT[orientation](stored[::8, ::8]).astype(int)
    middle = upright[8:16] if len(upright) == 24 else upright[:, 8:16]
    allowed = 2 * CLOSE if kind in ("jpg", "webp") else 0
    assert np.abs(driver.read_image(path, (8, 8)) - middle).max() <= allowed


@pytest.mark.parametrize(("mode", "kind"), [("L", "png"), ("RGB", "jpg"), ("I;16", "tif"), ("RGBA", "webp"),
                                            ("P", "gif"), ("L", "jp2"), ("I", "pgm"), ("RGB", "bmp")])
def test_broken_files_give_a_picture_or_one_line(tmp_path: Path, recwarn: pytest.WarningsRecorder, mode: str,
                                                 kind: str) -> None:
    exif = Image.Exif()
    exif[274] = 6
    path = tmp_path / f"picture.{kind}"
    in_mode(mode).save(path, exif=exif)
    whole, rng = path.read_bytes(), Random(1)
    for _ in range(150):
        data = bytearray(whole[:rng.randrange(len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.randrange(1, 6)):
            if data:
                data[rng.randrange(min(len(data), 300))] = rng.randrange(256)
        path.write_bytes(data)
        try:
            assert driver.read_image(path, SHAPE).shape == SHAPE
        except driver.DriverError as error:
            assert "\n" not in str(error)
    assert not recwarn.list


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.pgm"
    path.write_bytes(b"P5 10000 10001 255\n")
    with pytest.raises(driver.DriverError, match="100010000 pixels"):
        driver.read_image(path, SHAPE)


def test_pictures_are_cut_resized_and_scaled(tmp_path: Path) -> None:
    array = np.zeros((40, 80, 3), np.uint8)
    array[:, 20:60] = (255, 0, 0)  # the middle square is red, the rest black
    path = tmp_path / "red.png"
    Image.fromarray(array).save(path)
    found = driver.read_image(path, (32, 32, 3))
    assert found.shape == (32, 32, 3)
    assert (found == (255, 0, 0)).all()
    assert (driver.read_image(path, (8, 8), 16) == 5).all()  # red is 76 of 255 grey
    assert (driver.read_image(path, (8, 8), invert=True) == 255 - 76).all()
    empty = tmp_path / "empty.png"
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(empty)
    assert (driver.read_image(empty, (10, 10)) == 255).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (32, 32), (31, 33)])
def test_pictures_of_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", size, 200).save(tmp_path / "grey.png")
    assert (driver.read_image(tmp_path / "grey.png", (28, 28)) == 200).all()


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    for path, shape, message in ((tmp_path / "a.png", (8, 8), "cannot be read as a picture"),
                                 (tmp_path / "b.png", (8, 8), "cannot be read"),
                                 (tmp_path / "a.png", (64,), "takes no pictures"),
                                 (tmp_path / "a.png", (8, 8, 2), "takes no pictures")):
        with pytest.raises(driver.DriverError, match=message):
            driver.read_image(path, shape)
