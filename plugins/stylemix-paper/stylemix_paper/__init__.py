"""The system of Zagatin and Kitov (2025), trained: Inception-v3 tells a generator the style."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylemix import Register, hookimpl
from stylemix.checkpoint import register_folder

PRESET: dict[str, Any] = {
    "stylizer": "feed_forward",
    "generator": {"name": "johnson", "width": 24, "blocks": 8, "grain": True},
    "encoder": {"name": "inception"},
    # The paper's preset in stylemix, paper-film, has FiLM in the residual blocks alone.
    "injections": [{"name": "film", "residual": False}],
    "style_size": 384,
}


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``paper``."""
    register("paper", PRESET)


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
