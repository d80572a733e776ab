"""Train a fully connected binarized network and write its parameters.

Weights and activations are binarized by their sign in the forward pass; gradients pass straight through inside
the clipping range (Hubara et al., "Binarized Neural Networks", 2016). The hidden layers are
``sign(batch_norm(x @ w.T))``, the last one is the plain integer dot product, so that a trained network maps to
XNOR, popcount and one threshold a neuron without any approximation.

Needs the ``training`` extra (PyTorch). The parameters in cores/ came from

    python -m finn_rtl.training.mlp sfc    --thresholds 128    --held-out 1000 --data DIR --output sfc.npz
    python -m finn_rtl.training.mlp lfc    --thresholds 128    --held-out 1000 --data DIR --output lfc.npz
    python -m finn_rtl.training.mlp digits --thresholds 4 8 12 --output digits.npz

with one thread (OMP_NUM_THREADS=1).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finn_rtl.description.data import Dataset, load_dataset

BATCH_NORM_EPS = 1e-5


@dataclass(frozen=True)
class Recipe:
    """How one network is trained. `shift` is in pixels, `rotate` in degrees, `scale` a ratio about 1."""

    dataset: str
    hidden: tuple[int, ...]
    epochs: int
    batch: int
    learning_rate: float
    shift: float
    rotate: float
    scale: float
    seed: int = 1


RECIPES = {
    "sfc": Recipe("mnist", (256, 256, 256), 150, 100, 5e-3, 1.0, 6.0, 0.06),
    "lfc": Recipe("mnist", (1024, 1024, 1024), 120, 200, 4e-3, 1.6, 10.0, 0.12),
    "digits": Recipe("digits", (128, 128), 600, 64, 5e-3, 0.5, 10.0, 0.08),
}


class SignSte(torch.autograd.Function):
    """sign(x) with sign(0) = +1; the gradient passes where |x| <= 1."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:  # type: ignore[override]
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad * (x.abs() <= 1)


def sign(x: Tensor) -> Tensor:
    """Binarize to -1 / +1 with a straight-through gradient."""
    return SignSte.apply(x)


class BinaryLinear(nn.Module):
    """x @ sign(w).T without bias; latent weights stay within [-1, 1]."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs).uniform_(-0.3, 0.3))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, sign(self.weight))


class BinaryMlp(nn.Module):
    """Binary inputs (-1/+1) to integer class scores."""

    def __init__(self, inputs: int, hidden: tuple[int, ...], classes: int) -> None:
        super().__init__()
        widths = (inputs, *hidden, classes)
        self.layers = nn.ModuleList(BinaryLinear(a, b) for a, b in zip(widths, widths[1:], strict=False))
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, eps=BATCH_NORM_EPS) for width in hidden)

    def forward(self, x: Tensor) -> Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=False):
            x = sign(norm(layer(x)))
        return self.layers[-1](x)


def augment(images: Tensor, recipe: Recipe, strength: float, generator: torch.Generator) -> Tensor:
    """Random rotation, scale and shift of grey images of shape (n, h, w), bilinear."""
    n, height, width = images.shape

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, generator=generator) * 2 - 1) * limit * strength

    angle, zoom = torch.deg2rad(uniform(recipe.rotate)), 1 + uniform(recipe.scale)
    stretch = 1 + uniform(recipe.scale)
    shear = uniform(recipe.rotate / 60)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = torch.cos(angle) * zoom * stretch
    theta[:, 0, 1] = -torch.sin(angle) * zoom + shear
    theta[:, 1, 0] = torch.sin(angle) * zoom
    theta[:, 1, 1] = torch.cos(angle) * zoom
    theta[:, 0, 2] = uniform(recipe.shift) * 2 / width
    theta[:, 1, 2] = uniform(recipe.shift) * 2 / height
    grid = F.affine_grid(theta, [n, 1, height, width], align_corners=False)
    return F.grid_sample(images[:, None], grid, align_corners=False)[:, 0]


def encode(images: Tensor, thresholds: tuple[float, ...]) -> Tensor:
    """Grey (n, h, w) to a thermometer code of -1/+1, (n, h * w * levels), the levels of one pixel side by side."""
    levels = torch.tensor(thresholds)
    return torch.where(images.flatten(1)[:, :, None] >= levels, 1.0, -1.0).flatten(1)


def accuracy(model: BinaryMlp, data: Dataset, thresholds: tuple[float, ...]) -> float:
    """Share of images whose first maximal score is their label's."""
    model.eval()
    with torch.no_grad():
        x = encode(torch.from_numpy(data.images.astype(np.float32)), thresholds)
        scores = torch.cat([model(part) for part in x.split(1000)])
    return float((scores.numpy().argmax(1) == data.labels).mean())


def export(model: BinaryMlp, path: Path) -> None:
    """Write weights (int8 -1/+1) and raw batch-norm parameters (float32) as NPZ, layer names fc0, fc1, ..."""
    arrays: dict[str, Any] = {"layout": "ohwi"}
    for i, layer in enumerate(model.layers):
        arrays[f"fc{i}.weight"] = np.where(layer.weight.detach().numpy() >= 0, 1, -1).astype(np.int8)
    for i, norm in enumerate(model.norms):
        arrays[f"fc{i}.bn.gamma"] = norm.weight.detach().numpy()
        arrays[f"fc{i}.bn.beta"] = norm.bias.detach().numpy()
        arrays[f"fc{i}.bn.mean"] = norm.running_mean.numpy()
        arrays[f"fc{i}.bn.var"] = norm.running_var.numpy()
        arrays[f"fc{i}.bn.eps"] = np.float64(BATCH_NORM_EPS)
    np.savez_compressed(path, **arrays)


def train(recipe: Recipe, train_set: Dataset, thresholds: tuple[float, ...], held_out: int) -> BinaryMlp:
    """Train by the recipe; the last `held_out` training images are kept for validation and only watched."""
    torch.manual_seed(recipe.seed)
    generator = torch.Generator().manual_seed(recipe.seed)
    cut = len(train_set.images) - held_out
    validation = Dataset(train_set.images[cut:], train_set.labels[cut:], train_set.classes)
    images = torch.from_numpy(train_set.images[:cut].astype(np.float32))
    labels = torch.from_numpy(train_set.labels[:cut].astype(np.int64))
    inputs = images.shape[1] * images.shape[2] * len(thresholds)
    model = BinaryMlp(inputs, recipe.hidden, len(train_set.classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    steps = recipe.epochs * (len(images) // recipe.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-6)
    score_scale = 2.0 / recipe.hidden[-1] ** 0.5
    for epoch in range(recipe.epochs):
        model.train()
        started, total = time.monotonic(), 0.0
        strength = 1.0 if epoch < 0.85 * recipe.epochs else 0.6
        order = torch.randperm(len(images), generator=generator)
        for pick in order[: len(order) // recipe.batch * recipe.batch].split(recipe.batch):
            x = encode(augment(images[pick], recipe, strength, generator), thresholds)
            loss = F.cross_entropy(model(x) * score_scale, labels[pick])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for layer in model.layers:
                    layer.weight.clamp_(-1, 1)
            total += loss.item()
        if epoch % 5 == 4 or epoch + 1 == recipe.epochs:
            share = accuracy(model, validation, thresholds) if held_out else float("nan")
            print(f"epoch {epoch + 1:4d}  loss {total * recipe.batch / len(images):.4f}  validation {share:.4f}"
                  f"  {time.monotonic() - started:.1f} s", flush=True)
    return model


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, help="folder with the data set (not needed for digits)")
    parser.add_argument("--thresholds", type=float, nargs="+", required=True,
                        help="grey levels from which an input is +1; several make a thermometer code")
    parser.add_argument("--held-out", type=int, default=0, help="training images kept back for validation")
    parser.add_argument("--epochs", type=int, help="instead of the recipe's")
    parser.add_argument("--output", type=Path, required=True, help="NPZ file to write")
    arguments = parser.parse_args()
    recipe = RECIPES[arguments.network]
    if arguments.epochs:
        recipe = Recipe(**{**recipe.__dict__, "epochs": arguments.epochs})
    train_set = load_dataset(recipe.dataset, "train", arguments.data)
    test_set = load_dataset(recipe.dataset, "test", arguments.data)
    model = train(recipe, train_set, tuple(arguments.thresholds), arguments.held_out)
    export(model, arguments.output)
    result = {"network": arguments.network, "test_accuracy": accuracy(model, test_set, tuple(arguments.thresholds)),
              "epochs": recipe.epochs, "torch": torch.__version__}
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
