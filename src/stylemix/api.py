"""What most people need: one call from pictures to picture."""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from PIL import Image

from stylemix.checkpoint.loading import ready
from stylemix.images import Picture
from stylemix.injections.style import Style
from stylemix.stylizers import Options, Stylizer
from stylemix.stylizers.options import Numbers
from stylemix.types import Progress


def stylize(
    content: Picture,
    style: Picture | Style | Sequence[Picture | Style] | None = None,
    *,
    model: str | os.PathLike[str] | Stylizer = "film",
    strength: float = 1.0,
    weights: Numbers | None = None,
    masks: Sequence[Picture] | None = None,
    preserve_color: bool = False,
    palette: Picture | Style | None = None,
    size: int | None = None,
    scale: float | None = None,
    tile: int | None = None,
    refine: int = 0,
    refine_features: str | None = None,
    device: str | torch.device | None = None,
    runtime: str | None = None,
    progress: Progress | None = None,
) -> Image.Image:
    """Render a photograph in the style of one or several paintings.

    Args:
        content: the photograph: a path, a PIL image, an array [H, W, 3 or 4] or [H, W], uint8 or
            float in [0, 1], or a tensor [3, H, W].
        style: one painting or several, each like ``content`` or a :class:`Style` that
            ``load(model).encode(painting)`` returned. Models of named styles take the names that
            ``load(model).styles`` lists, and recognize those paintings. A model that draws in one
            style of its own needs none, and makes no use of one but to ``refine``.
        model: the name of an embedded model or of a method (see :func:`models`), a checkpoint
            folder, ``owner/name`` on the Hugging Face Hub, or what :func:`load` returned, which
            may be in half precision too. Of ``torch.compile(model)`` the model itself draws;
            ``model.generator.compile()`` compiles what draws.
        strength: 0 returns the photograph exactly, 1 is the strength the model was trained for,
            more exaggerates: at 1.5 a network has painted over its own picture; at most 100.
        weights: one number >= 0 per style; only their ratios count. Default: all equal.
        masks: one greyscale picture per style, white where the style holds, of the photograph's
            proportions. Each region shows what its style draws of the whole photograph; greys
            blend. Where no mask is white the photograph stays as it is.
        preserve_color: keep the photograph's colors and take only the painting's brightness
            pattern (Gatys et al., 2016).
        palette: a painting whose colors to use with the strokes of ``style``: the colors of one
            and the texture of another. A model with a palette code of its own (such as
            "film-palette") takes that code from it; every other model and ``refine`` are given
            the paintings of ``style`` with their colors moved to those of ``palette`` by a linear
            map. One palette serves all styles of a mixture. Not together with ``preserve_color``.
        size: pixels of the result's long side, at most 100,000; the photograph is resized to it.
        scale: size of the strokes relative to the picture, so that it looks alike at every size: 1
            draws as the model does at a long side of 512 pixels, 2 strokes twice as large, 0.5
            half; from 1/16 to 16. None is one pass at full size, whose strokes have a fixed size in
            pixels. ``refine`` then works on the small picture that decides the strokes.
        tile: side in pixels of the tiles that bound memory, at least 64; 0 never tiles; None tiles
            above 2 megapixels, or 3 with OpenVINO. Tiles change nothing in the picture.
        refine: steps of optimization after the network's pass: slower, and nearer to the painting.
            25 are a good start. For a method that is an optimization itself ("gatys"), the number
            of its steps. The same call returns the same picture on every run.
        refine_features: the network whose features the optimization compares: ``"thin"``, the small
            one that ships with stylemix, or ``"vgg16"``, slower and better, whose weights are
            downloaded once or read from the safetensors file that the environment variable
            ``STYLEMIX_VGG16`` names. None is ``"thin"``, or what the method was built with.
        device: where to compute, such as ``"cuda"``; None takes a GPU when there is one, or leaves
            a loaded model where it is. A loaded model that is elsewhere is copied for this call;
            to spare the copy, give ``load`` the device.
        runtime: where a network's pass runs, ``"auto"``, ``"torch"``, ``"openvino"`` or
            ``"openvino-int8"``, see :func:`load`; None is what ``model`` was loaded with, or
            ``"auto"``.
        progress: called with a :class:`stylemix.types.ProgressEvent`, whose ``done`` and ``total``
            count steps or tiles; while an optimization runs, its ``picture()`` makes the picture
            so far. An exception that it raises stops the work and reaches the caller. A
            :class:`stylemix.errors.Cancelled` that it raises arrives with the picture so far in
            its ``picture``.

    Returns:
        An RGB picture of the photograph's size (RGBA when the photograph has transparency), with
        its ICC profile in ``info["icc_profile"]``.

    Raises:
        PictureError: a picture can't be read or used.
        ConfigError: an argument is out of range.
        UnknownNameError: no such model.
        CheckpointError: the model's files are damaged.
        WeightsError: the weights of ``refine_features`` can't be had.
        MemoryLimitError: the picture doesn't fit in memory; its message says what would.
        Cancelled: ``progress`` raised it.

    Example:
        >>> from PIL import Image
        >>> import stylemix
        >>> photo, painting = Image.linear_gradient("L"), Image.radial_gradient("L")
        >>> picture = stylemix.stylize(photo, painting, strength=0.8, size=64)
        >>> picture.size, picture.mode
        ((64, 64), 'RGB')
    """
    options = Options(
        strength=strength,
        weights=weights,
        masks=masks,
        preserve_color=preserve_color,
        palette=palette,
        size=size,
        scale=scale,
        tile=tile,
        refine=refine,
        refine_features=refine_features,
    )
    return ready(model, device, runtime).stylize(content, style, options, progress=progress)
