"""Pictures, a small teacher and configurations of seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from helpers import picture
from runs import changed
from safetensors.torch import save_file

from stylemix.backbones import VGG16
from stylemix.images import save, to_pil
from stylemix.training.data import Crops
from stylemix.training.features import DistillConfig
from stylemix.training.features.inputs import Inputs

KINDS = ("content", "style", "test_content", "test_style")


def write_pictures(folder: Path) -> None:
    """Write four photographs or paintings of each kind."""
    for number, kind in enumerate(KINDS):
        (folder / kind).mkdir()
        for seed in range(4):
            save(to_pil(picture(10 * number + seed, 40, 44)[0]), folder / kind / f"{seed}.png")


def write_teacher(path: Path) -> Path:
    """Write random weights of VGG-16, scaled so that no map dies out."""
    torch.manual_seed(7)
    net = VGG16()
    for convolution in net.features.values():
        torch.nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, path)
    return path


def table(teacher: Path, **changes: Any) -> dict[str, Any]:
    """Give a configuration of a few quick steps; a mapping in ``changes`` adds to its table."""
    found: dict[str, Any] = {
        "output": "thin.safetensors",
        "channels": [2, 3, 4, 5],
        "teacher": str(teacher),
        "start": "random",
        "batch": 2,
        "data": {**{kind: [kind] for kind in KINDS}, "side": 32, "crop": 16, "zoom": 1.5},
        "walk": {"walkers": 3, "batch": 2, "steps": 1, "life": 4, "model": ""},
        "optimizer": {"lr": 1e-2, "warmup": 2, "ema": 0.9, "cosine": False},
        "schedule": {"steps": 4},
        "runtime": {"device": "cpu", "precision": "float32", "save_every": 1e6},
    }
    return changed(found, changes, ("schedule",))


def config(folder: Path, teacher: Path, **changes: Any) -> DistillConfig:
    """Give :func:`table` as a configuration with its paths under ``folder``."""
    return DistillConfig.from_table(table(teacher, **changes), folder)


def inputs(side: int = 16, count: int = 5) -> Inputs:
    """Give inputs of uint8 pictures that differ in every pixel."""
    pictures = [(picture(seed, 30, 34)[0] * 255).round().to(torch.uint8) for seed in range(count)]
    cpu = torch.device("cpu")
    return Inputs(Crops(pictures[:3], cpu), Crops(pictures[3:], cpu), side, 1.5, seed=3)
