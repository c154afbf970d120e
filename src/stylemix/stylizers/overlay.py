"""The photograph's share of a result, where a network can't give the photograph back itself."""

from __future__ import annotations

import torch
from torch import Tensor


def add_error(out: Tensor, rgb: Tensor, again: Tensor, weight: Tensor) -> Tensor:
    """Give ``out + weight * (rgb - again)``, and ``rgb`` where weight is 1; row by row.

    A weight below 0 moves away from the photograph.
    """
    top = 255.0 if rgb.dtype == torch.uint8 else 1.0
    result = torch.empty_like(out)
    rows = max(1, 4_000_000 // max(1, 3 * rgb.shape[-1]))
    for start in range(0, rgb.shape[-2], rows):
        part = slice(start, start + rows)
        w = weight[0] if weight.shape[-2:] == (1, 1) else weight[0, :, part]
        error = rgb[:, part].float() - again[:, part].float()
        value = (out[:, part].float() + w * error).clamp(0, top)
        # Little but where the weight is near 1.
        value = torch.lerp(value, rgb[:, part].float(), w.clamp(0, 1) ** 4)
        result[:, part] = value.round() if rgb.dtype == torch.uint8 else value
    return result
