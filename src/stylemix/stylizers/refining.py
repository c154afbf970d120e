"""Optimization as stylizers use it: ``refine`` after a forward pass, and the methods' own."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from stylemix.backbones import VGG16_FILE
from stylemix.errors import ConfigError
from stylemix.images import Picture, from_float, read, resize, to_float, transfer_color
from stylemix.injections.style import Style
from stylemix.optimization import FeatureExtractor, Recipe, Task, feature_extractor, optimize
from stylemix.stylizers.request import Request

REFINE = Recipe(style_weight=3.2)
"""How ``refine`` works, chosen by measurement: see docs/refine.md."""

FORWARD_SHARE = 0.3
"""Share of the forward pass in the picture that ``refine`` begins with."""

REFINE_FEATURES = "thin"

KEPT = 768
"""Pixels of a painting's short side that an encoded style keeps at most."""


def read_painting(picture: Picture) -> Tensor:
    """Read a painting as an encoded style keeps it: [3, h, w], at most 768 pixels short."""
    pixels = read(picture, to_srgb=True).pixels
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
    start = refine_init(drawn, request.content.pixels)
    paintings = [painting_of(style) for style in styles]
    return optimize_request(request, start, paintings, extractor, REFINE, request.options.refine)


def refine_init(drawn: Tensor, content: Tensor) -> Tensor:
    """Return where ``refine`` begins, [3, H, W] in [0, 1]: between photograph and network.

    The network has the painting's colors, the photograph has its own detail back; and at
    :data:`FORWARD_SHARE` nine tenths of the noise power that the network makes are gone before the
    first step.
    """
    return torch.lerp(to_float(content)[0], to_float(drawn)[0], FORWARD_SHARE)


def optimize_request(
    request: Request,
    start: Tensor,
    paintings: Sequence[Tensor],
    extractor: FeatureExtractor,
    recipe: Recipe,
    steps: int,
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
    with torch.inference_mode(False):  # its tensors have to work in autograd later
        return feature_extractor(features, file or None).to(torch.device(device))
