"""What a method has to beat: the photograph itself, and a transfer of colours alone."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from stylemix.images import Picture, read, to_float, to_pil


def copy(content: Picture, style: Picture) -> Image.Image:
    """Give the photograph back: the best content, no style."""
    return to_pil(read(content, to_srgb=True).rgb)


def color(content: Picture, style: Picture) -> Image.Image:
    """Give the photograph in the painting's colours, without any texture of it."""
    photograph = to_float(read(content, to_srgb=True).rgb)[0]
    painting = to_float(read(style, to_srgb=True).rgb)[0]
    return to_pil(transfer_color(photograph, painting).clamp(0, 1))


def transfer_color(content: Tensor, painting: Tensor) -> Tensor:
    """Move a photograph's colours by the linear map that gives them another's mean and covariance.

    Of all such maps this is the one that moves colours least, the optimal transport between two
    Gaussians: ``x -> T (x - m_c) + m_s`` with
    ``T = C_c^(-1/2) (C_c^(1/2) C_s C_c^(1/2))^(1/2) C_c^(-1/2)`` (Pitié and Kokaram, "The linear
    Monge-Kantorovitch colour mapping for example-based colour transfer", 2007, equation 11).
    Directions in which the photograph has no variance stay without any.

    Args:
        content: [3, H, W] RGB in [0, 1].
        painting: [3, h, w].

    Returns:
        [3, H, W] float32, not clipped.
    """
    mean_c, cov_c = _statistics(content)
    mean_s, cov_s = _statistics(painting)
    root, inverse = _roots(cov_c)
    middle, _ = _roots(root @ cov_s @ root)
    matrix = inverse @ middle @ inverse
    moved = matrix @ (content.reshape(3, -1).double() - mean_c) + mean_s
    return moved.float().reshape(content.shape)


def _statistics(image: Tensor) -> tuple[Tensor, Tensor]:
    colors = image.reshape(3, -1).double()
    mean = colors.mean(1, keepdim=True)
    centred = colors - mean
    return mean, centred @ centred.T / colors.shape[1]


def _roots(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Give the square root and its pseudo-inverse of a positive semi-definite matrix."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    values = values.clamp_min(0)
    root = values.sqrt()
    # Below one millionth of a grey level's variance there is no direction to speak of.
    inverse = torch.where(values > 1e-10, 1 / root.clamp_min(1e-12), torch.zeros_like(root))
    return (vectors * root) @ vectors.T, (vectors * inverse) @ vectors.T
