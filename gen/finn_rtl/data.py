"""Data sets, read from the files that their authors publish.

MNIST: the four idx files (gzipped or not) in DIR or DIR/mnist, http://yann.lecun.com/exdb/mnist.
digits: scikit-learn's 8x8 handwritten digits, shipped in that package (Alpaydin & Kaynak, UCI, 1998).
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.errors import FinnError

DIGIT_NAMES = tuple("0123456789")
# Every fifth of the digits is a test image: 359 of 1,797, from the same writers as the others.
DIGITS_TEST_STEP = 5


@dataclass(frozen=True)
class Dataset:
    """Images uint8 (n, height, width) or (n, height, width, channels), labels int64 (n,), class names."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def head(self, count: int) -> Dataset:
        """The first `count` images, all of them where there are fewer."""
        return Dataset(self.images[:count], self.labels[:count], self.classes)


def _read_idx(path: Path, magic: int) -> NDArray[np.uint8]:
    """One idx file: big-endian magic number, dimensions, bytes."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise FinnError(f"{path}: cannot be read as an idx file ({error}); fetch it again") from None
    dimensions = magic & 0xFF
    header = 4 + 4 * dimensions
    if len(raw) < header or struct.unpack(">I", raw[:4])[0] != magic:
        raise FinnError(f"{path}: not an MNIST idx file: it must begin with the number {magic}; fetch it again")
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    if len(raw) - header != int(np.prod(shape)):
        raise FinnError(f"{path}: {len(raw) - header} bytes of data, but its header promises shape {shape};"
                        " fetch it again")
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


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
    labels = _read_idx(_mnist_file(folder, f"{prefix}-labels-idx1-ubyte"), 2049)
    if len(images) != len(labels):
        raise FinnError(f"{folder}: {len(images)} MNIST {split} images but {len(labels)} labels; fetch them again")
    return Dataset(images, labels.astype(np.int64), DIGIT_NAMES)


def _load_digits(split: str, folder: Path | None) -> Dataset:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise FinnError("scikit-learn is not installed: the digits data set comes with it;"
                        " pip install scikit-learn") from None
    bunch = load_digits()
    is_test = np.arange(len(bunch.target)) % DIGITS_TEST_STEP == DIGITS_TEST_STEP - 1
    part = is_test if split == "test" else ~is_test
    return Dataset(bunch.images[part].astype(np.uint8), bunch.target[part].astype(np.int64), DIGIT_NAMES)


LOADERS = {"digits": _load_digits, "mnist": _load_mnist}
# Data sets that need no folder named.
BUILT_IN = frozenset({"digits"})


def load_dataset(name: str, split: str, folder: Path | None = None) -> Dataset:
    """Read a data set.

    Args:
        name: "mnist" or "digits".
        split: "train" or "test".
        folder: where the files are; not used for "digits".

    Raises:
        FinnError: an unknown name, or files that are missing or broken.
    """
    if name not in LOADERS:
        raise FinnError(f"data set {name!r} is not known: one of {', '.join(sorted(LOADERS))}")
    return LOADERS[name](split, folder)
