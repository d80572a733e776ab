"""Files as exporters write them give the integers that are known for them, picture by picture.

The networks are trained on scikit-learn's digits and exported by Brevitas 0.13.4 (its current exporter, that of
TorchScript, and as QCDQ), or quantized by onnxruntime 1.32 (QDQ with zero points, symmetric, QLinear operators).
`expected.npz` has the outputs for 50 of the digits in exact arithmetic, and what a step of them is worth.

`cases/` has graphs of one point of semantics each with expected integers, `refuse/` graphs that are to be refused.
Whole networks of a folder that FINN_FOREIGN names are looked at too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx_nets  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402

from finn_rtl import FinnError, import_onnx  # noqa: E402

DATA = Path(__file__).parent / "data" / "import"
FOREIGN = Path(os.environ.get("FINN_FOREIGN", ""))
NAMES = sorted(path.stem for path in DATA.glob("*.onnx"))
# The order that the networks were trained and tested in.
TRAINED, TESTED = 1347, 50
# Of which float32 makes two things of one sum, so that they are refused without --wide.
WIDE_ALONE = {"residual_of_accumulators"}
# Decimal constants, of which float32 makes something else than exact arithmetic: what counts is the graph's float32.
FLOAT_DECIDES = {"bias_float", "clip_leaky", "concat_unequal_quantized_after", "global_average"}

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]


def digits() -> np.ndarray:
    images = load_digits().images.astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(images))
    return images[order[TRAINED:TRAINED + TESTED]]


@pytest.mark.parametrize("name", NAMES)
def test_files_of_exporters(place: Path, name: str) -> None:
    expected = np.load(DATA / "expected.npz")
    found, network = onnx_nets.brought_in(DATA / f"{name}.onnx", place / "net", input_scale=Fraction(1, 16))
    np.testing.assert_array_equal(onnx_nets.results(found, network, digits()), expected[name])
    assert found.scale is not None
    np.testing.assert_allclose(found.scale, np.broadcast_to(expected[f"{name}.scale"], found.scale.shape), rtol=1e-6)


def test_floats_and_pixels_are_the_same(place: Path) -> None:
    """Real numbers go through the first quantizer as pixels do that stand for them."""
    path = DATA / "cnn_qonnx.onnx"
    pixels, of_pixels = onnx_nets.brought_in(path, place / "pixels", input_scale=Fraction(1, 16))
    reals, of_reals = onnx_nets.brought_in(path, place / "reals")
    images = digits()
    np.testing.assert_array_equal(onnx_nets.results(reals, of_reals, images.astype(np.float32) / np.float32(16)),
                                  onnx_nets.results(pixels, of_pixels, images))


def files(paths: Iterable[Path]) -> list[Any]:
    """Parameters, by the names of files and of their folders."""
    return [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in sorted(paths)]


def pictures(folder: Path, archive: Any) -> np.ndarray:
    """Of a network: stored, or from the official test sets beside it, of which there are indices."""
    if "images" in archive:
        return np.asarray(archive["images"])
    name, key = ("cifar10", "x_test_exact") if "cifar" in folder.name else ("mnist", "x_test")
    source = Path(os.environ.get("FINN_SETS", "")) / f"{name}.npz"
    if not source.is_file():
        pytest.skip(f"FINN_SETS has no {source.name}")
    return np.asarray(np.load(source)[key][archive["index"]])


@pytest.mark.parametrize("path", files(FOREIGN.glob("[a-z]*_*/*.onnx") if FOREIGN.name else ()))
def test_foreign_networks(place: Path, path: Path) -> None:
    archive = np.load(path.parent / "io.npz")
    key = path.stem.removeprefix("model").replace("-", "_")
    scale = Fraction(1, int(archive["divisor"]))
    found, network = onnx_nets.brought_in(path, place / "net", input_scale=scale)
    expected = archive[f"expected_int{key}"]
    np.testing.assert_array_equal(onnx_nets.results(found, network, pictures(path.parent, archive)),
                                  expected.reshape(len(expected), -1))


@pytest.mark.parametrize("path", files(DATA.glob("cases/*.onnx")))
def test_foreign_cases(place: Path, path: Path) -> None:
    archive = np.load(path.with_suffix(".npz"))
    options: dict[str, Any] = {"input_scale": Fraction(1, int(archive["divisor"]))}
    if path.stem == "input_raw_integers":
        options["input_bits"] = 8
    if path.stem in WIDE_ALONE:
        with pytest.raises(FinnError, match="differ by rounding alone, and give two results: .*--wide"):
            import_onnx(path, **options)
        options["wide"] = True
    found, network = onnx_nets.brought_in(path, place / "net", **options)
    integers, expected = onnx_nets.results(found, network, archive["images"]), archive["expected"]
    if path.stem == "argmax_last":
        np.testing.assert_array_equal(integers.argmax(axis=1), expected)
        return
    expected = expected.reshape(len(expected), -1)
    if not archive["scale"].all():
        # Channels that are worth different numbers: told in these.
        assert found.scale is not None
        expected = np.rint(expected / found.scale.repeat(expected.shape[1] // len(found.scale)))
    if path.stem == "softmax_last":
        np.testing.assert_array_equal(integers.argmax(axis=1), expected.argmax(axis=1))
        return
    if path.stem in FLOAT_DECIDES:
        assert (integers != expected).any()
        wide, of_wide = onnx_nets.brought_in(path, place / "wide", wide=True, **options)
        np.testing.assert_array_equal(onnx_nets.results(wide, of_wide, archive["images"]), expected)
        expected = np.rint(archive["float"].reshape(expected.shape) / archive["scale"])
    np.testing.assert_array_equal(integers, expected)


@pytest.mark.parametrize("path", files(DATA.glob("refuse/*.onnx")))
def test_foreign_refusals(path: Path) -> None:
    with pytest.raises(FinnError, match=path.name):
        import_onnx(path, input_scale=1)
