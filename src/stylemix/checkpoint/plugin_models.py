"""The trained models that lie in a plugin's package."""

from __future__ import annotations

from pathlib import Path

from stylemix.checkpoint.checkpoint import CONFIG
from stylemix.plugins.hookspecs import Register


def register_folder(register: Register, folder: Path) -> None:
    """Register each checkpoint in a folder under its own folder's name.

    For a plugin's hook ``register_models``. A folder that isn't there has no models.

    Args:
        register: what the hook was handed.
        folder: where the checkpoint folders lie, usually ``Path(__file__).parent / "models"``.
    """
    for config in sorted(folder.glob(f"*/{CONFIG}")):
        register(config.parent.name, config.parent)
