"""Wrong files of data sets and images: name, bytes, command line, parts of the answer."""

from __future__ import annotations

import gzip
import io
import struct
from typing import Any

import numpy as np

Case = tuple[dict[str, bytes], str, list[str]]

IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
CIFAR10 = "test_batch.bin"
ACCURACY = "accuracy sfc --data ."


def idx(*shape: int, fill: int = 0, more: int = 0) -> bytes:
    """An idx file of equal bytes."""
    return struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape), *shape) + bytes([fill]) * (int(np.prod(shape)) + more)


def npy(array: Any) -> bytes:
    """An NPY file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npz(array: Any) -> bytes:
    """An NPZ file."""
    file = io.BytesIO()
    np.savez(file, array)
    return file.getvalue()


def claims(shape: str, kind: str = "'|u1'") -> bytes:
    """An NPY file that ends behind its header."""
    header = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


MNIST = {IMAGES: idx(3, 28, 28), LABELS: idx(3, fill=9)}
RECORD = 3073

CASES: list[Case] = [
    ({}, ACCURACY, [f"no {IMAGES}.gz there"]),
    ({IMAGES: MNIST[IMAGES]}, ACCURACY, [f"no {LABELS}.gz there"]),
    (MNIST | {IMAGES: b""}, ACCURACY, [IMAGES, "must begin with the number 2051"]),
    (MNIST | {IMAGES: b"junk"}, ACCURACY, [IMAGES, "must begin with the number 2051"]),
    (MNIST | {IMAGES: MNIST[LABELS]}, ACCURACY, [IMAGES, "must begin with the number 2051"]),
    (MNIST | {LABELS: MNIST[IMAGES]}, ACCURACY, [LABELS, "must begin with the number 2049"]),
    (MNIST | {IMAGES: MNIST[IMAGES][:10]}, ACCURACY, [IMAGES, "must begin with"]),
    (MNIST | {IMAGES: MNIST[IMAGES][:-1]}, ACCURACY, [IMAGES, "2351 bytes of data", "(3, 28, 28)"]),
    (MNIST | {IMAGES: idx(3, 28, 28, more=1)}, ACCURACY, [IMAGES, "more than 2352 bytes", "(3, 28, 28)"]),
    (MNIST | {IMAGES: struct.pack(">4I", 2051, *[2**32 - 1] * 3)}, ACCURACY, [IMAGES, "empty or absurd"]),
    (MNIST | {IMAGES: struct.pack(">4I", 2051, 2**31, 2**31, 4)}, ACCURACY, [IMAGES, "empty or absurd"]),
    (MNIST | {IMAGES: idx(0, 28, 28), LABELS: idx(0)}, ACCURACY, [IMAGES, "empty or absurd"]),
    (MNIST | {IMAGES: idx(2, 28, 28)}, ACCURACY, ["2 MNIST test images but 3 labels"]),
    (MNIST | {IMAGES: idx(3, 27, 28)}, ACCURACY, ["(27, 28)", "the network takes (28, 28)"]),
    (MNIST | {LABELS: idx(3, fill=10)}, ACCURACY, [LABELS, "record 0 has label 10", "MNIST has 0 to 9"]),
    (MNIST | {LABELS: idx(3, fill=255)}, ACCURACY, [LABELS, "record 0 has label 255", "MNIST has 0 to 9"]),
    (MNIST | {LABELS: idx(3, fill=255)}, "simulate sfc --data . --picture p.png", [LABELS, "label 255"]),
    (MNIST | {LABELS: idx(3, fill=255)}, "simulate sfc --data .", [LABELS, "label 255"]),
    (MNIST | {LABELS: idx(3, fill=255)}, "infer sfc --data . --frames 2", [LABELS, "label 255"]),
    (MNIST, "simulate sfc --data . --frames 4", ["sfc: 4 frames", "mnist has 3 test images"]),
    (MNIST, "infer sfc --data . --frames 4", ["sfc: 4 frames", "mnist has 3 test images"]),
    (MNIST, "simulate sfc --data . --seed 3", ["--seed", "random frames"]),
    ({f"{IMAGES}.gz": b"no gzip"}, ACCURACY, [f"{IMAGES}.gz", "cannot be read as an idx file"]),
    ({f"{IMAGES}.gz": b""}, ACCURACY, [f"{IMAGES}.gz", "must begin with"]),
    ({f"{IMAGES}.gz": gzip.compress(MNIST[IMAGES])[:-10]}, ACCURACY, [f"{IMAGES}.gz", "cannot be read"]),
    ({f"{IMAGES}.gz": MNIST[IMAGES]}, ACCURACY, [f"{IMAGES}.gz", "cannot be read as an idx file"]),
    ({f"{IMAGES}.gz": gzip.compress(idx(3, 28, 28, more=1 << 24))}, ACCURACY, [f"{IMAGES}.gz", "more than 2352 bytes"]),
    ({CIFAR10: b""}, "accuracy cnv --data .", [CIFAR10, "0 bytes are not a whole number"]),
    ({CIFAR10: bytes(RECORD - 1)}, "accuracy cnv --data .", [CIFAR10, "3072 bytes are not a whole number"]),
    ({CIFAR10: b"\x0a" + bytes(RECORD - 1)}, "accuracy cnv --data .", [CIFAR10, "record 0 has label 10"]),
    ({CIFAR10: bytes(RECORD) + b"\xff" + bytes(RECORD - 1)}, "infer cnv --data . --frames 1",
     [CIFAR10, "record 1 has label 255", "CIFAR-10 has 0 to 9"]),
    ({CIFAR10: bytes(RECORD)}, "infer cnv --data . --frames 2", ["cnv: 2 frames", "cifar10 has 1 test images"]),
    # Images by themselves.
    ({"a.npy": b""}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": b"PK\x03\x04 broken"}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": b"\x93NUMPY"}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": npz(np.zeros((8, 8), np.uint8))}, "infer digits a.npy", ["a.npy: an NPZ archive"]),
    ({"a.npy": npy(np.array([{}]))}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": npy(np.zeros((9, 8), np.uint8))}, "infer digits a.npy", ["a.npy", "(9, 8)", "takes (8, 8)"]),
    ({"a.npy": npy(np.zeros((2, 9, 8), np.uint8))}, "infer digits a.npy", ["a.npy", "(2, 9, 8)", "takes (8, 8)"]),
    ({"a.npy": npy(np.zeros((0, 8, 8), np.uint8))}, "infer digits a.npy", ["a.npy", "takes (8, 8)"]),
    ({"a.npy": npy(np.zeros((), np.uint8))}, "infer digits a.npy", ["a.npy", "takes (8, 8)"]),
    ({"a.npy": npy(np.zeros((8, 8), np.float32))}, "infer digits a.npy", ["a.npy", "must be uint8"]),
    ({"a.npy": npy(np.zeros((8, 8), np.int64))}, "infer digits a.npy", ["a.npy", "must be uint8"]),
    ({"a.npy": npy(np.zeros((8, 8), bool))}, "infer digits a.npy", ["a.npy", "must be uint8"]),
    ({"a.npy": npy(np.zeros((8, 8), [("x", "u1")]))}, "infer digits a.npy", ["a.npy", "must be uint8"]),
    ({"a.npy": claims("(8, 8)")}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": claims("(999999999, 8, 8)")}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": claims("(99999999999999, 8, 8)")}, "infer digits a.npy", ["a.npy: not an NPY file"]),
    ({"a.npy": claims("(-1, 8, 8)")}, "infer digits a.npy", ["a.npy"]),
    ({"a.npy": claims("(8, 8)", "'|O'")}, "infer digits a.npy", ["a.npy: not an NPY file"]),
]
