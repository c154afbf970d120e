"""What a distillation is told: a TOML file, checked key by key."""

from __future__ import annotations

import dataclasses
import functools
import os
from dataclasses import dataclass, field
from pathlib import Path

from stylemix.backbones.vgg import VGG16_CHANNELS
from stylemix.training.run_config import (
    HardwareConfig,
    OptimizerConfig,
    RunConfig,
    ScheduleConfig,
    WeightsFileConfig,
    need,
    under,
)

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
    """The objective, a weighted sum; see :mod:`stylemix.training.features.objective`.

    Attributes:
        feature: weight of the relative squared error of features, mean over layers.
        gram: weight of the relative error of Gram matrices, mean over layers.
    """

    feature: float = 1.0
    gram: float = 1.0


@dataclass(frozen=True)
class DistillConfig(WeightsFileConfig):
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

    EXAMPLE = "thin.safetensors"
    FREE = (*RunConfig.FREE, "teacher")

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

    def anchored(self, base: Path) -> DistillConfig:
        """Give the same with paths below ``base`` where they are relative."""
        at = functools.partial(under, base)

        def all_at(paths: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(map(at, paths))

        given = self.data
        data = dataclasses.replace(
            given,
            content=all_at(given.content),
            style=all_at(given.style),
            test_content=all_at(given.test_content),
            test_style=all_at(given.test_style),
        )
        # A model is a name or a folder; only a path has a separator in it.
        model = self.walk.model
        walk = dataclasses.replace(
            self.walk, model=at(model) if "/" in model or os.sep in model else model
        )
        return dataclasses.replace(
            self, output=at(self.output), teacher=at(self.teacher), data=data, walk=walk
        )

    def check(self) -> None:
        """Refuse values that can't work; see :meth:`RunConfig.check`."""
        super().check()
        data, walk, losses = self.data, self.walk, self.losses
        need(
            len(self.channels) == 4 and min(self.channels) >= 1,
            f"channels must be four whole numbers above 0, got {list(self.channels)}",
        )
        need(
            all(c <= wide for c, wide in zip(self.channels, VGG16_CHANNELS, strict=True)),
            "channels must not exceed the teacher's, 64, 128, 256 and 512, got "
            f"{list(self.channels)}",
        )
        need(self.start in STARTS, f"start must be one of {', '.join(STARTS)}, got {self.start!r}")
        need(
            self.batch >= 2 and self.batch % 2 == 0,
            f"batch must be an even number, half photographs, half paintings, got {self.batch}",
        )
        need(data.side >= 16, f"data.side must be at least 16 pixels, got {data.side}")
        need(
            data.crop >= 16 and data.crop % 8 == 0,
            f"data.crop must be a multiple of 8 from 16 on, got {data.crop}",
        )
        need(data.zoom >= 1, f"data.zoom must be at least 1, got {data.zoom}")
        need(data.limit >= 0, f"data.limit must be >= 0, got {data.limit}")
        need(walk.walkers >= 0, f"walk.walkers must be >= 0, got {walk.walkers}")
        need(
            not walk.walkers or 1 <= walk.batch <= walk.walkers,
            f"walk.batch must be from 1 to walk.walkers = {walk.walkers}, got {walk.batch}",
        )
        need(
            walk.steps >= 1 and walk.life >= 1,
            "walk.steps and walk.life must be at least 1 (walkers = 0 leaves them out)",
        )
        need(
            min(losses.feature, losses.gram) >= 0 and losses.feature + losses.gram > 0,
            "losses: feature and gram must be >= 0, and one of them above 0",
        )
