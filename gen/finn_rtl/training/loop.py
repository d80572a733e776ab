"""The training loop of few-bit networks: augmentation, distillation, pruning; on a GPU a step is one CUDA graph."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from finn_rtl.training.quantized import QuantizedNet

TEMPERATURE = 3.0


@dataclass(frozen=True)
class Recipe:
    """How a network is trained. `shift` in pixels; `augment` "mirror" for photographs, "warp" for handwriting.

    `decay` is AdamW's; `prune_until` the share of the run in which weights are pruned; `distill` the weight of the
    teacher's word.
    """

    epochs: int = 60
    batch: int = 256
    learning_rate: float = 5e-3
    augment: Literal["mirror", "warp", "none"] = "mirror"
    shift: int = 3
    prune_until: float = 0.6
    distill: float = 0.7
    decay: float = 0.0
    seed: int = 1


def mirror_and_shift(pictures: Tensor, shift: int) -> Tensor:
    """Shift pictures (n, channels, height, width) by up to `shift` pixels each way, zeros coming in; mirror half."""
    n, channels, height, width = pictures.shape
    padded = F.pad(pictures, (shift,) * 4)
    device = pictures.device
    down, across = ((torch.rand(n, device=device) * (2 * shift + 1)).long() for _ in range(2))
    mirrored = torch.rand(n, device=device) < 0.5
    rows = torch.arange(height, device=device)[None] + down[:, None]
    columns = torch.arange(width, device=device)[None] + across[:, None]
    columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    first = torch.arange(n, device=device)[:, None, None, None]
    planes = torch.arange(channels, device=device)[None, :, None, None]
    return padded[first, planes, rows[:, None, :, None], columns[:, None, None, :]]


def warp(pictures: Tensor, shift: int) -> Tensor:
    """Turn by up to 10 degrees, scale and stretch by up to 12 %, shear and shift pictures, bilinear."""
    n, device = len(pictures), pictures.device

    def uniform(limit: float) -> Tensor:
        return (torch.rand(n, device=device) * 2 - 1) * limit

    angle, zoom, stretch, shear = uniform(0.175), 1 + uniform(0.12), 1 + uniform(0.12), uniform(0.16)
    size = pictures.shape[-1]
    rows = [torch.stack([angle.cos() * zoom * stretch, shear - angle.sin() * zoom, uniform(2 * shift / size)], 1),
            torch.stack([angle.sin() * zoom, angle.cos() * zoom, uniform(2 * shift / size)], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(pictures.shape), align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False)


@dataclass(frozen=True)
class Pictures:
    """Pictures of bytes (n, channels, height, width) and labels (n,), on the device that trains.

    `encode` makes the network's input of pictures of float32 0 to 255; `view` the teacher's.
    """

    images: Tensor
    labels: Tensor
    encode: Callable[[Tensor], Tensor]
    view: Callable[[Tensor], Tensor] = lambda x: (x - 120.0) / 64.0


def accuracy(model: nn.Module, encode: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor) -> float:
    """Share of pictures whose first largest score is their label's, in float32: exact for few-bit networks."""
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(encode(part.float())).argmax(1) for part in images.split(500)])
    model.train()
    return float((found == labels).float().mean())


class _Step:
    """One step of training: a CUDA graph behind a few warm-up steps, plain calls without a GPU."""

    def __init__(self, model: nn.Module, teacher: nn.Module | None, data: Pictures, recipe: Recipe) -> None:
        self.model, self.teacher, self.data, self.recipe = model, teacher, data, recipe
        device = data.images.device
        self.is_cuda = device.type == "cuda"
        is_flat = data.encode(data.images[:1].float()).dim() < 4
        self.layout = torch.contiguous_format if is_flat else torch.channels_last
        self.rate = torch.tensor(recipe.learning_rate, device=device)
        weights = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(weights, lr=self.rate, weight_decay=recipe.decay, capturable=self.is_cuda,
                                           foreach=self.is_cuda)
        self.pick = torch.zeros(recipe.batch, dtype=torch.long, device=device)
        self.loss = torch.zeros((), device=device)
        self.graph: torch.cuda.CUDAGraph | None = None

    def _augmented(self) -> Tensor:
        pictures = self.data.images[self.pick].float()
        match self.recipe.augment:
            case "mirror":
                return mirror_and_shift(pictures, self.recipe.shift)
            case "warp":
                return warp(pictures, self.recipe.shift)
        return pictures

    def _plain(self) -> None:
        pictures, labels = self._augmented(), self.data.labels[self.pick]
        scores = self.model(self.data.encode(pictures).to(torch.bfloat16).contiguous(memory_format=self.layout))
        loss = F.cross_entropy(scores, labels)
        if self.teacher is not None and self.recipe.distill:
            with torch.no_grad():
                wanted = F.softmax(self.teacher(self.data.view(pictures)) / TEMPERATURE, 1)
            far = F.kl_div(F.log_softmax(scores / TEMPERATURE, 1), wanted, reduction="batchmean") * TEMPERATURE**2
            loss = (1 - self.recipe.distill) * loss + self.recipe.distill * far
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if isinstance(self.model, QuantizedNet):
            self.model.limit()
        self.loss += loss.detach()

    def __call__(self, pick: Tensor) -> None:
        self.pick.copy_(pick)
        if self.graph is None:
            self._plain()
        else:
            self.graph.replay()

    def capture(self, picks: tuple[Tensor, ...]) -> None:
        """Record the step, where there is a GPU, behind a few plain ones."""
        if not self.is_cuda:
            return
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for pick in picks:
                self(pick)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._plain()
        self.graph = graph


@torch.no_grad()
def settle(model: QuantizedNet, data: Pictures, recipe: Recipe, batches: int = 40) -> None:
    """Take means and variances of all batch norms anew, in float32 and with the final weights."""
    for norm in model.norms.values():
        norm.reset_running_stats()
        norm.momentum = None
    model.train()
    order = torch.randperm(len(data.images), device=data.images.device)
    for pick in order.split(500)[:batches]:
        pictures = data.images[pick].float()
        if recipe.augment == "mirror":
            pictures = mirror_and_shift(pictures, recipe.shift)
        elif recipe.augment == "warp":
            pictures = warp(pictures, recipe.shift)
        model(data.encode(pictures))


def train(model: nn.Module, data: Pictures, watched: tuple[Tensor, Tensor], recipe: Recipe,
          teacher: nn.Module | None = None, report: Callable[[str], None] = print) -> None:
    """Train by the recipe; `watched` pictures and labels are only looked at.

    The learning rate falls as a half cosine; pruning, if any, ends at `recipe.prune_until`.
    """
    torch.manual_seed(recipe.seed)
    device = data.images.device
    step = _Step(model, teacher, data, recipe)
    batches = len(data.images) // recipe.batch
    begun = time.monotonic()
    model.train()
    total, lapsed = recipe.epochs * batches, 0
    for epoch in range(recipe.epochs):
        order = torch.randperm(len(data.images), device=device)[: batches * recipe.batch]
        picks = order.view(batches, recipe.batch)
        first = 0
        if epoch == 0:
            step.capture(tuple(picks[:3]))
            first = 3 if step.is_cuda else 0
        for pick in picks[first:]:
            lapsed += 1
            if lapsed % 8 == 0:
                rate = recipe.learning_rate * 0.5 * (1 + torch.cos(torch.tensor(torch.pi * lapsed / total)))
                step.rate.copy_(rate)
                if isinstance(model, QuantizedNet) and lapsed % 32 == 0:
                    model.prune(lapsed / total / recipe.prune_until)
            step(pick)
        if epoch % max(1, recipe.epochs // 12) == 0 or epoch + 1 == recipe.epochs:
            right = accuracy(model, data.encode, *watched)
            report(f"epoch {epoch + 1:3d}  loss {float(step.loss) / batches:.4f}  validation {right:.4f}"
                   f"  {time.monotonic() - begun:.0f} s")
        step.loss.zero_()
    if isinstance(model, QuantizedNet):
        model.prune(1.0)
        settle(model, data, recipe)
