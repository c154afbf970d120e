"""Optimisation as stylizers use it: ``refine`` after a forward pass, and Gatys' method."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Sequence

import torch
from PIL import Image
from torch import Tensor

from stylemix.backbones import VGG16_FILE
from stylemix.errors import ConfigError
from stylemix.images import Picture, read, resize, to_float
from stylemix.images.color import transfer_color
from stylemix.injections.style import Style
from stylemix.optimization import FeatureSpace, Recipe, Task, feature_space, optimize
from stylemix.stylizers.base import Progress
from stylemix.stylizers.request import Request

REFINE = Recipe(style_weight=3.2)
"""How ``refine`` works, chosen by measurement: see docs/refine.md."""

FORWARD_SHARE = 0.3
"""Share of the forward pass in the picture that ``refine`` begins with."""

REFINE_FEATURES = "thin"

KEPT = 768
"""Pixels of a painting's short side that an encoded style keeps at most."""


def keep(picture: Picture) -> Tensor:
    """Read a painting as an encoded style keeps it: [3, h, w], at most 768 pixels short."""
    rgb = read(picture, to_srgb=True).rgb
    return resize(rgb, short_side=KEPT) if min(rgb.shape[-2:]) > KEPT else rgb


def painting_of(style: Style) -> Tensor:
    """Give the painting that an encoded style keeps.

    Raises:
        ConfigError: it keeps none.
    """
    if style.painting is None:
        raise ConfigError(
            "an optimisation and another palette need the painting itself, which "
            "this style doesn't hold; encode it with model.encode(painting)"
        )
    return style.painting


def recolored(painting: Tensor, palette: Picture | Style) -> Tensor:
    """Give a painting [3, h, w] in the colours of another, float32 in [0, 1].

    Colour matching of Gatys et al., "Controlling Perceptual Factors in Neural Style Transfer"
    (2017), section 5.2, where the painting takes the photograph's colours: the linear map that
    gives one the other's mean and covariance, here the one that moves colours least
    (:func:`stylemix.images.color.transfer_color`). What falls outside [0, 1] is clipped.

    Raises:
        ConfigError: the palette is an encoded style without its painting.
    """
    other = painting_of(palette) if isinstance(palette, Style) else keep(palette)
    return transfer_color(to_float(painting)[0], to_float(other)[0]).clamp(0, 1)


def between(forward: Tensor, content: Tensor) -> Tensor:
    """Give where ``refine`` begins, [3, H, W] in [0, 1]: between photograph and network.

    The network has the painting's colours, the photograph has its own detail back; and at
    :data:`FORWARD_SHARE` nine tenths of the noise power that the network makes are gone before the
    first step.
    """
    return torch.lerp(to_float(content)[0], to_float(forward)[0], FORWARD_SHARE)


def paint(
    request: Request,
    start: Tensor,
    paintings: Sequence[Tensor],
    space: FeatureSpace,
    recipe: Recipe,
    steps: int,
    progress: Progress | None,
) -> Image.Image:
    """Optimise a picture and finish it.

    Args:
        request: what was asked; its strength is above 0.
        start: where to begin, [3, H, W].
        paintings: as :func:`keep` gives them. They are looked at in the photograph's own size,
            so that a small picture gets the painting's large strokes (Gatys et al., 2016).
        space: what to look through.
        recipe: how.
        steps: how many.
        progress: called after each step; with the picture so far where it takes three arguments.

    Raises:
        Cancelled: ``progress`` raised it; its ``picture`` is what was reached.
    """
    content = to_float(request.rgb)
    short = min(content.shape[-2:])
    seen = [
        to_float(resize(p, short_side=short) if min(p.shape[-2:]) > short else p) for p in paintings
    ]
    task = Task(
        content,
        to_float(start),
        seen,
        [p / request.strength for p in request.parts],
        request.strength,
    )
    tell = with_picture(progress)

    def report(done: int, picture: Callable[[], Tensor]) -> None:
        tell(done, steps, lambda: request.finish(_like(picture()[0], request.rgb)))

    out, stopped = optimize(task, space, recipe, steps, tile=request.tile, report=report)
    result = request.finish(_like(out[0], request.rgb))
    if stopped is not None:
        stopped.picture = result
        raise stopped
    return result


def with_picture(
    progress: Progress | None,
) -> Callable[[int, int, Callable[[], Image.Image]], object]:
    """Give a callback of three arguments, whether ``progress`` takes two, three or is None."""
    if progress is None:
        return lambda done, total, picture: None
    if _takes_picture(progress):
        return lambda done, total, picture: progress(done, total, picture())
    return lambda done, total, picture: progress(done, total)


def _takes_picture(progress: Progress) -> bool:
    """Tell whether a callback has a third parameter without a default, or is named picture."""
    try:
        parameters = list(inspect.signature(progress).parameters.values())
    except (TypeError, ValueError):  # builtins without a signature
        return False
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return any(p.default is p.empty or p.name == "picture" for p in places[2:3])


def cached_space(features: str, device: torch.device) -> FeatureSpace:
    """Give a feature space on a device; the last ones are remembered.

    Raises:
        ConfigError: an unknown name.
        WeightsError: the weights can't be had.
    """
    file = os.environ.get(VGG16_FILE, "") if features == "vgg16" else ""
    return _space(features, str(device), file)


@functools.lru_cache(maxsize=2)
def _space(features: str, device: str, file: str) -> FeatureSpace:
    """Build a feature space; another ``file`` of VGG-16's weights is another one."""
    with torch.inference_mode(False):  # its tensors have to work in autograd later
        return feature_space(features, file or None).to(torch.device(device))


def _like(out: Tensor, rgb: Tensor) -> Tensor:
    if rgb.dtype == torch.uint8:
        return out.mul(255).round_().to(torch.uint8)
    return out.to(rgb.dtype)
