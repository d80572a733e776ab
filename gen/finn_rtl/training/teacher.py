"""A network of floating point that few-bit ones are trained to agree with: nine layers with two residual blocks.

Hinton et al., "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def _block(inputs: int, outputs: int, pool: bool) -> nn.Sequential:
    parts: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    if pool:
        parts.append(nn.MaxPool2d(2))
    return nn.Sequential(*parts)


class Teacher(nn.Module):
    """Pictures (n, channels, 32, 32) to class scores."""

    def __init__(self, channels: int = 3, classes: int = 10, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Sequential(_block(channels, width, False), _block(width, 2 * width, True))
        self.second = nn.Sequential(_block(2 * width, 2 * width, False), _block(2 * width, 2 * width, False))
        self.third = nn.Sequential(_block(2 * width, 4 * width, True), _block(4 * width, 8 * width, True))
        self.fourth = nn.Sequential(_block(8 * width, 8 * width, False), _block(8 * width, 8 * width, False))
        self.head = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8 * width, classes, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Scores, float32; computed in bfloat16."""
        with torch.autocast(x.device.type, torch.bfloat16, cache_enabled=False):
            x = self.first(x.contiguous(memory_format=torch.channels_last))
            x = x + self.second(x)
            x = self.third(x)
            x = x + self.fourth(x)
            scores: Tensor = self.head(x)
        return scores.float() * 0.125
