"""The Optimise Picture node: Gatys' method."""

from __future__ import annotations

from typing import Any

import torch
from comfy.model_management import get_torch_device
from comfy_api.latest import io
from torch import Tensor

from stylemix.stylizers import build

from ..bundle import StyleBundle
from ..errors import naming
from ..interface import ALIASES, CATEGORY, known
from ..rendering import features_input, look_inputs, picture_inputs, render_batch


class OptimisePicture(io.ComfyNode):
    """Optimizes the photograph itself until it looks like the painting (Gatys et al., 2016)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="StylemixOptimisePicture",
            display_name="Optimise Picture (stylemix)",
            category=CATEGORY,
            description="Style transfer by optimization: changes the picture itself, step by step, "
            "until it has the painting's texture and colors (Gatys et al., 2016). Takes minutes "
            "where Apply Style takes a second.",
            inputs=[
                *picture_inputs(),
                io.Int.Input(
                    "steps",
                    default=200,
                    min=1,
                    max=5000,
                    tooltip="Steps of the optimization; time grows in proportion.",
                ),
                io.Float.Input(
                    "style_weight",
                    default=3.0,
                    min=0.05,
                    max=100.0,
                    step=0.05,
                    tooltip="What the painting counts against the photograph.",
                ),
                *look_inputs(),
                features_input("features", "The feature network."),
                io.Combo.Input(
                    "optimizer",
                    options=["adam", "lbfgs"],
                    default="adam",
                    optional=True,
                    tooltip="Adam is better within some hundred steps; L-BFGS is the paper's.",
                    **known(io.Combo.Input, advanced=True),
                ),
                io.Boolean.Input(
                    "coarse_to_fine",
                    default=True,
                    optional=True,
                    tooltip="Spend the first half of the steps at half the size: larger strokes, "
                    "less time.",
                    **known(io.Boolean.Input, advanced=True),
                ),
            ],
            outputs=[io.Image.Output("optimised", display_name="image")],
            **known(io.Schema, search_aliases=[*ALIASES, "gatys", "optimize", "vgg"]),
        )

    @classmethod
    def execute(
        cls,
        image: Tensor,
        style: StyleBundle,
        steps: int,
        style_weight: float,
        mask: Tensor | None = None,
        palette: Tensor | None = None,
        features: str = "thin",
        optimizer: str = "adam",
        coarse_to_fine: bool = True,
        **options: Any,
    ) -> io.NodeOutput:
        """Optimize picture by picture; of the style, the paintings that it keeps are used.

        Args:
            image: an IMAGE.
            style: from Encode Style or Mix Styles.
            steps: of the optimization.
            style_weight: of the style loss against the content loss.
            mask: a MASK, or None.
            palette: an IMAGE of one painting, or None.
            features: the feature network.
            optimizer: ``"adam"`` or ``"lbfgs"``.
            coarse_to_fine: spend the first half of the steps at half the size.
            options: the other inputs, which are the library's options by the same names.
        """
        # ComfyUI runs nodes in inference mode, whose tensors take no gradient.
        with naming("steps, style_weight, features, optimizer"), torch.inference_mode(False):
            method = build(
                {
                    "stylizer": "gatys",
                    "features": features,
                    "optimizer": optimizer,
                    "steps": steps,
                    "style_weight": style_weight,
                    "coarse_to_fine": coarse_to_fine,
                }
            ).to(get_torch_device())
        return io.NodeOutput(
            render_batch(
                image,
                style,
                method,
                mask=mask,
                palette=palette,
                features_name="features",
                **options,
            ).images
        )
