"""What the page calls the models, and which of them it offers first."""

from __future__ import annotations

from collections.abc import Iterable

USUAL = {
    "film": "Any painting",
    "film-palette": "Any painting, colors apart from strokes",
    "johnson-swirling-night": "Swirling night only",
    "gatys": "Slow and thorough (Gatys)",
}
"""Names and labels of the models to choose from at first sight."""

COMPARED = {
    "paper": "FiLM with the paper's Inception-v3",
    "cnnmrf": "Patches of the painting (CNN-MRF)",
    "adain": "AdaIN",
    "wct": "WCT",
    "styleswap": "Style swap",
    "sanet": "SANet",
    "adaattn": "AdaAttN",
    "stytr2": "StyTr²",
    "concat": "Concatenation",
    "film-equal": "FiLM, trained as briefly as the others",
    "inject": "1×1 injection",
    "patch": "FiLM and patches",
}
"""Names and labels of the models that are there to compare methods."""


def label(name: str) -> str:
    """Return what the page calls a model; one that is the user's own keeps its name."""
    return USUAL.get(name) or COMPARED.get(name) or name


def model_choices(names: Iterable[str], compared: bool = False) -> list[tuple[str, str]]:
    """Return labels and names of a list of models.

    Args:
        names: of every model that the server has, in its order.
        compared: list those of :data:`COMPARED` too.
    """
    return [(label(name), name) for name in names if compared or name not in COMPARED]
