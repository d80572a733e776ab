"""What networks from outside need of topologies: tables and real numbers as input, biases of scores, other borders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from finn_rtl import FinnError, encode_images, infer, load, prepare, scores
from finn_rtl.description.encoding import RealEncoding, TableEncoding
from finn_rtl.description.files import parse_topology
from finn_rtl.meaning import compiled
from finn_rtl.output.accelerator import describe
from finn_rtl.output.vectors import random_elements

pytestmark = [pytest.mark.steady, pytest.mark.usefixtures("place")]
WriteNet = Callable[[dict[str, Any], dict[str, np.ndarray]], Path]
LAST = {"type": "fc", "name": "last", "units": 2, "activation": "none"}
RAMP = list(range(-128, 128))


def document(encoding: dict[str, Any], *layers: dict[str, Any], shape: tuple[int, ...] = (3,), **keys: Any
             ) -> dict[str, Any]:
    return {"name": "tiny", "parameters": "tiny.npz", "input": {"shape": list(shape), "encoding": encoding},
            "layers": list(layers) or [LAST], **keys}


@pytest.fixture(params=["compiled", "numpy"], autouse=True)
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "numpy":
        monkeypatch.setattr(compiled, "library", lambda: None)


def test_a_table_for_all_channels() -> None:
    spec = parse_topology(document({"type": "table", "bits": 8, "signed": True, "values": RAMP}), "net").input
    images = np.array([[0, 128, 255]], np.uint8)
    np.testing.assert_array_equal(encode_images(spec, images), [[-128, 0, 127]])
    assert (spec.map.bits, spec.map.signed, spec.map.is_bipolar) == (8, True, False)


def test_a_table_for_each_channel() -> None:
    tables = [RAMP, RAMP[::-1], [0] * 256]
    encoding = {"type": "table", "bits": 8, "signed": True, "values": tables}
    spec = parse_topology(document(encoding, shape=(2, 1, 3)), "net").input
    images = np.array([[[[0, 0, 9]], [[255, 255, 9]]]], np.uint8)
    np.testing.assert_array_equal(encode_images(spec, images), [[-128, 127, 0, 127, -128, 0]])
    with pytest.raises(FinnError, match="a driver has one for all"):
        spec.encoding.table()


@pytest.mark.parametrize("signed", [True, False])
def test_a_table_of_bits(signed: bool) -> None:
    values = [(-1 if signed else 0), 1] * 128
    spec = parse_topology(document({"type": "table", "bits": 1, "signed": signed, "values": values}), "net").input
    np.testing.assert_array_equal(encode_images(spec, np.array([[0, 1, 7]], np.uint8)), [[0, 1, 1]])
    assert spec.map.is_bipolar == signed and not spec.map.signed
    elements = random_elements(spec.map, 40, seed=1)
    assert set(np.unique(elements)) == {0, 1}


def test_real_numbers() -> None:
    encoding = {"type": "real", "bits": 3, "signed": True, "lowest": -2, "thresholds": [-0.5, 0.1, 0.1, 7]}
    spec = parse_topology(document(encoding, shape=(2, 3)), "net").input
    third = np.float32(0.1)
    images = np.array([[[-9, -0.5, 0], [third, np.nextafter(np.float32(7), np.float32(0)), 7]]], np.float32)
    np.testing.assert_array_equal(encode_images(spec, images), [[-2, -1, -1, 1, 1, 2]])
    np.testing.assert_array_equal(encode_images(spec, images.astype(np.float64)), encode_images(spec, images))
    bits = {"type": "real", "bits": 1, "signed": True, "lowest": -1, "thresholds": [[0.5], [-1], [3]]}
    spec = parse_topology(document(bits), "net").input
    np.testing.assert_array_equal(encode_images(spec, np.array([[0.5, -1.5, 4]], np.float32)), [[1, 0, 1]])


@pytest.mark.parametrize(("encoding", "parts"), [
    ({"type": "table", "bits": 8, "signed": True, "values": RAMP[1:]}, ["'input.encoding.values.0'", "at least 256"]),
    ({"type": "table", "bits": 7, "signed": True, "values": RAMP}, ["-128", "from -64 to 63"]),
    ({"type": "table", "bits": 1, "signed": True, "values": [0] * 256}, ["value 0", "-1 or +1"]),
    ({"type": "table", "bits": 8, "signed": True, "values": [RAMP, RAMP]}, ["2 lists", "3 channels"]),
    ({"type": "table", "bits": 17, "signed": True, "values": RAMP}, ["'input.encoding.bits'", "17", "at most 16"]),
    ({"type": "table", "bits": 8, "signed": True, "values": [0.5] * 256}, ["0.5", "whole number"]),
    ({"type": "real", "bits": 2, "signed": False, "lowest": 0, "thresholds": [1, 0]}, ["ascending"]),
    ({"type": "real", "bits": 1, "signed": False, "lowest": 0, "thresholds": [1, 2]}, ["value 2", "from 0 to 1"]),
    ({"type": "real", "bits": 1, "signed": True, "lowest": 0, "thresholds": [1]}, ["lowest must be -1"]),
    ({"type": "real", "bits": 2, "signed": False, "lowest": 0, "thresholds": ["a"]}, ["'a'"]),
])
def test_wrong_encodings(encoding: dict[str, Any], parts: list[str]) -> None:
    with pytest.raises(FinnError) as error:
        parse_topology(document(encoding), "net")
    assert all(part in str(error.value) for part in parts), str(error.value)


def test_wrong_images() -> None:
    real = parse_topology(document({"type": "real", "bits": 2, "signed": False, "lowest": 0, "thresholds": [1]}),
                          "net").input
    for images, part in ((np.zeros((1, 3), np.uint8), "must be floating point"), (np.zeros((1, 4)), "have shape (4,)"),
                         (np.full((1, 3), np.nan), "not finite"), (np.full((1, 3), np.inf), "not finite")):
        with pytest.raises(FinnError, match="images") as error:
            encode_images(real, images)
        assert part in str(error.value)
    table = parse_topology(document({"type": "table", "bits": 8, "signed": True, "values": RAMP}), "net").input
    with pytest.raises(FinnError, match="must be uint8"):
        encode_images(table, np.zeros((1, 3)))


def test_no_host_for_real_numbers(write_net: WriteNet) -> None:
    encoding = {"type": "real", "bits": 2, "signed": False, "lowest": 0, "thresholds": [1]}
    path = write_net(document(encoding), {"last.weight": np.ones((2, 3), np.int8)})
    network, plan = prepare(str(path))
    with pytest.raises(FinnError, match="real numbers"):
        describe(network, plan, "axi")
    assert isinstance(network.topology.input.encoding, RealEncoding) and not isinstance(
        network.topology.input.encoding, TableEncoding)


BYTES = {"type": "integer", "bits": 8, "signed": False}


@pytest.mark.parametrize("encoding", [BYTES, {"type": "binary", "threshold": 100}], ids=["bytes", "bits"])
@pytest.mark.parametrize("bits", [1, 3])
def test_biases_of_scores(write_net: WriteNet, encoding: dict[str, Any], bits: int) -> None:
    """Of bits, too, scores are dot products then."""
    rng = np.random.default_rng(bits)
    weight = rng.choice([-1, 1] if bits == 1 else [-3, -2, 0, 1, 3], (2, 3)).astype(np.int8)
    layer = {**LAST, "bias": 9, "weights": bits}
    arrays = {"last.weight": weight, "last.bias": np.array([-256, 255])}
    path = write_net(document(encoding, layer), arrays)
    network = load(str(path))
    images = rng.integers(0, 256, (30, 3)).astype(np.uint8)
    numbers = images.astype(int) if encoding is BYTES else np.where(images >= 100, 1, -1)
    expected = numbers @ weight.T.astype(int) + arrays["last.bias"]
    np.testing.assert_array_equal(infer(network, encode_images(network.topology.input, images)), expected)
    low, high = network.topology.maps[-1].limits or (0, 0)
    assert low <= expected.min() and expected.max() <= high
    element = prepare(str(path))[1].pipeline.matrices[-1].element
    assert element is not None and (element.bits, element.signed) == (network.topology.maps[-1].bits, True)


@pytest.mark.parametrize(("layer", "bias", "parts"), [
    ({"bias": 4}, np.array([8, 0]), ["'last.bias'", "value 8", "from -8 to 7"]),
    ({"bias": 4}, np.array([0.5, 0]), ["'last.bias'", "integers"]),
    ({"bias": 4}, None, ["'last.bias'", "missing"]),
    ({}, np.array([1, 2]), ["'last.bias'", "belongs to no layer"]),
    ({"bias": 0}, None, ["'bias'", "at least 1"]),
    ({"bias": 3, "activation": "sign"}, None, ["'last'", "bias 3", "leave it out"]),
])
def test_wrong_biases(write_net: WriteNet, layer: dict[str, Any], bias: Any, parts: list[str]) -> None:
    arrays = {"last.weight": np.ones((2, 3), np.int8), **({} if bias is None else {"last.bias": bias})}
    with pytest.raises(FinnError) as error:
        load(str(write_net(document(BYTES, {**LAST, **layer}, output="vector"), arrays)))
    assert all(part in str(error.value) for part in parts), str(error.value)


def test_borders_of_numbers(write_net: WriteNet) -> None:
    """A zero point is the number that stands around a map."""
    rng = np.random.default_rng(3)
    layer = {"type": "conv", "name": "last", "channels": 2, "kernel": 3, "padding": [1, 0, 2, 1], "border": 77,
             "weights": 4, "activation": "none"}
    weight = rng.integers(-8, 8, (2, 3, 3, 1)).astype(np.int8)
    path = write_net(document(BYTES, layer, shape=(4, 5), output="vector"), {"last.weight": weight})
    network = load(str(path))
    images = rng.integers(0, 256, (6, 4, 5)).astype(np.uint8)
    padded = np.full((6, 5, 8), 77)
    padded[:, 1:, 2:7] = images
    view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    expected = np.einsum("nyxij,uij->nyxu", view, weight[..., 0].astype(int))
    np.testing.assert_array_equal(infer(network, encode_images(network.topology.input, images)),
                                  expected.reshape(6, -1))
    units = [node.ip for node in prepare(str(path))[1].pipeline.nodes if node.ip.core == "swu"]
    assert [unit.parameters("tiny")["PAD_VALUE"] for unit in units] == [77]


@pytest.mark.parametrize("encoding", [BYTES, {"type": "binary", "threshold": 100}], ids=["bytes", "bits"])
@pytest.mark.parametrize("bits", [1, 2])
def test_signs_that_fall(write_net: WriteNet, encoding: dict[str, Any], bits: int) -> None:
    """A falling unit is -1 where its threshold is reached, be its weights negated or not."""
    rng = np.random.default_rng(bits)
    weight = rng.choice([-1, 1] if bits == 1 else [-2, -1, 1], (6, 3)).astype(np.int8)
    is_count = bits == 1 and encoding is not BYTES
    thresholds = rng.integers(0, 4, 6) if is_count else rng.integers(-3, 4, 6) * (60 if encoding is BYTES else 1)
    falling = np.arange(6) % 2 == 0
    first = {"type": "fc", "name": "first", "units": 6, "weights": bits, "activation": "sign"}
    network = load(str(write_net(document(encoding, first, output="vector"), {
        "first.weight": weight, "first.threshold": thresholds, "first.falling": falling})))
    images = rng.integers(0, 256, (40, 3)).astype(np.uint8)
    numbers = images.astype(int) if encoding is BYTES else np.where(images >= 100, 1, -1)
    sums = numbers @ weight.T.astype(int)
    reached = ((sums + 3) // 2 if is_count else sums) >= thresholds
    expected = np.where(falling, ~reached, reached).astype(int)
    np.testing.assert_array_equal(infer(network, encode_images(network.topology.input, images)), expected)
    assert network.layers["first"].falling.any() == (bits == 2)


def test_scores_as_dot_products(write_net: WriteNet) -> None:
    weight = np.array([[1, 1, -1], [-1, 1, 1]], np.int8)
    binary = {"type": "binary", "threshold": 100}
    network = load(str(write_net(document(binary, scores="dot"), {"last.weight": weight})))
    images = np.array([[0, 255, 255], [255, 255, 0]], np.uint8)
    counts = infer(network, encode_images(network.topology.input, images))
    np.testing.assert_array_equal(counts, [[1, 3], [3, 1]])
    np.testing.assert_array_equal(scores(network, counts), [[-1, 3], [3, -1]])
    with pytest.raises(FinnError, match="dot products already"):
        parse_topology(document(BYTES, scores="dot"), "net")
