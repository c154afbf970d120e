"""What is done with a file of strangers, and which errors it may raise: StylemixError alone."""

from __future__ import annotations

import functools
import os
import shutil
import warnings
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import fuzz_seeds as seeds
from fuzz_hub import ask
from fuzz_mutations import mutate
from PIL import Image

from stylemix import checkpoint
from stylemix.backbones.weights_file import load_weights
from stylemix.checkpoint.published import distributions, published
from stylemix.errors import StylemixError, memory_limit
from stylemix.images import read, read_mask
from stylemix.training import TrainConfig
from stylemix.training.encoder import PretrainConfig
from stylemix.training.features import DistillConfig
from stylemix.training.state import load_state

CONFIGS = {"encoder": PretrainConfig, "features": DistillConfig}


def _picture(path: Path, name: str) -> None:
    read(path, keep_space=zlib.crc32(path.read_bytes()) % 2 == 0)


def _mask(path: Path, name: str) -> None:
    read_mask(path, 42, 66)


def _checkpoint(path: Path, name: str) -> None:
    """Load the checkpoint of which one file is given, beside a good other one."""
    model, file = name.split("/")
    folder = path.parent / "checkpoint"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for other, data in of("checkpoint", path.parent).items():
        if other.startswith(f"{model}/"):
            (folder / other.split("/")[1]).write_bytes(data)
    shutil.copyfile(path, folder / file)
    checkpoint.load(folder)


def _weights(path: Path, name: str) -> None:
    if name.startswith("state"):
        load_state(path)
    else:
        os.replace(path, path.with_suffix(".pth"))
        load_weights(path.with_suffix(".pth"))


def _configuration(path: Path, name: str) -> None:
    if name.endswith(".toml"):
        CONFIGS.get(name.removesuffix(".toml"), TrainConfig).from_toml(path)
        return
    before = os.environ.get("STYLEMIX_CATALOGUE")
    os.environ["STYLEMIX_CATALOGUE"] = str(path)
    try:
        published()
        distributions()
    finally:
        del os.environ["STYLEMIX_CATALOGUE"]
        if before is not None:
            os.environ["STYLEMIX_CATALOGUE"] = before


def _hub(path: Path, name: str) -> None:
    ask(path.read_bytes())


TARGETS: Mapping[str, Callable[[Path, str], None]] = {
    "picture": _picture,
    "mask": _mask,
    "checkpoint": _checkpoint,
    "weights": _weights,
    "configuration": _configuration,
    "hub": _hub,
}


@functools.cache
def of(target: str, folder: Path) -> dict[str, bytes]:
    """Return a target's good files by name; they are made in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if target in ("picture", "mask"):
        return seeds.pictures()
    if target == "hub":
        return seeds.answers()
    make = {
        "checkpoint": seeds.checkpoints,
        "weights": seeds.weights,
        "configuration": seeds.configurations,
    }
    return make[target](folder)


def case(target: str, number: int, folder: Path) -> tuple[str, bytes]:
    """Return the name of a good file and what a number makes of it, the same on every run."""
    good = of(target, folder)
    draw = Random(f"{target} {number}")
    name = sorted(good)[number % len(good)]
    return name, mutate(good[name], draw, list(good.values()))


def check(target: str, name: str, data: bytes, folder: Path) -> None:
    """Use a file as its target does.

    Raises:
        Exception: anything but a StylemixError was raised.
    """
    path = folder / f"case{Path(name).suffix}"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.MAX_IMAGE_PIXELS = None
        try:
            # A picture of 200 megapixels may be too large for a small machine, which is said.
            with memory_limit():
                TARGETS[target](path, name)
        except StylemixError as problem:
            if not str(problem).strip():
                raise RuntimeError("an error without a message") from problem
