"""Content losses: the output's deep features against the photograph's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.losses.base import Features, LossTerm
from stylemix.ops import moments
from stylemix.plugins.rules import NOT_EMPTY


class Content(LossTerm):
    """Mean squared feature difference (Johnson et al., 2016, eq. 2).

    Args:
        layers: feature layers; their losses are averaged.
        relative: divide by the photograph's mean squared feature, so that a black picture
            costs about 1 at every layer and feature scale.
        normalized: bring every channel of both maps to mean 0 and deviation 1 first (Park and
            Lee, 2019, eq. 4), so that only the arrangement counts, not its statistics. Beside a
            ``moments`` term at the same layer this asks for AdaIN's target ``std(s) norm(x) +
            mean(s)`` (Huang and Belongie, 2017, eq. 12), with channels weighted alike.
    """

    source = "content"

    def __init__(
        self,
        *,
        layers: Annotated[Sequence[str], NOT_EMPTY] = ("relu3_3",),
        relative: bool = False,
        normalized: bool = False,
    ) -> None:
        super().__init__()
        self.layers = tuple(layers)
        self.relative = relative
        self.normalized = normalized

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the photograph's maps."""
        return [self._seen(features[layer]).detach() for layer in self.layers]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]."""
        total = features["image"].new_zeros(())
        for layer, wanted in zip(self.layers, target, strict=True):
            error = (self._seen(features[layer]).float() - wanted.float()).square().mean((1, 2, 3))
            if self.relative:
                error = error / wanted.float().square().mean((1, 2, 3)).clamp_min(1e-8)
            total = total + error
        return total / len(self.layers)

    def _seen(self, x: Tensor) -> Tensor:
        if not self.normalized:
            return x
        mean, std = moments(x)
        return (x - mean) / std


class IdentityFeatures(Content):
    """Feature difference of a photograph and itself in its own style, for identity pairs only.

    The second part of the identity loss (Park and Lee, "Arbitrary Style Transfer with
    Style-Attentional Networks", 2019, eq. 5; Deng et al., "StyTr2", 2022, ``L_id2``): the mean over
    layers of ``|phi(I_cc) - phi(I_c)|^2``, each divided by ``|phi(I_c)|^2``, since the layers of
    our feature networks differ in scale. The first part is :class:`Pixel`. Identity pairs are
    photographs; the papers have paintings in their own style as well.

    Args:
        layers: feature layers; their losses are averaged.
    """

    identity_only = True

    def __init__(self, *, layers: Annotated[Sequence[str], NOT_EMPTY] = BLOCK_ENDS) -> None:
        super().__init__(layers=layers, relative=True)


class Pixel(LossTerm):
    """Mean squared pixel difference to the photograph, for identity pairs only.

    A photograph stylised with itself has to come back (Park and Lee, 2019, eq. 5).

    Args:
        always: count for every sample, for a decoder that learns without any style to give
            pictures back (Li et al., 2017, eq. 1).
    """

    source = "content"

    def __init__(self, *, always: bool = False) -> None:
        super().__init__()
        self.identity_only = not always

    def prepare(self, features: Features) -> list[Tensor]:
        """Return the photograph."""
        return [features["image"].detach()]

    def forward(self, features: Features, target: list[Tensor]) -> Tensor:
        """Return the loss of each sample, [B]."""
        return (features["image"].float() - target[0].float()).square().mean((1, 2, 3))
