"""Gram matrices of feature maps, and how far one is from another."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor


def gram_sum(
    x: Tensor, weight: Tensor | None = None, *, precision: torch.dtype | None = None
) -> Tensor:
    """Sum ``t f f^T`` over the positions of feature maps: Gram matrices before any division.

    With ``weight = T^2`` this is the guided Gram matrix of Gatys et al., "Controlling Perceptual
    Factors in Neural Style Transfer" (2017), section 4, before it is normalized.

    Args:
        x: features [B, C, h, w].
        weight: t >= 0, [B or 1, 1, h, w]; None is 1 everywhere.
        precision: of the products. None takes float32, or float64 for float64 input. bfloat16 is
            many times faster where the hardware has it, and rounds at three digits.

    Returns:
        Symmetric positive semi-definite matrices [B, C, C], float32 or float64.
    """
    if precision is None:
        precision = torch.promote_types(x.dtype, torch.float32)
    # Positions before channels: for maps in ``channels_last`` this copies nothing.
    flat = x.permute(0, 2, 3, 1).flatten(1, 2).to(precision)
    weighted = flat if weight is None else flat * weight.flatten(1)[:, :, None].to(precision)
    # Autocast would round the sums to the 8 bits of bfloat16's mantissa.
    with torch.autocast(x.device.type, enabled=False):
        found = torch.bmm(weighted.transpose(1, 2), flat)
    return found.to(torch.promote_types(found.dtype, torch.float32))


def gram(x: Tensor) -> Tensor:
    """Return the Gram matrix ``G = F F^T / (C h w)`` of Johnson et al. (2016), section 3.2.

    Args:
        x: features [B, C, h, w].

    Returns:
        Symmetric positive semi-definite matrices [B, C, C], float32 (float64 for float64 input).
    """
    if x.dtype == torch.bfloat16 and x.is_cuda and _sums_in_float32(x.device):
        # Without a copy of the maps in float32, which training would have to keep.
        flat = x.permute(0, 2, 3, 1).flatten(1, 2)
        return _Products.apply(flat) / x[0].numel()  # type: ignore[no-any-return,no-untyped-call]
    return gram_sum(x) / x[0].numel()


def gram_error(found: Tensor, wanted: Tensor, *, rounding: float = 0.0) -> Tensor:
    """Return the relative error ``||G_f - G_w||_F / ||G_w||_F`` of Gram matrices.

    Args:
        found: [..., C, C].
        wanted: [..., C, C], divided alike.
        rounding: added to the squared error, so that its root has a gradient where the two agree.

    Returns:
        [...]: 0 for equal matrices (the root of ``rounding``), 1 for a ``found`` of zeros.
    """
    error = (found - wanted).square().sum((-2, -1))
    return (error / wanted.square().sum((-2, -1)).clamp_min(1e-20) + rounding).sqrt()


class _Products(torch.autograd.Function):
    """``X^T X`` of features [B, P, C] in bfloat16, with sums in float32 but no copy in float32."""

    @staticmethod
    def forward(context: Any, flat: Tensor) -> Tensor:
        context.save_for_backward(flat)
        return _product(flat.transpose(1, 2), flat)

    @staticmethod
    def backward(context: Any, grad: Tensor) -> Tensor:  # type: ignore[override]
        (flat,) = context.saved_tensors
        return torch.bmm(flat, (grad + grad.transpose(1, 2)).to(flat.dtype))


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply batches of matrices with sums in float32; only CUDA does so without copies."""
    with torch.autocast(a.device.type, enabled=False):
        if a.is_cuda:
            return torch.bmm(a, b, out_dtype=torch.float32)
        return torch.bmm(a.float(), b.float())


@functools.lru_cache(maxsize=8)
def _sums_in_float32(device: torch.device) -> bool:
    """Tell whether a GPU multiplies bfloat16 matrices with float32 results."""
    try:
        one = torch.ones(1, 8, 8, dtype=torch.bfloat16, device=device)
        torch.bmm(one, one, out_dtype=torch.float32)
    except (RuntimeError, TypeError):
        return False
    return True
