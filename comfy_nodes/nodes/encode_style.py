"""The Encode Style node."""

from __future__ import annotations

from comfy_api.latest import io
from torch import Tensor

from stylemix import Stylizer

from ..bundle import StyleBundle
from ..encoding import encode_all
from ..errors import naming
from ..interface import ALIASES, CATEGORY, StylemixModel, StylemixStyle, known
from ..pictures import check_images
from ..progress import cancelling


class EncodeStyle(io.ComfyNode):
    """Encodes paintings once, for use with any number of pictures."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="StylemixEncodeStyle",
            display_name="Encode Style (stylemix)",
            category=CATEGORY,
            description="Encodes a painting for style transfer. A batch of paintings becomes their "
            "equal mixture. Models that draw in a style of their own need no painting.",
            inputs=[
                StylemixModel.Input("model", tooltip="From Load Style Model."),
                io.Image.Input(
                    "painting",
                    optional=True,
                    tooltip="One painting, or a batch of several that are mixed in equal parts. "
                    "Only a model that draws in a style of its own, such as "
                    "johnson-swirling-night, works without.",
                ),
            ],
            outputs=[StylemixStyle.Output("stylemix_style", display_name="style")],
            **known(io.Schema, search_aliases=[*ALIASES, "style reference", "painting"]),
        )

    @classmethod
    def execute(cls, model: Stylizer, painting: Tensor | None = None) -> io.NodeOutput:
        """Encode each painting of the batch; without any, return the model's own style."""
        if painting is None:
            with naming("painting"):
                return io.NodeOutput(StyleBundle.equal(model, [model.own_style()]))
        paintings = check_images(painting, "painting")
        with cancelling():
            return io.NodeOutput(StyleBundle.equal(model, encode_all(model, paintings)))
