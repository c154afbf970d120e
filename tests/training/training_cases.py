"""Small runs that several test files start: pictures on disk and configurations of seconds."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import torch
from helpers import picture, tiny_config
from PIL import Image
from runs import changed
from runs import environment as environment
from runs import write_toml as write_toml
from safetensors.torch import load_file
from torch import Tensor

from stylemix.images import to_pil
from stylemix.training import TrainConfig
from stylemix.training.data import Crops
from stylemix.training.model.batches import Batch, Batches
from stylemix.training.model.config import PhaseConfig
from stylemix.training.state import load_state


def photograph(seed: int, height: int = 32, width: int = 40) -> Image.Image:
    """Draw a smooth picture."""
    return to_pil(picture(seed, height, width)[0])


def write_folder(folder: Path, count: int, first: int = 0, **size: int) -> Path:
    """Write JPEG files ``0.jpg``, ``1.jpg``, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        photograph(first + number, **size).save(folder / f"{number}.jpg", quality=95)
    return folder


def write_shard(path: Path, members: dict[str, bytes]) -> Path:
    """Write a tar file of these members."""
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def as_bytes(image: Image.Image, kind: str = "PNG") -> bytes:
    """Encode a picture in memory."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def crops(count: int, first: int = 0, height: int = 40, width: int = 48) -> Crops:
    """Give pictures to crop from, without files."""
    pictures = [
        (picture(first + i, height, width)[0] * 255).round().to(torch.uint8) for i in range(count)
    ]
    return Crops(pictures, torch.device("cpu"))


def table(folder: Path, **changes: Any) -> dict[str, Any]:
    """Give a configuration of a few quick steps; a mapping in ``changes`` adds to its table."""
    if not (folder / "photos").exists():
        write_folder(folder / "photos", 6)
        write_folder(folder / "paintings", 4, first=100, width=32)
    found: dict[str, Any] = {
        "output": "model",
        "model": tiny_config(),
        "data": {
            "content": ["photos"],
            "style": ["paintings"],
            "content_side": 32,
            "style_side": 32,
        },
        "losses": {"features": "thin"},
        "optimizer": {"warmup": 2},
        "schedule": {"steps": 8},
        "phases": [{"crop": 16, "batch": 4, "style_crop": [16], "identity": 0.25}],
        "runtime": {
            "device": "cpu",
            "precision": "float32",
            "tensorboard": False,
            "sample_every": 0,
            "save_every": 1e6,
        },
    }
    return changed(found, changes, ("schedule", "model"))


def config(folder: Path, **changes: Any) -> TrainConfig:
    """Give :func:`table` as a configuration with its paths under ``folder``."""
    return TrainConfig.from_table(table(folder, **changes), folder)


def weights(folder: Path) -> dict[str, Tensor]:
    """Give the tensors of a checkpoint."""
    return load_file(folder / "model.safetensors")


def raw(folder: Path) -> dict[str, Tensor]:
    """Give the weights themselves, not their average."""
    tensors, _ = load_state(folder / "training" / "state.safetensors")
    return {k[6:]: v for k, v in tensors.items() if k.startswith("model.")}


def assert_same(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    """Compare tensors by name, bit by bit."""
    assert a.keys() == b.keys()
    different = [k for k in a if not torch.equal(a[k], b[k])]
    assert not different


def drawn(batches: Batches, phase: PhaseConfig, step: int, seen: int, seen_styles: int) -> Batch:
    """Give the batch of a step as it is on a CPU."""
    return batches.cut(phase, batches.draw(phase, step, seen, seen_styles))
