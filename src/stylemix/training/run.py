"""What all trainings share: counters, the state on disk, and turns that end between two steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from stylemix.errors import CheckpointError, ConfigError
from stylemix.ops import usable_device, usable_precision
from stylemix.training.changes import changed_keys, completed
from stylemix.training.descent import Descent
from stylemix.training.interrupt import interruptible
from stylemix.training.log import TrainingLog
from stylemix.training.run_config import RunConfig
from stylemix.training.schedule import learning_rate, progress_of
from stylemix.training.state import load_state, optimizer_tensors, restore_optimizer, save_state

C = TypeVar("C", bound=RunConfig)
Earlier = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors and record of a saved state."""


class Stateful(Protocol):
    """What a training keeps: modules, and what looks like one to those who save it."""

    def state_dict(self) -> Mapping[str, Tensor]:
        """Return the tensors by name."""

    def load_state_dict(self, state: Any, /) -> object:
        """Take them back."""


@dataclass(frozen=True)
class Turn:
    """One step that is to be made.

    Attributes:
        step: its number, from 0 on.
        done: share of the schedule before it, in [0, 1).
        rate: its learning rate.
    """

    step: int
    done: float
    rate: float


class Session(Generic[C]):
    """The part of a training that knows nothing of what is trained.

    A training owns one. It asks for :meth:`earlier`, makes what it trains, hands the parameters to
    :meth:`optimize`, and the earlier state, if there was one, to :meth:`restore`; then it makes a
    step for each of :meth:`turns` and reports it by :meth:`count`. With a schedule in steps or
    epochs, on the CPU, a resumed run equals an uninterrupted one bit by bit, if what a step draws
    depends on its number and the counters alone.

    Args:
        config: everything about the run.
        subject: what a state that doesn't fit comes from another version of.
        place: what else to choose where nothing can be written, or where another run has been.
        compared_whole: tables of the configuration that are named alone where they differ.
        clock: share of the schedule that is done, in [0, 1], instead of the configuration's
            schedule: for a deadline that moves.

    Attributes:
        device: where it runs.
        precision: of the networks' autocast.
        step: steps done, all sessions together.
        seen: pictures used, counted with repetition.
        seconds: spent in steps.
        epoch: pictures of one epoch.
        world: processes that train together; the first one's schedule counts.
        descent: the optimizer and its parameters.

    Raises:
        ConfigError: the device can't be used.
    """

    descent: Descent

    def __init__(
        self,
        config: C,
        *,
        subject: str = "stylemix",
        place: tuple[str, str] = ("place", "output"),
        compared_whole: tuple[str, ...] = (),
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.config = config
        self.subject, self.place, self.compared_whole = subject, place, compared_whole
        self.clock = clock
        self.device = usable_device(config.runtime.device, "runtime.device")
        self.precision = usable_precision(config.runtime.precision, self.device)
        if self.device.type == "cuda":
            # Crops have few sizes, so measuring the fastest convolutions for each pays.
            torch.backends.cudnn.benchmark = True
        self.step = self.seen = 0
        self.seconds = 0.0
        self.epoch = self.world = 1
        self._turn: Turn | None = None
        self._began = 0.0
        self._unreported = (0, 0.0)

    @property
    def state_file(self) -> Path:
        """Return the file of the state to resume from."""
        return self.config.state_file

    @property
    def done(self) -> float:
        """Return how much of the schedule is done, in [0, 1]; the same in every process."""
        if self.clock is not None:
            value = min(1.0, self.clock())
        else:
            value = progress_of(
                self.config.schedule, self.epoch, self.step, self.seen, self.seconds
            )
        if self.world > 1:
            shared = torch.tensor([value], dtype=torch.float64, device=self.device)
            dist.broadcast(shared, 0)
            value = float(shared)
        return value

    def optimize(self, trainable: Mapping[str, nn.Parameter]) -> None:
        """Take the parameters to train, by name."""
        self.descent = Descent(trainable, self.config.optimizer, self.device, self.world > 1)

    @contextmanager
    def turns(self, log: TrainingLog, save: Callable[[], None]) -> Iterator[Iterator[Turn]]:
        """Go through the steps that are left of the schedule.

        Ctrl-C and SIGTERM arrive between two of them. However the body ends, ``save`` is called
        and the log is closed: a step is either done or never happened.

        Args:
            log: shows the losses that :meth:`count` takes.
            save: writes state and output; called every ``runtime.save_every`` seconds as well.

        Returns:
            The steps; :meth:`count` has to be called in each.
        """
        self._log = log
        try:
            with interruptible() as check_interrupt:
                yield self._turns(save, check_interrupt)
        finally:
            save()
            log.close()

    def _turns(
        self, save: Callable[[], None], check_interrupt: Callable[[], None]
    ) -> Iterator[Turn]:
        saved = time.monotonic()
        while (done := self.done) < 1:
            self._began = time.perf_counter()
            self._turn = Turn(
                self.step, done, learning_rate(self.config.optimizer, self.step, done)
            )
            yield self._turn
            check_interrupt()
            if time.monotonic() - saved > self.config.runtime.save_every:
                save()
                saved = time.monotonic()

    def count(self, pictures: int, losses: Mapping[str, float] | None = None) -> None:
        """Count the step of the present turn as made.

        Args:
            pictures: that it used.
            losses: to report, means over the steps since the last that were; None reports later.
        """
        assert self._turn is not None
        took = time.perf_counter() - self._began
        self.step += 1
        self.seen += pictures
        self.seconds += took
        self._unreported = (self._unreported[0] + pictures, self._unreported[1] + took)
        if losses is not None:
            self._log.step(self.step, self.done, losses, self._turn.rate, *self._unreported)
            self._unreported = (0, 0.0)

    def save(self, parts: Mapping[str, Stateful], record: Mapping[str, Any]) -> None:
        """Write the state to resume from.

        Args:
            parts: what to save, by the prefix of its tensors' names.
            record: what else :meth:`restore` has to give back, as JSON holds it.
        """
        tensors = {
            f"{part}.{name}": value
            for part, kept in parts.items()
            for name, value in kept.state_dict().items()
        }
        tensors.update(optimizer_tensors(self.descent.adam, self._names()))
        counters = {"step": self.step, "seen": self.seen, "seconds": self.seconds}
        save_state(
            self.state_file, tensors, {**counters, **record, "config": self.config.identity()}
        )

    def earlier(self, restart: bool) -> Earlier | None:
        """Make the output's folder, and read the state of an earlier run with the same output.

        Args:
            restart: leave such a state alone.

        Raises:
            ConfigError: the earlier run had another configuration.
            CheckpointError: its state is damaged, or nothing can be written.
        """
        file, (place, output) = self.state_file, self.place
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise CheckpointError(
                f"nothing can be written to output = {self.config.output!r} "
                f"({problem.strerror}); choose another {place}"
            ) from problem
        if restart or not file.exists():
            return None
        tensors, record = load_state(file)
        changed = changed_keys(
            completed(type(self.config), record.get("config", {})),
            self.config.identity(),
            self.compared_whole,
        )
        if changed:
            raise ConfigError(
                f"{file} comes from a run with another {', '.join(changed)}; choose "
                f"another {output}, put the old configuration back, or start over "
                "with restart"
            )
        return tensors, record

    def restore(
        self,
        earlier: Earlier,
        parts: Mapping[str, Stateful],
        take_record: Callable[[Mapping[str, Any]], None] = lambda record: None,
    ) -> None:
        """Put an earlier state back.

        Args:
            earlier: what :meth:`earlier` returned.
            parts: what :meth:`save` was given.
            take_record: takes its record back, before anything else is restored.

        Raises:
            CheckpointError: it doesn't fit.
        """
        tensors, record = earlier
        try:
            take_record(record)
            for part, kept in parts.items():
                prefix = f"{part}."
                kept.load_state_dict(
                    {
                        name.removeprefix(prefix): value
                        for name, value in tensors.items()
                        if name.startswith(prefix)
                    }
                )
        except (KeyError, RuntimeError) as problem:
            raise CheckpointError(
                f"{self.state_file} comes from another version of "
                f"{self.subject} ({problem}); delete it to begin afresh"
            ) from problem
        restore_optimizer(self.descent.adam, self._names(), tensors)
        self.step, self.seen = record["step"], record["seen"]
        self.seconds = record["seconds"]

    def _names(self) -> dict[Tensor, str]:
        return {parameter: name for name, parameter in self.descent.trainable.items()}
