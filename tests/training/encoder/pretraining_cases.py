"""Paintings of three kinds of strokes in all colours, and configurations of seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from runs import changed
from runs import environment as environment
from runs import write_toml as write_toml

from stylemix.training.encoder import PretrainConfig

STROKES = ("across", "dots", "upright")


def strokes(
    kind: str, seed: int, width: int = 48, height: int = 48, spread: int = 50
) -> Image.Image:
    """Draw dark strokes on light, of any hue, so that only their shape tells the kind.

    Args:
        kind: of strokes.
        seed: of their colours, which differ by at most ``spread`` levels, and places.
        width: in pixels.
        height: in pixels.
        spread: small for paintings that are hard to tell apart.
    """
    chance = np.random.default_rng([seed, STROKES.index(kind)])
    ground, ink = (tuple((base + chance.integers(0, spread, 3)).tolist()) for base in (200, 20))
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = chance.integers(0, width), chance.integers(0, height)
        if kind == "across":
            draw.line((x - 8, y, x + 8, y), ink, 2)
        elif kind == "upright":
            draw.line((x, y - 8, x, y + 8), ink, 2)
        else:
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), ink)
    return image


def write_paintings(folder: Path, each: int = 20, spread: int = 50) -> Path:
    """Write ``<kind>/<number>.png``."""
    for kind in STROKES:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            strokes(kind, number, spread=spread).save(folder / kind / f"{number}.png")
    return folder


def table(folder: Path, **changes: Any) -> dict[str, Any]:
    """Give a configuration of a few quick steps; a mapping in ``changes`` adds to its table."""
    if not (folder / "paintings").exists():
        write_paintings(folder / "paintings")
    found: dict[str, Any] = {
        "output": "encoder.safetensors",
        "encoder": {"name": "thin", "dim": 8, "hidden": 16},
        "batch": 6,
        "data": {
            "style": ["paintings"],
            "side": 32,
            "crop": 24,
            "zoom": 1.3,
            "held_out": 0.3,
            "smallest_style": 2,
        },
        "optimizer": {"lr": 1e-2, "warmup": 2, "ema": 0.9},
        "schedule": {"steps": 4},
        "runtime": {"device": "cpu", "precision": "float32", "save_every": 1e6},
    }
    return changed(found, changes, ("schedule", "encoder"))


def config(folder: Path, **changes: Any) -> PretrainConfig:
    """Give :func:`table` as a configuration with its paths under ``folder``."""
    return PretrainConfig.from_table(table(folder, **changes), folder)
