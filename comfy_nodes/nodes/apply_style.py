"""The Apply Style node."""

from __future__ import annotations

import torch
from comfy_api.latest import io
from torch import Tensor

from stylemix.errors import PictureError

from ..bundle import Region, StyleBundle
from ..errors import NodeError, naming
from ..interface import CATEGORY, StylemixStyle, known
from ..pictures import check_images, check_mask, to_image, to_picture
from ..progress import Progress

SMALLEST_TILE = 64


class ApplyStyle(io.ComfyNode):
    """Renders pictures, or a video's frames, in a style."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="StylemixApplyStyle",
            display_name="Apply Style (stylemix)",
            category=CATEGORY,
            description="Renders a picture, or every frame of a batch, in the style.",
            inputs=[
                io.Image.Input("image", tooltip="A picture or a batch of them; transparency is "
                                                "kept."),
                StylemixStyle.Input("style", tooltip="From Encode Style or Mix Styles."),
                io.Float.Input(
                    "strength", default=1.0, min=0.0, max=2.0, step=0.05,
                    display_mode=io.NumberDisplay.slider,
                    tooltip="0 gives the image back, 1 is the strength that the model was trained "
                            "for, more exaggerates.",
                ),
                io.Boolean.Input(
                    "preserve_color", default=False,
                    tooltip="Keep the image's colours and take only the painting's strokes.",
                ),
                io.Int.Input(
                    "size", default=0, min=0, max=16384, step=8,
                    tooltip="Pixels of the result's long side; 0 keeps the image's size. Smaller "
                            "gives coarser strokes.",
                    **known(io.Int.Input, advanced=True),
                ),
                io.Int.Input(
                    "tile", default=0, min=0, max=16384, step=64,
                    tooltip="Side in pixels of the tiles that bound memory; 0 chooses by itself. "
                            "Tiles change nothing in the picture. A tile larger than the image "
                            "means none.",
                    **known(io.Int.Input, advanced=True),
                ),
                io.Mask.Input(
                    "mask", optional=True,
                    tooltip="White where the style holds; the image stays as it is elsewhere.",
                ),
            ],
            outputs=[io.Image.Output("stylized", display_name="image")],
            **known(io.Schema, search_aliases=["neural style transfer", "stylize", "paint"]),
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        style: StyleBundle,
        strength: float,
        preserve_color: bool,
        size: int,
        tile: int,
        mask: Tensor | None = None,
    ) -> io.NodeOutput:
        """Render picture by picture: beside the result, memory holds one at a time."""
        images = check_images(image, "image")
        count, height, width, channels = images.shape
        if 0 < tile < SMALLEST_TILE:
            raise NodeError(f"tile: expected 0 (automatic) or at least {SMALLEST_TILE} pixels, "
                            f"got {tile}")
        limits = check_mask(mask, "mask")
        if limits is not None:
            style = style.within(Region(limits, False, "mask"))
        style.check(count, height, width)
        progress = Progress(count)
        result: Tensor | None = None
        for number in range(count):
            with naming(f"image {number + 1} of {count}", PictureError):
                picture = style.stylizer.stylize(
                    to_picture(images[number]),
                    [part.style for part in style.parts],
                    weights=[part.weight for part in style.parts],
                    masks=style.masks(number, height, width),
                    strength=strength,
                    preserve_color=preserve_color,
                    size=size or None,
                    tile=tile or None,
                    progress=progress.of(number),
                )
            made = to_image(picture, channels)
            if result is None:
                result = torch.empty(count, *made.shape)
            result[number] = made
        return io.NodeOutput(result)
