# SPDX-License-Identifier: Apache-2.0
# Copyright the finn-rtl authors

"""What trains networks with branches: gradients, and that what it writes computes what it saw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from finn_rtl import api, encode_images
from finn_rtl.common.places import library
from finn_rtl.description.data import Dataset, load_dataset
from finn_rtl.description.files import load_topology
from finn_rtl.meaning.reference import infer
from finn_rtl.training import graph, steps

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
    (0, {"weights": 1}, "'stem': weights of 1 bit"), (0, {"activation": "sign"}, "'stem': activation 'sign'"),
    (10, {"type": "maxpool"}, "'pool': a layer of type 'maxpool'")])
def test_refused(layer: int, change: dict[str, object], reason: str, tmp_path: Path) -> None:
    document = json.loads((FOLDER / "digits_resnet.json").read_text())
    document["layers"][layer].update(change)
    (tmp_path / "net.json").write_text(json.dumps(document))
    data = Dataset(np.zeros((1, 8, 8), np.uint8), np.zeros(1, np.int64), ())
    with pytest.raises(ValueError, match=reason):
        graph.train(load_topology(tmp_path / "net.json"), data, data, epochs=1, seed=1)
