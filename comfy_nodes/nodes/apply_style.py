"""The Apply Style node."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io
from torch import Tensor

from stylemix.stylizers import MAX_SCALE

from ..bundle import StyleBundle
from ..interface import CATEGORY, known
from ..rendering import features_input, look_inputs, picture_inputs, render_batch


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
                *picture_inputs(),
                *look_inputs(),
                io.Int.Input(
                    "refine",
                    default=0,
                    min=0,
                    max=1000,
                    optional=True,
                    tooltip="Steps of optimization after the network's pass: slower, and nearer "
                    "to the painting. 25 are a good start.",
                ),
                features_input("refine_features", "The network that refine compares by."),
                io.Float.Input(
                    "scale",
                    default=0.0,
                    min=0.0,
                    max=MAX_SCALE,
                    step=0.05,
                    optional=True,
                    tooltip="Size of the strokes relative to the image, alike at every size: 1 as "
                    "in an image of 512 pixels, 2 twice as large; 0 is one pass, with strokes of "
                    "a fixed size in pixels.",
                    **known(io.Float.Input, advanced=True),
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
        mask: Tensor | None = None,
        palette: Tensor | None = None,
        **options: Any,
    ) -> io.NodeOutput:
        """Render the batch with the model that encoded the style.

        Args:
            image: an IMAGE.
            style: from Encode Style or Mix Styles.
            mask: a MASK, or None.
            palette: an IMAGE of one painting, or None.
            options: the other inputs, which are the library's options by the same names.
        """
        return io.NodeOutput(
            render_batch(
                image,
                style,
                style.stylizer,
                mask=mask,
                palette=palette,
                features_name="refine_features",
                **options,
            )
        )
