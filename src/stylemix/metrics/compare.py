"""One photograph and one painting through every model and method: pictures, times and losses."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from stylemix.backbones import VGG16_FILE, feature_net
from stylemix.checkpoint.catalogue import ModelInfo, models
from stylemix.checkpoint.loading import ready
from stylemix.errors import Cancelled, ConfigError, StylemixError
from stylemix.images import Picture, read, resize, to_float, to_pil
from stylemix.metrics import perceptual
from stylemix.metrics.tiles import Tile, lay_out
from stylemix.ops import place, usable_device
from stylemix.plugins import plugin_info
from stylemix.types import whole_number

Watch = Callable[[str, int, int], object]
"""Called with a model's name, its steps done and their total (0 and 0 before they are known). A
:class:`stylemix.errors.Cancelled` that it raises ends the comparison; what is done is kept."""


@dataclass(frozen=True)
class Compared:
    """What one model made of the pair.

    Attributes:
        name: of the model, as ``stylize`` takes it.
        picture: the result; None where it failed.
        seconds: of the call of ``stylize``; loading the model isn't in it.
        content: relative content loss, see :func:`stylemix.metrics.content_loss`.
        style: relative style loss, see :func:`stylemix.metrics.style_loss`.
        own_style: the model draws in a style of its own, whatever the painting.
        problem: why it failed, on one line; empty where it didn't.
    """

    name: str
    picture: Image.Image | None = None
    seconds: float = math.nan
    content: float = math.nan
    style: float = math.nan
    own_style: bool = False
    problem: str = ""


def best_features() -> str:
    """Return ``"vgg16"`` where ``STYLEMIX_VGG16`` names its weights, else ``"thin"``."""
    return "vgg16" if os.environ.get(VGG16_FILE) else "thin"


def compare(
    content: Picture,
    style: Picture,
    names: Sequence[str] | None = None,
    *,
    size: int = 512,
    steps: int | None = None,
    features: str | None = None,
    device: str | torch.device | None = None,
    watch: Watch | None = None,
) -> list[Compared]:
    """Stylise one photograph in the style of one painting with many models.

    Whatever a model raises becomes the ``problem`` of its entry, and the others go on.

    Args:
        content: the photograph.
        style: the painting.
        names: models, as :func:`stylemix.stylize` takes them; None for all that are here:
            :func:`stylemix.models` without those that would be downloaded, and an entry for every
            plugin that can't be loaded.
        size: long side of the pictures in pixels, at least 64.
        steps: of methods that are optimisations; None for as many as each takes by itself.
        features: the network that measures losses, ``"thin"`` or ``"vgg16"``; None for
            :func:`best_features`.
        device: as for :func:`stylemix.stylize`.
        watch: called as the work goes on.

    Returns:
        An entry for the photograph itself, and one for each model in the order of ``names``.

    Raises:
        PictureError: one of the two pictures can't be read.
        ConfigError: a size or number of steps out of range, or no names.
        WeightsError: the weights of ``features`` can't be had.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 64:
        raise ConfigError(f"size must be a whole number of pixels >= 64, got {size!r}")
    if steps is not None:
        steps = whole_number("steps", steps, 1)
    if names is not None and not names:
        raise ConfigError("name at least one model to compare, or none at all for every one")
    photograph = to_pil(resize(read(content).pixels, long_side=size))
    painting = to_pil(resize(read(style).mostly_visible(), long_side=size))
    judge = _Judge(photograph, painting, features or best_features(), device)
    found = [Compared("the photograph", photograph, 0.0, *judge(photograph))]
    with warnings.catch_warnings():
        # A broken plugin has an entry of its own.
        warnings.filterwarnings("ignore", "the stylemix plugin", RuntimeWarning)
        wanted = list(names) if names is not None else [i.name for i in models() if _here(i)]
    try:
        for name in wanted:
            found.append(_one(name, photograph, painting, judge, steps, device, watch))
    except Cancelled:
        return found
    if names is None:
        found += [
            Compared(info.name, problem=f"{info.error}; update or uninstall this plugin")
            for info in plugin_info()
            if info.error
        ]
    return found


def comparison_sheet(
    content: Picture, style: Picture, results: Sequence[Compared], *, cell: int = 256
) -> Image.Image:
    """Lay out the painting and every result with its time and losses, the photograph first.

    Args:
        content: the photograph, shown where ``results`` doesn't begin with it.
        style: the painting.
        results: what :func:`compare` gave.
        cell: pixels of a picture's longer side, at least 96.

    Raises:
        ConfigError: too small a cell.
        PictureError: a picture can't be read.
    """
    if isinstance(cell, bool) or not isinstance(cell, int) or cell < 96:
        raise ConfigError(f"cell must be a whole number of pixels >= 96, got {cell!r}")
    shown = [r for r in results if r.name != "the photograph"]
    own = next((r for r in results if r.name == "the photograph"), None)
    first = Tile("photograph", _losses(own) if own else "", to_pil(read(content).pixels))
    tiles = [first, Tile("painting", "", to_pil(read(style).pixels))]
    for result in shown:
        note = result.problem or f"{result.seconds:.1f} s, {_losses(result)}"
        name = result.name + (" (its own style)" if result.own_style else "")
        tiles.append(Tile(name, note, result.picture))
    return lay_out(tiles, cell)


def comparison_table(results: Sequence[Compared]) -> str:
    """Return names, seconds, content and style loss as lines of text, or the problem."""
    width = max(len(r.name) for r in results)
    lines = [f"{'':<{width}}  {'seconds':>8}  {'content':>8}  {'style':>8}"]
    for r in results:
        lines.append(
            f"{r.name:<{width}}  "
            + (
                f"failed: {r.problem}"
                if r.problem
                else f"{r.seconds:>8.1f}  {r.content:>8.3f}  {r.style:>8.3f}"
                + ("  (its own style)" if r.own_style else "")
            )
        )
    return "\n".join(lines)


class _Judge:
    """Measures pictures against the photograph and the painting."""

    def __init__(
        self,
        photograph: Image.Image,
        painting: Image.Image,
        features: str,
        device: str | torch.device | None,
    ) -> None:
        self.net = place(feature_net(features), usable_device(device))
        self.photograph = self._describe(photograph)
        self.painting = self._describe(painting)

    def _describe(self, picture: Image.Image) -> perceptual.Description:
        return perceptual.describe(to_float(read(picture).pixels)[0], self.net)

    def __call__(self, picture: Image.Image) -> tuple[float, float]:
        seen = self._describe(picture)
        return (
            float(perceptual.content_loss(seen, self.photograph)),
            float(perceptual.style_loss(seen, self.painting)),
        )


def _one(
    name: str,
    photograph: Image.Image,
    painting: Image.Image,
    judge: _Judge,
    steps: int | None,
    device: str | torch.device | None,
    watch: Watch | None,
) -> Compared:
    if watch is not None:
        watch(name, 0, 0)
    try:
        stylizer = ready(name, device)
        begin = time.perf_counter()
        picture = stylizer.stylize(
            photograph,
            painting,
            refine=0 if stylizer.trained else steps or 0,
            progress=None if watch is None else lambda event: watch(name, event.done, event.total),
        )
        seconds = time.perf_counter() - begin
        return Compared(name, picture, seconds, *judge(picture), own_style=not stylizer.needs_style)
    except Cancelled:
        raise
    # Models and plugins are strangers' code: whatever one raises must not cost the others.
    except Exception as problem:
        text = " ".join(str(problem).split())
        if not isinstance(problem, StylemixError):
            text = f"{type(problem).__name__}: {text}"
        return Compared(name, problem=text)


def _here(info: ModelInfo) -> bool:
    return info.kind == "method" or bool(info.path)


def _losses(result: Compared) -> str:
    return f"content {result.content:.2f}, style {result.style:.2f}"
