"""Networks of few-bit layers, as they are trained: whole numbers forward, straight-through gradients backward.

A layer is `activation(batch_norm(pool(matrix(x))))`. The slopes of the batch norms stay positive, so that pooling in
front of the activation is the same as behind it, where the hardware has it. Every matrix sees and makes whole numbers:
the hardware's own, apart from the first layer's input, which is divided by its range.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finn_rtl.training.quantizers import levels, quantize, sign

BATCH_NORM_EPS = 1e-5
# Step of an activation's levels, for numbers of variance 1.
STEP = 0.55
LEAST_SLOPE = 0.05


@dataclass(frozen=True)
class LayerSpec:
    """A matrix, the pool behind it, and its activation.

    `kernel` None is fully connected. `activation` is 0 for none, -1 for sign, else the bits of an unsigned result.
    `density` is the share of weights that are not 0, of ternary ones.
    """

    name: str
    units: int
    kernel: tuple[int, int] | None = None
    padding: int = 0
    pool: int = 1
    weight_bits: int = 1
    narrow: bool = False
    activation: int = -1
    density: float = 1.0


@dataclass(frozen=True)
class NetSpec:
    """Input of `channels` x `size` x `size` numbers divided by `input_range`, and the layers."""

    channels: int
    size: int
    input_range: int
    layers: tuple[LayerSpec, ...]


class QuantizedNet(nn.Module):
    """Input (n, channels, height, width), or (n, elements) for fully connected layers alone, to class scores."""

    def __init__(self, spec: NetSpec) -> None:
        super().__init__()
        self.spec = spec
        self.weights, self.norms = nn.ParameterDict(), nn.ModuleDict()
        self.score_scale = nn.Parameter(torch.ones(()))
        channels, size = spec.channels, spec.size
        fan_in = 1
        for layer in spec.layers:
            if layer.kernel is not None:
                shape: tuple[int, ...] = (layer.units, channels, *layer.kernel)
                size = (size + 2 * layer.padding - layer.kernel[0] + 1) // layer.pool
            else:
                shape, size = (layer.units, channels * size * size), 1
            fan_in = int(np.prod(shape[1:]))
            self.weights[layer.name] = nn.Parameter(torch.empty(shape).uniform_(-0.3, 0.3))
            self.register_buffer(f"cut_{layer.name}", torch.zeros(()))
            if layer.activation:
                norm = nn.BatchNorm2d if layer.kernel is not None else nn.BatchNorm1d
                self.norms[layer.name] = norm(layer.units, eps=BATCH_NORM_EPS)
            channels = layer.units
        with torch.no_grad():
            self.score_scale.fill_(2.0 / fan_in**0.5)

    def integers(self, layer: LayerSpec) -> Tensor:
        """The layer's weights as whole numbers."""
        cut = getattr(self, f"cut_{layer.name}") if layer.density < 1 else None
        return quantize(self.weights[layer.name], layer.weight_bits, layer.narrow, cut)

    @torch.no_grad()
    def prune(self, progress: float) -> None:
        """Set the cuts so that the share of weights left falls to each layer's density as `progress` goes to 1."""
        for layer in self.spec.layers:
            if layer.density >= 1:
                continue
            share = layer.density + (1 - layer.density) * (1 - min(progress, 1.0)) ** 3
            magnitudes = self.weights[layer.name].abs().flatten()
            zeros = len(magnitudes) - max(1, round(share * len(magnitudes)))
            cut = magnitudes.kthvalue(zeros).values if zeros else torch.zeros_like(magnitudes[0])
            getattr(self, f"cut_{layer.name}").copy_(cut)

    @torch.no_grad()
    def limit(self) -> None:
        """Keep what is trained within its range. Magnitudes that decide which weights are 0 must stay apart."""
        dense = [self.weights[layer.name] for layer in self.spec.layers if layer.density >= 1]
        if dense:
            torch._foreach_clamp_min_(dense, -1.0)
            torch._foreach_clamp_max_(dense, 1.0)
        slopes = [norm.weight for norm in self.norms.values()]
        torch._foreach_clamp_min_(slopes, LEAST_SLOPE)

    def scores(self, x: Tensor) -> Tensor:
        """Whole scores (n, classes) in the type of x. The border of maps of -1/+1 is -1, of all others 0."""
        border = 0.0
        for layer in self.spec.layers:
            weight = self.integers(layer).to(x.dtype)
            if layer.kernel is None:
                x = F.linear(x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x, weight)
            else:
                x = F.pad(x, (layer.padding,) * 4, value=border) if layer.padding else x
                x = F.conv2d(x, weight.contiguous(memory_format=torch.channels_last))
            if layer.pool > 1:
                x = F.max_pool2d(x, layer.pool)
            if layer.activation:
                x = self.norms[layer.name](x)
                x = sign(x) if layer.activation < 0 else levels(x, layer.activation, STEP)
                border = -1.0 if layer.activation < 0 else 0.0
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Scaled scores (n, classes), float32."""
        return self.scores(x).float() * self.score_scale


def arrays(model: QuantizedNet) -> dict[str, Any]:
    """Whole weights and raw batch norms of the parameter file; those of the first layer in the units of its input."""
    found: dict[str, Any] = {"layout": "ohwi"}
    for index, layer in enumerate(model.spec.layers):
        weight = model.integers(layer).detach().cpu()
        if layer.kernel is not None:
            weight = weight.permute(0, 2, 3, 1)
        found[f"{layer.name}.weight"] = weight.numpy().round().astype(np.int8)
        if not layer.activation:
            continue
        norm = model.norms[layer.name]
        scale = float(model.spec.input_range if index == 0 else 1)
        found[f"{layer.name}.bn.gamma"] = norm.weight.detach().cpu().numpy()
        found[f"{layer.name}.bn.beta"] = norm.bias.detach().cpu().numpy()
        found[f"{layer.name}.bn.mean"] = norm.running_mean.double().cpu().numpy() * scale
        found[f"{layer.name}.bn.var"] = norm.running_var.double().cpu().numpy() * scale**2
        found[f"{layer.name}.bn.eps"] = np.float64(BATCH_NORM_EPS * scale**2)
        if layer.activation > 0:
            found[f"{layer.name}.scale"] = np.float64(STEP)
        # The matrices see whole numbers, not multiples of the step.
        if index and model.spec.layers[index - 1].activation > 0:
            found[f"{layer.name}.input_scale"] = np.float64(1)
    return found


def export(model: QuantizedNet, path: Path) -> None:
    """Write the parameter file of a network."""
    np.savez_compressed(path, **arrays(model))
