# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What trains networks with branches: gradients, and that what it writes computes what it saw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from finn_rtl import api, encode_images
from finn_rtl.common.maps import Map
from finn_rtl.common.places import library
from finn_rtl.description.data import Dataset, load_dataset
from finn_rtl.description.files import load_topology
from finn_rtl.driver.boxes import BoxForm
from finn_rtl.meaning.reference import infer
from finn_rtl.training import graph, scenes, steps

pytestmark = pytest.mark.steady

FOLDER = library() / "cores" / "digits_resnet"


def test_what_is_written_computes_what_was_trained(tmp_path: Path) -> None:
    """Every score, of pictures that were not trained with."""
    topology = load_topology(FOLDER / "digits_resnet.json")
    data = load_dataset("digits", "train").head(200)
    net = graph.train(topology, data, data.head(20), epochs=2, seed=3)
    (tmp_path / "digits_resnet.json").write_text((FOLDER / "digits_resnet.json").read_text())
    np.savez(tmp_path / "digits_resnet.npz", **net.arrays())
    network = api.load(str(tmp_path / "digits_resnet.json"))
    images = load_dataset("digits", "test").images
    found = infer(network, encode_images(topology.input, images))
    np.testing.assert_array_equal(found, net.scores(graph.encoded(topology, images)))


@pytest.mark.parametrize("windows", [steps.Windows((3, 2), (2, 1), (1, 0, 1, 1)), steps.Windows((2, 2), (2, 2))])
def test_gradients_of_windows(windows: steps.Windows) -> None:
    """What goes back is the adjoint of what goes forward."""
    rng = np.random.default_rng(1)
    x = rng.integers(-9, 10, (2, 5, 4, 3)).astype(np.float32)
    forward = windows.of(x)
    grad = rng.integers(-9, 10, forward.shape).astype(np.float32)
    assert (forward * grad).sum() == (x * windows.back(grad, x.shape)).sum()


def test_gradients_of_batch_norm() -> None:
    """Against differences of what lies in front of the rounding."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 2, 2, 1)).astype(np.float32)
    weight = rng.normal(size=x.shape).astype(np.float32)
    levels = steps.Levels(1, load_topology(FOLDER / "digits_resnet.json").matrices[2].quantizer)

    def smooth(at: np.ndarray) -> float:
        normal = (at - at.mean()) / np.sqrt(at.var() + steps.EPS)
        return float((normal / steps.STEP * weight).sum())

    levels.forward([x], settle=False)
    levels.passes[:] = True
    (found,) = levels.backward(weight)
    for place in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[place] = 1e-4
        assert found[place] == pytest.approx((smooth(x + step) - smooth(x - step)) / 2e-4, abs=1e-3)


@pytest.mark.parametrize(("layer", "change", "reason"), [
    (0, {"activation": "sign"}, "'stem': activation 'sign'"),
    (10, {"type": "upsample", "scale": 1, "kernel": None}, "'pool': a layer of type 'upsample'")])
def test_refused(layer: int, change: dict[str, object], reason: str, tmp_path: Path) -> None:
    document = json.loads((FOLDER / "digits_resnet.json").read_text())
    document["layers"][layer] = {key: value for key, value in (document["layers"][layer] | change).items()
                                 if value is not None}
    (tmp_path / "net.json").write_text(json.dumps(document))
    data = Dataset(np.zeros((1, 8, 8), np.uint8), np.zeros(1, np.int64), ())
    with pytest.raises(ValueError, match=reason):
        graph.train(load_topology(tmp_path / "net.json"), data, data, epochs=1, seed=1)


def test_a_detector_computes_what_was_trained(tmp_path: Path) -> None:
    """Weights of 1 and 8 bits, biases, pools that overlap: every value, of scenes that were not trained with."""
    folder = library() / "cores" / "digits_yolo"
    topology = load_topology(folder / "digits_yolo.json")
    net, _ = scenes.train(topology, load_dataset("digits", "train").head(64), epochs=1, seed=3)
    (tmp_path / "digits_yolo.json").write_text((folder / "digits_yolo.json").read_text())
    np.savez(tmp_path / "digits_yolo.npz", **net.arrays())
    network = api.load(str(tmp_path / "digits_yolo.json"))
    images = load_dataset("digit_scenes", "test").images[:20]
    found = infer(network, encode_images(topology.input, images))
    np.testing.assert_array_equal(found, net.scores(graph.encoded(topology, images)))


def test_gradients_of_a_detector() -> None:
    """Against differences of the loss."""
    rng = np.random.default_rng(4)
    form = BoxForm(2, 2, ((9.0, 12.0),), 1.0, 0.5, 0.45)
    boxes = (np.array([[1, 2, 12, 13, 1.0], [22, 21, 30, 38, 0.0]]), np.array([[25, 1, 36, 14, 2.0]]))
    wanted, labels = scenes.targets(form, boxes, 40)
    assert wanted[..., 4].sum() == 3 and wanted[0, 0, 0, :2] == pytest.approx([6.5 / 20, 7.5 / 20])
    values = rng.normal(size=(2, 2, 2, 8))
    _, grad = scenes.loss_of(values, wanted, labels)
    for place in np.ndindex(values.shape):
        step = np.zeros(values.shape)
        step[place] = 1e-5
        (above, _), (below, _) = (scenes.loss_of(values + sign * step, wanted, labels) for sign in (1, -1))
        assert grad[place] == pytest.approx((above - below) / 2e-5, abs=1e-4), place


def test_gradients_of_largest() -> None:
    """What goes back is the adjoint of what goes forward, where the places of the largest stay."""
    layer = load_topology(library() / "cores" / "digits_yolo" / "digits_yolo.json").layers[7]
    step = steps.Largest(layer, Map(3, 3, 2, 3))
    x = np.random.default_rng(5).permutation(18).reshape(1, 3, 3, 2).astype(np.float32)
    found = step.forward([x], settle=False)
    assert found.shape == x.shape and (found[0, 2, 2] == x[0, 2, 2]).all()
    assert found[0, 0, 0, 0] == x[0, :2, :2, 0].max()
    with pytest.raises(ValueError, match="'pool3': the largest of numbers below 0"):
        steps.Largest(layer, Map(3, 3, 2, 3, signed=True))
    grad = np.random.default_rng(6).integers(1, 9, found.shape).astype(np.float32)
    (back,) = step.backward(grad)
    assert (found * grad).sum() == (x * back).sum()
