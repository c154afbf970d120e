"""Edge preservation: are the photograph's outlines still where they were?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.images.color import luma


def edge_map(image: Tensor, sigma: float = 2.0) -> Tensor:
    """Compute the Sobel gradient magnitude of the blurred luminance, [H, W].

    Args:
        image: [3, H, W] RGB in [0, 1].
        sigma: of the Gaussian blur in pixels, cut at 4 sigma; strokes finer than that don't count.
    """
    gray = luma(image.float())[None]
    radius = int(4 * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1, device=gray.device, dtype=gray.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma).square())
    kernel = kernel / kernel.sum()
    gray = F.conv2d(F.pad(gray, (0, 0, radius, radius), "replicate"), kernel.view(1, 1, -1, 1))
    gray = F.conv2d(F.pad(gray, (radius, radius, 0, 0), "replicate"), kernel.view(1, 1, 1, -1))
    across = gray.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    both = torch.stack([across, across.T])[:, None]
    slopes = F.conv2d(F.pad(gray, (1, 1, 1, 1), "replicate"), both)[0]
    return slopes.square().sum(0).sqrt()


def correlation(a: Tensor, b: Tensor) -> float:
    """Compute Pearson's correlation of two maps of one shape; 0 where one of them is flat."""
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    power = a.square().sum() * b.square().sum()
    if float(power) < 1e-18:
        return 0.0
    return float((a * b).sum() / power.sqrt())


def edge_preservation(output: Tensor, photograph: Tensor, sigma: float = 2.0) -> float:
    """Return the correlation of two pictures' edge maps: 1 for a copy, near 0 for another picture.

    Args:
        output: [3, H, W] RGB in [0, 1].
        photograph: of the same size.
        sigma: blur in pixels.
    """
    return correlation(edge_map(output, sigma), edge_map(photograph, sigma))
