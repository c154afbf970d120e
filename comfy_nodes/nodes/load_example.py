"""The Load Example node: paintings and a clip to try a workflow with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from comfy_api.latest import io
from PIL import Image, ImageSequence

from ..errors import NodeError
from ..interface import ALIASES, CATEGORY, known

FOLDER = Path(__file__).resolve().parent.parent / "examples"


class LoadExample(io.ComfyNode):
    """Loads a picture that comes with the nodes."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        names = sorted(path.name for path in FOLDER.glob("*.*"))
        return io.Schema(
            node_id="StylemixLoadExample",
            display_name="Load Example (stylemix)",
            category=CATEGORY,
            description="A painting or a short clip that comes with the nodes, to try style "
            "transfer at once. Put Load Image in its place for a painting of yours.",
            inputs=[
                io.Combo.Input(
                    "example",
                    options=names,
                    default=names[0],
                    tooltip="A painting (.jpg), or a clip (.webp), whose frames come as a batch.",
                )
            ],
            outputs=[io.Image.Output("example_image", display_name="image")],
            **known(io.Schema, search_aliases=[*ALIASES, "painting", "example"]),
        )

    @classmethod
    def execute(cls, example: str) -> io.NodeOutput:
        """Load the picture, or all frames of the clip."""
        if example not in {path.name for path in FOLDER.glob("*.*")}:
            raise NodeError(f"example: there is no {example!r}; choose another one")
        with Image.open(FOLDER / example) as file:
            frames = [np.array(f.convert("RGB"), np.float32) for f in ImageSequence.Iterator(file)]
        return io.NodeOutput(torch.from_numpy(np.stack(frames)).div_(255))
