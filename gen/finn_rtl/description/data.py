"""Data sets, read from the files that their authors publish.

MNIST: the four idx files (gzipped or not) in DIR or DIR/mnist, http://yann.lecun.com/exdb/mnist.
CIFAR-10: the .bin files of its binary version in DIR or DIR/cifar-10-batches-bin,
https://www.cs.toronto.edu/~kriz/cifar.html.
digits: scikit-learn's 8x8 handwritten digits, shipped in that package (Alpaydin & Kaynak, UCI, 1998).
digit_scenes: these on a canvas, to be found there (scenes.py).
"""

from __future__ import annotations

import gzip
import importlib.util
import struct
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.common.errors import FinnError
from finn_rtl.common.extras import require
from finn_rtl.description import scenes

DIGIT_NAMES = tuple("0123456789")
CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR10_SHAPE = (32, 32, 3)
CIFAR10_FILES = {"train": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
# MNIST's largest file has 47 million.
MOST_IDX_BYTES = 1 << 30
# Largest pixel value, where it is not 255.
PIXEL_MAX = {"digits": 16, "digit_scenes": scenes.MOST_PIXEL}
# Every fifth of the digits is a test image: 359 of 1,797, from the same writers as the others.
DIGITS_TEST_STEP = 5


@dataclass(frozen=True)
class Dataset:
    """Images uint8 (n, height, width) or (n, height, width, channels), labels int64 (n,), class names.

    Of scenes, in which things are to be found, the labels are 0 and mean nothing; `boxes` has of each image the things
    (k, 5): left, top, right, bottom in pixels, label.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    boxes: tuple[NDArray[np.float64], ...] | None = None

    def head(self, count: int) -> Dataset:
        """The first `count` images, all of them where there are fewer."""
        return Dataset(self.images[:count], self.labels[:count], self.classes,
                       None if self.boxes is None else self.boxes[:count])


def _read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """One idx file: big-endian magic number, dimensions, bytes."""
    dimensions = magic & 0xFF
    length = 4 + 4 * dimensions
    try:
        # No more is read than the header promises: a small gzipped file can hold very many bytes.
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            header = file.read(length)
            if len(header) < length or struct.unpack(">I", header[:4])[0] != magic:
                raise FinnError(f"{path}: not an MNIST idx file: it must begin with the number {magic}; fetch it again")
            shape = struct.unpack(f">{dimensions}I", header[4:])
            size = prod(shape)
            if not 0 < size <= MOST_IDX_BYTES:
                raise FinnError(f"{path}: its header promises shape {shape}, which is empty or absurd; fetch it again")
            raw = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FinnError(f"{path}: cannot be read as an idx file ({error}); fetch it again") from None
    if len(raw) != size:
        found = f"{len(raw)}" if len(raw) < size else f"more than {size}"
        raise FinnError(f"{path}: {found} bytes of data, but its header promises shape {shape}; fetch it again")
    return np.frombuffer(raw, np.uint8).reshape(shape)


def _check_labels(path: Path, labels: NDArray[np.int64], classes: tuple[str, ...], title: str) -> None:
    if labels.max() >= len(classes):
        raise FinnError(f"{path}: record {int(labels.argmax())} has label {labels.max()}, {title} has 0 to"
                        f" {len(classes) - 1}; fetch it again")


def _mnist_file(folder: Path, stem: str) -> Path:
    candidates = [base / f"{stem}{suffix}" for base in (folder, folder / "mnist") for suffix in (".gz", "")]
    for path in candidates:
        if path.is_file():
            return path
    raise FinnError(f"{folder}: no {stem}.gz there nor in its folder mnist/;"
                    " --data (or FINN_DATA) names the folder with the four MNIST idx files")


def _load_mnist(split: str, folder: Path | None) -> Dataset:
    if folder is None:
        raise FinnError("MNIST is not part of this package: name the folder with its four idx files by --data DIR"
                        " or FINN_DATA")
    if not folder.is_dir():
        raise FinnError(f"{folder}: no such folder; --data names the folder with the four MNIST idx files")
    prefix = {"train": "train", "test": "t10k"}[split]
    images = _read_idx(_mnist_file(folder, f"{prefix}-images-idx3-ubyte"), 2051)
    path = _mnist_file(folder, f"{prefix}-labels-idx1-ubyte")
    labels = _read_idx(path, 2049).astype(np.int64)
    if len(images) != len(labels):
        raise FinnError(f"{folder}: {len(images)} MNIST {split} images but {len(labels)} labels; fetch them again")
    _check_labels(path, labels, DIGIT_NAMES, "MNIST")
    return Dataset(images, labels, DIGIT_NAMES)


def _read_cifar10(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """One file: records of a label and the red, green and blue planes."""
    size = 1 + prod(CIFAR10_SHAPE)
    try:
        raw = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise FinnError(f"{path}: cannot be read ({error.strerror or error})") from None
    if not len(raw) or len(raw) % size:
        raise FinnError(f"{path}: {len(raw)} bytes are not a whole number of CIFAR-10 records of {size} bytes;"
                        " fetch it again")
    records = raw.reshape(-1, size)
    labels = records[:, 0].astype(np.int64)
    _check_labels(path, labels, CIFAR10_NAMES, "the binary version of CIFAR-10")
    height, width, channels = CIFAR10_SHAPE
    return records[:, 1:].reshape(-1, channels, height, width).transpose(0, 2, 3, 1), labels


def _load_cifar10(split: str, folder: Path | None) -> Dataset:
    if folder is None:
        raise FinnError("CIFAR-10 is not part of this package: name the folder with its .bin files by --data DIR or"
                        " FINN_DATA")
    if not folder.is_dir():
        raise FinnError(f"{folder}: no such folder; --data names the folder with the CIFAR-10 .bin files")
    parts = []
    for name in CIFAR10_FILES[split]:
        candidates = [base / name for base in (folder, folder / "cifar-10-batches-bin")]
        path = next((path for path in candidates if path.is_file()), None)
        if path is None:
            raise FinnError(f"{folder}: no {name} there nor in its folder cifar-10-batches-bin/; --data (or FINN_DATA)"
                            " names the folder with the files of CIFAR-10's binary version")
        parts.append(_read_cifar10(path))
    return Dataset(np.concatenate([images for images, _ in parts]), np.concatenate([labels for _, labels in parts]),
                   CIFAR10_NAMES)


def _read_digits() -> NDArray[np.int64]:
    """scikit-learn's digits (images, 65): 64 pixels and the label."""
    require("sim", "sklearn")
    # To import it takes longer than to simulate them all.
    package = importlib.util.find_spec("sklearn")
    assert package is not None and package.origin is not None
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if file.is_file():
        with gzip.open(file, "rt", encoding="utf-8") as text:
            return np.loadtxt(text, delimiter=",", dtype=np.int64)
    from sklearn.datasets import load_digits
    bunch = load_digits()
    return np.column_stack((bunch.data, bunch.target)).astype(np.int64)


def _load_digits(split: str, folder: Path | None) -> Dataset:
    rows = _read_digits()
    is_test = np.arange(len(rows)) % DIGITS_TEST_STEP == DIGITS_TEST_STEP - 1
    rows = rows[is_test if split == "test" else ~is_test]
    return Dataset(rows[:, :-1].reshape(-1, 8, 8).astype(np.uint8), rows[:, -1], DIGIT_NAMES)


def _load_scenes(split: str, folder: Path | None) -> Dataset:
    """Scenes of the digits of a split; those of the training set are as many as its digits."""
    digits = _load_digits(split, folder)
    is_test = split == "test"
    images, boxes = scenes.draw_scenes(digits.images, digits.labels,
                                       scenes.TEST_SCENES if is_test else len(digits.images),
                                       np.random.default_rng(scenes.TEST_SEED + (not is_test)))
    return Dataset(images, np.zeros(len(images), np.int64), DIGIT_NAMES, boxes)


LOADERS = {"cifar10": _load_cifar10, "digits": _load_digits, "digit_scenes": _load_scenes, "mnist": _load_mnist}
DATA_SETS = tuple(sorted(LOADERS))
# Data sets that need no folder named.
BUILT_IN = frozenset({"digits", "digit_scenes"})


def load_dataset(name: str, split: str, folder: Path | None = None) -> Dataset:
    """Read a data set.

    Args:
        name: "cifar10", "mnist", "digits" or "digit_scenes".
        split: "train" or "test".
        folder: where the files are; not used for "digits" and scenes of them.

    Raises:
        FinnError: an unknown name, or files that are missing or broken.
    """
    if name not in LOADERS:
        raise FinnError(f"data set {name!r} is not known: one of {', '.join(DATA_SETS)}")
    return LOADERS[name](split, folder)


def pixel_max(name: str | None) -> int:
    """Largest pixel value of a data set; 255 where nothing else is known."""
    return PIXEL_MAX.get(name or "", 255)
