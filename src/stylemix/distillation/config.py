"""What a distillation is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylemix.backbones.vgg import VGG16_CHANNELS
from stylemix.errors import ConfigError
from stylemix.pretraining.config import ENDING, HardwareConfig
from stylemix.training.config import PRECISIONS, OptimizerConfig, ScheduleConfig
from stylemix.training.tables import build_table, read_toml

STARTS = ("teacher", "random")


@dataclass(frozen=True)
class PicturesConfig:
    """Which pictures, and how crops are cut from them.

    Attributes:
        content: folders, tar shards or glob patterns of photographs.
        style: the same for paintings.
        test_content: photographs kept out of training, to measure on.
        test_style: the same for paintings.
        side: larger pictures are shrunk to this short side, in pixels.
        crop: side of the crops in pixels.
        zoom: a crop covers ``crop`` to ``zoom * crop`` pixels of the picture, shrunk to ``crop``.
        limit: pictures read of each kind for training, spread evenly over all; 0 for all.
    """

    content: tuple[str, ...] = ()
    style: tuple[str, ...] = ()
    test_content: tuple[str, ...] = ()
    test_style: tuple[str, ...] = ()
    side: int = 288
    crop: int = 128
    zoom: float = 1.75
    limit: int = 0


@dataclass(frozen=True)
class WalkConfig:
    """Pictures that are being optimised through the student while it learns.

    Attributes:
        walkers: how many there are; 0 for none.
        batch: of them in each step.
        steps: that each of these is optimised by in a training step.
        life: optimisation steps after which one begins anew with another photograph and painting.
        model: name or folder of a trained model whose forward pass they may begin with; empty
            takes the photograph in the painting's colours instead.
    """

    walkers: int = 24
    batch: int = 2
    steps: int = 2
    life: int = 30
    model: str = "film"


@dataclass(frozen=True)
class ErrorsConfig:
    """The objective, a weighted sum; see :mod:`stylemix.distillation.objective`.

    Attributes:
        feature: weight of the relative squared error of features, mean over layers.
        gram: weight of the relative error of Gram matrices, mean over layers.
    """

    feature: float = 1.0
    gram: float = 1.0


@dataclass(frozen=True)
class DistillConfig:
    """Everything about a distillation.

    Attributes:
        output: file of the network's weights, ``*.safetensors``. The report lies beside it as
            ``*.json``, the state to resume from as ``*.state.safetensors``.
        channels: of the student's four blocks.
        start: ``"teacher"`` begins with the teacher's most telling channels, joined by least
            squares; ``"random"`` with random weights.
        teacher: safetensors file of VGG-16's weights; empty takes the default ones.
        seed: of everything random.
        batch: photographs and paintings a step, half of each; walkers come on top.
    """

    output: str
    channels: tuple[int, ...] = (24, 48, 96, 192)
    start: str = "teacher"
    teacher: str = ""
    seed: int = 0
    batch: int = 4
    data: PicturesConfig = field(default_factory=PicturesConfig)
    walk: WalkConfig = field(default_factory=WalkConfig)
    losses: ErrorsConfig = field(default_factory=ErrorsConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=10_000))
    runtime: HardwareConfig = field(default_factory=HardwareConfig)

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> DistillConfig:
        """Read a TOML file; paths in it are relative to the file.

        Raises:
            ConfigError: the file can't be read, or a key or value in it is wrong.
        """
        return cls.from_table(read_toml(path), Path(path).resolve().parent)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], base: Path | None = None) -> DistillConfig:
        """Make a configuration from nested mappings, as a TOML file holds them.

        Args:
            table: the mappings.
            base: folder that relative paths start from; None leaves paths as they are.

        Raises:
            ConfigError: a key or value is wrong.
        """
        if "output" not in table:
            raise ConfigError('the configuration lacks output = "thin.safetensors"')
        merged = {"schedule": {"steps": 10_000}, **table}
        config: DistillConfig = build_table(cls, merged, "")
        return config if base is None else _anchored(config, base)

    @property
    def report_file(self) -> Path:
        """Name the file of the figures."""
        return Path(self.output).with_suffix(".json")

    @property
    def state_file(self) -> Path:
        """Name the file of the state to resume from."""
        return Path(self.output).with_suffix(".state" + ENDING)

    def to_table(self) -> dict[str, Any]:
        """Give nested mappings that :meth:`from_table` turns into an equal configuration."""
        return dataclasses.asdict(self)


def _anchored(config: DistillConfig, base: Path) -> DistillConfig:
    def at(path: str) -> str:
        return str(base / Path(path).expanduser()) if path else path

    def all_at(paths: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(at, paths))

    given = config.data
    data = dataclasses.replace(
        given, content=all_at(given.content), style=all_at(given.style),
        test_content=all_at(given.test_content), test_style=all_at(given.test_style))
    # A model is a name or a folder; only a path has a separator in it.
    model = config.walk.model
    walk = dataclasses.replace(
        config.walk, model=at(model) if "/" in model or os.sep in model else model)
    return dataclasses.replace(config, output=at(config.output), teacher=at(config.teacher),
                               data=data, walk=walk)


def _check(config: DistillConfig) -> None:
    """Refuse values that can't work, before anything is read or written."""
    def need(fine: bool, message: str) -> None:
        if not fine:
            raise ConfigError(message)

    data, walk, losses, optimizer = config.data, config.walk, config.losses, config.optimizer
    need(config.output.endswith(ENDING),
         f"output must be a file name that ends in {ENDING}, got {config.output!r}")
    need(len(config.channels) == 4 and min(config.channels) >= 1,
         f"channels must be four whole numbers above 0, got {list(config.channels)}")
    need(all(c <= wide for c, wide in zip(config.channels, VGG16_CHANNELS, strict=True)),
         "channels must not exceed the teacher's, 64, 128, 256 and 512, got "
         f"{list(config.channels)}")
    need(config.start in STARTS,
         f"start must be one of {', '.join(STARTS)}, got {config.start!r}")
    need(0 <= config.seed < 2**32, f"seed must be in [0, 2^32), got {config.seed}")
    need(config.batch >= 2 and config.batch % 2 == 0,
         f"batch must be an even number, half photographs, half paintings, got {config.batch}")
    need(data.side >= 16, f"data.side must be at least 16 pixels, got {data.side}")
    need(data.crop >= 16 and data.crop % 8 == 0,
         f"data.crop must be a multiple of 8 from 16 on, got {data.crop}")
    need(data.zoom >= 1, f"data.zoom must be at least 1, got {data.zoom}")
    need(data.limit >= 0, f"data.limit must be >= 0, got {data.limit}")
    need(walk.walkers >= 0, f"walk.walkers must be >= 0, got {walk.walkers}")
    need(not walk.walkers or 1 <= walk.batch <= walk.walkers,
         f"walk.batch must be from 1 to walk.walkers = {walk.walkers}, got {walk.batch}")
    need(walk.steps >= 1 and walk.life >= 1,
         "walk.steps and walk.life must be at least 1 (walkers = 0 leaves them out)")
    need(min(losses.feature, losses.gram) >= 0 and losses.feature + losses.gram > 0,
         "losses: feature and gram must be >= 0, and one of them above 0")
    need(optimizer.lr > 0, f"optimizer.lr must be above 0, got {optimizer.lr}")
    need(len(optimizer.betas) == 2 and all(0 <= b < 1 for b in optimizer.betas),
         f"optimizer.betas must be two numbers in [0, 1), got {list(optimizer.betas)}")
    need(0 <= optimizer.ema < 1, f"optimizer.ema must be in [0, 1), got {optimizer.ema}")
    need(optimizer.clip >= 0 and optimizer.warmup >= 0 and 0 <= optimizer.final <= 1,
         "optimizer: clip and warmup must be >= 0, final in [0, 1]")
    lengths = [config.schedule.epochs, config.schedule.steps, config.schedule.minutes]
    need(sum(v > 0 for v in lengths) == 1 and min(lengths) >= 0,
         "schedule: give exactly one of epochs, steps, minutes, above 0")
    need(config.runtime.precision in PRECISIONS,
         f"runtime.precision must be one of {', '.join(PRECISIONS)}, "
         f"got {config.runtime.precision!r}")
    need(config.runtime.save_every >= 0, "runtime.save_every must be >= 0")
