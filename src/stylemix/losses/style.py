"""Style loss: Gram matrices of the output's features against the painting's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.errors import ConfigError
from stylemix.losses.base import Features, LossTerm
from stylemix.ops import gram
from stylemix.plugins.rules import NOT_EMPTY

_LEAST = 1e-4
"""A squared relative error this small is as good as none."""


class Gram(LossTerm):
    """Mean squared difference of Gram matrices (Gatys et al., 2015; Johnson et al., 2016, eq. 4).

    With ``balanced``, each layer's loss is ``2 ||G - S||^2 / (||G||^2 + ||S||^2)``, the first norm
    without gradient: between 0 and 2, alike for loud and quiet paintings and for every layer and
    feature scale (after the balanced loss of Cheng et al., CVPR 2021, eq. 6, which divides by the
    upper bound ``||G||^2 + ||S||^2``).

    With ``root``, it is the square root of that: near ``||G - S|| / ||S||``, the relative error
    that :func:`stylemix.metrics.perceptual.style_loss` measures. Squared, the pairs that fit worst
    rule the training; the error itself lets every pair and layer pull alike, whatever is left.

    Args:
        layers: feature layers; their losses are averaged (``balanced``) or summed (else, as the
            paper does).
        balanced: divide by the norms.
        root: take the root of each layer's loss; only with ``balanced``.

    Raises:
        ConfigError: ``root`` without ``balanced``.
    """

    source = "style"

    def __init__(
        self,
        *,
        layers: Annotated[Sequence[str], NOT_EMPTY] = BLOCK_ENDS,
        balanced: bool = False,
        root: bool = False,
    ) -> None:
        super().__init__()
        if root and not balanced:
            raise ConfigError(
                "the loss 'gram' takes the root of its balanced form only: set "
                "balanced = true, or leave root out"
            )
        self.layers = tuple(layers)
        self.balanced = balanced
        self.root = root

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the painting's Gram matrices."""
        return [gram(features[layer]).detach() for layer in self.layers]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]; N targets serve B samples in equal runs."""
        total = features["image"].new_zeros(())
        for layer, wanted in zip(self.layers, target, strict=True):
            found = gram(features[layer])
            wanted = wanted.repeat_interleave(found.shape[0] // wanted.shape[0], dim=0)
            difference = (found - wanted).square()
            if self.balanced:
                bound = found.detach().square().sum((1, 2)) + wanted.square().sum((1, 2))
                each = 2 * difference.sum((1, 2)) / bound.clamp_min(1e-24)
                # The root's slope has no bound at 0.
                total = total + (each.clamp_min(_LEAST).sqrt() if self.root else each)
            else:
                total = total + difference.mean((1, 2))
        return total / len(self.layers) if self.balanced else total
