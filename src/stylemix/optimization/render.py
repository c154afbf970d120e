"""From a photograph, a starting picture and paintings to the optimized picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.errors import Cancelled, MemoryLimitError, out_of_memory
from stylemix.images import resize
from stylemix.optimization.canvas import Canvas
from stylemix.optimization.descent import DescentStep, optimize_canvas, picture_of
from stylemix.optimization.extractor import FeatureExtractor, shrink
from stylemix.optimization.recipe import Recipe

SMALLEST = 16
"""Pixels a side that four blocks with poolings between them need; smaller pictures are continued
by their edge pixels while they are optimized, and cut back."""

TILE_ABOVE = 32_000_000
"""Pixels times first-layer channels above which ``tile=None`` works in tiles: 1.3 megapixels for
the thin network, half a megapixel for VGG-16."""

TILES = ((32, 768), (64, 512))
"""Side of an automatic tile, for networks with at most so many first-layer channels."""

SMALLEST_TILE = 128


@dataclass(frozen=True)
class Task:
    """What is to be optimized.

    Attributes:
        content: the photograph [1, 3, H, W] in [0, 1].
        start: where to begin, of the same shape.
        paintings: each [1, 3, h, w] in [0, 1].
        weight_maps: one per painting, as :func:`stylemix.optimization.targets.regions` takes
            them. Where none is above 0 the photograph stays untouched.
        strength: 0 is the photograph, 1 is usual; above 1 the style counts more.
        fallback: a picture like ``start``, the result where the work is stopped before it is
            nearer to the paintings than this; or None.
    """

    content: Tensor
    start: Tensor
    paintings: Sequence[Tensor]
    weight_maps: Sequence[Tensor]
    strength: float = 1.0
    fallback: Tensor | None = None


Report = Callable[[int, Callable[[], Tensor]], None]
"""Called with the steps done and a function that gives the picture so far, [1, 3, H, W]."""


def optimize(
    task: Task,
    extractor: FeatureExtractor,
    recipe: Recipe,
    steps: int,
    *,
    tile: int | None = None,
    report: Report | None = None,
) -> tuple[Tensor, Cancelled | None]:
    """Optimize a picture (Gatys, Ecker and Bethge, 2016, section 2).

    The same input gives the same picture on every run on the same CPU and number of threads.

    Args:
        task: pictures and where they hold.
        extractor: what to compare pictures by.
        recipe: how.
        steps: evaluations of loss and gradient, over all sizes.
        tile: side of a tile in pixels; 0 never tiles, None tiles where memory would be large, and
            in smaller tiles where it doesn't suffice.
        report: called after each step; may raise :class:`stylemix.errors.Cancelled`.

    Returns:
        The picture [1, 3, H, W] in [0, 1] on the CPU, and what stopped the work, or None.

    Raises:
        MemoryLimitError: the memory doesn't suffice even for small tiles.
    """
    # Callers may be in inference mode, whose tensors take no gradient.
    with torch.inference_mode(False), torch.enable_grad(), _deterministic():
        own = _pad(task)
        height, width = task.content.shape[-2:]
        picture, stopped = _coarse_to_fine(own, extractor, recipe, steps, tile, report)
    return picture[:, :, :height, :width], stopped


def _coarse_to_fine(
    task: Task,
    extractor: FeatureExtractor,
    recipe: Recipe,
    steps: int,
    tile: int | None,
    report: Report | None,
) -> tuple[Tensor, Cancelled | None]:
    done = 0
    change = task.start - task.content
    for number, (scale, steps_here) in enumerate(_stages(task, recipe, steps)):
        stage = _scaled(task, scale)
        if number:
            # The photograph's detail comes from the photograph; only the change is enlarged.
            change = F.interpolate(
                change, size=stage.content.shape[-2:], mode="bilinear", antialias=True
            )
            stage = replace(stage, start=(stage.content + change).clamp(0, 1))
        offset = done

        def tell(
            step: DescentStep, whole: torch.Size = task.content.shape, offset: int = offset
        ) -> None:
            if report is not None:
                report(
                    offset + step.done,
                    lambda: _enlarged(step.picture().cpu(), whole[-2], whole[-1]),
                )

        picture, stopped = _one_size(stage, extractor, recipe, steps_here, tile, tell)
        done += steps_here
        if stopped is not None:
            return _enlarged(picture, *task.content.shape[-2:]), stopped
        change = picture - stage.content
    return picture, None


def _one_size(
    task: Task,
    extractor: FeatureExtractor,
    recipe: Recipe,
    steps: int,
    tile: int | None,
    tell: Callable[[DescentStep], None],
) -> tuple[Tensor, Cancelled | None]:
    """Optimize at one size; where memory is short, again in tiles of half the side."""
    side = _tile(task, extractor) if tile is None else tile
    while True:
        try:
            return _run(task, extractor, recipe, steps, side, tell)
        except (RuntimeError, MemoryError) as problem:
            if not out_of_memory(problem) or tile is not None:
                raise
            side = (side or max(task.content.shape[-2:])) // 2
            if side < SMALLEST_TILE:
                raise MemoryLimitError(
                    "the memory does not suffice to optimize this picture even in small tiles: "
                    "give a smaller size"
                ) from problem


def _run(
    task: Task,
    extractor: FeatureExtractor,
    recipe: Recipe,
    steps: int,
    tile: int,
    tell: Callable[[DescentStep], None],
) -> tuple[Tensor, Cancelled | None]:
    device = next(extractor.net.parameters()).device
    content, start = task.content.to(device), task.start.to(device)
    cover = torch.stack([m.expand(1, 1, *m.shape[-2:]) for m in _same_size(task.weight_maps)]).sum(
        0
    )
    weak = min(1.0, task.strength)
    make_loss = partial(
        recipe.loss,
        extractor,
        content,
        [p.to(device) for p in task.paintings],
        task.weight_maps,
        style_weight=recipe.style_weight * max(1.0, task.strength),
        strength=weak,
        tile=tile,
    )
    canvas = Canvas(
        start, None if cover.numel() == 1 else cover.clamp(0, 1).to(device), recipe.layers
    )
    # At half the strength the way is half as far, so the steps are half as long: at almost no
    # strength Adam, blind to the gradient's length, must not leave the photograph.
    stopped = optimize_canvas(canvas, make_loss(), steps, recipe.descent, tell, speed=weak)
    picture = picture_of(canvas)
    if stopped is not None and task.fallback is not None:
        other = task.fallback.to(device)
        # Each by a new loss, which may see one picture otherwise than the next.
        if make_loss()(other)[0].style < make_loss()(picture)[0].style:
            picture = other
    return picture.cpu(), stopped


def _stages(task: Task, recipe: Recipe, steps: int) -> Iterator[tuple[float, int]]:
    """Return size and steps of each stage; sizes below 64 pixels are left to the next one."""
    left = steps
    short = min(task.content.shape[-2:])
    for scale, share in recipe.sizes[:-1]:
        here = min(left, round(share * steps))
        if here > 0 and short * scale >= 64:
            yield scale, here
            left -= here
    if left > 0:
        yield 1.0, left


def _scaled(task: Task, scale: float) -> Task:
    if scale == 1:
        return task
    height, width = (max(SMALLEST, round(s * scale)) for s in task.content.shape[-2:])

    def small(x: Tensor) -> Tensor:
        return F.interpolate(
            x, (height, width), mode="bicubic", antialias=True, align_corners=False
        ).clamp(0, 1)

    paintings = [
        resize(p, short_side=max(SMALLEST, round(min(p.shape[-2:]) * scale)))
        for p in task.paintings
    ]
    weight_maps = [
        m if m.shape[-2:] == (1, 1) else shrink(m, task.content.new_empty(1, 1, height, width))
        for m in task.weight_maps
    ]
    fallback = None if task.fallback is None else small(task.fallback)
    return Task(
        small(task.content), small(task.start), paintings, weight_maps, task.strength, fallback
    )


def _enlarged(picture: Tensor, height: int, width: int) -> Tensor:
    if picture.shape[-2:] == (height, width):
        return picture
    return F.interpolate(picture, (height, width), mode="bicubic", align_corners=False).clamp(0, 1)


def _pad(task: Task) -> Task:
    """Return a copy for autograd, continued to the smallest size."""

    def pad(x: Tensor) -> Tensor:
        right, bottom = (max(0, SMALLEST - s) for s in (x.shape[-1], x.shape[-2]))
        x = x.detach().clone().float()
        return F.pad(x, (0, right, 0, bottom), mode="replicate") if right or bottom else x

    weight_maps = [
        m.detach().clone().float()
        if m.shape[-2:] == (1, 1) and task.content.shape[-2:] != (1, 1)
        else pad(m)
        for m in task.weight_maps
    ]
    fallback = None if task.fallback is None else pad(task.fallback)
    paintings = [pad(p) for p in task.paintings]
    return Task(pad(task.content), pad(task.start), paintings, weight_maps, task.strength, fallback)


def _same_size(weight_maps: Sequence[Tensor]) -> list[Tensor]:
    largest = max(weight_maps, key=Tensor.numel)
    return [m.expand_as(largest) for m in weight_maps]


def _tile(task: Task, extractor: FeatureExtractor) -> int:
    height, width = task.content.shape[-2:]
    if height * width * extractor.width <= TILE_ABOVE:
        return 0
    return next((side for width, side in TILES if extractor.width <= width), TILES[-1][1])


@contextmanager
def _deterministic() -> Iterator[None]:
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield
