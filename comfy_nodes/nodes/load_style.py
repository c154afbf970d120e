"""The Load Style node."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from stylemix import Stylizer

from ..interface import ALIASES, CATEGORY, StylemixModel, StylemixStyle, known
from ..style_files import find, load_style, names

_NONE = "(no style saved yet)"


class LoadStyle(io.ComfyNode):
    """Loads a style that Save Style wrote."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        options = names() or [_NONE]
        return io.Schema(
            node_id="StylemixLoadStyle",
            display_name="Load Style (stylemix)",
            category=CATEGORY,
            description="Loads a style for style transfer that Save Style wrote. Its paintings are "
            "encoded again where another model encoded them.",
            inputs=[
                StylemixModel.Input("model", tooltip="From Load Style Model."),
                io.Combo.Input(
                    "saved_style",
                    options=options,
                    default=options[0],
                    tooltip="A file of models/stylemix_styles. Press R after saving one.",
                ),
            ],
            outputs=[StylemixStyle.Output("stylemix_style", display_name="style")],
            **known(io.Schema, search_aliases=[*ALIASES, "import style"]),
        )

    @classmethod
    def fingerprint_inputs(cls, saved_style: str, **_: Any) -> str:
        """Tell ComfyUI when to load again: the file was written anew."""
        return f"{saved_style} {find(saved_style).stat().st_mtime_ns}"

    @classmethod
    def execute(cls, model: Stylizer, saved_style: str) -> io.NodeOutput:
        """Load the style for the model."""
        return io.NodeOutput(load_style(model, saved_style))
