"""Presets: named model configurations to train from."""

from __future__ import annotations

from typing import Any

from stylemix.hookspecs import Register, hookimpl


def _model(
    *injections: dict[str, Any], encoder: str | dict[str, Any] = "thin", width: int = 24
) -> dict[str, Any]:
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "johnson", "width": width, "blocks": 5},
        "encoder": {"name": encoder} if isinstance(encoder, str) else encoder,
        "injections": list(injections),
        "style_size": 384,
    }


# The forms that work best: injected in all blocks, the up-sampling part and the output.
PRESETS: dict[str, dict[str, Any]] = {
    "film": _model({"name": "film"}),
    "concat": _model({"name": "concat"}),
    "inject": _model({"name": "inject"}),
    "patch": _model({"name": "film"}, {"name": "patch", "feature": "relu3_3"}),
    # Texture and palette as two codes: strokes come in early, colours last.
    "film-palette": _model(
        {"name": "film", "sites": ["block*", "up1*"]},
        {"name": "film", "code": "palette", "sites": ["up2*", "output*"]},
        encoder="texture-palette",
    ),
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

# The systems that the paper builds on, in the same generator.
PRESETS.update({
    # One network a style (Johnson et al., 2016; instance normalisation with a learned affine, as
    # Ulyanov et al., 2016).
    "johnson": _model(encoder="none", width=32),
    # N styles in one network, each with a gamma and beta of its own behind every normalisation
    # (Dumoulin et al., 2017). Whoever trains it gives the styles' names.
    "dumoulin": _model({"name": "film", "sites": ["*"]}, encoder="table", width=32),
    # Any style: gamma and beta, unconstrained, are linear in a linear bottleneck of 100 numbers of
    # the mean of Mixed_6e; down-sampling carries no style (Ghiasi et al., 2017).
    "ghiasi": _model({"name": "film", "residual": False},
                     encoder={"name": "inception", "dim": 100, "unit": False}, width=32),
})


@hookimpl
def register_presets(register: Register) -> None:
    """Register the built-in presets."""
    for name, config in PRESETS.items():
        register(name, config)
