"""``stylemix train``: a TOML file in, a checkpoint out."""

from __future__ import annotations

import dataclasses
import sys

import click

from stylemix.cli.errors import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("config", metavar="CONFIG.toml")
@click.option("-o", "--output", metavar="DIR",
              help="Folder of the checkpoint, instead of the one that CONFIG.toml names.")
@click.option("--device", metavar="D",
              help="Where to compute, such as cpu or cuda, instead of what CONFIG.toml says.")
@click.option("--no-progress", is_flag=True,
              help="Show no bars. (They are shown on a terminal only.)")
@click.option("--restart", is_flag=True,
              help="Throw the state of an earlier run in the same folder away and begin afresh.")
def train(
    config: str, output: str | None, device: str | None, no_progress: bool, restart: bool
) -> None:
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

    wanted = TrainConfig.from_toml(config)
    if output is not None:
        wanted = dataclasses.replace(wanted, output=output)
    if device is not None:
        runtime = dataclasses.replace(wanted.runtime, device=device)
        wanted = dataclasses.replace(wanted, runtime=runtime)
    trainer = Trainer(wanted, progress=not no_progress and sys.stderr.isatty(), restart=restart)
    try:
        folder = trainer.run()
    except KeyboardInterrupt:
        click.echo("\nThe state is saved; the same command goes on from here.", err=True)
        raise
    if trainer.rank == 0:
        click.echo(f"wrote {folder} ({trainer.step} steps)")
