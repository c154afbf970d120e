"""Split samples: the texture of one painting with the palette of another."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.errors import ConfigError
from stylemix.images.color import desaturate
from stylemix.losses.objective import Objective
from stylemix.stylizers import FeedForward
from stylemix.training.model.config import TrainConfig


@dataclass(frozen=True)
class Split:
    """Which of a batch's N paintings give their texture only, and what gives the colours.

    Attributes:
        rows: [K], int64, places among the N.
        texture: those paintings, [K, 3, h, w] in [0, 1].
        colors: the paintings whose palettes they get, [K, 3, h', w'].
        statistics: what the encoder measured of ``colors``, [K, S]; None where it has to look.
    """

    rows: Tensor
    texture: Tensor
    colors: Tensor
    statistics: Tensor | None

    def flags(self, count: int) -> Tensor:
        """Return 1 for each split painting of ``count``, else 0."""
        found = torch.zeros(count, device=self.rows.device)
        return found.index_fill(0, self.rows, 1.0)

    def target(self) -> Tensor:
        """Return what the feature network should see of the texture, [K, 3, h, w] in [0, 1].

        The texture's brightness, brought to the mean and deviation of the brightness that the
        colours have (as in the luminance-only transfer of Gatys et al., "Controlling Perceptual
        Factors in Neural Style Transfer", 2017, section 5.1): otherwise the two paintings would
        ask for two brightnesses of one picture.
        """
        own, wanted = desaturate(self.texture), desaturate(self.colors)
        (variance, mean), (other, there) = (
            torch.var_mean(x[:, :1], dim=(2, 3), correction=0, keepdim=True) for x in (own, wanted)
        )
        scale = (other / variance.clamp_min(1e-6)).sqrt()
        return ((own - mean) * scale + there).clamp(0, 1)


def desaturated(image: Tensor, flags: Tensor | None) -> Tensor | None:
    """Return pictures [B, 3, H, W], grey where ``flags`` [B] is 1; None without flags."""
    if flags is None:
        return None
    return torch.where(flags.view(-1, 1, 1, 1) > 0, desaturate(image), image)


def check_split(config: TrainConfig, model: FeedForward, objective: Objective) -> None:
    """Refuse split samples where no code or no loss tells colours from texture.

    Raises:
        ConfigError: the model reads no palette code, or no loss term looks at colours alone.
    """
    for number, phase in enumerate(config.phases):
        if not phase.split:
            continue
        if not model.palette_sites:
            raise ConfigError(
                f"phases[{number}].split needs a model that reads a palette code, "
                "such as film-palette; set it to 0 or take such a model"
            )
        if not any(t.source == "style" and not t.layers for t in objective.terms.values()):
            raise ConfigError(
                f"phases[{number}].split needs a loss that binds colours; add "
                '[losses.terms] palette = {name = "palette", weight = 2.0}'
            )
