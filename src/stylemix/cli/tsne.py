"""``stylemix tsne``: how an encoder arranges paintings, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from stylemix.cli.errors import EXIT_CODES
from stylemix.cli.options import device_option


@click.command(epilog=EXIT_CODES)
@click.option(
    "--style",
    "style",
    required=True,
    multiple=True,
    metavar="DIR",
    help="Folder, tar shard or pattern of paintings; the folder that a painting lies in "
    "is its style. Several times for several.",
)
@click.option("-o", "--output", required=True, metavar="FILE.png", help="The figure.")
@click.option(
    "-m",
    "--model",
    "models",
    multiple=True,
    metavar="NAME|FOLDER",
    help="Show the encoder of a model, given as for `stylemix stylize`.",
)
@click.option(
    "-e",
    "--encoder-weights",
    "encoders",
    multiple=True,
    metavar="FILE|NAME",
    help="Show an encoder: a file of `stylemix pretrain-encoder`, a file that it starts "
    "from, or an encoder's name (thin, inception) for its usual start.",
)
@click.option(
    "--side",
    type=click.IntRange(min=16),
    default=224,
    show_default=True,
    metavar="N",
    help="Short side in pixels that every painting is brought to.",
)
@click.option(
    "--styles",
    type=click.IntRange(2, 48),
    default=12,
    show_default=True,
    metavar="N",
    help="Show the N styles with the most paintings.",
)
@click.option(
    "--per-style",
    type=click.IntRange(min=2),
    default=60,
    show_default=True,
    metavar="N",
    help="Show at most N paintings of a style.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 0.5),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Show only the paintings that a pre-training with this data.held_out and the "
    "same paintings keeps back; 0 shows all.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@device_option
def tsne(
    style: tuple[str, ...],
    output: str,
    models: tuple[str, ...],
    encoders: tuple[str, ...],
    side: int,
    styles: int,
    per_style: int,
    held_out: float,
    seed: int,
    device: str | None,
) -> None:
    """Draw how one or two encoders arrange paintings, colored by style.

    Each painting is a point; near points have alike style codes. With two encoders there are two
    panels of the same paintings, first models, then encoder files, in the order given. Needs
    scikit-learn and Matplotlib, stylemix's extra "metrics".

    \b
    Examples:
      stylemix tsne --model film --style paintings -o figure.png
      stylemix tsne --encoder-weights inception --encoder-weights encoder.safetensors \\
          --style paintings --held-out 0.1 -o before-and-after.png
    """  # noqa: D301 (click wants the character \b)
    if not 1 <= len(models) + len(encoders) <= 2:
        raise click.UsageError(
            "give one or two of --model and --encoder-weights, such as --model film"
        )
    from stylemix.cli.contents import check_target

    check_target(output)

    from stylemix.checkpoint.loading import load
    from stylemix.errors import ConfigError
    from stylemix.images.saving import save
    from stylemix.ops import usable_device
    from stylemix.stylizers import FeedForward
    from stylemix.training.encoder.encoder_file import open_encoder
    from stylemix.training.encoder.figure import scatter
    from stylemix.training.encoder.gallery import choose, embeddings
    from stylemix.training.encoder.tsne import tsne as lay_out

    where = usable_device(device, "--device")
    shown = []
    for name in models:
        model = load(name, device="cpu")
        if not isinstance(model, FeedForward):
            raise ConfigError(f"the model {name!r} has no encoder to show; choose another one")
        shown.append((_title(name), model.encoder, True))
    for file in encoders:
        encoder = open_encoder(file)
        shown.append((_title(file), encoder, encoder.whole))
    paintings = choose(list(style), side, styles=styles, per_style=per_style, share=held_out)
    panels = [
        (title, lay_out(embeddings(encoder, paintings.pictures, where, calibrated), seed=seed))
        for title, encoder, calibrated in shown
    ]
    save(scatter(panels, paintings.labels, paintings.styles), output)
    click.echo(
        f"wrote {output} ({len(paintings.labels)} paintings, {len(paintings.styles)} styles)"
    )


def _title(name: str) -> str:
    return Path(name).name or name
