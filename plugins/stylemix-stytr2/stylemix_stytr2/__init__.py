"""StyTr2, style transfer with transformers (Deng et al., 2022), for stylemix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylemix import Register, hookimpl
from stylemix.checkpoint import register_folder
from stylemix_stytr2.generator import PatchTransformer
from stylemix_stytr2.injection import StyTr2

__all__ = ["PatchTransformer", "StyTr2"]


def _model(generator: dict[str, Any], injection: dict[str, Any]) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "stytr2", **generator},
        "encoder": {"name": "none"},
        "injections": [{"name": "stytr2", **injection}],
        "style_size": 256,
    }


PRESETS = {
    # A CPU can train it: 1.4 million parameters, on patches of four pixels.
    "stytr2": _model({"channels": 128, "patch": 4}, {"layers": 2, "heads": 4}),
    # Sizes of the paper. Dropout as in Vaswani et al. (2017).
    "stytr2-paper": _model(
        {"channels": 512, "patch": 8}, {"layers": 3, "heads": 8, "dropout": 0.1}
    ),
}


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "stytr2"}``."""
    register("stytr2", StyTr2)


@hookimpl
def register_generators(register: Register) -> None:
    """Register ``{"name": "stytr2"}``."""
    register("stytr2", PatchTransformer)


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``stytr2`` and ``stytr2-paper``."""
    for name, config in PRESETS.items():
        register(name, config)


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
