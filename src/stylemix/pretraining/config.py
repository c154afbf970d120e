"""What an encoder's pre-training is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylemix.errors import ConfigError
from stylemix.training.config import (
    PRECISIONS,
    OptimizerConfig,
    RuntimeConfig,
    ScheduleConfig,
)
from stylemix.training.tables import build_table, read_toml

POSITIVES = ("painting", "style")
ENDING = ".safetensors"


@dataclass(frozen=True)
class PaintingsConfig:
    """Which paintings, and how crops are cut from them.

    Attributes:
        style: folders, tar shards or glob patterns; the folder that a painting lies in is its
            label.
        side: every painting gets this short side in pixels, so that its size is no cue. Take one
            that no painting has to be enlarged to.
        crop: side of the crops in pixels.
        zoom: a crop covers ``crop`` to ``zoom * crop`` pixels of the painting, shrunk to ``crop``.
        held_out: share of each style's paintings that is kept back to measure on.
        smallest_style: styles with fewer paintings are left out.
        limit: paintings read, spread evenly over all; 0 for all of them.
    """

    style: tuple[str, ...] = ()
    side: int = 224
    crop: int = 128
    zoom: float = 1.75
    held_out: float = 0.1
    smallest_style: int = 20
    limit: int = 0


@dataclass(frozen=True)
class TermsConfig:
    """The objective, a weighted sum of two terms; see :mod:`stylemix.pretraining.contrast`.

    Attributes:
        cross_entropy: weight of the classification of styles by a linear layer.
        contrastive: weight of the supervised InfoNCE.
        temperature: of the InfoNCE.
        positives: which crops belong together in it, those of one ``"painting"`` or all of one
            ``"style"``.
    """

    cross_entropy: float = 1.0
    contrastive: float = 0.5
    temperature: float = 0.1
    positives: str = "painting"


@dataclass(frozen=True)
class HardwareConfig:
    """Where and how it runs; none of this changes what is learned, but for rounding.

    Attributes:
        device: ``"auto"`` takes a GPU when there is one.
        precision: of the network's autocast; ``"auto"`` takes bfloat16 where hardware has it.
        save_every: seconds between saved states.
    """

    device: str = "auto"
    precision: str = "auto"
    save_every: float = 60.0

    def runtime(self) -> RuntimeConfig:
        """Give it in the form that the trainer's helpers take."""
        return RuntimeConfig(device=self.device, precision=self.precision)


@dataclass(frozen=True)
class PretrainConfig:
    """Everything about a pre-training.

    Attributes:
        output: file of the encoder's weights, ``*.safetensors``. The report lies beside it as
            ``*.json``, the state to resume from as ``*.state.safetensors``.
        encoder: a registered encoder's name, or a table of its ``name`` and options.
        encoder_weights: file of the weights to start from; empty takes the encoder's usual ones.
        seed: of everything random.
        batch: paintings a step.
        crops: of each painting in a step.
    """

    output: str
    encoder: str | Mapping[str, Any] = "inception"
    encoder_weights: str = ""
    seed: int = 0
    batch: int = 32
    crops: int = 2
    data: PaintingsConfig = field(default_factory=PaintingsConfig)
    losses: TermsConfig = field(default_factory=TermsConfig)
    optimizer: OptimizerConfig = field(default_factory=lambda: OptimizerConfig(lr=3e-4))
    schedule: ScheduleConfig = field(default_factory=lambda: ScheduleConfig(steps=2000))
    runtime: HardwareConfig = field(default_factory=HardwareConfig)

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> PretrainConfig:
        """Read a TOML file; paths in it are relative to the file.

        Raises:
            ConfigError: the file can't be read, or a key or value in it is wrong.
        """
        return cls.from_table(read_toml(path), Path(path).resolve().parent)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], base: Path | None = None) -> PretrainConfig:
        """Make a configuration from nested mappings, as a TOML file holds them.

        Args:
            table: the mappings.
            base: folder that relative paths start from; None leaves paths as they are.

        Raises:
            ConfigError: a key or value is wrong.
        """
        if "output" not in table:
            raise ConfigError('the configuration lacks output = "encoder.safetensors"')
        merged = {"schedule": {"steps": 2000}, **table}
        optimizer = merged.get("optimizer", {})
        if isinstance(optimizer, Mapping):
            merged["optimizer"] = {"lr": 3e-4, **optimizer}
        config: PretrainConfig = build_table(cls, merged, "")
        return config if base is None else _anchored(config, base)

    @property
    def encoder_spec(self) -> dict[str, Any]:
        """Give the encoder as a table of its name and options."""
        return {"name": self.encoder} if isinstance(self.encoder, str) else dict(self.encoder)

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


def _anchored(config: PretrainConfig, base: Path) -> PretrainConfig:
    def at(path: str) -> str:
        return str(base / Path(path).expanduser()) if path else path

    data = dataclasses.replace(config.data, style=tuple(map(at, config.data.style)))
    return dataclasses.replace(config, output=at(config.output), data=data,
                               encoder_weights=at(config.encoder_weights))


def _check(config: PretrainConfig) -> None:
    """Refuse values that can't work, before anything is read or written."""
    def need(fine: bool, message: str) -> None:
        if not fine:
            raise ConfigError(message)

    data, losses, optimizer = config.data, config.losses, config.optimizer
    need(config.output.endswith(ENDING),
         f"output must be a file name that ends in {ENDING}, got {config.output!r}")
    need(0 <= config.seed < 2**32, f"seed must be in [0, 2^32), got {config.seed}")
    need(config.batch >= 2, f"batch must be at least 2 paintings, got {config.batch}")
    need(config.crops >= 1, f"crops must be at least 1, got {config.crops}")
    need(data.side >= 16, f"data.side must be at least 16 pixels, got {data.side}")
    need(16 <= data.crop <= data.side,
         f"data.crop must be from 16 to data.side = {data.side} pixels, got {data.crop}")
    need(data.zoom >= 1, f"data.zoom must be at least 1, got {data.zoom}")
    need(0 < data.held_out <= 0.5, f"data.held_out must be in (0, 0.5], got {data.held_out}")
    need(data.smallest_style >= 2,
         "data.smallest_style must be at least 2, one painting to train on and one held out")
    need(data.limit >= 0, f"data.limit must be >= 0, got {data.limit}")
    need(min(losses.cross_entropy, losses.contrastive) >= 0
         and losses.cross_entropy + losses.contrastive > 0,
         "losses: cross_entropy and contrastive must be >= 0, and one of them above 0")
    need(losses.temperature > 0, f"losses.temperature must be above 0, got {losses.temperature}")
    need(losses.positives in POSITIVES,
         f"losses.positives must be one of {', '.join(POSITIVES)}, got {losses.positives!r}")
    need(config.crops >= 2 or not losses.contrastive or losses.positives == "style",
         "the contrastive term needs crops = 2 or more of a painting; raise crops, or set "
         "losses.contrastive = 0")
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
