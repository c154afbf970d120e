"""Which models the Load Model node offers, and what each choice stands for."""

from __future__ import annotations

from pathlib import Path

import folder_paths
import torch
from comfy.model_management import get_torch_device

import stylemix

FOLDER = "stylemix"
"""The folder below ComfyUI's ``models``, and the key in ``extra_model_paths.yaml``."""

HUB = "Hugging Face Hub"
"""The choice that takes the text beside it as ``owner/name``."""

folder_paths.add_model_folder_path(FOLDER, str(Path(folder_paths.models_dir) / FOLDER))


def choices() -> dict[str, str]:
    """Return what the dropdown shows, and for each what ``stylemix.load`` takes.

    Models with a name come first (those that ship with stylemix, those of plugins, published ones),
    then every checkpoint folder (one with a ``config.json``) in ``models/stylemix``, then methods
    that need no trained weights, then the Hub, which stands for ``""``.
    """
    infos = stylemix.models()
    found = {info.name: info.name for info in infos if info.kind != "method"}
    for root in folder_paths.get_folder_paths(FOLDER):
        for config in sorted(Path(root).glob("*/config.json")):
            found.setdefault(f"{FOLDER}/{config.parent.name}", str(config.parent))
    for info in infos:
        if info.kind == "method":
            found.setdefault(info.name, info.name)
    found[HUB] = ""
    return found


def load(target: str, *, revision: str | None = None, runtime: str = "auto") -> stylemix.Stylizer:
    """Load what :func:`choices` gives, onto ComfyUI's device; OpenVINO draws on the CPU.

    Raises:
        StylemixError: it can't be had.
    """
    device = None if runtime.startswith("openvino") else get_torch_device()
    # ComfyUI runs nodes in inference mode; weights made in it could never be trained again.
    with torch.inference_mode(False):
        return stylemix.load(target, revision=revision, device=device, runtime=runtime)
