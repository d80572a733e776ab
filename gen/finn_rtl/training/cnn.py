"""Train a binarized convolutional network, described by its topology, and write its parameters.

Weights and activations are binarized by their sign in the forward pass; gradients pass straight through inside the
clipping range (Hubara et al., "Binarized Neural Networks", 2016). A layer is ``sign(batch_norm(pool(conv(x))))`` with
the batch norm's slope fixed at 1, so that pooling before the sign is the same as the OR of the signs behind it. Borders
are padded with -1, and with 0 in front of the first layer ("Scaling Binarized Neural Networks on Reconfigurable Logic",
2017), as the hardware does.

Needs the ``training`` extra (PyTorch). The parameters in cores/ came from three runs, each beginning where the one
before ended:

    export MALLOC_MMAP_THRESHOLD_=1000000000 MALLOC_TRIM_THRESHOLD_=4000000000   # saves a third of the time
    train="python -m finn_rtl.training.cnn --data DIR"
    $train cores/cnv/cnv.json --epochs 44 --checkpoint a.pt --output a.npz
    $train cores/cnv/cnv.json --start a.pt --learning-rate 3e-3 --epochs 64 --checkpoint b.pt --output cnv.npz
    cd cores/cnv_padded
    $train cnv_padded.json --start b.pt --learning-rate 2e-3 --epochs 14 --checkpoint c.pt --output cnv_padded.npz

with two threads. The learning rate fell as for more epochs at the beginning of each: for 60 in the first 18, for 70 in
the first 14, for 22 and 16 in the first 3 and the next 6. A run that was interrupted goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finn_rtl.description.data import Dataset, load_dataset
from finn_rtl.description.encoding import encode_images
from finn_rtl.description.files import load_topology
from finn_rtl.description.topology import Topology
from finn_rtl.operators.catalog import Layer
from finn_rtl.operators.conv import Convolution
from finn_rtl.operators.maxpool import MaxPool
from finn_rtl.operators.weights import Weights

BATCH_NORM_EPS = 1e-5
# Pictures of the training set that are only watched.
HELD_OUT = 1000


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; `shift` in pixels."""

    epochs: int = 60
    batch: int = 128
    learning_rate: float = 5e-3
    shift: int = 2
    seed: int = 1


class SignSte(torch.autograd.Function):
    """Sign; the gradient passes where |x| < 1."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.copysign(torch.ones((), dtype=x.dtype), x)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:  # type: ignore[override]
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined]
        result: Tensor = torch.ops.aten.hardtanh_backward(grad, x, -1.0, 1.0)
        return result


def sign(x: Tensor) -> Tensor:
    """Binarize to -1 / +1 with a straight-through gradient."""
    result: Tensor = SignSte.apply(x)  # type: ignore[no-untyped-call]
    return result


class BinaryCnn(nn.Module):
    """Input elements (n, channels, height, width), numbers divided by their range, to integer class scores."""

    def __init__(self, topology: Topology) -> None:
        super().__init__()
        self.topology = topology
        self.weights, self.norms = nn.ParameterDict(), nn.ModuleDict()
        for layer in topology.matrices:
            channels = topology.ifm(layer).channels
            if isinstance(layer, Convolution):
                weight = torch.empty(layer.rows, channels // layer.groups, *layer.kernel).uniform_(-0.3, 0.3)
                weight = weight.contiguous(memory_format=torch.channels_last)
                self.norms[layer.name] = nn.BatchNorm2d(layer.rows, eps=BATCH_NORM_EPS)
            else:
                weight = torch.empty(layer.rows, layer.columns(topology.ifm(layer))).uniform_(-0.3, 0.3)
                if layer.activation == "sign":
                    self.norms[layer.name] = nn.BatchNorm1d(layer.rows, eps=BATCH_NORM_EPS)
            self.weights[layer.name] = nn.Parameter(weight)
        for norm in self.norms.values():
            norm.weight.requires_grad_(False)

    def _matrix(self, layer: Layer, x: Tensor) -> Tensor:
        weight = sign(self.weights[layer.name]).to(x.dtype)
        if not isinstance(layer, Convolution):
            return F.linear(x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x, weight)
        top, bottom, left, right = layer.padding
        if any(layer.padding):
            x = F.pad(x, (left, right, top, bottom), value=float(layer.border_of(self.topology.ifm(layer))))
        return F.conv2d(x, weight, stride=layer.stride, groups=layer.groups)

    def forward(self, x: Tensor) -> Tensor:
        """Scores (n, classes), float32."""
        x = x.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
        for layer, behind in pairwise((*self.topology.layers, None)):
            if not isinstance(layer, Weights):
                continue
            x = self._matrix(layer, x)
            if isinstance(behind, MaxPool):
                x = F.max_pool2d(x, behind.kernel, behind.step)
            if layer.activation == "sign":
                x = sign(self.norms[layer.name](x))
        return x.float()


def encode(topology: Topology, images: np.ndarray[Any, np.dtype[np.uint8]]) -> Tensor:
    """Images to the network's input: numbers divided by their range, or -1 / +1."""
    ifm = topology.input.map
    values = encode_images(topology.input, images).reshape(len(images), ifm.height, ifm.width, ifm.channels)
    scaled = values / ifm.largest if ifm.bits > 1 else 2.0 * values - 1.0
    return torch.from_numpy(scaled.astype(np.float32)).permute(0, 3, 1, 2)


def augment(images: Tensor, shift: int, generator: torch.Generator) -> Tensor:
    """Shift pictures (n, channels, height, width) by up to `shift` pixels each way, zeros coming in; mirror half."""
    n, channels, height, width = images.shape
    padded = F.pad(images, (shift, shift, shift, shift))
    down, across = (torch.randint(0, 2 * shift + 1, (n,), generator=generator) for _ in range(2))
    mirrored = torch.rand(n, generator=generator) < 0.5
    rows = torch.arange(height)[None] + down[:, None]
    columns = torch.arange(width)[None] + across[:, None]
    columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    return padded[torch.arange(n)[:, None, None, None], torch.arange(channels)[None, :, None, None],
                  rows[:, None, :, None], columns[:, None, None, :]]


def accuracy(model: BinaryCnn, images: Tensor, labels: Tensor) -> float:
    """Share of pictures whose largest score is their label's."""
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(part).argmax(1) for part in images.split(250)])
    model.train()
    return float((found == labels).float().mean())


def export(model: BinaryCnn, path: Path) -> None:
    """Write weights (int8 -1/+1) and raw batch norm; that of the first layer in the units of its input elements."""
    topology = model.topology
    arrays: dict[str, Any] = {"layout": "ohwi"}
    for layer in topology.matrices:
        weight = model.weights[layer.name].detach()
        if isinstance(layer, Convolution):
            weight = weight.permute(0, 2, 3, 1)
        arrays[f"{layer.name}.weight"] = np.where(weight.numpy() >= 0, 1, -1).astype(np.int8)
        if layer.name not in model.norms:
            continue
        norm, ifm = model.norms[layer.name], topology.ifm(layer)
        scale = float(ifm.largest if ifm.bits > 1 else 1)
        arrays[f"{layer.name}.bn.gamma"] = norm.weight.detach().numpy()
        arrays[f"{layer.name}.bn.beta"] = norm.bias.detach().numpy()
        arrays[f"{layer.name}.bn.mean"] = norm.running_mean.double().numpy() * scale
        arrays[f"{layer.name}.bn.var"] = norm.running_var.double().numpy() * scale**2
        arrays[f"{layer.name}.bn.eps"] = np.float64(BATCH_NORM_EPS * scale**2)
    np.savez_compressed(path, **arrays)


def warm_start(model: BinaryCnn, optimizer: torch.optim.Optimizer, checkpoint: Path, learning_rate: float) -> None:
    """Take over the weights and norms that have the same name and shape; of the same network, the optimizer too."""
    state = torch.load(checkpoint)
    own = model.state_dict()
    known = {key: value for key, value in state["m"].items() if key in own and own[key].shape == value.shape}
    model.load_state_dict({**own, **known})
    if len(known) == len(own):
        optimizer.load_state_dict(state["o"])
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] = learning_rate


def train(topology: Topology, data: Dataset, recipe: Recipe, checkpoint: Path, start: Path | None = None) -> BinaryCnn:
    """Train by the recipe, from the checkpoint where there is one; the last HELD_OUT pictures are only watched.

    `start` is the checkpoint of another run, whose weights are the first ones.
    """
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    model = BinaryCnn(topology)
    images, labels = encode(topology, data.images), torch.from_numpy(data.labels)
    watched, images = images[-HELD_OUT:], images[:-HELD_OUT]
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=recipe.learning_rate)
    batches = len(images) // recipe.batch
    if start is not None and not checkpoint.exists():
        warm_start(model, optimizer, start, recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.epochs * batches, eta_min=1e-6)
    parts = {"m": model, "o": optimizer, "s": schedule}
    begin = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        for key, part in parts.items():
            part.load_state_dict(state[key])
        schedule.T_max = recipe.epochs * batches
        begin = state["e"]
        generator.set_state(state["g"])
    score_scale = 2.0 / model.weights[topology.matrices[-1].name].shape[1] ** 0.5
    for epoch in range(begin, recipe.epochs):
        started, total, right = time.monotonic(), 0.0, 0
        for pick in torch.randperm(len(images), generator=generator)[: batches * recipe.batch].split(recipe.batch):
            scores = model(augment(images[pick], recipe.shift, generator))
            loss = F.cross_entropy(scores * score_scale, labels[pick])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for weight in model.weights.values():
                    weight.clamp_(-1, 1)
            total += loss.item()
            right += int((scores.argmax(1) == labels[pick]).sum())
        fresh = checkpoint.with_suffix(".new")
        torch.save({**{key: part.state_dict() for key, part in parts.items()}, "e": epoch + 1,
                    "g": generator.get_state()}, fresh)
        fresh.replace(checkpoint)
        print(f"epoch {epoch + 1:3d}  loss {total / batches:.4f}  training {right / batches / recipe.batch:.4f}"
              f"  validation {accuracy(model, watched, labels[-HELD_OUT:]):.4f}  {time.monotonic() - started:.0f} s",
              flush=True)
    return model


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topology", type=Path, help="JSON file that describes the network")
    parser.add_argument("--data", type=Path, required=True, help="folder with the data set")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs, help="default %(default)s")
    parser.add_argument("--learning-rate", type=float, default=Recipe.learning_rate, help="first; default %(default)s")
    parser.add_argument("--start", type=Path, help="checkpoint of another run to take weights from")
    parser.add_argument("--checkpoint", type=Path, required=True, help="file to go on from, and to write every epoch")
    parser.add_argument("--output", type=Path, required=True, help="NPZ file to write")
    arguments = parser.parse_args()
    topology = load_topology(arguments.topology)
    if topology.dataset is None:
        parser.error(f"{arguments.topology} names no data set")
    recipe = Recipe(epochs=arguments.epochs, learning_rate=arguments.learning_rate)
    model = train(topology, load_dataset(topology.dataset, "train", arguments.data), recipe, arguments.checkpoint,
                  arguments.start)
    export(model, arguments.output)
    test = load_dataset(topology.dataset, "test", arguments.data)
    print(json.dumps({"network": topology.name, "epochs": recipe.epochs, "torch": torch.__version__,
                      "test_accuracy": accuracy(model, encode(topology, test.images), torch.from_numpy(test.labels))}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
