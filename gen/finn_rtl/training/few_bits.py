"""Train a network of few-bit layers, described by its topology, and write its parameters.

Needs the ``training`` extra (PyTorch); a GPU is used where there is one. The parameters in cores/ came from

    train="python -m finn_rtl.training.few_bits --data DIR"
    $train --teacher teacher.pt --teacher-epochs 50
    $train cores/cnv_w1a2/cnv_w1a2.json --teacher teacher.pt --epochs 52 --output cnv_w1a2.npz
    $train cores/cnv_w2a2/cnv_w2a2.json --teacher teacher.pt --epochs 52 --output cnv_w2a2.npz
    $train cores/sfc_sparse/sfc_sparse.json --density fc0=0.012 fc1=0.04 fc2=0.4 --epochs 120 --output sfc_sparse.npz
    $train cores/digits_w2a2/digits_w2a2.json --epochs 300 --output digits_w2a2.npz
    $train cores/digits_sparse/digits_sparse.json --density fc0=0.08 fc1=0.12 fc2=0.5 --epochs 600 --output a.npz

those of the first four on an H200, with PyTorch 2.11. What a GPU sums in another order comes out otherwise: expect the
accuracy, not the bits.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import torch
from torch import Tensor

from finn_rtl.description.data import Dataset, load_dataset
from finn_rtl.description.files import load_topology
from finn_rtl.description.topology import Topology
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.maxpool import MaxPool
from finn_rtl.operators.weights import Weights
from finn_rtl.training.loop import Pictures, Recipe, accuracy, train
from finn_rtl.training.quantized import LayerSpec, NetSpec, QuantizedNet, export
from finn_rtl.training.teacher import Teacher

# Pictures of the training set that are only watched.
HELD_OUT = 1000
PHOTOGRAPHS = Recipe(augment="mirror", shift=3)
RECIPES = {"cifar10": PHOTOGRAPHS, "mnist": replace(PHOTOGRAPHS, augment="warp", shift=1, distill=0.0),
           "digits": replace(PHOTOGRAPHS, augment="warp", shift=0, distill=0.0, batch=64)}
TEACHER = Recipe(batch=512, learning_rate=2e-3, shift=4, decay=0.05)


def spec_of(topology: Topology, densities: Mapping[str, float]) -> NetSpec:
    """What is trained for a topology, a chain of matrices and pools.

    Raises:
        ValueError: a layer that cannot be trained here, or a density of none.
    """
    layers = []
    for layer, behind in zip_longest(topology.layers, topology.layers[1:]):
        if layer.reads is not None:
            raise ValueError(f"layer {layer.name!r}: branches are not trained here")
        if isinstance(layer, MaxPool):
            continue
        if not isinstance(layer, Weights):
            raise ValueError(f"layer {layer.name!r}: a layer of type {layer.kind!r} is not trained here")
        quantizer = layer.quantizer
        if quantizer is not None and (quantizer.signed or quantizer.narrow):
            raise ValueError(f"layer {layer.name!r}: signed or narrow levels are not trained here")
        bits = quantizer.bits if quantizer else -1 if layer.activation == "sign" else 0
        kernel, padding, pool = None, 0, 1
        if isinstance(layer, Convolution):
            kernel, padding = layer.kernel, layer.padding[0]
            if layer.stride != (1, 1) or len(set(layer.padding)) > 1 or layer.groups > 1:
                raise ValueError(f"layer {layer.name!r}: strides, groups and uneven padding are not trained here")
        if isinstance(behind, MaxPool):
            pool = behind.kernel[0]
            if behind.kernel != behind.step or behind.kernel != (pool, pool):
                raise ValueError(f"layer {behind.name!r}: overlapping or uneven pools are not trained here")
        density = densities.get(layer.name, 1.0)
        if density < 1 and not (layer.weights.bits == 2 and layer.weights.narrow):
            raise ValueError(f"layer {layer.name!r}: only ternary weights are pruned")
        layers.append(LayerSpec(layer.name, layer.rows, kernel, padding, pool, layer.weights.bits, layer.weights.narrow,
                                bits, density))
    unknown = set(densities) - {layer.name for layer in layers}
    if unknown:
        raise ValueError(f"density of {min(unknown)!r}: no layer with weights has that name")
    ifm = topology.input.map
    return NetSpec(ifm.channels, ifm.height, ifm.largest if ifm.bits > 1 else 1, tuple(layers))


def encoder(topology: Topology, device: torch.device) -> Callable[[Tensor], Tensor]:
    """From pictures of float32 0 to 255 (n, channels, height, width) to input elements, divided by their range."""
    ifm = topology.input.map
    table = torch.from_numpy(topology.input.encoding.table()).float().to(device)
    table = table / ifm.largest if ifm.bits > 1 else 2 * table - 1

    def encode(pictures: Tensor) -> Tensor:
        # (n, channels, height, width, levels): the levels of a value lie side by side.
        found = table[pictures.round().clamp(0, 255).long()]
        n, channels, height, width, levels = found.shape
        return found.permute(0, 1, 4, 2, 3).reshape(n, channels * levels, height, width)
    return encode


def tensors(data: Dataset, device: torch.device) -> tuple[Tensor, Tensor]:
    """Pictures (n, channels, height, width) of bytes, and labels."""
    images = torch.from_numpy(data.images)
    images = images[:, None] if images.dim() == 3 else images.permute(0, 3, 1, 2)
    return images.contiguous().to(device), torch.from_numpy(data.labels).to(device)


def make_teacher(path: Path, folder: Path | None, epochs: int, device: torch.device) -> None:
    """Train a teacher for CIFAR-10 and write it to `path`."""
    torch.manual_seed(TEACHER.seed)
    images, labels = tensors(load_dataset("cifar10", "train", folder), device)
    teacher = Teacher().to(device).to(memory_format=torch.channels_last)
    data = Pictures(images[:-HELD_OUT], labels[:-HELD_OUT], Pictures.view)
    train(teacher, data, (images[-HELD_OUT:], labels[-HELD_OUT:]), replace(TEACHER, epochs=epochs))
    torch.save(teacher.state_dict(), path)


def _density(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    if not 0 < float(share) <= 1:
        raise ValueError
    return name, float(share)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topology", type=Path, nargs="?", help="JSON file that describes the network")
    parser.add_argument("--data", type=Path, help="folder with the data set (not needed for digits)")
    parser.add_argument("--epochs", type=int, default=PHOTOGRAPHS.epochs, help="default %(default)s")
    parser.add_argument("--density", type=_density, nargs="+", default=[], metavar="LAYER=SHARE",
                        help="share of a layer's ternary weights that are not 0 in the end")
    parser.add_argument("--teacher", type=Path, help="file of the teacher, read, or written with --teacher-epochs")
    parser.add_argument("--teacher-epochs", type=int, help="train the teacher")
    parser.add_argument("--output", type=Path, help="NPZ file to write")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if arguments.teacher_epochs:
        if not arguments.teacher:
            parser.error("--teacher names the file to write")
        make_teacher(arguments.teacher, arguments.data, arguments.teacher_epochs, device)
        return 0
    if not arguments.topology or not arguments.output:
        parser.error("a topology and --output are needed")
    topology = load_topology(arguments.topology)
    if topology.dataset is None:
        parser.error(f"{arguments.topology} names no data set")
    try:
        spec = spec_of(topology, dict(arguments.density))
    except ValueError as error:
        parser.error(f"{arguments.topology}: {error}")
    recipe = replace(RECIPES[topology.dataset], epochs=arguments.epochs)
    teacher = None
    if arguments.teacher:
        teacher = Teacher().to(device).to(memory_format=torch.channels_last)
        teacher.load_state_dict(torch.load(arguments.teacher, map_location=device))
        teacher.eval().requires_grad_(False)
    torch.manual_seed(recipe.seed)
    images, labels = tensors(load_dataset(topology.dataset, "train", arguments.data), device)
    held = min(HELD_OUT, len(images) // 10)
    encode = encoder(topology, device)
    model = QuantizedNet(spec).to(device)
    train(model, Pictures(images[:-held], labels[:-held], encode), (images[-held:], labels[-held:]), recipe, teacher)
    export(model, arguments.output)
    test = tensors(load_dataset(topology.dataset, "test", arguments.data), device)
    print(json.dumps({"network": topology.name, "epochs": recipe.epochs, "torch": torch.__version__,
                      "test_accuracy": accuracy(model, encode, *test)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
