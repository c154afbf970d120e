"""``stylemix distill``: pictures and VGG-16 in, a thin feature network out."""

from __future__ import annotations

from typing import Any

import click

from stylemix.cli.training_run import train_to_the_end, training_command


@training_command(
    "FILE.safetensors",
    "The network's file",
    "Throw the state of an earlier run with the same output away.",
)
def distill(**options: Any) -> None:
    """Train a thin feature network that sees what VGG-16 sees.

    The result is a file that `losses.weights` of a training takes beside `losses.features =
    "thin"`. How near it comes to VGG-16 on pictures that were kept out is shown, and written beside
    it as FILE.json. Stopped in any way, the same command goes on where it was.

    \b
    A configuration, thin.toml (paths in it are relative to it):
      output = "thin.safetensors"
      channels = [24, 48, 96, 192]
      [data]
      content = ["photographs"]
      style = ["paintings"]
      test_content = ["more-photographs"]    # kept out, to measure on
      test_style = ["more-paintings"]
      [schedule]
      minutes = 60                           # or steps, or epochs
    Every key is explained in docs/distillation.md.

    \b
    Examples:
      stylemix distill thin.toml
      stylemix distill thin.toml --output other.safetensors --device cuda
    """  # noqa: D301 (click wants the character \b)
    import json

    from stylemix.backbones import BLOCK_ENDS
    from stylemix.training.features import DistillConfig, Distiller

    distiller, file = train_to_the_end(DistillConfig, Distiller, **options)
    figures = json.loads(distiller.config.report_file.read_text("utf-8"))["figures"]
    click.echo(f"{'unseen pictures':<17}{'feature error':>15}{'Gram error':>12}{'rank corr.':>12}")
    for layer in (*BLOCK_ENDS, ""):
        row = [
            figures[f"{name}_{layer}" if layer else name] for name in ("feature", "gram", "rank")
        ]
        click.echo(f"{layer or 'all layers':<17}{row[0]:>15.3f}{row[1]:>12.3f}{row[2]:>12.3f}")
    click.echo(f"wrote {file} ({distiller.session.step} steps)")
