"""Straight-through quantizers of weights and activations, all of them to whole numbers.

Weights: -1/+1 by sign; -1/0/+1 by magnitude (Li et al., "Ternary Weight Networks", 2016), or the largest share of a
layer alone where it is to be sparse; two's complement by a step in proportion to their mean magnitude (as LSQ begins:
Esser et al., "Learned Step Size Quantization", 2020). Activations: sign, or a whole number of steps from 0 up.
Gradients pass straight through where nothing is limited (Hubara et al., "Binarized Neural Networks", 2016).
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

# Share of the mean magnitude below which a ternary weight is 0.
TERNARY_CUT = 0.7


class _Sign(torch.autograd.Function):
    """Sign, that of 0 being +1; the gradient passes where |x| <= 1."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, grad: Tensor) -> Tensor:  # type: ignore[override]
        (x,) = ctx.saved_tensors  # type: ignore[attr-defined]
        return grad * (x.abs() <= 1)


def sign(x: Tensor) -> Tensor:
    """-1 / +1."""
    return cast(Tensor, _Sign.apply(x))  # type: ignore[no-untyped-call]


def _straight(exact: Tensor, through: Tensor) -> Tensor:
    """The value of `exact` with the gradient of `through`."""
    return through + (exact - through).detach()


def levels(x: Tensor, bits: int, step: float) -> Tensor:
    """Steps of `step` in x, rounded half to even, 0 to 2**bits - 1."""
    steps = (x / step).clamp(0, (1 << bits) - 1)
    return _straight(steps.round(), steps)


def ternary(weight: Tensor, cut: Tensor | None = None) -> Tensor:
    """-1 / 0 / +1: the sign of those of magnitude above `cut`, or above TERNARY_CUT of their mean magnitude."""
    bound = TERNARY_CUT * weight.detach().abs().mean() if cut is None else cut
    return _straight(torch.sign(weight) * (weight.abs() > bound), weight)


def integers(weight: Tensor, bits: int, narrow: bool) -> Tensor:
    """Two's complement of `bits` >= 2 bits; `narrow`: without the most negative one."""
    high = (1 << bits - 1) - 1
    low = -high if narrow else -high - 1
    step = 2 * weight.detach().abs().mean() / high**0.5
    steps = (weight / step).clamp(low, high)
    return _straight(steps.round(), steps)


def quantize(weight: Tensor, bits: int, narrow: bool, cut: Tensor | None = None) -> Tensor:
    """Weights as whole numbers of `bits` bits: 1 is -1/+1; `cut` is the magnitude that is 0 still, of ternary ones."""
    if bits == 1:
        return sign(weight)
    if bits == 2 and narrow:
        return ternary(weight, cut)
    return integers(weight, bits, narrow)
