"""SANet, the style-attentional network (Park and Lee, 2019), for stylemix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stylemix import Register, hookimpl
from stylemix.checkpoint import register_folder
from stylemix_sanet.injection import SANet

__all__ = ["SANet"]


def _model(
    features: str, layers: list[str], injection: dict[str, Any], **decoder: int
) -> dict[str, Any]:
    # Two depths, each with weights of its own; the decoder brings together what they give.
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "vgg", "features": features, "layers": layers, **decoder},
        "encoder": {"name": "none"},
        "injections": [injection],
        "style_size": 256,
    }


_MATCHED = {"name": "sanet", "match_moments": True}
PRESETS = {
    # The thin network keeps more of the picture one block earlier, and at relu2_2 its edges.
    "sanet": _model("thin", ["relu2_2", "relu3_3"], _MATCHED, width=2),
    # The paper's depths are relu4_1 and, enlarged, relu5_1; our feature networks end at relu4_3.
    "sanet-vgg16": _model("vgg16", ["relu4_1", "relu4_3"], {"name": "sanet"}),
}


@hookimpl
def register_injections(register: Register) -> None:
    """Register ``{"name": "sanet"}``."""
    register("sanet", SANet)


@hookimpl
def register_presets(register: Register) -> None:
    """Register ``sanet`` and ``sanet-vgg16``."""
    for name, config in PRESETS.items():
        register(name, config)


@hookimpl
def register_models(register: Register) -> None:
    """Register the trained models that lie in the folder ``models``, by their folders' names."""
    register_folder(register, Path(__file__).parent / "models")
