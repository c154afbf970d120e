"""What a training shows: a progress bar, TensorBoard scalars and sheets of samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from stylemix.errors import ConfigError
from stylemix.images import save, to_pil
from stylemix.plugins.installing import install_line

SMOOTH = 0.98


class TrainingLog:
    """Shows losses and samples as a training goes on.

    Args:
        folder: for TensorBoard's files and sample sheets.
        tensorboard: write TensorBoard's files.
        progress: show a bar.
        done: share of the schedule that is done already.
    """

    def __init__(self, folder: Path, tensorboard: bool, progress: bool, done: float) -> None:
        self.folder = folder
        self.writer = _summary_writer()(str(folder / "tensorboard")) if tensorboard else None
        self.bar = tqdm(
            total=100.0,
            initial=100 * done,
            disable=not progress,
            unit="%",
            bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}",
        )
        self.smooth: dict[str, float] = {}

    def step(
        self,
        number: int,
        done: float,
        losses: Mapping[str, float],
        rate: float,
        images: int,
        seconds: float,
    ) -> None:
        """Take the losses of one step of ``images`` photographs that took ``seconds``."""
        values = {**losses, "images/s": images / max(seconds, 1e-9)}
        for name, value in values.items():
            self.smooth[name] = SMOOTH * self.smooth.get(name, value) + (1 - SMOOTH) * value
        self.bar.set_postfix(
            {k: f"{v:.3g}" for k, v in self.smooth.items()} | {"step": number}, refresh=False
        )
        self.bar.update(100 * done - self.bar.n)
        if self.writer is not None and number % 10 == 0:
            for name, value in values.items():
                label = name if name == "images/s" else f"loss/{name}"
                self.writer.add_scalar(label, value, number)
            self.writer.add_scalar("learning rate", rate, number)

    def say(self, line: str) -> None:
        """Print a line above the bar; nothing where there is none."""
        if not self.bar.disable:
            self.bar.write(line, file=self.bar.fp)

    def samples(self, number: int, sheet: Tensor) -> None:
        """Keep a sheet [3, H, W] uint8 as a picture and in TensorBoard."""
        target = self.folder / "samples" / f"{number:07d}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        save(to_pil(sheet), target)
        if self.writer is not None:
            self.writer.add_image("samples", sheet, number)

    def close(self) -> None:
        """End the bar and TensorBoard's file."""
        self.bar.close()
        if self.writer is not None:
            self.writer.close()


def check_tensorboard() -> None:
    """Refuse at once what :class:`TrainingLog` couldn't do after the pictures are read.

    Raises:
        ConfigError: TensorBoard isn't installed.
    """
    _summary_writer()


def _summary_writer():  # type: ignore[no-untyped-def]
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ConfigError(
            f"TensorBoard isn't installed: {install_line('train')}, or set "
            "runtime.tensorboard = false"
        ) from None
    return SummaryWriter
