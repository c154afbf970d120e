"""``stylemix train``: a TOML file in, a checkpoint out."""

from __future__ import annotations

from typing import Any

import click

from stylemix.cli.training_run import train_to_the_end, training_command


@training_command(
    "DIR",
    "Folder of the checkpoint",
    "Throw the state of an earlier run in the same folder away and begin afresh.",
)
def train(**options: Any) -> None:
    """Train a model as CONFIG.toml says.

    The output folder holds a checkpoint that `stylemix stylize --model DIR` takes, also while the
    training goes on. Stopped in any way, the same command goes on where it was.

    \b
    A configuration, my-training.toml (paths in it are relative to it):
      output = "my-model"
      preset = "balanced"         # or "paper"; gives what is left out here
      model = "film"              # or concat, inject, patch, paper-film, ...
      [data]
      content = ["photos"]        # folders, tar shards or patterns
      style = ["paintings"]
      [schedule]
      minutes = 60                # or steps, or epochs
    Every key is explained in docs/training.md.

    \b
    Examples:
      stylemix train my-training.toml
      stylemix train my-training.toml --output other-model --device cuda
      torchrun --nproc-per-node 2 -m stylemix train my-training.toml
    """  # noqa: D301 (click wants the character \b)
    from stylemix.training import TrainConfig, Trainer

    trainer, folder = train_to_the_end(TrainConfig, Trainer, **options)
    if trainer.rank == 0:
        click.echo(f"wrote {folder} ({trainer.session.step} steps)")
