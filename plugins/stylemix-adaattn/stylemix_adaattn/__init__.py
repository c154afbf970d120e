"""AdaAttN, adaptive attention normalisation (Liu et al., 2021), for stylemix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylemix import Register, hookimpl
from stylemix.checkpoint import register_folder
from stylemix_adaattn.generator import KeyedVGG
from stylemix_adaattn.injection import AdaAttN, KeyedSite
from stylemix_adaattn.loss import Local

__all__ = ["AdaAttN", "KeyedSite", "KeyedVGG", "Local"]


def _model(
    features: str, layers: list[str], injection: dict[str, Any], **decoder: int
) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "adaattn", "features": features, "layers": layers, **decoder},
        "encoder": {"name": "none"},
        "injections": [injection],
        "style_size": 256,
    }


_MATCHED = {"name": "adaattn", "match_moments": True}
PRESETS = {
    # The thin network keeps more of the picture at shallower layers, and at relu2_2 its edges.
    "adaattn": _model("thin", ["relu2_2", "relu3_3"], _MATCHED, width=2),
    # The paper's layers are relu3_1, relu4_1 and relu5_1; our feature networks end at relu4_3.
    "adaattn-vgg16": _model("vgg16", ["relu3_1", "relu4_1", "relu4_3"], {"name": "adaattn"}),
}


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "adaattn"}``."""
    register("adaattn", AdaAttN)


@hookimpl
def register_generators(register: Register) -> None:
    """Register ``{"name": "adaattn"}``."""
    register("adaattn", KeyedVGG)


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``{"name": "adaattn-local"}``."""
    register("adaattn-local", Local)


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``adaattn`` and ``adaattn-vgg16``."""
    for name, config in PRESETS.items():
        register(name, config)


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
