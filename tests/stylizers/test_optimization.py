"""What a method brings that optimises the picture: a recipe with a loss of its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture

from stylemix.errors import ConfigError
from stylemix.optimization import Losses, Recipe
from stylemix.stylizers import Optimization

PHOTO = (picture(1, 32, 40)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


class Mean:
    """Draw the picture to the paintings' mean colour: a loss whose optimum is known."""

    def __init__(self, extractor, content, paintings, maps, *, style_weight, strength, tile):
        self.style_weight = style_weight
        self.colour = sum(
            p.mean((2, 3), keepdim=True) * float(m.mean())
            for p, m in zip(paintings, maps, strict=True)
        )
        self.target = torch.lerp(content, self.colour.expand_as(content), strength)

    def __call__(self, image):
        difference = image - self.target
        return (
            Losses(0.0, float(difference.square().mean())),
            self.style_weight * 2 * difference / difference.numel(),
        )


class Flat(Optimization):
    def __init__(self, *, steps: int = 80, colour: str = "any") -> None:
        super().__init__(Recipe(loss=Mean), "thin", steps)
        self.config = {"stylizer": "flat", "steps": steps, "colour": colour}


def array(image):
    return np.asarray(image, dtype=np.int16)


def test_the_recipe_s_loss_is_what_is_minimised():
    red = torch.tensor([0.8, 0.3, 0.4]).view(3, 1, 1).expand(3, 24, 24)
    blue = torch.tensor([0.2, 0.3, 0.9]).view(3, 1, 1).expand(3, 24, 24)
    model = Flat()
    assert np.abs(array(model.stylize(PHOTO, red)) - np.array([204, 76, 102])).max() <= 6
    mixed = array(model.stylize(PHOTO, [red, blue], weights=[3, 1]))
    assert np.abs(mixed - np.array([166, 76, 134])).max() <= 6
    half = array(model.stylize(PHOTO, red, strength=0.5))
    assert np.abs(half - (PHOTO + np.array([204, 76, 102])) / 2).mean() < 4


def test_options_are_those_of_the_class():
    assert Flat.from_config({"stylizer": "flat", "steps": 3}).steps == 3
    with pytest.raises(ConfigError, match=r"configuration of flat; did you mean 'steps'"):
        Flat.from_config({"stylizer": "flat", "step": 3})
    with pytest.raises(ConfigError, match="steps must be a whole number >= 1"):
        Flat(steps=0)


def test_a_painting_is_needed():
    assert Flat().needs_style
    with pytest.raises(ConfigError, match="give at least one"):
        Flat().stylize(PHOTO)
