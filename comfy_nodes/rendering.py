"""What Apply Style and Optimize Picture share: their common inputs, and the work on a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from stylemix import Style, Stylizer
from stylemix.errors import ConfigError, PictureError, WeightsError
from stylemix.stylizers import SMALLEST_TILE, Options

from .bundle import Region, StyleBundle
from .errors import NodeError, naming
from .interface import StylemixStyle, known
from .pictures import check_images, check_mask, to_image, to_picture
from .progress import NodeProgress

AUTOMATIC = ("size", "tile", "scale")
"""Inputs, where a node has them, whose 0 leaves the choice to the library."""


def picture_inputs() -> list[Any]:
    """Return the inputs that come first: what to render, and in which style."""
    return [
        io.Image.Input("image", tooltip="A picture or a batch of them; transparency is kept."),
        StylemixStyle.Input("style", tooltip="From Encode Style or Mix Styles."),
    ]


def look_inputs() -> list[Any]:
    """Return the inputs that say how the result looks; the last two are wires."""
    return [
        io.Float.Input(
            "strength",
            default=1.0,
            min=0.0,
            max=2.0,
            step=0.05,
            display_mode=io.NumberDisplay.slider,
            tooltip="0 gives the image back, 1 is the usual strength, more exaggerates.",
        ),
        io.Boolean.Input(
            "preserve_color",
            default=False,
            tooltip="Keep the image's colors and take only the painting's strokes.",
        ),
        io.Int.Input(
            "size",
            default=0,
            min=0,
            max=16384,
            step=8,
            tooltip="Pixels of the result's long side; 0 keeps the image's size. Smaller gives "
            "coarser strokes.",
            **known(io.Int.Input, advanced=True),
        ),
        io.Int.Input(
            "tile",
            default=0,
            min=0,
            max=16384,
            step=64,
            tooltip="Side in pixels of the tiles that bound memory; 0 chooses by itself. Tiles "
            "change nothing in the picture. A tile larger than the image means none.",
            **known(io.Int.Input, advanced=True),
        ),
        io.Mask.Input(
            "mask",
            optional=True,
            tooltip="White where the style holds; the image stays as it is elsewhere.",
        ),
        io.Image.Input(
            "palette",
            optional=True,
            tooltip="A painting whose colors to use with the strokes of the style. Not together "
            "with preserve_color.",
        ),
    ]


def features_input(name: str, tooltip: str) -> Any:
    """Return the choice of the network whose features an optimization compares."""
    return io.Combo.Input(
        name,
        options=["thin", "vgg16"],
        default="thin",
        optional=True,
        tooltip=f"{tooltip} 'thin' ships with stylemix; 'vgg16' is slower and better, and its "
        "weights are downloaded once.",
        **known(io.Combo.Input, advanced=True),
    )


def render_batch(
    image: Tensor,
    style: StyleBundle,
    stylizer: Stylizer,
    *,
    mask: Tensor | None,
    palette: Tensor | None,
    features_name: str,
    **inputs: Any,
) -> Tensor:
    """Render picture by picture: beside the result, memory holds one at a time.

    Args:
        image: an IMAGE.
        style: the bundle; its paintings are used, and its encoded styles where ``stylizer`` is
            the one that encoded them.
        stylizer: what renders.
        mask: a MASK, or None.
        palette: an IMAGE of one painting, or None.
        features_name: the input that names a feature network, for messages.
        inputs: the options of the library, by the names of :class:`stylemix.stylizers.Options`; 0
            stands for its None in those of :data:`AUTOMATIC`.

    Returns:
        [B, H, W, 3], or 4 channels for an image with opacity.

    Raises:
        NodeError: naming the input that can't be used.
    """
    images = check_images(image, "image")
    count, height, width, channels = images.shape
    options = _options(inputs)
    limits = check_mask(mask, "mask")
    if limits is not None:
        style = style.within(Region(limits, False, "mask"))
    style.check(count, height, width)
    if palette is not None:
        options = replace(options, palette=_encoded(palette, stylizer, options.preserve_color))
    progress = NodeProgress(count)
    result: Tensor | None = None
    for number in range(count):
        with (
            naming(f"image {number + 1} of {count}", PictureError),
            naming(features_name, WeightsError),
        ):
            picture = stylizer.stylize(
                to_picture(images[number]),
                [part.style for part in style.parts],
                options,
                weights=[part.weight for part in style.parts],
                masks=style.masks(number, height, width),
                progress=progress.of(number),
            )
        made = to_image(picture, channels)
        if result is None:
            result = torch.empty(count, *made.shape)
        result[number] = made
    assert result is not None  # check_images refuses an empty batch
    return result


def _options(inputs: dict[str, Any]) -> Options:
    """Return the library's options.

    Raises:
        NodeError: naming the input that is out of range.
    """
    if 0 < inputs["tile"] < SMALLEST_TILE:
        raise NodeError(
            f"tile: expected 0 (automatic) or at least {SMALLEST_TILE} pixels, got {inputs['tile']}"
        )
    for name in AUTOMATIC:
        inputs[name] = inputs.get(name) or None
    try:
        return Options(**inputs)
    except ConfigError as problem:
        # The library's messages begin with the option's name, which is the input's.
        raise NodeError(str(problem)) from problem


def _encoded(palette: Tensor, stylizer: Stylizer, preserve_color: bool) -> Style:
    """Encode the palette's painting, once for all pictures."""
    if preserve_color:
        raise NodeError(
            "palette: preserve_color keeps the image's own colors; disconnect the "
            "palette, or switch preserve_color off"
        )
    paintings = check_images(palette, "palette")
    if len(paintings) != 1:
        raise NodeError(f"palette: expected one painting, got a batch of {len(paintings)}")
    with naming("palette"):
        return stylizer.encode(to_picture(paintings[0]))
