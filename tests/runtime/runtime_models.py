"""Generators for the tests of the runtime; random weights."""

from __future__ import annotations

import torch
from helpers import picture
from torch import Tensor

from stylemix.generators import Generator
from stylemix.injections.style import Style, StyleMix
from stylemix.ops.placement import place
from stylemix.stylizers import FeedForward

CONTENT = picture(1, 40, 56)
OTHER = picture(4, 72, 44)


def lean_model(*injections: str, seed: int = 0) -> FeedForward:
    """Build a small lean model."""
    torch.manual_seed(seed)
    config = {
        "stylizer": "feed_forward",
        "generator": {"name": "lean", "width": 12, "blocks": 1},
        "encoder": {"name": "thin", "dim": 8, "hidden": 16},
        "injections": [{"name": name} for name in injections or ("film",)],
        "style_size": 32,
    }
    return place(FeedForward.from_config(config), "cpu").eval()


@torch.no_grad()
def two_styles(model: FeedForward) -> tuple[Style, Style]:
    """Encode two paintings."""
    return model.prepare(picture(2, 40, 40)), model.prepare(picture(3, 36, 48))


def numbers(styles: tuple[Style, ...], *weights: float) -> StyleMix:
    """Mix styles by numbers."""
    return StyleMix(styles, tuple(torch.full((1, 1, 1, 1), w) for w in weights))


def across(styles: tuple[Style, Style], content: Tensor) -> StyleMix:
    """Mix two styles from the left to the right of a picture."""
    ramp = torch.linspace(0, 1, content.shape[3]).expand(1, 1, *content.shape[2:])
    return StyleMix(styles, (ramp, 1 - ramp))


class Bare(Generator):
    """A generator without sites, for what a subclass does to the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(0.5))
        self.sites, self.stages = (), []

    def features(self, image: Tensor) -> dict[str, Tensor]:
        return {}

    def forward(self, content: Tensor, mix: StyleMix) -> Tensor:
        return content * self.scale


class Unknown(Bare):
    """Uses an operation that OpenVINO doesn't have."""

    def forward(self, content: Tensor, mix: StyleMix) -> Tensor:
        return torch.special.bessel_j0(content) * self.scale


class Fixed(Bare):
    """Hides its size from the tracer, which takes that of the example for every picture's."""

    def forward(self, content: Tensor, mix: StyleMix) -> Tensor:
        return content * self.scale + 1 / float(content.shape[3])


NOTHING = StyleMix.single(Style({}, ""))
