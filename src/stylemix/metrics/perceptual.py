"""Content and style losses of finished pictures, through a frozen feature network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS, FeatureNet
from stylemix.ops import gram, gram_error

CONTENT_LAYER = "relu3_3"


@dataclass(frozen=True)
class Description:
    """What a feature network extracts from N pictures of one size; made once, compared often.

    Attributes:
        content: relu3_3 maps [N, C, h, w]; None where only the style was asked for.
        grams: Gram matrices [N, C, C] of relu1_2, relu2_2, relu3_3 and relu4_3, each divided by
            C h w.
    """

    content: Tensor | None
    grams: tuple[Tensor, ...]

    def to(self, device: str | torch.device) -> Description:
        """Move the tensors."""
        content = None if self.content is None else self.content.to(device)
        return Description(content, tuple(g.to(device) for g in self.grams))


@torch.inference_mode()
def describe(image: Tensor, net: FeatureNet, *, content: bool = True) -> Description:
    """Extract what the losses compare of pictures.

    Args:
        image: [N, 3, H, W] or [3, H, W] RGB in [0, 1], at least 8 x 8.
        net: what :func:`stylemix.backbones.feature_net` gave.
        content: keep the content maps; paintings need only their Gram matrices.

    Raises:
        ConfigError: a picture is too small.
    """
    device = next(net.parameters()).device
    maps = net((image if image.ndim == 4 else image[None]).to(device).float(), BLOCK_ENDS)
    return Description(
        maps[CONTENT_LAYER] if content else None, tuple(gram(maps[layer]) for layer in BLOCK_ENDS)
    )


def join(descriptions: list[Description]) -> Description:
    """Put the Gram matrices of several descriptions into one; the content maps are left out."""
    return Description(
        None, tuple(torch.cat(g) for g in zip(*(d.grams for d in descriptions), strict=True))
    )


def content_loss(output: Description, photograph: Description) -> Tensor:
    """Return ``||F_y - F_c||^2 / ||F_c||^2`` at relu3_3, [N].

    0 for the photograph itself, 1 for a picture without any feature, near 2 for an unrelated one
    with features as strong.
    """
    difference, wanted = _difference(output, photograph)
    return difference.square().sum((1, 2, 3)) / wanted.square().sum((1, 2, 3)).clamp_min(1e-12)


def style_loss(output: Description, painting: Description) -> Tensor:
    """Return the mean over the four layers of ``||G_y - G_s||_F / ||G_s||_F``, [N].

    0 for the painting itself, 1 for a picture without any feature; a photograph as it is has about
    1, more where it is louder than the painting.
    """
    return torch.stack(
        [
            gram_error(found, wanted)
            for found, wanted in zip(output.grams, painting.grams, strict=True)
        ]
    ).mean(0)


def raw_content_loss(output: Description, photograph: Description) -> Tensor:
    """Return the paper's content loss, the mean squared difference of relu3_3, [N].

    Johnson et al. (2016), equation 2. It scales with the square of the network's features.
    """
    return _difference(output, photograph)[0].square().mean((1, 2, 3))


def raw_style_loss(output: Description, painting: Description) -> Tensor:
    """Return the paper's style loss, [N]: mean squared Gram differences, summed over four layers.

    Johnson et al. (2016), equations 3 and 4, with the mean over a Gram matrix's entries as in
    their code. It scales with the fourth power of the network's features.
    """
    return torch.stack(
        [
            (found - wanted).square().mean((1, 2))
            for found, wanted in zip(output.grams, painting.grams, strict=True)
        ]
    ).sum(0)


def _difference(output: Description, photograph: Description) -> tuple[Tensor, Tensor]:
    if output.content is None or photograph.content is None:
        raise ValueError("a content loss needs descriptions made with content=True")
    if output.content.shape[1:] != photograph.content.shape[1:]:
        raise ValueError("a content loss compares pictures of one size; resize the output first")
    return output.content - photograph.content, photograph.content
