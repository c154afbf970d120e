"""``stylemix distill``: pictures and VGG-16 in, a thin feature network out."""

from __future__ import annotations

import dataclasses
import sys

import click

from stylemix.cli.errors import EXIT_CODES


@click.command(epilog=EXIT_CODES)
@click.argument("config", metavar="CONFIG.toml")
@click.option("-o", "--output", metavar="FILE.safetensors",
              help="The network's file, instead of the one that CONFIG.toml names.")
@click.option("--device", metavar="D",
              help="Where to compute, such as cpu or cuda, instead of what CONFIG.toml says.")
@click.option("--no-progress", is_flag=True,
              help="Show no bars. (They are shown on a terminal only.)")
@click.option("--restart", is_flag=True,
              help="Throw the state of an earlier run with the same output away.")
def distill(
    config: str, output: str | None, device: str | None, no_progress: bool, restart: bool
) -> None:
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

    from stylemix.backbones.vgg import BLOCK_ENDS
    from stylemix.distillation import DistillConfig, Distiller

    wanted = DistillConfig.from_toml(config)
    if output is not None:
        wanted = dataclasses.replace(wanted, output=output)
    if device is not None:
        runtime = dataclasses.replace(wanted.runtime, device=device)
        wanted = dataclasses.replace(wanted, runtime=runtime)
    distiller = Distiller(wanted, progress=not no_progress and sys.stderr.isatty(),
                          restart=restart)
    try:
        file = distiller.run()
    except KeyboardInterrupt:
        click.echo("\nThe state is saved; the same command goes on from here.", err=True)
        raise
    figures = json.loads(wanted.report_file.read_text("utf-8"))["figures"]
    click.echo(f"{'unseen pictures':<17}{'feature error':>15}{'Gram error':>12}{'rank corr.':>12}")
    for layer in (*BLOCK_ENDS, ""):
        row = [figures[f"{name}_{layer}" if layer else name]
               for name in ("feature", "gram", "rank")]
        click.echo(f"{layer or 'all layers':<17}{row[0]:>15.3f}{row[1]:>12.3f}{row[2]:>12.3f}")
    click.echo(f"wrote {file} ({distiller.step} steps)")
