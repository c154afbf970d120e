"""The losses for a thin network, which an optimization deceives where it may.

Going down a network's loss leads to where the network is wrong. On a generator's own picture the
thin network and VGG-16 agree; of what the thin one believes to gain after that at the deep layers,
VGG-16 sees a tenth to a half (docs/refine.md). Two things make up for that:

- the network sees the picture mirrored, another way at every step: what deceives its filters one
  way deceives them less the other way, and a real likeness holds both ways;
- where the picture at the start is far from the photograph, as with strong strokes on a flat one,
  content would pull harder than style, to gains that only the thin network sees: there the style's
  weight grows with that distance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from stylemix.optimization.extractor import FeatureExtractor
from stylemix.optimization.picture_loss import Loss, Losses, gram_objective

Axes = tuple[int, ...]

MIRRORS: tuple[Axes, ...] = ((), (-1,), (-2,), (-2, -1))
"""Axes along which a step mirrors the picture, in turn."""

FAR = 0.7
"""Content loss of the picture at the start from which on the style's weight grows with it."""


class ThinLoss:
    """Content and style loss of a thin network that sees another mirror image at each call.

    Args:
        make: makes the network's losses of pictures mirrored along some axes, given the style's
            weight.
        style_weight: of the style loss against the content loss, for a picture that begins near
            the photograph. After the first call, which shows the picture at the start, the
            attribute of this name is the weight for this picture.
    """

    def __init__(self, make: Callable[[Axes, float], Loss], style_weight: float) -> None:
        self.style_weight = style_weight
        self._make = make
        self._made: dict[Axes, Loss] = {}
        self._calls = 0

    def __call__(self, image: Tensor) -> tuple[Losses, Tensor]:
        """Return the losses of a picture [1, 3, H, W] and the gradient of their weighted sum.

        The first call sees the picture as it is, the next ones mirrored in turn.
        """
        axes = MIRRORS[self._calls % len(MIRRORS)]
        if axes not in self._made:
            self._made[axes] = self._make(axes, self.style_weight)
        losses, gradient = self._made[axes](image.flip(axes))
        if not self._calls:
            self.style_weight *= max(1.0, losses.content / FAR)
            self._made[axes].style_weight = self.style_weight
        self._calls += 1
        return losses, gradient.flip(axes)


def thin_objective(
    extractor: FeatureExtractor,
    content: Tensor,
    paintings: Sequence[Tensor],
    weight_maps: Sequence[Tensor],
    *,
    style_weight: float,
    strength: float,
    tile: int,
) -> ThinLoss:
    """Make the losses for a thin network; see :class:`MakeLoss`."""

    def mirrored(axes: Axes, style_weight: float) -> Loss:
        flip = partial(torch.flip, dims=axes)
        return gram_objective(
            extractor,
            flip(content),
            [flip(p) for p in paintings],
            [flip(m) for m in weight_maps],
            style_weight=style_weight,
            strength=strength,
            tile=tile,
        )

    return ThinLoss(mirrored, style_weight)
