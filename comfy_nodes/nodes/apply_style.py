"""The Apply Style node."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io
from torch import Tensor

from stylemix.stylizers import MAX_SCALE
from stylemix.video import MOST_STEADY, Steadier

from ..bundle import StyleBundle
from ..curves import curve_inputs, read_curve
from ..interface import ALIASES, CATEGORY, StylemixFrames, known
from ..rendering import (
    MOST_STRENGTH,
    Steadying,
    features_input,
    look_inputs,
    picture_inputs,
    render_batch,
)


class ApplyStyle(io.ComfyNode):
    """Renders pictures, or a video's frames, in a style."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="StylemixApplyStyle",
            display_name="Apply Style (stylemix)",
            category=CATEGORY,
            description="Style transfer: renders a picture, or every frame of a batch, in the "
            "style.",
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
                *curve_inputs(
                    "strength_over_frames",
                    "Instead of strength: numbers that stand evenly over the batch. 0, 1 turns "
                    "the image into a painting; 0, 1, 0 and back again.",
                ),
                io.Float.Input(
                    "steady",
                    default=0.0,
                    min=0.0,
                    max=MOST_STEADY,
                    step=0.05,
                    optional=True,
                    tooltip="For videos: how much frames follow the ones before. 0 draws every "
                    "frame by itself, which flickers; 0.7 is steady.",
                ),
                StylemixFrames.Input(
                    "before",
                    optional=True,
                    tooltip="end of the Apply Style node that made the batch before this one, "
                    "where a video comes in several.",
                ),
            ],
            outputs=[
                io.Image.Output("stylized", display_name="image"),
                StylemixFrames.Output(
                    "stylemix_frames",
                    display_name="end",
                    tooltip="For before of the Apply Style node that makes the next batch.",
                ),
            ],
            **known(io.Schema, search_aliases=[*ALIASES, "paint", "video"]),
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        style: StyleBundle,
        mask: Tensor | None = None,
        palette: Tensor | None = None,
        strength_over_frames: str = "",
        easing: str = "linear",
        steady: float = 0.0,
        before: Steadier | None = None,
        **options: Any,
    ) -> io.NodeOutput:
        """Render the batch with the model that encoded the style.

        Args:
            image: an IMAGE.
            style: from Encode Style or Mix Styles.
            mask: a MASK, or None.
            palette: an IMAGE of one painting, or None.
            strength_over_frames: the numbers of a curve, or nothing.
            easing: how the curve goes between them.
            steady: how much frames follow the ones before.
            before: what the batch before handed over.
            options: the other inputs, which are the library's options by the same names.
        """
        source = "strength_over_frames"
        made = render_batch(
            image,
            style,
            style.stylizer,
            mask=mask,
            palette=palette,
            features_name="refine_features",
            strengths=read_curve(strength_over_frames, easing, source, 0, MOST_STRENGTH),
            steadying=Steadying(steady, before),
            **options,
        )
        return io.NodeOutput(made.images, made.end)
