"""Train a network of few-bit layers with branches, described by its topology, and write its parameters.

For small networks: numpy alone, layer by layer, a minute on one core. Layers are `conv` and `fc`, `activation`, `add`,
`sumpool` and `maxpool`; results are levels, or the scores of the last layer. The parameters in cores/ came from

    train="python -m finn_rtl.training.graph"
    $train cores/digits_resnet/digits_resnet.json --epochs 150 --output digits_resnet.npz

Where numpy sums in another order it comes out otherwise: expect the accuracy, not the bits.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finn_rtl.description.data import Dataset, load_dataset
from finn_rtl.description.files import load_topology
from finn_rtl.description.topology import Topology
from finn_rtl.training.steps import Array, Levels, Matrix, Parameter, step_of

LEAST_SLOPE = 0.05
# One picture of so many of the training set is only watched.
HELD_OUT = 10
BATCH = 64
LEARNING_RATE = 5e-3


class GraphNet:
    """All steps of a topology; every one sees the whole numbers that hardware sees."""

    def __init__(self, topology: Topology, rng: np.random.Generator) -> None:
        self.topology = topology
        self.steps = [step_of(layer, topology.ifms(index)[0], rng) for index, layer in enumerate(topology.layers)]
        self.score_scale = Parameter(np.full((), 0.02, np.float32))

    @property
    def parameters(self) -> Iterator[Parameter]:
        """What is trained."""
        yield self.score_scale
        for step in self.steps:
            yield from step.parameters

    def scores(self, x: Array, settle: bool = False) -> Array:
        """Whole scores (n, classes) of input elements (n, height, width, channels)."""
        maps = [x]
        for step, sources in zip(self.steps, self.topology.sources, strict=True):
            maps.append(step.forward([maps[source + 1] for source in sources], settle))
        return maps[-1].reshape(len(x), -1)

    def learn(self, x: Array, labels: NDArray[np.int64]) -> float:
        """All gradients of the mean cross entropy, which is returned."""
        whole = self.scores(x)
        scores = whole * self.score_scale.value
        shares = np.exp(scores - scores.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        right = np.arange(len(x)), labels
        loss = -np.log(shares[right] + 1e-12).mean()
        shares[right] -= 1
        shares /= np.float32(len(x))
        self.score_scale.grad = np.asarray((shares * whole).sum(), np.float32)
        self.backward((shares * self.score_scale.value).reshape(len(x), 1, 1, -1))
        return float(loss)

    def backward(self, grad: Array) -> None:
        """All gradients, of that of the last map (n, height, width, channels)."""
        grads: list[Array | None] = [None] * (len(self.steps) + 1)
        grads[-1] = grad
        for index in reversed(range(len(self.steps))):
            of_map = grads[index + 1]
            assert of_map is not None, "every map is read"
            for source, part in zip(self.topology.sources[index], self.steps[index].backward(of_map), strict=True):
                before = grads[source + 1]
                grads[source + 1] = part if before is None else before + part

    def unsettle(self) -> None:
        """Take means and variances of each batch again."""
        for levels in self.norms():
            levels.is_settled = False

    def norms(self) -> Iterator[Levels]:
        """All batch norms."""
        for step in self.steps:
            if isinstance(step, Levels):
                yield step
            elif isinstance(step, Matrix) and step.levels:
                yield step.levels

    def arrays(self) -> dict[str, Any]:
        """The parameter file."""
        return {"layout": "ohwi"} | {f"{layer.name}.{key}": value
                                     for layer, step in zip(self.topology.layers, self.steps, strict=True)
                                     for key, value in step.arrays().items()}


def warp(pictures: Array, rng: np.random.Generator) -> Array:
    """Pictures (n, size, size) turned by up to 10 degrees, scaled and stretched by up to 12 %, sheared; bilinear."""
    n, size = pictures.shape[:2]

    def uniform(limit: float) -> NDArray[np.float64]:
        return rng.uniform(-limit, limit, (n, 1, 1))

    angle, zoom, stretch, shear = uniform(0.175), 1 + uniform(0.12), 1 + uniform(0.12), uniform(0.16)
    place = np.arange(size) - (size - 1) / 2
    y, x = place[None, :, None], place[None, None, :]
    columns = np.cos(angle) * zoom * stretch * x + (shear - np.sin(angle) * zoom) * y
    rows = np.sin(angle) * zoom * x + np.cos(angle) * zoom * y
    padded = np.pad(pictures, ((0, 0), (1, 2), (1, 2)))
    rows, columns = ((part + (size - 1) / 2 + 1).clip(0, size + 1) for part in (rows, columns))
    top, left = rows.astype(np.int64), columns.astype(np.int64)
    down, across = rows - top, columns - left
    first = np.arange(n)[:, None, None]
    upper = padded[first, top, left] * (1 - across) + padded[first, top, left + 1] * across
    lower = padded[first, top + 1, left] * (1 - across) + padded[first, top + 1, left + 1] * across
    return (upper * (1 - down) + lower * down).astype(np.float32)


def encoded(topology: Topology, pictures: NDArray[Any]) -> Array:
    """Input elements (n, height, width, channels) of pictures (n, height, width) of numbers up to 255."""
    ifm = topology.input.map
    found = topology.input.encoding.table()[np.rint(pictures).clip(0, 255).astype(np.int64)]
    return found.reshape(len(pictures), ifm.height, ifm.width, ifm.channels).astype(np.float32)


def accuracy(net: GraphNet, data: Dataset) -> float:
    """Share of pictures whose first largest score is their label's."""
    return float((net.scores(encoded(net.topology, data.images)).argmax(1) == data.labels).mean())


def train(topology: Topology, data: Dataset, watched: Dataset, epochs: int, seed: int) -> GraphNet:
    """A trained network; `watched` pictures are only looked at. The learning rate falls as a half cosine.

    Raises:
        ValueError: a layer that cannot be trained here.
    """
    rng = np.random.default_rng(seed)
    net = GraphNet(topology, rng)
    batches = len(data.images) // BATCH
    count = 0
    for epoch in range(epochs):
        net.unsettle()
        loss = 0.0
        for pick in rng.permutation(len(data.images))[:batches * BATCH].reshape(batches, BATCH):
            count += 1
            pictures = warp(data.images[pick].astype(np.float32), rng)
            loss += net.learn(encoded(topology, pictures), data.labels[pick])
            for parameter in net.parameters:
                parameter.step(LEARNING_RATE / 2 * (1 + np.cos(pi * count / (epochs * batches))), count)
            for levels in net.norms():
                np.maximum(levels.gamma.value, LEAST_SLOPE, out=levels.gamma.value)
        # With the final weights, of all pictures at once, as they are.
        net.scores(encoded(topology, data.images), settle=True)
        if epoch % max(1, epochs // 12) == 0 or epoch + 1 == epochs:
            right = accuracy(net, watched)
            print(f"epoch {epoch + 1:3d}  loss {loss / batches:.4f}  validation {right:.4f}", flush=True)
    return net


def part(data: Dataset, wanted: NDArray[np.bool_]) -> Dataset:
    """Some of the pictures."""
    return Dataset(data.images[wanted], data.labels[wanted], data.classes)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topology", type=Path, help="JSON file that describes the network")
    parser.add_argument("--data", type=Path, help="folder with the data set (not needed for digits)")
    parser.add_argument("--epochs", type=int, default=150, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    parser.add_argument("--output", type=Path, required=True, help="NPZ file to write")
    arguments = parser.parse_args()
    topology = load_topology(arguments.topology)
    if topology.dataset is None:
        parser.error(f"{arguments.topology} names no data set")
    data = load_dataset(topology.dataset, "train", arguments.data)
    is_watched = np.arange(len(data.images)) % HELD_OUT == HELD_OUT - 1
    try:
        net = train(topology, part(data, ~is_watched), part(data, is_watched), arguments.epochs, arguments.seed)
    except ValueError as error:
        parser.error(f"{arguments.topology}: {error}")
    np.savez_compressed(arguments.output, **net.arrays())
    test = load_dataset(topology.dataset, "test", arguments.data)
    print(json.dumps({"network": topology.name, "epochs": arguments.epochs, "numpy": np.__version__,
                      "test_accuracy": accuracy(net, test)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
