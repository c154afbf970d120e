"""What Apply Style and Optimize Picture share: their common inputs, and the work on a batch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from comfy_api.latest import io
from torch import Tensor

from stylemix import Style, Stylizer
from stylemix.errors import Cancelled, ConfigError, PictureError, WeightsError
from stylemix.stylizers import SMALLEST_TILE, Options
from stylemix.video import Steadier

from .bundle import Region, StyleBundle
from .curves import Curve
from .errors import NodeError, naming
from .interface import StylemixStyle, known
from .job import Job
from .keeping import keep
from .pictures import check_images, check_mask, to_image, to_picture, to_pil
from .progress import NodeProgress, cancelling

AUTOMATIC = ("size", "tile", "scale")
"""Inputs, where a node has them, whose 0 leaves the choice to the library."""

MOST_STRENGTH = 2.0
"""Where the nodes' sliders end."""


def picture_inputs() -> list[Any]:
    """Return the inputs that come first: what to render, and in which style."""
    return [
        io.Image.Input("image", tooltip="A picture or a batch of them; transparency is kept."),
        StylemixStyle.Input("style", tooltip="From Encode Style or Mix Styles."),
    ]


def first_look_inputs() -> list[Any]:
    """Return the two inputs that matter most of how the result looks."""
    return [
        io.Float.Input(
            "strength",
            default=1.0,
            min=0.0,
            max=MOST_STRENGTH,
            step=0.05,
            display_mode=io.NumberDisplay.slider,
            tooltip="0 gives the image back, 1 is the usual strength, more exaggerates.",
        ),
        io.Boolean.Input(
            "preserve_color",
            default=False,
            tooltip="Keep the image's colors and take only the painting's strokes.",
        ),
    ]


def look_inputs() -> list[Any]:
    """Return the inputs that say how the result looks; the last two are wires."""
    return [
        *first_look_inputs(),
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


@dataclass(frozen=True)
class Steadying:
    """How frames agree with the ones before.

    Attributes:
        amount: 0 for frames by themselves.
        before: what the batch before handed over, or None.
    """

    amount: float = 0.0
    before: Steadier | None = None

    def begin(self) -> Steadier | None:
        """Return what steadies a batch, None for frames by themselves.

        Raises:
            NodeError: the amount is out of range, OpenCV is missing, or there is a batch before
                though frames are drawn by themselves.
        """
        with naming("steady"):
            if self.before is not None and not self.amount:
                raise NodeError(
                    "before: steady is 0, so that frames are drawn by themselves; raise steady, "
                    "or disconnect before"
                )
            if self.before is not None:
                return self.before.copy(self.amount)
            return Steadier(self.amount) if self.amount else None


@dataclass(frozen=True)
class Rendered:
    """A finished batch.

    Attributes:
        images: [B, H, W, 3], or 4 channels for an image with opacity.
        end: what the next batch of a video needs of this one; None for frames by themselves.
    """

    images: Tensor
    end: Steadier | None


def render_batch(
    image: Tensor,
    style: StyleBundle,
    stylizer: Stylizer,
    *,
    mask: Tensor | None = None,
    palette: Tensor | None = None,
    features_name: str = "model",
    strengths: Curve | None = None,
    steadying: Steadying | None = None,
    **inputs: Any,
) -> Rendered:
    """Render picture by picture: beside the result, memory holds one at a time.

    Args:
        image: an IMAGE.
        style: the bundle; its paintings are used, and its encoded styles where ``stylizer`` is
            the one that encoded them.
        stylizer: what renders.
        mask: a MASK, or None.
        palette: an IMAGE of one painting, or None.
        features_name: the input that names a feature network, for messages.
        strengths: the strength over the batch, instead of the one in ``inputs``.
        steadying: how frames agree with the ones before.
        inputs: the options of the library, by the names of :class:`stylemix.stylizers.Options`; 0
            stands for its None in those of :data:`AUTOMATIC`.

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
    steadier = (steadying or Steadying()).begin()
    progress = NodeProgress(count)
    result: Tensor | None = None
    for number in range(count):
        if strengths is not None:
            options = replace(options, strength=strengths.at(number, count))
        job = Job(
            stylizer,
            [part.style for part in style.parts],
            options,
            style.weights(number, count),
            style.masks(number, height, width),
            progress.of(number),
        )
        with (
            cancelling(),
            naming(f"image {number + 1} of {count}", PictureError, ConfigError),
            naming(features_name, WeightsError),
        ):
            try:
                picture = job.draw(to_picture(images[number]), steadier)
            except Cancelled as stopped:
                if stopped.picture is not None:
                    done = [] if result is None else list(result[:number])
                    keep([*map(to_pil, done), stopped.picture])
                raise
        made = to_image(picture, channels)
        if result is None:
            result = torch.empty(count, *made.shape)
        result[number] = made
    assert result is not None  # check_images refuses an empty batch
    return Rendered(result, steadier)


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
