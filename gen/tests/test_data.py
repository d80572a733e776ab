"""Files of data sets that are not what they say."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from finn_rtl import FinnError
from finn_rtl.description.data import load_dataset

pytestmark = pytest.mark.steady


def idx(shape: tuple[int, ...], data: bytes) -> bytes:
    """An idx file."""
    return struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape), *shape) + data


def mnist(folder: Path, labels: bytes, images: bytes | None = None) -> None:
    """The test images, black ones where none are given."""
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx((len(labels),), labels))
    (folder / "t10k-images-idx3-ubyte").write_bytes(images or idx((len(labels), 28, 28), bytes(784 * len(labels))))


def test_mnist(tmp_path: Path) -> None:
    mnist(tmp_path, bytes(range(10)))
    data = load_dataset("mnist", "test", tmp_path)
    assert data.images.shape == (10, 28, 28)
    assert np.array_equal(data.labels, np.arange(10))


@pytest.mark.parametrize("label", [10, 255])
def test_mnist_labels_that_are_no_digits(tmp_path: Path, label: int) -> None:
    mnist(tmp_path, bytes([1, 2, label, 3]))
    with pytest.raises(FinnError, match=f"record 2 has label {label}, MNIST has 0 to 9; fetch it again"):
        load_dataset("mnist", "test", tmp_path)


def test_mnist_headers_that_promise_too_much(tmp_path: Path) -> None:
    """2^64 pixels are not 0."""
    mnist(tmp_path, bytes(3), idx((1 << 22, 1 << 21, 1 << 21), b""))
    with pytest.raises(FinnError, match="its header promises shape"):
        load_dataset("mnist", "test", tmp_path)
