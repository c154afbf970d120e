"""The distillation: from pictures and VGG-16 to a thin network's weights and its figures."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS, feature_net
from stylemix.checkpoint.loading import load
from stylemix.errors import ConfigError
from stylemix.images import match_moments, to_float
from stylemix.injections.style import StyleMix
from stylemix.ops.placement import place
from stylemix.stylizers import FeedForward
from stylemix.training.average import update_average
from stylemix.training.data import Crops, read_pictures
from stylemix.training.features.config import DistillConfig, WalkConfig
from stylemix.training.features.inputs import Inputs
from stylemix.training.features.measure import measure
from stylemix.training.features.objective import feature_errors, gram_errors
from stylemix.training.features.start import start_from
from stylemix.training.features.student import Student
from stylemix.training.features.trajectories import First, TrajectoryPool
from stylemix.training.run import Stateful
from stylemix.training.state import save_state
from stylemix.training.weights_run import WeightsRun

CALIBRATION = 96
"""Pictures that the teacher's scale and the first weights are measured on."""
TESTED = 256
"""Short side of the pictures that the figures are measured on, in pixels."""


class Distiller(WeightsRun[DistillConfig]):
    """Trains a student, or goes on where an earlier run with the same output stopped.

    With a schedule in steps or epochs, on the CPU, a resumed run equals an uninterrupted one bit
    by bit.

    Args:
        config: everything about the run.
        progress: show bars.
        restart: throw an earlier state away and begin afresh.

    Raises:
        ConfigError: a value is wrong, or the earlier run had another configuration.
        DataError: no pictures to train or to measure on.
        WeightsError: the teacher's weights can't be had.
        CheckpointError: the earlier state is damaged, or nothing can be written.
    """

    def __init__(
        self, config: DistillConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        super().__init__(config, progress)
        resumed = self._earlier(restart)
        self.teacher = place(feature_net("vgg16", config.teacher or None), self.device)
        self._take_pictures()
        torch.manual_seed(config.seed)
        self.net = place(Student(config.channels), self.device)
        self.scales = dict.fromkeys(BLOCK_ENDS, 1.0)
        self.pool = TrajectoryPool(config.walk, self.inputs, _first_pass(config.walk, self.device))
        if resumed is None:
            self._start()
        self.average = copy.deepcopy(self.net)
        self._optimize(dict(self.net.named_parameters()))
        if resumed is not None:
            self._restore(resumed)

    def measure(self) -> dict[str, float]:
        """Compare the averaged student with the teacher on the pictures kept for it."""
        return measure(lambda x: self.average(x, self.precision), self._teach, *self.tested)

    def _epoch(self) -> int:
        # Of a step's pictures, those of trajectories included, half of `batch` are photographs.
        config = self.config
        pictures = config.batch + (config.walk.batch if config.walk.walkers else 0)
        return math.ceil(len(self.inputs.photographs) * pictures / (config.batch // 2))

    def _parts(self) -> Mapping[str, Stateful]:
        return {"net": self.net, "average": self.average, "walkers": self.pool}

    def _record(self) -> dict[str, Any]:
        return {"scales": self.scales}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        self.scales = {layer: float(record["scales"][layer]) for layer in BLOCK_ENDS}

    def _save_output(self) -> None:
        save_state(
            Path(self.config.output),
            {k: v.half() for k, v in self.average.tensors().items()},
            {"channels": list(self.config.channels), "steps": self.step},
        )

    def _finish(self) -> None:
        self._write_report(
            {
                "pictures": {
                    "photographs": len(self.inputs.photographs),
                    "paintings": len(self.inputs.paintings),
                    "tested": [len(t) for t in self.tested],
                },
                "figures": self.measure(),
            },
            "pictures_seen",
        )

    def _one_step(self, rate: float) -> tuple[dict[str, float], int]:
        config, weights = self.config, self.config.losses
        images = self.inputs.draw(self.step, config.batch)
        if config.walk.walkers:
            images = torch.cat(
                [
                    images,
                    self.pool.move(
                        self.step, lambda x: self.net(x, self.precision), self.precision
                    ),
                ]
            )
        wanted = self._teach(images)
        found = self.net(images, self.precision)
        features = torch.stack(list(feature_errors(found, wanted).values())).mean()
        total = weights.feature * features
        parts = {"feature": features.detach()}
        if weights.gram:
            styles = torch.stack(list(gram_errors(found, wanted, self.precision).values())).mean()
            total = total + weights.gram * styles
            parts["gram"] = styles.detach()
        self._descend(total, rate)
        update_average(
            self.average.state_dict(), self.net.state_dict(), config.optimizer.ema, self.step
        )
        return {name: float(part) for name, part in parts.items()}, len(images)

    @torch.no_grad()
    def _teach(self, images: Tensor) -> dict[str, Tensor]:
        """Return the teacher's maps, scaled to unit mean square, float32."""
        with torch.autocast(
            images.device.type, self.precision, enabled=self.precision == torch.bfloat16
        ):
            seen = self.teacher(images, BLOCK_ENDS)
        return {layer: seen[layer].float() * self.scales[layer] for layer in BLOCK_ENDS}

    def _take_pictures(self) -> None:
        data = self.config.data

        def read(key: str, side: int, limit: int = 0) -> list[Tensor]:
            return read_pictures(
                getattr(data, key), side, what=key, limit=limit, progress=self.progress
            )

        self.tested = [
            [to_float(p).to(self.device) for p in read(key, TESTED)]
            for key in ("test_content", "test_style")
        ]
        photographs, paintings = (
            Crops(read(key, data.side, data.limit), self.device) for key in ("content", "style")
        )
        self.inputs = Inputs(photographs, paintings, data.crop, data.zoom, self.config.seed)

    def _start(self) -> None:
        """Measure the teacher's scale, and start student and trajectories."""
        images = torch.cat(
            [
                self.inputs.cut(crops, CALIBRATION // 2, self.inputs.stream("calibration", number))
                for number, crops in enumerate((self.inputs.photographs, self.inputs.paintings))
            ]
        )
        squares = dict.fromkeys(BLOCK_ENDS, 0.0)
        for part in images.split(8):
            for layer, seen in self._teach(part).items():
                squares[layer] += float(seen.square().mean()) * len(part) / len(images)
        self.scales = {layer: max(v, 1e-12) ** -0.5 for layer, v in squares.items()}
        if self.config.start == "teacher":
            start_from(self.net, self.teacher, self.scales, images)
        self.pool.begin()


def _first_pass(walk: WalkConfig, device: torch.device) -> First:
    """Return what makes first pictures: a trained model, or a change of colors."""
    model = walk.model
    if not model or not walk.walkers:
        return lambda content, style: match_moments(content, style).clamp(0, 1)
    trained = load(model, device=device)
    if not isinstance(trained, FeedForward):
        raise ConfigError(
            f"walk.model = {model!r} has no forward pass; name a trained model, or leave it empty"
        )

    @torch.no_grad()
    def run(content: Tensor, style: Tensor) -> Tensor:
        out: Tensor = trained(content, StyleMix.single(trained.prepare(style)))
        return out.float().clamp(0, 1)

    return run
