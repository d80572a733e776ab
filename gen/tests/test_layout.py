"""Orders of weights: PyTorch's and the hardware's give the same network, and what may be either is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from finn_rtl import FinnError, infer, load
from finn_rtl.common.places import shipped_names
from finn_rtl.description.networks import find_topology
from finn_rtl.description.parameters import load_parameters

pytestmark = pytest.mark.steady

Document = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
WriteNet = Callable[[Document, Arrays], Path]
#: Dimensions of PyTorch's weights (units, channels, rows, columns) in each layout.
ORDERS = {"oihw": (0, 1, 2, 3), "ohwi": (0, 2, 3, 1)}
CHOICE = "'oihw' (PyTorch's own: channels first) or 'ohwi' (channels last)"


class Torch:
    """A random network as PyTorch would have it: maps (n, channels, rows, columns) of -1/+1, flattened as they are."""

    def __init__(self, rng: np.random.Generator, channels: int, kernel: tuple[int, int], levels: int = 1) -> None:
        self.shape = (int(rng.integers(6, 9)), int(rng.integers(6, 9)), channels)
        pads = [int(pad) for pad in rng.integers(0, min(kernel), 4)]
        units = [int(size) for size in rng.integers((3, 3, 12), (8, 8, 20))]
        self.thresholds = sorted(int(level) for level in rng.choice(np.arange(40, 220), levels, replace=False))
        self.layers: list[Document] = [
            {"type": "conv", "name": "a", "channels": units[0], "kernel": list(kernel), "padding": pads,
             "activation": "sign"},
            {"type": "maxpool", "name": "p", "kernel": [1, 2]},
            {"type": "conv", "name": "b", "channels": units[1], "kernel": [2, 1], "activation": "sign"},
            {"type": "fc", "name": "c", "units": units[2], "activation": "sign"},
            {"type": "fc", "name": "d", "units": 4, "activation": "none"}]
        signs = np.array([-1, 1], np.int8)
        rows, columns = (size + before + after - reach + 1 for size, before, after, reach in zip(
            self.shape[:2], pads[::2], pads[1::2], kernel, strict=True))
        self.map = (units[1], rows - 1, columns // 2)
        self.weights = {
            "a": rng.choice(signs, (units[0], channels * levels, *kernel)),
            "b": rng.choice(signs, (units[1], units[0], 2, 1)),
            "c": rng.choice(signs, (units[2], *self.map)), "d": rng.choice(signs, (4, units[2], 1, 1))}
        self.pads = pads

    @property
    def document(self) -> Document:
        encoding = {"type": "thermometer", "thresholds": self.thresholds}
        return {"name": "tiny", "parameters": "tiny.npz", "layers": self.layers,
                "input": {"shape": list(self.shape), "encoding": encoding}}

    def arrays(self, layout: str, flat: bool) -> Arrays:
        """The weights in a layout, all as matrices or those of convolutions in four dimensions; half fires."""
        arrays: Arrays = {"layout": np.array(layout)}
        for name, weight in self.weights.items():
            own = weight.transpose(ORDERS[layout])
            arrays[f"{name}.weight"] = own.reshape(len(own), -1) if flat or name in "cd" else own
            if name != "d":
                arrays[f"{name}.threshold"] = np.full(len(own), own[0].size // 2)
        return arrays

    def scores(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Dot products of the last layer."""
        values = images.transpose(0, 3, 1, 2)
        codes = [np.where(values >= level, 1, -1) for level in self.thresholds]
        x = np.stack(codes, axis=2).reshape(len(images), -1, *values.shape[2:])
        x = np.pad(x, ((0, 0), (0, 0), tuple(self.pads[:2]), tuple(self.pads[2:])), constant_values=-1)
        x = self._convolve(x, self.weights["a"])
        x = np.maximum(x[:, :, :, :x.shape[3] // 2 * 2:2], x[:, :, :, 1::2])
        x = self._convolve(x, self.weights["b"])
        assert x.shape[1:] == self.map
        sums = x.reshape(len(x), -1) @ self.weights["c"].reshape(len(self.weights["c"]), -1).T.astype(int)
        x = self._sign(sums, self.weights["c"][0].size)
        return np.asarray(x @ self.weights["d"].reshape(4, -1).T.astype(int))

    @staticmethod
    def _sign(sums: NDArray[np.int64], inputs: int) -> NDArray[np.int64]:
        return np.where(sums + inputs >= inputs // 2 * 2, 1, -1)

    def _convolve(self, x: NDArray[np.int64], weight: NDArray[np.int8]) -> NDArray[np.int64]:
        windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
        sums = np.tensordot(windows, weight.astype(int), axes=((1, 4, 5), (1, 2, 3)))
        return self._sign(sums.transpose(0, 3, 1, 2), weight[0].size)


@pytest.mark.parametrize(("channels", "kernel", "levels"), [
    (3, (3, 3), 1), (1, (3, 3), 1), (2, (2, 3), 1), (1, (3, 3), 3), (2, (3, 3), 2), (5, (3, 1), 1), (3, (1, 1), 1)])
@pytest.mark.parametrize("seed", range(3))
def test_both_layouts_give_the_scores_of_a_network_with_channels_first(write_net: WriteNet, seed: int, channels: int,
                                                                       kernel: tuple[int, int], levels: int) -> None:
    rng = np.random.default_rng([seed, channels, *kernel, levels])
    torch = Torch(rng, channels, kernel, levels)
    images = rng.integers(0, 256, (20, *torch.shape), dtype=np.uint8)
    expected = torch.scores(images)
    assert len(np.unique(expected, axis=0)) > 1
    for layout in ORDERS:
        for flat in (False, True):
            network = load(str(write_net(torch.document, torch.arrays(layout, flat))))
            values = network.topology.input.encoding.table()[images].reshape(len(images), -1)
            found = infer(network, values) * 2 - [*network.layers.values()][-1].weight.shape[1]
            assert np.array_equal(found, expected), (layout, flat)


def refusal(write_net: WriteNet, document: Document, arrays: Arrays) -> str:
    with pytest.raises(FinnError) as caught:
        load(str(write_net(document, arrays)))
    text = str(caught.value)
    assert "tiny.npz: " in text and "\n" not in text
    return text


@pytest.mark.parametrize(("channels", "flat", "layer"), [(3, False, "a"), (2, True, "a"), (2, False, "c")])
def test_what_may_be_in_either_order_is_asked_for(write_net: WriteNet, channels: int, flat: bool, layer: str) -> None:
    torch = Torch(np.random.default_rng(4), channels, (3, 3))
    for layout in ORDERS:
        arrays = torch.arrays(layout, flat)
        del arrays["layout"]
        text = refusal(write_net, torch.document, arrays)
        assert f"key '{layer}.weight': " in text
        assert f"either order: add the key 'layout' with the value {CHOICE}" in text


def test_what_has_one_order_is_not_asked_for(write_net: WriteNet) -> None:
    """Shapes that fit one layout, single channels, and single pixels."""
    torch = Torch(np.random.default_rng(5), 2, (3, 3))
    layers = [layer for layer in torch.layers if layer["name"] in "ab"]
    layers[-1]["activation"] = "none"
    document = {**torch.document, "layers": layers, "output": "vector"}
    loaded = []
    for layout in ORDERS:
        arrays = {key: array for key, array in torch.arrays(layout, False).items() if key[:2] in ("a.", "b.")}
        del arrays["b.threshold"]
        loaded.append(load(str(write_net(document, arrays))))
    for first, second in zip(*(network.layers.values() for network in loaded), strict=True):
        assert np.array_equal(first.weight, second.weight)


def test_two_layouts_in_one_file_are_refused(write_net: WriteNet) -> None:
    torch = Torch(np.random.default_rng(6), 2, (3, 3))
    arrays = {**torch.arrays("ohwi", False), "a.weight": torch.weights["a"]}
    text = refusal(write_net, torch.document, arrays)
    assert "'a.weight': has shape" in text and "(layout 'ohwi')" in text
    del arrays["layout"]
    text = refusal(write_net, torch.document, arrays)
    assert "'b.weight': is in layout 'ohwi' by its shape, layer 'a' in 'oihw'" in text


@pytest.mark.parametrize("value", ["nchw", "", 3, ["oihw"], b"ohw", True, np.ones((3, 3)), "x" * 1000])
def test_an_unknown_layout_is_refused(write_net: WriteNet, document: Document, arrays: Arrays, value: Any) -> None:
    text = refusal(write_net, document, {**arrays, "layout": np.array(value)})
    assert "key 'layout': value " in text and "must be the string " in text and CHOICE in text
    assert len(text) < 400


@pytest.mark.parametrize("value", ["ohwi", b"oihw"])
def test_a_layout_where_none_is_needed(write_net: WriteNet, document: Document, arrays: Arrays, value: Any) -> None:
    load(str(write_net(document, {**arrays, "layout": np.array(value)})))


def test_wrong_shapes_and_values_come_before_the_question(write_net: WriteNet) -> None:
    torch = Torch(np.random.default_rng(7), 3, (3, 3))
    arrays = torch.arrays("oihw", False)
    del arrays["layout"]
    assert "'a.weight': is missing" in refusal(write_net, torch.document, {
        key: array for key, array in arrays.items() if key != "a.weight"})
    assert "must be -1 or +1" in refusal(write_net, torch.document, {**arrays, "a.weight": arrays["a.weight"] * 2})
    assert "has shape (7, 5)" in refusal(write_net, torch.document, {**arrays, "a.weight": np.ones((7, 5))})


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_parameters_say_their_layout(name: str) -> None:
    topology, path = find_topology(name)
    with np.load(path.parent / topology.parameters) as archive:
        assert str(archive["layout"]) == "ohwi"
    load_parameters(path.parent / topology.parameters, topology)
