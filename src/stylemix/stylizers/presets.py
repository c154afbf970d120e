"""Presets: named model configurations to train from."""

from __future__ import annotations

from typing import Any

from stylemix.plugins.hookspecs import Register, hookimpl


def _model(
    *injections: dict[str, Any],
    encoder: str | dict[str, Any],
    width: int = 32,
    blocks: int = 5,
    grain: bool = False,
) -> dict[str, Any]:
    generator = {"name": "johnson", "width": width, "blocks": blocks}
    return {
        "stylizer": "feed_forward",
        "generator": {**generator, "grain": True} if grain else generator,
        "encoder": {"name": encoder} if isinstance(encoder, str) else encoder,
        "injections": list(injections),
        "style_size": 384,
    }


def _lean(*injections: dict[str, Any], encoder: str = "thin", **options: float) -> dict[str, Any]:
    return {**_model(*injections, encoder=encoder), "generator": {"name": "lean", **options}}


# The forms that work best: injected in all blocks, the up-sampling part and the output, on grain.
_BEST: dict[str, Any] = {"encoder": "thin", "width": 24, "grain": True}
MODEL_PRESETS: dict[str, dict[str, Any]] = {
    # The default, a fifth of the work of the Johnson generator; what it was pruned from; and the
    # Johnson generator itself.
    "film": _lean({"name": "film"}, expansion=1),
    "film-wide": _lean({"name": "film"}),
    "film-large": _model({"name": "film"}, **_BEST, blocks=8),
    # To compare mechanisms: trained alike, in the generator of film-wide.
    "film-equal": _lean({"name": "film"}),
    "concat": _lean({"name": "concat"}),
    "inject": _lean({"name": "inject"}),
    "patch": _lean({"name": "film"}, {"name": "patch", "feature": "relu3_3"}),
    # Texture and palette as two codes: strokes come in early, colors last.
    "film-palette": _lean(
        {"name": "film", "sites": ["block*", "up1*"]},
        {"name": "film", "code": "palette", "sites": ["up2*", "output*"]},
        encoder="texture-palette",
    ),
}

# The paper's literal forms: Inception-v3, and the style in the residual blocks only.
_BLOCKS = {"sites": ["block*"]}
MODEL_PRESETS.update(
    {
        "paper-film": _model({"name": "film", "residual": False, **_BLOCKS}, encoder="inception"),
        "paper-concat": _model({"name": "concat", **_BLOCKS}, encoder="inception"),
        "paper-inject": _model({"name": "inject", **_BLOCKS}, encoder="inception"),
        "paper-patch": _model(
            {"name": "patch", "feature": "mixed_6e", "hard": True}, encoder="inception"
        ),
    }
)

# The systems that the paper builds on, in the same generator.
MODEL_PRESETS.update(
    {
        # One network a style (Johnson et al., 2016; instance normalization with a learned affine,
        # as Ulyanov et al., 2016).
        "johnson": _model(encoder="none"),
        # N styles in one network, each with a gamma and beta of its own behind every normalization
        # (Dumoulin et al., 2017). Whoever trains it gives the styles' names.
        "dumoulin": _model({"name": "film", "sites": ["*"]}, encoder="table"),
        # Any style: gamma and beta, unconstrained, are linear in a linear bottleneck of 100 numbers
        # of the mean of Mixed_6e; down-sampling carries no style (Ghiasi et al., 2017).
        "ghiasi": _model(
            {"name": "film", "residual": False},
            encoder={"name": "inception", "dim": 100, "unit": False},
        ),
    }
)


@hookimpl
def register_presets(register: Register) -> None:
    """Register the built-in presets."""
    for name, config in MODEL_PRESETS.items():
        register(name, config)
