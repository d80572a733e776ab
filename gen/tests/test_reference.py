from __future__ import annotations

import numpy as np
import pytest

from finn_rtl import load
from finn_rtl.common.integers import IntegerLayer
from finn_rtl.description.data import load_dataset
from finn_rtl.description.encoding import encode_images
from finn_rtl.description.networks import find_topology
from finn_rtl.description.parameters import Raw, load_parameters
from finn_rtl.meaning import reference
from finn_rtl.meaning.kernels import layer_output


@pytest.mark.parametrize("inputs", [1, 63, 64, 65, 200])
def test_packed_popcount_is_the_plain_count(inputs: int) -> None:
    rng = np.random.default_rng(inputs)
    bits, weight = (rng.integers(0, 2, (n, inputs), dtype=np.uint8) for n in (300, 17))
    signs = weight.astype(np.int8) * 2 - 1
    plain = (bits[:, None, :] == weight[None, :, :]).sum(axis=2)
    assert np.array_equal(layer_output(IntegerLayer(signs, None), bits), plain)
    threshold = rng.integers(0, inputs + 2, 17)
    assert np.array_equal(layer_output(IntegerLayer(signs, threshold[:, None]), bits), plain >= threshold)


def test_first_maximum_wins() -> None:
    assert reference.labels(np.array([[3, 7, 7], [2, 2, 2]], np.int32)).tolist() == [1, 0]


def test_reference_equals_the_trained_model_in_float64() -> None:
    topology, path = find_topology("digits")
    images = load_dataset("digits", "test").images
    values = encode_images(topology.input, images) * 2.0 - 1.0
    for layer in load_parameters(path.parent / topology.parameters, topology).values():
        values = values @ layer.weight.T.astype(np.float64)
        norm = layer.activation.norm if isinstance(layer.activation, Raw) else None
        if norm is not None:
            normal = norm.gamma * (values - norm.mean) / np.sqrt(norm.var + norm.eps) + norm.beta
            values = np.where(normal >= 0, 1.0, -1.0)
    network = load("digits")
    scores = reference.infer(network, encode_images(topology.input, images))
    # Scores are popcounts p of 128 places; the model's are dot products 2 p - 128.
    assert np.array_equal(2 * scores - 128, values)
