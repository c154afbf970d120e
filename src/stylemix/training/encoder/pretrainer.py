"""The pre-training: from labelled paintings to a style encoder's weights and its figures."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.encoders import StyleEncoder
from stylemix.errors import ConfigError
from stylemix.ops import place, stream
from stylemix.plugins import registry
from stylemix.training.average import update_average
from stylemix.training.data import Crops
from stylemix.training.encoder.batches import BalancedBatches
from stylemix.training.encoder.config import PretrainConfig
from stylemix.training.encoder.contrast import supervised_info_nce
from stylemix.training.encoder.encoder_file import save_encoder
from stylemix.training.encoder.held_out import held_out
from stylemix.training.encoder.measure import measure
from stylemix.training.encoder.network import Classifier
from stylemix.training.encoder.paintings import Paintings, read_paintings
from stylemix.training.run import Stateful
from stylemix.training.weights_run import WeightsRun

CALIBRATION = 256
"""Paintings that the encoder is calibrated on."""


class Pretrainer(WeightsRun[PretrainConfig]):
    """Trains an encoder, or goes on where an earlier run with the same output stopped.

    With a schedule in steps or epochs, on the CPU, a resumed run equals an uninterrupted one bit
    by bit.

    Args:
        config: everything about the run.
        progress: show bars.
        restart: throw an earlier state away and begin afresh.

    Raises:
        ConfigError: a value is wrong, or the earlier run had another configuration.
        DataError: no paintings to train on.
        WeightsError: the encoder's starting weights are missing or don't fit.
        CheckpointError: the earlier state is damaged, or nothing can be written.
    """

    subject = "the encoder"

    def __init__(
        self, config: PretrainConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        super().__init__(config, progress)
        self.before: dict[str, float] = {}

        torch.manual_seed(config.seed)
        encoder: StyleEncoder = registry("encoders").build(config.encoder_spec)
        if "embedding" not in encoder.channels:
            raise ConfigError(
                f"the encoder {config.encoder_spec['name']!r} gives no embedding to "
                "train; choose another one"
            )
        resumed = self._earlier(restart)
        data = config.data
        paintings = read_paintings(
            data.style,
            data.side,
            smallest_style=data.smallest_style,
            limit=data.limit,
            progress=progress,
        )
        self._take(paintings)
        torch.manual_seed(config.seed)
        self.net = place(Classifier(encoder, len(paintings.styles)), self.device)
        if resumed is None:
            self._start()
        self.average = copy.deepcopy(self.net) if config.optimizer.ema else self.net
        self._optimize({n: p for n, p in self.net.named_parameters() if p.requires_grad})
        if resumed is not None:
            self._restore(resumed)

    def run(self) -> Path:
        """Measure, train to the end of the schedule, and measure again.

        Returns:
            The file of the encoder's weights; the figures lie in ``config.report_file``.
        """
        if not self.before:
            self.before = self._measure()
        self.net.train()
        return super().run()

    def _epoch(self) -> int:
        return len(self.train)

    def _parts(self) -> Mapping[str, Stateful]:
        separate = {} if self.average is self.net else {"average": self.average}
        return {"net": self.net, **separate}

    def _record(self) -> dict[str, Any]:
        return {"before": self.before, "styles": list(self.styles), "paintings": len(self.labels)}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        found = (record["styles"], record["paintings"])
        if found != (list(self.styles), len(self.labels)):
            raise ConfigError(
                f"{self.state_file} comes from a run with {found[1]} paintings"
                f" of {len(found[0])} styles, now there are {len(self.labels)} of "
                f"{len(self.styles)}; put them back, or start over with restart"
            )
        self.before = record["before"]

    def _save_output(self) -> None:
        save_encoder(self.average.encoder, self.config.encoder_spec, Path(self.config.output))

    def _finish(self) -> None:
        self._write_report(
            {
                "paintings": {"trained_on": len(self.train), "held_out": len(self.held)},
                "styles": list(self.styles),
                "before": self.before,
                "after": self._measure(),
            },
            "paintings_seen",
        )

    def _one_step(self, rate: float) -> tuple[dict[str, float], int]:
        config, losses = self.config, self.config.losses
        images, paintings, styles = self.batches.draw(
            self.step, self.seen, config.batch, config.crops, config.data.crop, config.data.zoom
        )
        embedding, scores = self.net(images, self.precision)
        parts: dict[str, Tensor] = {}
        if losses.cross_entropy:
            parts["cross_entropy"] = losses.cross_entropy * F.cross_entropy(scores, styles)
        if losses.contrastive:
            group_of = paintings if losses.positives == "painting" else styles
            parts["contrastive"] = losses.contrastive * supervised_info_nce(
                embedding, group_of, losses.temperature
            )
        self._descend(torch.stack(list(parts.values())).sum(), rate)
        if self.average is not self.net:
            update_average(
                self.average.state_dict(), self.net.state_dict(), config.optimizer.ema, self.step
            )
        return {name: float(part.detach()) for name, part in parts.items()}, config.batch

    def _take(self, paintings: Paintings) -> None:
        """Split the paintings and make ready to draw from them."""
        self.styles, self.labels = paintings.styles, paintings.labels
        out = held_out(paintings.names, paintings.labels, self.config.data.held_out)
        self.held = [i for i, kept in enumerate(out) if kept]
        self.train = [i for i, kept in enumerate(out) if not kept]
        self.crops = Crops(paintings.pictures, self.device)
        self.batches = BalancedBatches(self.crops, self.labels, self.train, self.config.seed)

    def _start(self) -> None:
        """Set a fresh encoder's first weights."""
        encoder, data = self.net.encoder, self.config.data
        encoder.initialize(self.config.encoder_weights or None)
        count = min(CALIBRATION, len(self.train))
        indices = [self.train[i * len(self.train) // count] for i in range(count)]
        chance = torch.rand(count, 4, generator=stream(self.config.seed, "calibration"))
        encoder.calibrate(self.crops.cut(indices, data.crop, chance, data.zoom))

    def _measure(self) -> dict[str, float]:
        data = self.config.data
        return measure(
            self.average,
            self.crops,
            self.labels,
            self.train,
            self.held,
            data.crop,
            data.zoom,
            self.precision,
        )
