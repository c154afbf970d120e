"""Presets: named model configurations to train from."""

from __future__ import annotations

from typing import Any

from stylemix.hookspecs import Register, hookimpl


def _model(*injections: dict[str, Any], encoder: str = "thin", width: int = 24) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "johnson", "width": width, "blocks": 5},
        "encoder": {"name": encoder},
        "injections": list(injections),
        "style_size": 384,
    }


# The forms that work best: injected in all blocks, the up-sampling part and the output.
PRESETS: dict[str, dict[str, Any]] = {
    "film": _model({"name": "film"}),
    "concat": _model({"name": "concat"}),
    "inject": _model({"name": "inject"}),
    "patch": _model({"name": "film"}, {"name": "patch", "feature": "relu3_3"}),
}

# The paper's literal forms: Inception-v3, and the style in the residual blocks only.
_BLOCKS = {"sites": ["block*"]}
PRESETS.update({
    "paper-film": _model({"name": "film", "residual": False, **_BLOCKS},
                         encoder="inception", width=32),
    "paper-concat": _model({"name": "concat", **_BLOCKS}, encoder="inception", width=32),
    "paper-inject": _model({"name": "inject", **_BLOCKS}, encoder="inception", width=32),
    "paper-patch": _model({"name": "patch", "feature": "mixed_6e", "hard": True},
                          encoder="inception", width=32),
})


@hookimpl
def register_presets(register: Register) -> None:
    """Register the built-in presets."""
    for name, config in PRESETS.items():
        register(name, config)
