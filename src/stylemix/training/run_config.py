"""What the configurations of all trainings share: tables, checks, and how a file is read."""

from __future__ import annotations

import dataclasses
import glob
import itertools
import json
import os
import typing
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from stylemix.errors import ConfigError, suggest
from stylemix.plugins import schema
from stylemix.plugins.rules import ONE_OR_MORE, WHOLE, above, at_least, at_most, below, split_hint
from stylemix.training.tables import read_toml

ENDING = ".safetensors"

PATH = object()
"""Marks a path, which is relative to the file that it stands in."""
PATH_OR_NAME = object()
"""Marks what is a path where a separator is in it, and a name otherwise."""

File = Annotated[str, PATH]
Files = Annotated[tuple[File, ...], ONE_OR_MORE]
"""Folders, tar shards or glob patterns."""

Decay = Annotated[float, at_least(0), below(1)]
"""Of a moving average."""

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

    lr: Annotated[float, above(0)] = 1e-3
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    warmup: Annotated[int, at_least(0)] = 200
    cosine: bool = True
    final: Annotated[float, at_least(0), at_most(1)] = 0.01
    clip: Annotated[float, at_least(0)] = 1.0
    ema: Decay = 0.999


@dataclass(frozen=True)
class ScheduleConfig:
    """How long to train; exactly one of the three is above 0.

    Attributes:
        epochs: passes over the pictures.
        steps: optimizer steps.
        minutes: time that steps take, all sessions together.
    """

    epochs: Annotated[float, at_least(0)] = 0
    steps: Annotated[int, at_least(0)] = 0
    minutes: Annotated[float, at_least(0)] = 0


@dataclass(frozen=True)
class HardwareConfig:
    """Where and how it runs; none of this changes what is learned, but for rounding.

    Attributes:
        device: ``"auto"`` takes a GPU when there is one.
        precision: of the networks' autocast; ``"auto"`` takes bfloat16 where hardware has it.
        save_every: seconds between saved states.
    """

    device: str = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    save_every: Annotated[float, at_least(0)] = 60.0


@dataclass(frozen=True, kw_only=True)
class RunConfig(ABC):
    """The part that every training's configuration has.

    A TOML file, or nested mappings such as it holds, become one by :meth:`from_table`, which checks
    every value against its field's annotation. What the table leaves out comes from a preset, where
    there are presets, or from the defaults: a table adds to the one below it key by key, all other
    values replace what is below them, and so does a table marked ``WHOLE``.

    Attributes:
        output: what the training writes.
        seed: of everything random.
        optimizer: how it learns.
        schedule: how long; one way to say so never adds to another.
        runtime: where.
    """

    output: File
    seed: Annotated[int, at_least(0), below(2**32)] = 0
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    schedule: Annotated[ScheduleConfig, WHOLE]
    runtime: HardwareConfig = field(default_factory=HardwareConfig)

    EXAMPLE: ClassVar[str]
    """An output, for the error where there is none."""
    FREE: ClassVar[tuple[str, ...]] = ("output", "runtime", "schedule")
    """Keys that may change when a run goes on."""
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Tables by name, of which the key ``preset`` chooses one, the first by default."""

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
        under: C | None = None
        if cls.PRESETS:
            table = dict(table)
            name = table.pop("preset", next(iter(cls.PRESETS)))
            if not isinstance(name, str) or name not in cls.PRESETS:
                raise ConfigError(
                    f"no training preset is named {name!r}{suggest(str(name), cls.PRESETS)} "
                    f"(there are: {', '.join(cls.PRESETS)})"
                )
            under = schema.check({**cls.PRESETS[name], "output": table["output"]}, cls, "")
        config: C = schema.check(table, cls, "", under)
        return config if base is None else _anchored(config, base)

    def to_table(self) -> dict[str, Any]:
        """Return nested mappings that :meth:`from_table` turns into an equal configuration."""
        return dataclasses.asdict(self)

    def identity(self) -> dict[str, Any]:
        """Return the part that a resumed run must share, as JSON holds it."""
        table = {key: value for key, value in self.to_table().items() if key not in self.FREE}
        return json.loads(json.dumps(table))  # type: ignore[no-any-return]

    @property
    @abstractmethod
    def state_file(self) -> Path:
        """The file of the state to resume from."""

    def check(self) -> None:
        """Refuse values that don't go together, before anything is read or written.

        Raises:
            ConfigError: some of them.
        """
        lengths = dataclasses.astuple(self.schedule)
        need(
            sum(value > 0 for value in lengths) == 1,
            "schedule: give exactly one of epochs, steps, minutes, above 0",
        )


@dataclass(frozen=True, kw_only=True)
class WeightsFileConfig(RunConfig):
    """The configuration of a training whose output is one file of weights, ``*.safetensors``."""

    @property
    def report_file(self) -> Path:
        """The file of the figures."""
        return Path(self.output).with_suffix(".json")

    @property
    def state_file(self) -> Path:
        """The file of the state to resume from."""
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


def _anchored(config: Any, base: Path) -> Any:
    """Return a configuration with paths below ``base`` where they are relative."""
    kind: Any = type(config)
    changes = {
        name: _anchored_value(getattr(config, name), key.hint, base)
        for name, key in schema.keys_of(kind).items()
    }
    return dataclasses.replace(config, **changes)


def _anchored_value(value: Any, hint: Any, base: Path) -> Any:
    kind, marks = split_hint(hint)
    if dataclasses.is_dataclass(value):
        return _anchored(value, base)
    if isinstance(value, tuple):
        return tuple(_anchored_value(item, typing.get_args(kind)[0], base) for item in value)
    named = PATH_OR_NAME in marks and "/" not in value and os.sep not in value
    return under(base, value) if not named and {PATH, PATH_OR_NAME} & {*marks} else value


def under(base: Path, path: str) -> str:
    """Return a path by its short name, below ``base`` where it is relative; empty stays empty."""
    return without_detours(str(base / Path(path).expanduser())) if path else path


def without_detours(path: str) -> str:
    """Return an absolute path without ``folder/..``, so that one place has one name.

    A detour stays where it means something: behind a link, whose ``..`` is elsewhere, and in a
    pattern from its first wildcard on.
    """
    parts = Path(path).parts
    plain = Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))
    short = os.path.normpath(plain)
    if os.path.realpath(short) != os.path.realpath(plain):
        return path
    return os.path.join(short, *parts[len(plain.parts) :])
