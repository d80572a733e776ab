"""Train a detector, described by its topology, and write its parameters.

Numpy alone, as finn_rtl.training.graph; every epoch has scenes of its own. The parameters in cores/ came from

    python -m finn_rtl.training.scenes cores/digits_yolo/digits_yolo.json --epochs 30 --output digits_yolo.npz

Where numpy sums in another order it comes out otherwise: expect the precision, not the bits.
"""

from __future__ import annotations

import argparse
import json
import sys
from math import pi
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finn_rtl.description.data import Dataset, load_dataset
from finn_rtl.description.files import load_topology
from finn_rtl.description.scenes import draw_scenes
from finn_rtl.description.topology import Topology
from finn_rtl.driver.boxes import HEAD, BoxForm, find_boxes
from finn_rtl.meaning.precision import mean_precision
from finn_rtl.training.graph import GraphNet, encoded
from finn_rtl.training.steps import Array

BATCH = 32
LEARNING_RATE = 5e-3
LEAST_SLOPE = 0.05
# Cells without a thing are most of them.
EMPTY_WEIGHT = 0.5
PLACE_WEIGHT = 5.0
# Of the training digits one of so many is in the scenes that are only watched.
HELD_OUT = 10
WATCHED = 100


def targets(form: BoxForm, boxes: tuple[NDArray[np.float64], ...], size: int) -> tuple[Array, NDArray[np.int64]]:
    """What the cells shall tell: (n, rows, columns, 5) numbers, the last one 1 where a thing is, and labels."""
    found = np.zeros((len(boxes), form.rows, form.columns, HEAD), np.float32)
    labels = np.zeros(found.shape[:3], np.int64)
    (width, height), = form.anchors
    for scene, things in enumerate(boxes):
        for left, top, right, bottom, label in things:
            x, y = (left + right) / 2 * form.columns / size, (top + bottom) / 2 * form.rows / size
            place = scene, int(y), int(x)
            found[place] = x % 1, y % 1, np.log((right - left) / width), np.log((bottom - top) / height), 1
            labels[place] = int(label)
    return found, labels


def loss_of(values: Array, wanted: Array, labels: NDArray[np.int64]) -> tuple[float, Array]:
    """Loss of a batch and its gradient, for values (n, rows, columns, channels) in units of their step."""
    count = np.float32(len(values))
    has_thing = wanted[..., 4]
    grad = np.zeros_like(values)
    inside = 1 / (1 + np.exp(-values[..., :2]))
    off = (inside - wanted[..., :2]) * has_thing[..., None]
    grad[..., :2] = 2 * PLACE_WEIGHT * off * inside * (1 - inside)
    sizes = (values[..., 2:4] - wanted[..., 2:4]) * has_thing[..., None]
    grad[..., 2:4] = 2 * PLACE_WEIGHT * sizes
    sure = 1 / (1 + np.exp(-values[..., 4]))
    weight = np.where(has_thing > 0, 1, EMPTY_WEIGHT)
    grad[..., 4] = weight * (sure - has_thing)
    shares = np.exp(values[..., HEAD:] - values[..., HEAD:].max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    right = np.take_along_axis(shares, labels[..., None], -1)
    total = (PLACE_WEIGHT * ((off**2).sum() + (sizes**2).sum())
             - (weight * np.log(np.where(has_thing > 0, sure, 1 - sure) + 1e-12)).sum()
             - (has_thing * np.log(right[..., 0] + 1e-12)).sum())
    np.put_along_axis(shares, labels[..., None], right - 1, -1)
    grad[..., HEAD:] = shares * has_thing[..., None]
    return float(total / count), grad / count


def precision(net: GraphNet, form: BoxForm, data: Dataset) -> float:
    """Mean average precision on scenes."""
    assert data.boxes is not None
    values = net.scores(encoded(net.topology, data.images)).astype(np.int64)
    height, width = data.images.shape[1:3]
    found = tuple(find_boxes(form, scene, height, width, threshold=0.01) for scene in values)
    return mean_precision(found, data.boxes, len(data.classes))


def scenes_of(digits: Dataset, count: int, rng: np.random.Generator) -> Dataset:
    """Fresh scenes of some digits."""
    images, boxes = draw_scenes(digits.images, digits.labels, count, rng)
    return Dataset(images, np.zeros(count, np.int64), digits.classes, boxes)


def train(topology: Topology, digits: Dataset, epochs: int, seed: int) -> tuple[GraphNet, BoxForm]:
    """A trained detector. The learning rate falls as a half cosine.

    Raises:
        ValueError: a layer that cannot be trained here, no detector, or several anchors.
    """
    if topology.boxes is None or len(topology.boxes.anchors) != 1:
        raise ValueError("boxes: a detector with one anchor is trained here")
    rng = np.random.default_rng(seed)
    net, form = GraphNet(topology, rng), topology.boxes.form(topology.maps[-1])
    is_watched = np.arange(len(digits.images)) % HELD_OUT == HELD_OUT - 1
    watched, others = (Dataset(digits.images[wanted], digits.labels[wanted], digits.classes)
                       for wanted in (is_watched, ~is_watched))
    shown = scenes_of(watched, WATCHED, rng)
    batches = len(digits.images) // BATCH
    step, count = np.float32(form.step), 0
    for epoch in range(epochs):
        net.unsettle()
        data, loss = scenes_of(others, batches * BATCH, rng), 0.0
        assert data.boxes is not None
        for begin in range(0, len(data.images), BATCH):
            count += 1
            wanted, labels = targets(form, data.boxes[begin:begin + BATCH], data.images.shape[1])
            whole = net.scores(encoded(topology, data.images[begin:begin + BATCH]))
            part, grad = loss_of(whole.reshape(*wanted.shape[:3], -1) * step, wanted, labels)
            net.backward((grad * step).astype(np.float32))
            loss += part
            for parameter in net.parameters:
                parameter.step(LEARNING_RATE / 2 * (1 + np.cos(pi * count / (epochs * batches))), count)
            for levels in net.norms():
                np.maximum(levels.gamma.value, LEAST_SLOPE, out=levels.gamma.value)
        # With the final weights, of many scenes at once, as they are.
        net.scores(encoded(topology, data.images[:512]), settle=True)
        if epoch % max(1, epochs // 12) == 0 or epoch + 1 == epochs:
            print(f"epoch {epoch + 1:3d}  loss {loss / batches:.4f}  validation {precision(net, form, shown):.4f}",
                  flush=True)
    return net, form


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topology", type=Path, help="JSON file that describes the network")
    parser.add_argument("--epochs", type=int, default=60, help="default %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default %(default)s")
    parser.add_argument("--output", type=Path, required=True, help="NPZ file to write")
    arguments = parser.parse_args()
    topology = load_topology(arguments.topology)
    try:
        net, form = train(topology, load_dataset("digits", "train"), arguments.epochs, arguments.seed)
    except ValueError as error:
        parser.error(f"{arguments.topology}: {error}")
    np.savez_compressed(arguments.output, **net.arrays())
    print(json.dumps({"network": topology.name, "epochs": arguments.epochs, "numpy": np.__version__,
                      "test_precision": precision(net, form, load_dataset("digit_scenes", "test"))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
