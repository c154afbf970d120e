"""Optimization as stylizers use it: ``refine`` after a forward pass, and the methods' own."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from stylemix.backbones import VGG16_FILE
from stylemix.errors import ConfigError
from stylemix.images import Picture, from_float, read, resize, to_float, transfer_color
from stylemix.injections.style import Style
from stylemix.ops.defaults import building
from stylemix.optimization import (
    Descent,
    FeatureExtractor,
    Recipe,
    Task,
    feature_extractor,
    optimize,
)
from stylemix.optimization.thin_loss import thin_objective
from stylemix.stylizers.request import Request

REFINE = {
    "thin": Recipe(style_weight=2.0, descent=Descent(rate=0.007), loss=thin_objective),
    "vgg16": Recipe(style_weight=3.2, descent=Descent(rate=0.01)),
}
"""How ``refine`` works, by the network that compares, chosen by measurement: see docs/refine.md."""

FORWARD_SHARE = {"thin": 1.0, "vgg16": 0.6}
"""Share of the forward pass in the picture that many steps begin with, by the network that
compares; the photograph is the rest."""

FEW, MANY = 10, 40
"""Up to so many steps, ``refine`` begins with the network's picture; from so many on, with
:data:`FORWARD_SHARE` of the way from the photograph to it."""

FULL_RATE = 10
"""Steps from which on the learning rate is the recipe's own; fewer take smaller ones."""

REFINE_FEATURES = "thin"

KEPT = 768
"""Pixels of a painting's short side that an encoded style keeps at most."""


def read_painting(picture: Picture) -> Tensor:
    """Read a painting as an encoded style keeps it: [3, h, w], at most 768 pixels short.

    Of one with transparent parts, what is mostly visible counts, and is mirrored into the rest.
    """
    pixels = read(picture).mostly_visible()
    return resize(pixels, short_side=KEPT) if min(pixels.shape[-2:]) > KEPT else pixels


def painting_of(style: Style) -> Tensor:
    """Return the painting that an encoded style keeps.

    Raises:
        ConfigError: it keeps none.
    """
    if style.painting is None:
        raise ConfigError(
            "an optimization and another palette need the painting itself, which this style "
            "doesn't hold; encode it with model.encode(painting)"
        )
    return style.painting


def recolored(painting: Tensor, palette: Picture | Style) -> Tensor:
    """Return a painting [3, h, w] in the colors of another, float32 in [0, 1].

    Color matching of Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer"
    (2017), section 5.2, where the painting takes the photograph's colors: the linear map that
    gives one the other's mean and covariance, here the one that moves colors least
    (:func:`stylemix.images.transfer_color`). What falls outside [0, 1] is clipped.

    Raises:
        ConfigError: the palette is an encoded style without its painting.
    """
    other = painting_of(palette) if isinstance(palette, Style) else read_painting(palette)
    return transfer_color(to_float(painting)[0], to_float(other)[0]).clamp(0, 1)


def refine(
    request: Request,
    drawn: Tensor,
    styles: Sequence[Style],
    extractor: FeatureExtractor,
) -> Tensor:
    """Return what a network drew after ``request.options.refine`` steps of optimization.

    Args:
        request: what was asked.
        drawn: [3, H, W].
        styles: with their paintings.
        extractor: what to compare pictures by.

    Raises:
        ConfigError: a style keeps no painting.
        Cancelled: ``request.progress`` raised it; its ``picture`` is what was reached.
    """
    steps = request.options.refine
    features = request.options.refine_features or REFINE_FEATURES
    # The network has the painting's colors, the photograph its own detail.
    start = torch.lerp(
        to_float(request.content.pixels)[0], to_float(drawn)[0], forward_share(steps, features)
    )
    paintings = [painting_of(style) for style in styles]
    recipe = refine_recipe(steps, features)
    return optimize_request(request, start, paintings, extractor, recipe, steps, fallback=drawn)


def forward_share(steps: int, features: str) -> float:
    """Return the network's share in the picture that ``refine`` begins with; the rest is content.

    A picture that is partly the photograph has more of its detail, and less of the noise that a
    network makes. But from there a dozen steps only lead back to the style that the network had,
    so few steps begin with its picture; and through the thin network, some pictures never come
    back to it, so there all do.

    Args:
        steps: how many there will be.
        features: name of the network that compares.
    """
    many = min(1.0, max(0.0, (steps - FEW) / (MANY - FEW)))
    return 1 + many * (FORWARD_SHARE[features] - 1)


def refine_recipe(steps: int, features: str) -> Recipe:
    """Return the recipe of ``refine``: the fewer steps, the shorter each.

    Adam's first steps are as long as its last, whatever the gradient, and mostly noise: long ones
    spoil a good start before they mend it.

    Args:
        steps: how many there will be.
        features: name of the network that compares.
    """
    recipe = REFINE[features]
    rate = recipe.descent.rate * min(1.0, math.sqrt(steps / FULL_RATE))
    return replace(recipe, descent=replace(recipe.descent, rate=rate))


def optimize_request(
    request: Request,
    start: Tensor,
    paintings: Sequence[Tensor],
    extractor: FeatureExtractor,
    recipe: Recipe,
    steps: int,
    *,
    fallback: Tensor | None = None,
) -> Tensor:
    """Optimize a picture as a request asks.

    Args:
        request: what was asked; its strength is above 0. It is told each step with the picture so
            far.
        start: where to begin, [3, H, W].
        paintings: as :func:`read_painting` gives them. They are looked at in the photograph's own
            size, so that a small picture gets the painting's large strokes (Gatys et al., 2016).
        extractor: what to compare pictures by.
        recipe: how.
        steps: how many.
        fallback: a picture [3, H, W] that is given instead of what was reached, if the work is
            stopped before that is nearer to the paintings.

    Returns:
        [3, H, W] of the photograph's type.

    Raises:
        Cancelled: ``request.progress`` raised it; its ``picture`` is what was reached.
    """
    dtype = request.content.pixels.dtype
    short = min(request.content.size)
    task = Task(
        request.content.float(),
        to_float(start),
        [
            to_float(resize(p, short_side=short) if min(p.shape[-2:]) > short else p)
            for p in paintings
        ],
        [weight / request.options.strength for weight in request.style_weights],
        request.options.strength,
        None if fallback is None else to_float(fallback),
    )

    def report(done: int, picture: Callable[[], Tensor]) -> None:
        request.report(done, steps, lambda: request.to_image(from_float(picture()[0], dtype)))

    found, stopped = optimize(
        task, extractor, recipe, steps, tile=request.options.tile, report=report
    )
    pixels = from_float(found[0], dtype)
    if stopped is not None:
        stopped.picture = request.to_image(pixels)
        raise stopped
    return pixels


def cached_extractor(features: str, device: torch.device) -> FeatureExtractor:
    """Return a feature extractor on a device; the last ones are remembered.

    Raises:
        ConfigError: an unknown name.
        WeightsError: the weights can't be had.
    """
    file = os.environ.get(VGG16_FILE, "") if features == "vgg16" else ""
    return _extractor(features, str(device), file)


@functools.lru_cache(maxsize=2)
def _extractor(features: str, device: str, file: str) -> FeatureExtractor:
    """Build a feature extractor; another ``file`` of VGG-16's weights is another one."""
    with building():
        return feature_extractor(features, file or None).to(torch.device(device))
