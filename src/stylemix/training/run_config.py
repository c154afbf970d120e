"""What the configurations of all trainings share: tables, checks, and how a file is read."""

from __future__ import annotations

import dataclasses
import glob
import itertools
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from stylemix.errors import ConfigError
from stylemix.training.tables import build_table, read_toml

PRECISIONS = ("auto", "float32", "bfloat16")
ENDING = ".safetensors"

C = TypeVar("C", bound="RunConfig")


@dataclass(frozen=True)
class OptimizerConfig:
    """Adam and what surrounds it.

    Attributes:
        lr: learning rate at its peak.
        betas: of Adam.
        warmup: steps of linear warm-up.
        cosine: fall to ``final`` of the peak on a cosine over the schedule; otherwise constant.
        final: share of the peak that is left at the end.
        clip: largest norm of the gradient, 0 for no clipping.
        ema: decay of the moving average of weights that is saved; 0 saves the weights themselves.
    """

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    warmup: int = 200
    cosine: bool = True
    final: float = 0.01
    clip: float = 1.0
    ema: float = 0.999


@dataclass(frozen=True)
class ScheduleConfig:
    """How long to train; exactly one of the three is above 0.

    Attributes:
        epochs: passes over the pictures.
        steps: optimiser steps.
        minutes: time that steps take, all sessions together.
    """

    epochs: float = 0
    steps: int = 0
    minutes: float = 0


@dataclass(frozen=True)
class HardwareConfig:
    """Where and how it runs; none of this changes what is learned, but for rounding.

    Attributes:
        device: ``"auto"`` takes a GPU when there is one.
        precision: of the networks' autocast; ``"auto"`` takes bfloat16 where hardware has it.
        save_every: seconds between saved states.
    """

    device: str = "auto"
    precision: str = "auto"
    save_every: float = 60.0


class RunConfig(ABC):
    """The part that every training's configuration has; a frozen dataclass is made of it.

    Attributes:
        output: what the training writes.
        seed: of everything random.
        optimizer: how it learns.
        schedule: how long.
        runtime: where.
    """

    output: str
    seed: int
    optimizer: OptimizerConfig
    schedule: ScheduleConfig
    runtime: HardwareConfig

    EXAMPLE: ClassVar[str]
    """An output, for the error where there is none."""
    FREE: ClassVar[tuple[str, ...]] = ("output", "runtime", "schedule")
    """Keys that may change when a run goes on."""

    def __post_init__(self) -> None:
        self.check()

    @classmethod
    def from_toml(cls: type[C], path: str | os.PathLike[str]) -> C:
        """Read a TOML file; paths in it are relative to the file.

        Raises:
            ConfigError: the file can't be read, or a key or value in it is wrong.
        """
        return cls.from_table(read_toml(path), Path(path).resolve().parent)

    @classmethod
    def from_table(cls: type[C], table: Mapping[str, Any], base: Path | None = None) -> C:
        """Make a configuration from nested mappings, as a TOML file holds them.

        Args:
            table: the mappings.
            base: folder that relative paths start from; None leaves paths as they are.

        Raises:
            ConfigError: a key or value is wrong.
        """
        if "output" not in table:
            raise ConfigError(f'the configuration lacks output = "{cls.EXAMPLE}"')
        config: C = build_table(cls, table, "")
        return config if base is None else config.anchored(base)

    def to_table(self) -> dict[str, Any]:
        """Give nested mappings that :meth:`from_table` turns into an equal configuration."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    def identity(self) -> dict[str, Any]:
        """Give the part that a resumed run must share, as JSON holds it."""
        table = {key: value for key, value in self.to_table().items() if key not in self.FREE}
        return json.loads(json.dumps(table))  # type: ignore[no-any-return]

    @property
    @abstractmethod
    def state_file(self) -> Path:
        """Name the file of the state to resume from."""

    @abstractmethod
    def anchored(self: C, base: Path) -> C:
        """Give the same with paths below ``base`` where they are relative."""

    def check(self) -> None:
        """Refuse values that can't work, before anything is read or written.

        Raises:
            ConfigError: one of them.
        """
        optimizer, schedule, runtime = self.optimizer, self.schedule, self.runtime
        need(0 <= self.seed < 2**32, f"seed must be in [0, 2^32), got {self.seed}")
        need(optimizer.lr > 0, f"optimizer.lr must be above 0, got {optimizer.lr}")
        need(
            len(optimizer.betas) == 2 and all(0 <= b < 1 for b in optimizer.betas),
            f"optimizer.betas must be two numbers in [0, 1), got {list(optimizer.betas)}",
        )
        need(0 <= optimizer.ema < 1, f"optimizer.ema must be in [0, 1), got {optimizer.ema}")
        need(
            optimizer.clip >= 0 and optimizer.warmup >= 0 and 0 <= optimizer.final <= 1,
            "optimizer: clip and warmup must be >= 0, final in [0, 1]",
        )
        lengths = [schedule.epochs, schedule.steps, schedule.minutes]
        need(
            sum(v > 0 for v in lengths) == 1 and min(lengths) >= 0,
            "schedule: give exactly one of epochs, steps, minutes, above 0",
        )
        need(
            runtime.precision in PRECISIONS,
            f"runtime.precision must be one of {', '.join(PRECISIONS)}, got {runtime.precision!r}",
        )
        need(runtime.save_every >= 0, "runtime.save_every must be >= 0")


class WeightsFileConfig(RunConfig):
    """The configuration of a training whose output is one file of weights, ``*.safetensors``."""

    @property
    def report_file(self) -> Path:
        """Name the file of the figures."""
        return Path(self.output).with_suffix(".json")

    @property
    def state_file(self) -> Path:
        """Name the file of the state to resume from."""
        return Path(self.output).with_suffix(".state" + ENDING)

    def check(self) -> None:
        """Refuse values that can't work; see :meth:`RunConfig.check`."""
        need(
            self.output.endswith(ENDING),
            f"output must be a file name that ends in {ENDING}, got {self.output!r}",
        )
        super().check()


def need(fine: bool, message: str) -> None:
    """Raise a :class:`ConfigError` of this message unless all is fine."""
    if not fine:
        raise ConfigError(message)


def under(base: Path, path: str) -> str:
    """Give a path below ``base`` where it is relative, by its short name; empty ones stay empty."""
    return without_detours(str(base / Path(path).expanduser())) if path else path


def without_detours(path: str) -> str:
    """Take ``folder/..`` out of an absolute path, so that one place has one name.

    A detour stays where it means something: behind a link, whose ``..`` is elsewhere, and in a
    pattern from its first wildcard on.
    """
    parts = Path(path).parts
    plain = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))
    short = os.path.normpath(plain)
    if os.path.realpath(short) != os.path.realpath(plain):
        return path
    return os.path.join(short, *parts[len(plain.parts) :])
