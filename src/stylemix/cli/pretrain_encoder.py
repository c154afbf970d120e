"""``stylemix pretrain-encoder``: labelled paintings in, a style encoder's weights out."""

from __future__ import annotations

import dataclasses
import sys

import click

from stylemix.cli.errors import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("config", metavar="CONFIG.toml")
@click.option("-o", "--output", metavar="FILE.safetensors",
              help="The encoder's file, instead of the one that CONFIG.toml names.")
@click.option("--device", metavar="D",
              help="Where to compute, such as cpu or cuda, instead of what CONFIG.toml says.")
@click.option("--no-progress", is_flag=True,
              help="Show no bars. (They are shown on a terminal only.)")
@click.option("--restart", is_flag=True,
              help="Throw the state of an earlier run with the same output away.")
def pretrain_encoder(
    config: str, output: str | None, device: str | None, no_progress: bool, restart: bool
) -> None:
    """Train a style encoder to tell styles and paintings apart.

    The result is a file that `encoder_weights` of a training takes. Figures on paintings that
    were held out, before and after, are shown and written beside it as FILE.json. Stopped in any
    way, the same command goes on where it was.

    \b
    A configuration, encoder.toml (paths in it are relative to it):
      output = "encoder.safetensors"
      encoder = "inception"       # or thin, or a plugin's
      [data]
      style = ["paintings"]       # paintings/<style>/*.jpg
      [losses]
      contrastive = 0.5           # 0 for classification alone
      [schedule]
      steps = 2000                # or minutes, or epochs
    Every key is explained in docs/pretraining.md.

    \b
    Examples:
      stylemix pretrain-encoder encoder.toml
      stylemix pretrain-encoder encoder.toml --output other.safetensors --device cuda
    """  # noqa: D301 (click wants the character \b)
    import json

    from stylemix.pretraining import PretrainConfig, Pretrainer

    wanted = PretrainConfig.from_toml(config)
    if output is not None:
        wanted = dataclasses.replace(wanted, output=output)
    if device is not None:
        runtime = dataclasses.replace(wanted.runtime, device=device)
        wanted = dataclasses.replace(wanted, runtime=runtime)
    trainer = Pretrainer(wanted, progress=not no_progress and sys.stderr.isatty(),
                         restart=restart)
    try:
        file = trainer.run()
    except KeyboardInterrupt:
        click.echo("\nThe state is saved; the same command goes on from here.", err=True)
        raise
    figures = json.loads(wanted.report_file.read_text("utf-8"))
    click.echo(f"{'held-out paintings':<22}{'before':>8}{'after':>8}")
    for name, after in figures["after"].items():
        click.echo(f"{name:<22}{figures['before'][name]:>8.3f}{after:>8.3f}")
    click.echo(f"wrote {file} ({trainer.step} steps)")
