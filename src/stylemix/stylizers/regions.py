"""Styles that hold in regions of a picture: each drawn over all of it, then laid together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from stylemix.images import from_float, to_float
from stylemix.injections.style import Style
from stylemix.stylizers.progress import part_of
from stylemix.stylizers.rendering import bands
from stylemix.stylizers.request import Request

Drawing = Callable[[Request, Sequence[Style]], Tensor]
"""Draws a request whose weights are the same everywhere, as :meth:`Stylizer.draw`."""

ALIKE = 1e-5
"""Share of a weight by which the weights of styles that hold in one region may differ."""


def in_regions(request: Request) -> bool:
    """Return whether a weight varies from place to place."""
    return any(weight.shape[-2:] != (1, 1) for weight in request.style_weights)


def draw_in_regions(request: Request, styles: Sequence[Style], draw: Drawing) -> Tensor:
    """Draw each region in its styles alone, and blend the pictures by the masks.

    In one pass, all regions would share each normalization's mean and deviation: beside a light
    style's region that of a dark one lies below the mean as a whole, and is normalized to a flat
    dark. So each region gets what its styles draw of the whole photograph, which also is what a
    user has seen before drawing a mask. Styles whose weights are in the same proportion everywhere
    are mixed in one pass, as without masks.

    Args:
        request: with maps of weights [1, 1, H, W].
        styles: as many as weights.
        draw: draws one picture.

    Returns:
        [3, H, W] of the photograph's type; the photograph, to the bit, where no style holds.
    """
    strength = request.options.strength
    found = [(group, _sum(request, group) / strength) for group in _groups(request.style_weights)]
    content = request.content.pixels
    pictures: list[tuple[Tensor, Tensor]] = []
    for number, (group, share) in enumerate(found):
        totals = [float(request.style_weights[k].sum()) for k in group]
        weights = tuple(_everywhere(strength * total / sum(totals)) for total in totals)
        one = replace(
            request,
            style_weights=weights,
            content_weight=_everywhere(1 - strength),
            progress=part_of(request.progress, number, len(found)),
        )
        pictures.append((draw(one, [styles[k] for k in group]), share))
    return laid_together(content, pictures)


def laid_together(content: Tensor, pictures: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Return ``content + sum_k share_k (picture_k - content)``, row by row.

    Args:
        content: [3, H, W].
        pictures: of the same size, each with its share at every place, [1, 1, H, W].

    Returns:
        [3, H, W] of the type of ``content``.
    """
    result = torch.empty_like(content)
    for part in bands(*content.shape[-2:]):
        own = to_float(content[:, part])
        total = own.clone()
        for picture, share in pictures:
            total += share[:, :, part].to(own) * (to_float(picture[:, part]).to(own) - own)
        result[:, part] = from_float(total[0], content.dtype)
    return result


def _groups(weights: Sequence[Tensor]) -> list[list[int]]:
    """Return which maps [1, 1, H, W] are multiples of each other; those of zeros are left out."""
    groups: list[list[int]] = []
    shapes: list[Tensor] = []
    for number, weight in enumerate(weights):
        if not bool(weight.any()):
            continue
        shape = weight / weight.mean()
        for group, other in zip(groups, shapes, strict=True):
            if bool(((shape - other).abs() <= ALIKE * other.amax()).all()):
                group.append(number)
                break
        else:
            groups.append([number])
            shapes.append(shape)
    return groups


def _sum(request: Request, group: Sequence[int]) -> Tensor:
    return torch.stack([request.style_weights[k] for k in group]).sum(0)


def _everywhere(value: float) -> Tensor:
    return torch.full((1, 1, 1, 1), float(value), dtype=torch.float32, device="cpu")
