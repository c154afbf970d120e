"""The Stylize node: everything that a beginner needs."""

from __future__ import annotations

from comfy_api.latest import io
from torch import Tensor

from ..bundle import StyleBundle
from ..encoding import encode_all
from ..errors import NodeError, naming
from ..interface import ALIASES, CATEGORY, known
from ..model_folders import HUB, choices, load
from ..pictures import check_images
from ..progress import cancelling
from ..rendering import first_look_inputs, render_batch


class Stylize(io.ComfyNode):
    """Renders a picture in the style of a painting, in one node."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        options = [name for name in choices() if name != HUB]
        return io.Schema(
            node_id="StylemixStylize",
            display_name="Stylize: Style Transfer (stylemix)",
            category=CATEGORY,
            description="Style transfer in one node: renders a picture in the style of a painting. "
            "The other nodes mix paintings, mask, refine and steady videos.",
            inputs=[
                io.Image.Input(
                    "image", tooltip="A picture or a batch of them; transparency is kept."
                ),
                io.Image.Input(
                    "painting", tooltip="One painting, or a batch of several in equal parts."
                ),
                io.Combo.Input(
                    "model",
                    options=options,
                    default=options[0],
                    tooltip="The first one is a good choice. An embedded model, a checkpoint "
                    "folder in models/stylemix, or a method.",
                ),
                *first_look_inputs(),
            ],
            outputs=[io.Image.Output("stylized", display_name="image")],
            **known(io.Schema, search_aliases=[*ALIASES, "paint", "painting"]),
        )

    @classmethod
    def execute(
        cls, image: Tensor, painting: Tensor, model: str, strength: float, preserve_color: bool
    ) -> io.NodeOutput:
        """Load the model, encode the painting and render the batch."""
        target = choices().get(model)
        if not target:
            raise NodeError(f"model: {model!r} is no longer there; choose another one")
        paintings = check_images(painting, "painting")
        with naming("model"):
            stylizer = load(target)
        with cancelling():
            style = StyleBundle.equal(stylizer, encode_all(stylizer, paintings))
        made = render_batch(
            image,
            style,
            stylizer,
            strength=strength,
            preserve_color=preserve_color,
            tile=0,
        )
        return io.NodeOutput(made.images)
