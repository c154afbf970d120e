"""Colours apart from brightness: keeping a photograph's, and taking another painting's."""

from __future__ import annotations

import torch
from torch import Tensor

from stylemix.ops import moments

_CHUNK = 2_000_000  # pixels at a time, to bound the temporaries


def luma(rgb: Tensor) -> Tensor:
    """Return Y of YIQ, ``0.299 R + 0.587 G + 0.114 B``.

    Args:
        rgb: [..., 3, H, W].

    Returns:
        [..., 1, H, W]; exactly the common value where the three channels agree.
    """
    red, green, blue = rgb.unbind(-3)
    # Differences make it exact where the three are equal.
    return (green + 0.299 * (red - green) + 0.114 * (blue - green)).unsqueeze(-3)


def desaturate(images: Tensor) -> Tensor:
    """Return pictures [..., 3, H, W] without their colors: Y of YIQ in all three channels."""
    return luma(images).expand_as(images)


def match_moments(content: Tensor, style: Tensor, least: float = 1e-3) -> Tensor:
    """Move each channel's mean and deviation to another picture's (Reinhard et al., 2001).

    Reinhard, Adhikhmin, Gooch and Shirley, "Color Transfer between Images", 2001, equation 11,
    here in RGB. :func:`transfer_color` matches the covariance of the channels too.

    Args:
        content: [N, 3, H, W].
        style: [N, 3, h, w].
        least: that a deviation of ``content`` is taken for at least.

    Returns:
        [N, 3, H, W], not clipped.
    """
    mean_c, std_c = moments(content, eps=0)
    mean_s, std_s = moments(style, eps=0)
    return (content - mean_c) / std_c.clamp_min(least) * std_s + mean_s


def transfer_color(content: Tensor, painting: Tensor) -> Tensor:
    """Map a photograph's colors linearly to another picture's mean and covariance.

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


def preserve_color(output: Tensor, content: Tensor) -> Tensor:
    """Combine the luminance of ``output`` with the chroma of ``content``.

    Luminance-only transfer of Gatys, Bethge, Hertzmann and Shechtman, "Preserving Color in Neural
    Artistic Style Transfer", 2016, section 4: Y from the stylised picture, I and Q from the
    photograph. R, G and B each depend on Y with factor one, so this is ``content + Y(output) -
    Y(content)``. A colour that falls outside [0, 1] is moved straight towards the gray of its own
    luminance until it fits: it pales, while luminance and hue stay.

    Args:
        output: the stylised picture [3, H, W], in [0, 1].
        content: the photograph [3, H, W], in [0, 1].

    Returns:
        [3, H, W], float32 in [0, 1]; ``content`` itself, bit by bit, where both luminances agree.

    Raises:
        ValueError: the two have different shapes.
    """
    if output.shape != content.shape or output.shape[0] != 3:
        raise ValueError(
            f"preserve_color needs two pictures [3, H, W] of one size, got "
            f"{list(output.shape)} and {list(content.shape)}"
        )
    result = torch.empty_like(content, dtype=torch.float32)
    rows = max(1, _CHUNK // max(1, content.shape[-1]))
    for start in range(0, content.shape[-2], rows):
        part = (slice(None), slice(start, start + rows))
        result[part] = _recolor(output[part].float(), content[part].float())
    return result


def _recolor(output: Tensor, content: Tensor) -> Tensor:
    wanted, own = luma(output), luma(content)
    shifted = content + (wanted - own)
    chroma = content - own
    high, low = chroma.amax(0, keepdim=True), chroma.amin(0, keepdim=True)
    tiny = torch.finfo(torch.float32).tiny
    fit = torch.minimum((1 - wanted) / high.clamp_min(tiny), wanted / (-low).clamp_min(tiny))
    outside = (shifted < 0).any(0, keepdim=True) | (shifted > 1).any(0, keepdim=True)
    paled = wanted + fit.clamp(0, 1) * chroma
    return torch.where(outside, paled, shifted).clamp_(0, 1)


def _statistics(image: Tensor) -> tuple[Tensor, Tensor]:
    colors = image.reshape(3, -1).double()
    mean = colors.mean(1, keepdim=True)
    centered = colors - mean
    return mean, centered @ centered.T / colors.shape[1]


def _roots(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the square root and its pseudo-inverse of a positive semi-definite matrix."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    values = values.clamp_min(0)
    root = values.sqrt()
    # Below one millionth of a gray level's variance there is no direction to speak of.
    inverse = torch.where(values > 1e-10, 1 / root.clamp_min(1e-12), torch.zeros_like(root))
    return (vectors * root) @ vectors.T, (vectors * inverse) @ vectors.T
