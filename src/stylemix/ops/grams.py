"""Gram matrices of feature maps, and how far one is from another."""

from __future__ import annotations

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
