"""Parameter folders of BNN-PYNQ: random ones, packed here as the format says, and the published ones where they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bad_inputs.checks import check_line
from numpy.typing import NDArray

from finn_rtl import FinnError, encode_images, import_bnn_pynq, infer, load, write_imported

PUBLISHED = Path(os.environ.get("FINN_BNN_PYNQ", ""))
pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]
Words = NDArray[np.int64]


def packed(folder: Path, number: int, weight: Words, thresholds: Words | None, pe: int, simd: int, bits: int) -> None:
    """Files of one layer, weight by weight."""
    rows, columns = weight.shape
    for element in range(pe):
        words = []
        for row in range(element, rows, pe):
            for first in range(0, columns, simd):
                word = 0
                for lane in range(simd):
                    value = int(weight[row, first + lane])
                    code = (value > 0) if bits == 1 else value & 3
                    word |= code << lane * bits
                words.append(word)
        np.array(words, "<u8").tofile(folder / f"{number}-{element}-weights.bin")
        if thresholds is not None:
            thresholds[element::pe].astype("<i8").tofile(folder / f"{number}-{element}-thres.bin")


def described(folder: Path, layers: list[dict[str, int]]) -> None:
    lines = ["#ifndef __LAYER_CONFIG_H_", "#define __LAYER_CONFIG_H_", "/** SIMD = 64 **/"]
    lines += [f"#define L{number}_{key} {value}" for number, layer in enumerate(layers) for key, value in layer.items()]
    (folder / "config.h").write_text("\n".join([*lines, "#endif", ""]))


def weights(rng: np.random.Generator, rows: int, columns: int, bits: int) -> Words:
    return rng.choice([-1, 1] if bits == 1 else [-1, 0, 1], (rows, columns)).astype(np.int64)


def codes(sums: Words, thresholds: Words) -> Words:
    """How many thresholds a sum is greater than."""
    return (sums[..., None] > thresholds).sum(axis=-1)


def lfc(folder: Path, act_bits: int, seed: int) -> tuple[Words, Words]:
    """784-16-8, the input padded to 832; pictures, and the bits that must come."""
    rng = np.random.default_rng(seed)
    first, last = weights(rng, 16, 832, 1), weights(rng, 16, 16, 1)
    last[8:] = 1
    t0 = np.sort(rng.integers(300, 480, (16, 1)) if act_bits == 1 else rng.integers(-90, 10, (16, 2)), axis=1)
    t1 = rng.integers(6, 10, (16, 1)) if act_bits == 1 else rng.integers(-4, 4, (16, 1))
    packed(folder, 0, first, t0, 4, 64, 1)
    packed(folder, 1, last, t1, 2, 8, 1)
    described(folder, [{"SIMD": 64, "PE": 4, "MW": 832, "MH": 16, "WPI": 1, "API": act_bits},
                       {"SIMD": 8, "PE": 2, "MW": 16, "MH": 16, "WPI": 1, "API": 1}])
    (folder / "classes.txt").write_text("\n".join(f"class {k}" for k in range(8)) + "\n\n")
    images = rng.integers(0, 256, (20, 28, 28))
    x = np.full((20, 832), -1)
    x[:, :784] = np.where(images.reshape(20, -1) >= 128, 1, -1)
    if act_bits == 1:
        # A column of padding has weight bits against a bit of 0.
        h = 2 * codes((x[:, None] == first).sum(axis=2), t0) - 1
        return images, codes((h[:, None] == last).sum(axis=2), t1)[:, :8]
    return images, codes((codes(x @ first.T, t0) - 1) @ last.T, t1)[:, :8]


@pytest.mark.parametrize("act_bits", [1, 2])
def test_full_layers(place: Path, act_bits: int) -> None:
    folder = place / "netW1A1"
    folder.mkdir()
    images, bits = lfc(folder, act_bits, seed=act_bits)
    found = import_bnn_pynq(folder)
    write_imported(found, place / "net")
    network = load(str(place / "net" / "topology.json"))
    assert network.topology.name == "netw1a1" and network.topology.classes[3] == "class 3"
    np.testing.assert_array_equal(infer(network, encode_images(network.topology.input, images.astype(np.uint8))), bits)
    assert 0 < bits.mean() < 1


def windows(x: Words, kernel: int) -> Words:
    view = np.lib.stride_tricks.sliding_window_view(x, (kernel, kernel), axis=(1, 2))
    return view.transpose(0, 1, 2, 4, 5, 3).reshape(*view.shape[:3], -1)


@pytest.mark.parametrize(("weight_bits", "act_bits"), [(1, 1), (1, 2), (2, 2)])
def test_convolutions(place: Path, weight_bits: int, act_bits: int) -> None:
    """8x8 pixels: two convolutions, a pool between, and a full layer that gives scores."""
    rng = np.random.default_rng(10 * weight_bits + act_bits)
    folder = place / "cnv"
    folder.mkdir()
    matrices = [weights(rng, 4, 27, weight_bits), weights(rng, 8, 36, weight_bits), weights(rng, 16, 8, weight_bits)]
    is_binary = act_bits == 1
    thresholds = [np.sort(rng.integers(-900, 900, (4, act_bits)), axis=1),
                  np.sort(rng.integers(14, 22, (8, 1)) if is_binary else rng.integers(-6, 6, (8, 2)), axis=1)]
    shapes = [{"K": 3, "IFM_CH": 3, "IFM_DIM": 8, "OFM_CH": 4, "OFM_DIM": 6},
              {"K": 3, "IFM_CH": 4, "IFM_DIM": 3, "OFM_CH": 8, "OFM_DIM": 1}, {"MW": 8, "MH": 16}]
    folds = [(2, 3), (4, 6), (1, 4)]
    for number, (matrix, (pe, simd)) in enumerate(zip(matrices, folds, strict=True)):
        packed(folder, number, matrix, thresholds[number] if number < 2 else None, pe, simd, weight_bits)
        shapes[number].update(PE=pe, SIMD=simd, WPI=weight_bits, API=act_bits if number < 2 else 16)
    described(folder, shapes)
    (folder / "classes.txt").write_text("\n".join("abcde"))
    images = rng.integers(0, 256, (20, 8, 8, 3))
    pixels = np.clip(np.floor((2 * images / 255 - 1) * 128 + 0.5), -128, 127).astype(np.int64)

    def levels(found: Words) -> Words:
        return 2 * found - 1 if is_binary else found - 1
    x = levels(codes(2 * (windows(pixels, 3) @ matrices[0].T), thresholds[0]))
    x = x.reshape(20, 3, 2, 3, 2, 4).max(axis=(2, 4))
    sums = windows(x, 3) @ matrices[1].T
    x = levels(codes((sums + 36) // 2 if is_binary else sums, thresholds[1])).reshape(20, -1)
    scores = (x @ matrices[2].T)[:, :5]
    found = import_bnn_pynq(folder, name="tiny")
    write_imported(found, place / "net")
    network = load(str(place / "net" / "topology.json"))
    told = infer(network, encode_images(network.topology.input, images.astype(np.uint8)))
    np.testing.assert_array_equal(told, (scores + 8) // 2 if is_binary else scores)
    assert [layer["type"] for layer in found.document["layers"]] == ["conv", "maxpool", "conv", "fc"]


def _config(old: str, new: str) -> Any:
    def change(folder: Path) -> None:
        path = folder / "config.h"
        path.write_text(path.read_text().replace(old, new))
    return change


BROKEN: dict[str, tuple[Any, list[str]]] = {
    "no configuration": (lambda folder: (folder / "config.h").unlink(), ["config.h", "cannot be read"]),
    "empty configuration": (lambda folder: (folder / "config.h").write_text(""), ["config.h", "layers []"]),
    "a layer left out": (_config("L1_", "L2_"), ["config.h", "layers [0, 2]"]),
    "a value left out": (_config("L1_SIMD", "L1_SIMS"), ["L1_SIMD is missing"]),
    "PE that does not divide": (_config("L0_PE 4", "L0_PE 5"), ["layer 0", "PE 5"]),
    "PE of none": (_config("L0_PE 4", "L0_PE 0"), ["layer 0", "PE 0"]),
    "weights of four bits": (_config("L0_WPI 1", "L0_WPI 4"), ["layer 0", "4 bits"]),
    "activations of four bits": (_config("L0_API 1", "L0_API 4"), ["layer 0", "4 bits"]),
    "too few columns": (_config("L0_MW 832", "L0_MW 64"), ["layer 0", "64 columns for 784"]),
    "weights left out": (lambda folder: (folder / "0-3-weights.bin").unlink(), ["0-3-weights.bin", "cannot be read"]),
    "thresholds left out": (lambda folder: (folder / "1-1-thres.bin").unlink(), ["1-1-thres.bin", "cannot be read"]),
    "half a word": (lambda folder: (folder / "0-0-weights.bin").write_bytes(bytes(12)), ["0-0-weights", "12 bytes"]),
    "too many words": (lambda folder: (folder / "1-0-thres.bin").write_bytes(bytes(800)), ["1-0-thres", "at most 8"]),
    "too many classes": (lambda folder: (folder / "classes.txt").write_text("a\n" * 17), ["17", "16"]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_folders(place: Path, name: str) -> None:
    folder = place / "net"
    folder.mkdir()
    lfc(folder, 1, seed=1)
    change, parts = BROKEN[name]
    change(folder)
    with pytest.raises(FinnError) as error:
        import_bnn_pynq(folder)
    check_line(str(error.value), [str(folder), *parts])


@pytest.mark.skipif(not PUBLISHED.name, reason="FINN_BNN_PYNQ names no folder")
@pytest.mark.parametrize("stem", ["mnist-lfcW1A1", "mnist-lfcW1A2", "cifar10-cnvW1A1", "cifar10-cnvW1A2"])
def test_published_networks(place: Path, stem: str) -> None:
    found = import_bnn_pynq(PUBLISHED / "raw" / stem.replace("-", "/"))
    write_imported(found, place / "net")
    network = load(str(place / "net" / "topology.json"))
    expected = np.load(PUBLISHED / "expected" / f"{stem}.npz")
    told = infer(network, encode_images(network.topology.input, expected["images"]))
    np.testing.assert_array_equal(told, expected["scores" if "cnv" in stem else "bits"])
