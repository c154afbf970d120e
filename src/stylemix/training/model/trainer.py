"""The trainer: one network for every painting, from folders of pictures to a checkpoint."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from stylemix import checkpoint
from stylemix.backbones import feature_net
from stylemix.errors import CheckpointError, ConfigError
from stylemix.losses.objective import PRESETS as LOSS_PRESETS
from stylemix.losses.objective import Objective
from stylemix.ops.placement import place
from stylemix.plugins import registry
from stylemix.plugins.registries import suggest
from stylemix.stylizers import FeedForward, build
from stylemix.training.average import Average, update_average
from stylemix.training.data import Crops, read_pictures
from stylemix.training.hardware import join_processes
from stylemix.training.model.bank import Bank, load_bank, make_bank, save_bank
from stylemix.training.model.batches import Batches
from stylemix.training.model.config import PhaseConfig, TrainConfig, phase_at
from stylemix.training.model.identity import fit_identity
from stylemix.training.model.named import rows_of, with_styles
from stylemix.training.model.samples import sheet
from stylemix.training.model.split import check_split
from stylemix.training.model.step import Step
from stylemix.training.report import Report
from stylemix.training.run import ResumableRun, Stateful
from stylemix.types import VECTORS

CALIBRATION = 256
"""Paintings that the encoder is calibrated on."""
SAMPLES = 4


class Trainer(ResumableRun[TrainConfig]):
    """Trains a model, or goes on where an earlier run with the same output folder stopped.

    After each ``runtime.save_every`` seconds the output folder holds a checkpoint that can be
    used at once, and ``training/state.safetensors`` to resume from. With a schedule in steps or
    epochs, on the CPU, a resumed run equals an uninterrupted one bit by bit.

    Args:
        config: everything about the run.
        progress: show bars.
        restart: throw an earlier state away and begin afresh.

    Raises:
        ConfigError: a value is wrong, or the earlier run had another configuration.
        DataError: no pictures to train on.
        WeightsError: weights of a feature network are missing.
        CheckpointError: the earlier state or ``init`` is damaged or doesn't fit.
    """

    subject = "the model"
    place = ("folder", "output folder")
    compared_whole = ("model",)

    def __init__(
        self, config: TrainConfig, *, progress: bool = False, restart: bool = False
    ) -> None:
        super().__init__(config, progress)
        self.rank, self.world = join_processes(self.device)
        for number, phase in enumerate(config.phases):
            if (phase.batch // phase.per_style) % self.world:
                raise ConfigError(
                    f"phases[{number}]: {phase.batch // phase.per_style} paintings a "
                    f"step can't be shared by {self.world} processes"
                )
        self.progress = progress and self.rank == 0
        self.folder = Path(config.output)
        self.seen_styles = 0

        torch.manual_seed(config.seed)
        self.objective = place(_objective(config), self.device)
        self.model = self._model()
        check_split(config, self.model, self.objective)
        self.config = config = fit_identity(config, self.model, quiet=self.rank != 0)
        trainable = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        resumed = self._earlier(restart)
        self.photographs, paintings = self._read_pictures()
        rows = rows_of(self.model.styles, config.data, len(paintings))
        if resumed is None:
            self._start(paintings, rows)
            if self.rank == 0:
                self.state_file.unlink(missing_ok=True)
        self.average = Average(self.model)
        self._optimize(trainable)
        if resumed is not None:
            self._restore(resumed)
        self.bank = self._bank(paintings, restart)
        self.batches = Batches(
            self.photographs,
            None if self.bank else paintings,
            self.bank,
            maps=bool(self.model.needs - set(VECTORS)),
            seed=config.seed,
            rank=self.rank,
            world=self.world,
            rows=rows,
        )
        self.shown = self._samples(paintings, rows)
        if config.runtime.compile:
            self.model.generator.compile()
            self.objective.features.compile()

    @property
    def done(self) -> float:
        """Give how much of the schedule is done, in [0, 1]; the same in every process."""
        value = super().done
        if self.world > 1:
            shared = torch.tensor([value], dtype=torch.float64, device=self.device)
            dist.broadcast(shared, 0)
            value = float(shared)
        return value

    def run(self) -> Path:
        """Train to the end of the schedule.

        Returns:
            The checkpoint's folder.
        """
        self._losses = Step(self.model, self.objective, self.precision)
        self._phase = -1
        return super().run()

    def save(self) -> None:
        """Write the state to resume from, and the checkpoint to use; the first process does."""
        if self.rank == 0:
            super().save()

    def averaged(self) -> FeedForward:
        """Give a copy of the model with averaged weights, in evaluation mode."""
        model = build(self.model.config)
        assert isinstance(model, FeedForward)
        source = self.average if self.config.optimizer.ema else self.model
        model.load_state_dict(source.state_dict())
        return place(model, self.device).eval()

    def record(self) -> dict[str, Any]:
        """Give what a model card says of the training."""
        return {
            "steps": self.step,
            "photographs_seen": self.seen,
            "minutes": round(self.seconds / 60, 1),
            "hardware": f"{self.world} x {self.device.type}",
            "precision": str(self.precision).removeprefix("torch."),
            "losses": self.config.losses.preset,
            "features": self.config.losses.features,
            "phases": [dataclasses.asdict(p) for p in self.config.phases],
            "seed": self.config.seed,
        }

    def _epoch(self) -> int:
        return len(self.photographs)

    def _parts(self) -> Mapping[str, Stateful]:
        return {"model": self.model, "average": self.average}

    def _record(self) -> dict[str, Any]:
        return {"seen_styles": self.seen_styles}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        self.seen_styles = record["seen_styles"]

    def _completed(self, before: dict[str, Any]) -> dict[str, Any]:
        # A state from before a phase could be told something lacks that key.
        usual = json.loads(json.dumps(dataclasses.asdict(PhaseConfig())))
        return {**before, "phases": [{**usual, **phase} for phase in before["phases"]]}

    def _save_output(self) -> None:
        checkpoint.save(
            self.averaged(),
            self.folder,
            card={
                "description": self.config.description or "A stylemix model.",
                "training": self.record(),
            },
        )

    def _open_report(self) -> Report:
        tensorboard = self.config.runtime.tensorboard and self.rank == 0
        return Report(self.state_file.parent, tensorboard, self.progress, self.done)

    def _before_step(self, done: float) -> None:
        number = phase_at(self.config.phases, done)
        if number != self._phase:
            self._phase = number
            self._freeze(self.config.phases[number].train)
            self._wrapped = self._wrap(self._losses)

    def _one_step(self, rate: float) -> tuple[dict[str, float], int]:
        phase = self.config.phases[self._phase]
        batch = self.batches.draw(phase, self.step, self.seen, self.seen_styles)
        parts = self._wrapped(batch)
        self._descend(self.objective.total(parts, phase.weights), rate)
        if self.config.optimizer.ema:
            update_average(
                self.average.state_dict(),
                self.model.state_dict(),
                self.config.optimizer.ema,
                self.step,
            )
        self.seen_styles += phase.batch // phase.per_style
        return {k: float(v.detach()) for k, v in parts.items()}, phase.batch

    def _after_step(self, report: Report) -> None:
        every = self.config.runtime.sample_every
        if every and self.step % every == 0:
            self._show(report)

    def _stop(self, report: Report) -> None:
        self._freeze("all")
        self.save()
        if self.config.runtime.sample_every:
            self._show(report)

    def _finish(self) -> None:
        if self.world > 1:
            dist.barrier()

    def _show(self, report: Report) -> None:
        if self.rank == 0:
            report.samples(self.step, sheet(self.averaged(), *self.shown))

    def _freeze(self, train: str) -> None:
        for name, parameter in self.trainable.items():
            inside = "encoder" if name.startswith("encoder.") else "generator"
            parameter.requires_grad_(train in ("all", inside))
        self.model.train()

    def _wrap(self, step: Step) -> nn.Module:
        if self.world == 1:
            return step
        return DistributedDataParallel(step, find_unused_parameters=True)

    def _model(self) -> FeedForward:
        wanted = self.config.model
        config = registry("presets").get(wanted) if isinstance(wanted, str) else dict(wanted)
        model = build(with_styles(config, self.config.data))
        if not isinstance(model, FeedForward):
            raise ConfigError(
                f"the model {wanted!r} isn't of the feed-forward kind; only those "
                "are trained by this trainer"
            )
        return place(model, self.device)

    def _start(self, paintings: Crops, rows: Tensor | None) -> None:
        """Give a fresh model its first weights."""
        if self.config.init:
            other = checkpoint.load(self.config.init)
            # The size at which paintings are encoded is no property of the weights.
            if {**other.config, "style_size": 0} != {**self.model.config, "style_size": 0}:
                raise CheckpointError(
                    f"init: {self.config.init} holds a model of another shape; "
                    "set model to what its config.json says under "
                    + ", ".join(("stylizer", *other.config_keys()))
                )
            self.model.load_state_dict(other.state_dict())
            return
        if rows is not None:
            self.model.encoder.remember(
                [paintings.pictures[int(i)].float() / 255 for i in rows.argsort()]
            )
        self.model.encoder.initialize(self.config.encoder_weights or None)
        count = min(CALIBRATION, len(paintings))
        indices = [i * len(paintings) // count for i in range(count)]
        chance = torch.rand(count, 4, generator=torch.Generator().manual_seed(self.config.seed))
        side = self.config.phases[0].style_crop[0]
        self.model.encoder.calibrate(paintings.cut(indices, side, chance))

    def _read_pictures(self) -> tuple[Crops, Crops]:
        data = self.config.data
        photographs = read_pictures(
            data.content,
            data.content_side,
            what="content",
            limit=data.limit,
            progress=self.progress,
        )
        paintings = read_pictures(
            data.style, data.style_side, what="style", limit=data.limit, progress=self.progress
        )
        return Crops(photographs, self.device), Crops(paintings, self.device)

    def _bank(self, paintings: Crops, afresh: bool) -> Bank | None:
        per_painting = self.config.data.bank
        if not per_painting:
            return None
        side = self.config.phases[0].style_crop[0]
        made_from = self.config.identity()
        # Neither the optimiser nor the phases' weights change what a bank holds, so a run that
        # goes on from another one may take over its bank.
        frozen = sum(
            float(p.double().sum()) for p in self.model.encoder.parameters() if not p.requires_grad
        )
        key = json.dumps(
            [
                [made_from[k] for k in ("data", "losses", "seed")],
                self.model.config["encoder"],
                frozen,
                side,
                len(paintings),
            ]
        )
        path = self.folder / "training" / "bank.safetensors"
        bank = None if afresh else load_bank(path, key, self.device)
        if bank is None:
            bank = make_bank(
                paintings,
                per_painting,
                side,
                self.objective,
                self.model.encoder,
                self.config.seed,
                self.precision,
                progress=self.progress,
            )
            # A GPU makes one in seconds; writing and reading gigabytes would take longer.
            if self.rank == 0 and self.device.type == "cpu":
                save_bank(bank, path, key)
        return bank

    def _samples(
        self, paintings: Crops, rows: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Cut the fixed pictures that sample sheets show, and give the paintings' named styles."""
        chance = torch.full((SAMPLES, 4), 0.5)
        side = min(192, self.config.data.content_side // 4 * 4)
        shown = []
        for crops in (self.photographs, paintings):
            count = min(SAMPLES, len(crops))
            indices = [i * len(crops) // count for i in range(count)]
            shown.append(crops.cut(indices, side, chance[:count], zoom=2.0))
        return shown[0], shown[1], None if rows is None else rows[indices]


def _objective(config: TrainConfig) -> Objective:
    losses = config.losses
    if losses.preset not in LOSS_PRESETS:
        raise ConfigError(
            f"losses.preset: no loss preset is named {losses.preset!r}"
            f"{suggest(losses.preset, LOSS_PRESETS)} "
            f"(there are: {', '.join(LOSS_PRESETS)})"
        )
    terms = {label: dict(spec) for label, spec in LOSS_PRESETS[losses.preset].items()}
    for label, spec in losses.terms.items():
        terms[label] = {**terms.get(label, {}), **spec}
    for number, phase in enumerate(config.phases):
        for label in phase.weights:
            if label not in terms:
                raise ConfigError(
                    f"phases[{number}].weights: no loss term is labelled {label!r}"
                    f"{suggest(label, terms)} (there are: {', '.join(terms)})"
                )
    return Objective(terms, feature_net(losses.features, losses.weights or None))
