"""The Save Style node."""

from __future__ import annotations

from comfy_api.latest import io

from ..bundle import StyleBundle
from ..interface import ALIASES, CATEGORY, StylemixStyle, known
from ..style_files import save_style


class SaveStyle(io.ComfyNode):
    """Saves an encoded style, a mixture too, under a name."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="StylemixSaveStyle",
            display_name="Save Style (stylemix)",
            category=CATEGORY,
            description="Saves a style for style transfer, or a mixture, with its paintings and "
            "weights, for Load Style.",
            inputs=[
                StylemixStyle.Input("style", tooltip="From Encode Style or Mix Styles, unmasked."),
                io.String.Input(
                    "name", default="my style", tooltip="Of the file in models/stylemix_styles."
                ),
                io.Boolean.Input(
                    "replace", default=False, tooltip="Replace another style of that name."
                ),
            ],
            outputs=[],
            is_output_node=True,
            **known(io.Schema, search_aliases=[*ALIASES, "export style"]),
        )

    @classmethod
    def execute(cls, style: StyleBundle, name: str, replace: bool) -> io.NodeOutput:
        """Write the file."""
        save_style(style, name, replace)
        return io.NodeOutput()
