"""Runs workflows in this process on the surface, with stand-ins for ComfyUI's own nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from comfy_surface import Comfy, InterruptProcessingException
from PIL import Image
from torch import Tensor

_WIDGETS = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")


class LocalComfy:
    """Behaves like the server's runner, on the surface.

    Args:
        comfy: the surface.
        pack: the node pack, imported against it.
        tools: the pack's ``dev.server`` module, for its error types.
    """

    version = "none (the interface's stand-in)"

    def __init__(self, comfy: Comfy, pack: ModuleType, tools: ModuleType) -> None:
        self.comfy = comfy
        self.tools = tools
        self.models = comfy.base / "models" / "stylemix"
        self.inputs = comfy.base / "input"
        self.output = comfy.base / "output"
        self.inputs.mkdir(parents=True, exist_ok=True)
        extension = asyncio.run(pack.comfy_entrypoint())
        self.nodes = {
            node.define_schema().node_id: node for node in asyncio.run(extension.get_node_list())
        }
        self.core = core_nodes(self.inputs)
        self._running = ""

    def object_info(self) -> dict[str, Any]:
        """Give what the server gives at ``/object_info``."""
        info = {name: {"input": spec} for name, (spec, _) in self.core.items()}
        for name, node in self.nodes.items():
            groups: dict[str, dict[str, Any]] = {"required": {}, "optional": {}}
            for entry in node.define_schema().inputs:
                options = {
                    k: getattr(entry, k)
                    for k in ("default", "min", "max", "options")
                    if getattr(entry, k, None) is not None
                }
                groups["optional" if entry.optional else "required"][entry.id] = [
                    entry.io_type,
                    options,
                ]
            info[name] = {"input": groups}
        return info

    def run(self, prompt: dict[str, Any]) -> list[Image.Image]:
        """Run a prompt; gives the pictures of its output nodes, in order."""
        self._check(prompt)
        done: dict[str, Any] = {}
        made: list[Image.Image] = []
        with torch.inference_mode():
            for number in sorted(prompt, key=int):
                kind = prompt[number]["class_type"]
                if kind in ("SaveImage", "PreviewImage"):
                    made += self._value(prompt, number, done)[0]
                elif kind in self.nodes and self.nodes[kind].define_schema().is_output_node:
                    self._value(prompt, number, done)
        return made

    def run_and_cancel(self, prompt: dict[str, Any]) -> None:
        """Run a prompt that is cancelled while it works."""
        before = len(self.comfy.bars)
        self.comfy.cancel = lambda: sum(len(v) for _, v in self.comfy.bars[before:]) > 4
        try:
            self.run(prompt)
        except InterruptProcessingException:
            raise self.tools.CancelledError(f"at {self._running}") from None
        finally:
            self.comfy.cancel = lambda: False

    def _check(self, prompt: dict[str, Any]) -> None:
        """Refuse what ComfyUI refuses before it starts."""
        for node in prompt.values():
            spec = self.object_info()[node["class_type"]]["input"]
            for name, (kind, options) in spec.get("required", {}).items():
                if name not in node["inputs"]:
                    raise self.tools.PromptError(f"required_input_missing: {name}")
                value = node["inputs"][name]
                if kind == "COMBO" and value not in options["options"]:
                    raise self.tools.PromptError(f"value_not_in_list: {name}: {value!r}")
                if (
                    kind in ("INT", "FLOAT")
                    and not isinstance(value, list)
                    and not (options["min"] <= value <= options["max"])
                ):
                    raise self.tools.PromptError(f"value out of range: {name}: {value}")

    def _value(self, prompt: dict[str, Any], number: str, done: dict[str, Any]) -> Any:
        if number in done:
            return done[number]
        node = prompt[number]
        kind = node["class_type"]
        inputs = {
            name: self._value(prompt, value[0], done)[value[1]]
            if isinstance(value, list)
            else value
            for name, value in node["inputs"].items()
        }
        self._running = kind
        try:
            if kind in self.nodes:
                done[number] = self.nodes[kind].execute(**inputs)
            else:
                done[number] = self.core[kind][1](**inputs)
        except (ValueError, RuntimeError) as problem:
            raise self.tools.PromptError(f"{kind}: {problem}") from problem
        return done[number]


def core_nodes(inputs: Path) -> dict[str, tuple[dict[str, Any], Callable[..., tuple[Any, ...]]]]:
    """Give stand-ins for those of ComfyUI's own nodes that the examples use."""
    channels = ["red", "green", "blue", "alpha"]

    def load_image(image: str) -> tuple[Any, ...]:
        with Image.open(inputs / image) as file:
            picture = np.array(file.convert("RGBA"), dtype=np.float32) / 255
            opaque = "A" not in file.getbands()
        mask = torch.zeros(1, 64, 64) if opaque else torch.from_numpy(1 - picture[None, ..., 3])
        return torch.from_numpy(picture[None, ..., :3]), mask

    def save(images: Tensor, **_: Any) -> tuple[Any, ...]:
        return ([Image.fromarray((255 * i).clip(0, 255).astype(np.uint8)) for i in images.numpy()],)

    wire = {"required": {}}
    text = {"filename_prefix": ["STRING", {}]}
    number = {"value": ["FLOAT", {"min": 0, "max": 1}]}
    return {
        "LoadImage": (
            {
                "required": {
                    "image": ["COMBO", {"options": sorted(p.name for p in inputs.glob("*.*"))}]
                }
            },
            load_image,
        ),
        "SaveImage": ({"required": text}, save),
        "PreviewImage": (wire, save),
        "ImageToMask": (
            {"required": {"channel": ["COMBO", {"options": channels}]}},
            lambda image, channel: (image[..., channels.index(channel)],),
        ),
        "ThresholdMask": ({"required": number}, lambda mask, value: ((mask > value).float(),)),
        "RepeatImageBatch": (
            {"required": {"amount": ["INT", {"min": 1, "max": 4096}]}},
            lambda image, amount: (image.repeat(amount, 1, 1, 1),),
        ),
        "ImageFromBatch": (
            {
                "required": {
                    "batch_index": ["INT", {"min": 0, "max": 4095}],
                    "length": ["INT", {"min": 1, "max": 4096}],
                }
            },
            lambda image, batch_index, length: (image[batch_index : batch_index + length],),
        ),
        "CreateVideo": (
            {"required": {"fps": ["FLOAT", {"min": 1, "max": 120}]}},
            lambda images, fps, audio=None: (images,),
        ),
        "SaveVideo": (
            {"required": {**text, "format": ["STRING", {}], "codec": ["STRING", {}]}},
            lambda video, **_: (),
        ),
    }
