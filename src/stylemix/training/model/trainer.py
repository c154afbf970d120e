"""The trainer: one network for every painting, from folders of pictures to a checkpoint."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from stylemix import checkpoint
from stylemix.encoders import StyleEncoder
from stylemix.errors import ConfigError
from stylemix.ops import place
from stylemix.ops.defaults import usual
from stylemix.stylizers import FeedForward, build
from stylemix.training.average import Average
from stylemix.training.data import Crops, read_pictures
from stylemix.training.descent import not_finite
from stylemix.training.log import TrainingLog, check_tensorboard
from stylemix.training.model.bank import bank_of
from stylemix.training.model.batch_losses import BatchLosses
from stylemix.training.model.batches import Batches
from stylemix.training.model.config import PhaseConfig, TrainConfig, phase_at
from stylemix.training.model.identity import fit_identity
from stylemix.training.model.named import rows_of
from stylemix.training.model.pool import Pool
from stylemix.training.model.samples import samples_of, sheet
from stylemix.training.model.split import check_split
from stylemix.training.model.start import initialize, model_of, objective_of
from stylemix.training.model.step import TrainingStep, exact_products
from stylemix.training.processes import join_processes
from stylemix.training.run import Session, Stateful, Turn
from stylemix.types import VECTORS

Pictures = tuple[Sequence[Tensor], Sequence[Tensor]]
"""Photographs and paintings, uint8 [3, H, W] each."""
BANK = "bank.safetensors"
"""File that keeps the bank, beside the state."""


class Trainer:
    """Trains a model, or goes on where an earlier run with the same output folder stopped.

    After each ``runtime.save_every`` seconds the output folder holds a checkpoint that can be
    used at once, and ``training/state.safetensors`` to resume from. With a schedule in steps or
    epochs, on the CPU, a resumed run equals an uninterrupted one bit by bit.

    Args:
        config: everything about the run.
        progress: show bars.
        restart: throw an earlier state away and begin afresh.
        clock: share of the schedule that is done, in [0, 1], instead of ``config.schedule``: for a
            deadline that moves.
        watch: told the number of steps and each loss's mean whenever they are read.
        pictures: asked at the start and before each later phase for photographs and paintings,
            uint8 [3, H, W] each, instead of reading those that ``config.data`` names; None goes
            on with those that there are.
        features: the network that losses look through, instead of ``config.losses.features``.

    Attributes:
        session: counters, optimizer and state on disk.
        every: steps between two readings of the losses; on a GPU each one waits for the device.

    Raises:
        ConfigError: a value is wrong, or the earlier run had another configuration.
        DataError: no pictures to train on.
        WeightsError: weights of a feature network are missing.
        CheckpointError: the earlier state or ``init`` is damaged or doesn't fit.
    """

    @usual()
    def __init__(
        self,
        config: TrainConfig,
        *,
        progress: bool = False,
        restart: bool = False,
        clock: Callable[[], float] | None = None,
        watch: Callable[[int, Mapping[str, float]], None] | None = None,
        pictures: Callable[[], Pictures | None] | None = None,
        features: nn.Module | None = None,
    ) -> None:
        self.session = session = Session(
            config,
            subject="the model",
            place=("folder", "output folder"),
            compared_whole=("model",),
            clock=clock,
        )
        self.device, self.precision = session.device, session.precision
        if config.runtime.tensorboard:
            check_tensorboard()
        self.rank, self.world = join_processes(self.device)
        session.world = self.world
        for number, phase in enumerate(config.phases):
            if (phase.batch // phase.per_style) % self.world:
                raise ConfigError(
                    f"phases[{number}]: {phase.batch // phase.per_style} paintings a "
                    f"step can't be shared by {self.world} processes"
                )
        self.progress = progress and self.rank == 0
        self.watch, self.pictures = watch, pictures
        self.folder = Path(config.output)
        self.seen_styles = 0
        self.every = 1 if self.device.type == "cpu" else 20

        torch.manual_seed(config.seed)
        self.objective = place(objective_of(config, features), self.device)
        self.model = place(model_of(config), self.device)
        check_split(config, self.model, self.objective)
        config = fit_identity(config, self.model, quiet=self.rank != 0)
        self.config = session.config = config
        trainable = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        resumed = session.earlier(restart)
        photographs, paintings = self._crops(pictures() if pictures is not None else None)
        rows = rows_of(self.model.styles, config.data, len(paintings))
        if resumed is None:
            initialize(self.model, config, paintings, rows)
            if self.rank == 0:
                session.state_file.unlink(missing_ok=True)
        self.average = Average(self.model)
        session.optimize(trainable)
        if resumed is not None:
            session.restore(resumed, self._parts(), self._take_record)
        self.losses = BatchLosses(self.model, self.objective, self.precision)
        self._before: dict[int, tuple[int, int]] = {}
        self._take(photographs, paintings, rows, restart)
        if config.runtime.compile:
            self.model.generator.compile()
            self.objective.features.compile()

    @property
    def done(self) -> float:
        """Return how much of the schedule is done, in [0, 1]; the same in every process."""
        return self.session.done

    @usual()
    def run(self) -> Path:
        """Train to the end of the schedule.

        Returns:
            The checkpoint's folder.
        """
        session, step, phase = self.session, None, None
        with exact_products(self.precision == torch.float32), self._turns() as turns:
            for turn in turns:
                now = self.config.phases[phase_at(self.config.phases, turn.done)]
                if step is None or now is not phase:
                    phase, step = now, self._phase_step(now)
                self._before[turn.step] = (session.seen, self.seen_styles)
                step(turn.step, turn.rate, session.seen, self.seen_styles)
                self.seen_styles += phase.batch // phase.per_style
                session.count(phase.batch, self._read(step, turn.step))
                self._show_samples()
        if self.world > 1:
            dist.barrier()
        return self.folder

    @contextlib.contextmanager
    def _turns(self) -> Iterator[Iterator[Turn]]:
        """Go through the steps; whatever ends them, all parameters can be trained afterwards."""
        runtime, session = self.config.runtime, self.session
        tensorboard = runtime.tensorboard and self.rank == 0
        self.log = TrainingLog(session.state_file.parent, tensorboard, self.progress, self.done)
        with session.turns(self.log, self.save) as turns:
            try:
                yield turns
                self._show_samples(at_the_end=True)
            finally:
                self._freeze("all")

    def _phase_step(self, phase: PhaseConfig) -> TrainingStep:
        """Make ready for the steps of a phase."""
        if self.pictures is not None and self.session.step and (more := self.pictures()):
            self._take(*self._crops(more), self.batches.rows, afresh=True)
        self._freeze(phase.train)
        losses: nn.Module = self.losses
        if self.world > 1:
            losses = DistributedDataParallel(losses, find_unused_parameters=True)
        decay = self.config.optimizer.ema
        return TrainingStep(
            losses,
            self.objective,
            self.batches,
            phase,
            self.session.descent,
            self.average.state_dict() if decay else {},
            self.model.state_dict(),
            decay=decay,
            captured=self._can_be_captured(phase),
        )

    def _can_be_captured(self, phase: PhaseConfig) -> bool:
        """Tell whether a phase's steps have one shape and read nothing back."""
        return (
            self.device.type == "cuda"
            and self.world == 1
            and not self.config.runtime.compile
            and len(phase.style_crop) == 1
            and not phase.split
            and type(self.model.encoder).statistics is not StyleEncoder.statistics
        )

    def _read(self, step: TrainingStep, number: int) -> dict[str, float] | None:
        """Read the losses after some steps.

        Raises:
            ConfigError: one of them wasn't finite; nothing has changed since.
        """
        if (number + 1) % self.every:
            return None
        losses = step.read()
        if (problem := self._problem()) is not None:
            raise problem
        if self.watch is not None:
            self.watch(number + 1, losses)
        return losses

    def _problem(self) -> ConfigError | None:
        """Put the counters back to the step that wasn't finite, if there was one."""
        failed = self.session.descent.failure()
        if failed is None:
            self._before.clear()
            return None
        if failed in self._before:
            self.session.step = failed
            self.session.seen, self.seen_styles = self._before[failed]
        return not_finite(failed)

    def save(self) -> None:
        """Write the state to resume from, and the checkpoint to use; the first process does.

        Raises:
            ConfigError: a step since the last reading wasn't finite; what is written is from
                before it.
            CheckpointError: nothing can be written.
        """
        problem = self._problem()
        if self.rank == 0:
            self.session.save(self._parts(), {"seen_styles": self.seen_styles})
            checkpoint.save(
                self.averaged(),
                self.folder,
                card={
                    "description": self.config.description or "A stylemix model.",
                    "training": self.record(),
                },
            )
        if problem is not None:
            raise problem

    def averaged(self) -> FeedForward:
        """Return a copy of the model with averaged weights, in evaluation mode."""
        model = build(self.model.config)
        assert isinstance(model, FeedForward)
        source = self.average if self.config.optimizer.ema else self.model
        model.load_state_dict(source.state_dict())
        return place(model, self.device).eval()

    def record(self) -> dict[str, Any]:
        """Return what a model card says of the training."""
        session = self.session
        return {
            "steps": session.step,
            "photographs_seen": session.seen,
            "minutes": round(session.seconds / 60, 1),
            "hardware": f"{self.world} x {self.device.type}",
            "precision": str(self.precision).removeprefix("torch."),
            "losses": self.config.losses.preset,
            "features": self.config.losses.features,
            "phases": [dataclasses.asdict(p) for p in self.config.phases],
            "seed": self.config.seed,
        }

    def _parts(self) -> Mapping[str, Stateful]:
        return {"model": self.model, "average": self.average}

    def _take_record(self, record: Mapping[str, Any]) -> None:
        self.seen_styles = record["seen_styles"]

    def _show_samples(self, at_the_end: bool = False) -> None:
        every, step = self.config.runtime.sample_every, self.session.step
        if every and (step % every == 0) != at_the_end and self.rank == 0:
            photographs, paintings, rows = self.shown
            made = sheet(
                self.averaged(), photographs.to(self.device), paintings.to(self.device), rows
            )
            self.log.samples(step, made)

    def _freeze(self, train: str) -> None:
        for name, parameter in self.session.descent.trainable.items():
            inside = "encoder" if name.startswith("encoder.") else "generator"
            parameter.requires_grad_(train in ("all", inside))
        self.model.train()

    def _crops(self, pictures: Pictures | None) -> tuple[Crops, Crops]:
        """Read photographs and paintings, unless they are given."""
        if pictures is None:
            data = self.config.data
            pictures = tuple(  # type: ignore[assignment]
                read_pictures(
                    getattr(data, what), side, what=what, limit=data.limit, progress=self.progress
                )
                for what, side in (("content", data.content_side), ("style", data.style_side))
            )
        assert pictures is not None
        # A GPU cuts from a pool, and needs the pictures one by one for little: they stay here.
        own = torch.device("cpu") if self.device.type == "cuda" else self.device
        return Crops(pictures[0], own), Crops(pictures[1], own)

    def _take(
        self, photographs: Crops, paintings: Crops, rows: Tensor | None, afresh: bool
    ) -> None:
        """Make ready to draw from pictures."""
        self.photographs, self.paintings = photographs, paintings
        self.session.epoch = len(photographs)
        pool = self._pooled(paintings)
        self.bank = bank_of(
            self.config,
            pool,
            self.objective,
            self.model,
            self.precision,
            # A GPU makes one in seconds; writing and reading gigabytes would take longer.
            file=self.folder / "training" / BANK if self.device.type == "cpu" else None,
            afresh=afresh,
            write=self.rank == 0,
            progress=self.progress,
        )
        self.batches = Batches(
            self._pooled(photographs),
            None if self.bank else pool,
            self.bank,
            maps=bool(self.model.needs - set(VECTORS)),
            seed=self.config.seed,
            rank=self.rank,
            world=self.world,
            rows=rows,
        )
        self.shown = samples_of(photographs, paintings, rows, self.config.data.content_side)

    def _pooled(self, crops: Crops) -> Crops | Pool:
        return Pool(crops.pictures, self.device) if self.device.type == "cuda" else crops
