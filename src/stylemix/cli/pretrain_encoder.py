"""``stylemix pretrain-encoder``: labelled paintings in, a style encoder's weights out."""

from __future__ import annotations

from typing import Any

import click

from stylemix.cli.training_run import train_to_the_end, training_command


@training_command(
    "FILE.safetensors",
    "The encoder's file",
    "Throw the state of an earlier run with the same output away.",
)
def pretrain_encoder(**options: Any) -> None:
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

    from stylemix.training.encoder import PretrainConfig, Pretrainer

    trainer, file = train_to_the_end(PretrainConfig, Pretrainer, **options)
    figures = json.loads(trainer.config.report_file.read_text("utf-8"))
    click.echo(f"{'held-out paintings':<22}{'before':>8}{'after':>8}")
    for name, after in figures["after"].items():
        click.echo(f"{name:<22}{figures['before'][name]:>8.3f}{after:>8.3f}")
    click.echo(f"wrote {file} ({trainer.session.step} steps)")
