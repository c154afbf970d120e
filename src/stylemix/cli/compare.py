"""``stylemix compare``: every model and method on one pair of pictures."""

from __future__ import annotations

import sys
from contextlib import closing

import click

from stylemix.cli.bars import progress_bar
from stylemix.cli.errors import EXIT_CODES, INTERRUPTED, SOME_FAILED
from stylemix.cli.options import device_option
from stylemix.cli.paths import refuse_missing
from stylemix.cli.stopping import stopping


@click.command(epilog=EXIT_CODES)
@click.argument("content")
@click.argument("style")
@click.option(
    "-o",
    "--output",
    "out",
    metavar="SHEET",
    required=True,
    help="The contact sheet to write (.png, .jpg, .webp, .tif).",
)
@click.option(
    "-m",
    "--model",
    "names",
    multiple=True,
    metavar="NAME|FOLDER|OWNER/NAME",
    help="Compare this model; once for each.  [default: all that `stylemix models` "
    "lists and that need no download]",
)
@click.option(
    "--size",
    type=click.IntRange(min=64),
    default=512,
    show_default=True,
    metavar="N",
    help="Long side of all pictures in pixels.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="Steps of methods that optimize the picture; fewer take less time and show "
    "less of what they can do.  [default: as many as each takes by itself]",
)
@click.option(
    "--features",
    type=click.Choice(["thin", "vgg16"]),
    help="The network that measures losses.  [default: vgg16 where the environment "
    "variable STYLEMIX_VGG16 names its weights, else thin]",
)
@click.option(
    "--cell",
    type=click.IntRange(min=96),
    default=256,
    show_default=True,
    metavar="N",
    help="Longer side of a picture on the sheet in pixels.",
)
@device_option
def compare(
    content: str,
    style: str,
    out: str,
    names: tuple[str, ...],
    size: int,
    steps: int | None,
    features: str | None,
    cell: int,
    device: str | None,
) -> None:
    """Render CONTENT in the style of STYLE with every model, on one contact sheet.

    The sheet and the table show the seconds of each model, how far its picture is from the
    photograph (content: 0 is the photograph itself) and from the painting's textures (style: 0 is
    the painting's own). Losses compare within one sheet only. A model that fails is shown with the
    reason. Ctrl-C writes the sheet of what is done.

    \b
    Examples:
      stylemix compare photo.jpg painting.jpg -o sheet.png
      stylemix compare photo.jpg painting.jpg -m film -m gatys --steps 200 -o sheet.png
      stylemix compare photo.jpg painting.jpg -m runs/mine -m film --size 1024 -o sheet.jpg
    """  # noqa: D301 (click wants the character \b)
    refuse_missing(content, [style], [], out)

    from stylemix.cli import contents

    contents.check_target(out)
    contents.check_file(out, [content, style])

    from stylemix.errors import Cancelled
    from stylemix.images import save
    from stylemix.metrics import compare as metrics

    with closing(progress_bar("step")) as bar, stopping() as stop:

        def watch(name: str, done: int, total: int) -> None:
            bar.set_description(name, refresh=False)
            if bar.total != (total or None):
                bar.reset(total or None)
            bar.update(done - bar.n)
            if stop.asked:
                raise Cancelled("stopped")

        results = metrics.compare(
            content,
            style,
            names or None,
            size=size,
            steps=steps,
            features=features,
            device=device,
            watch=watch,
        )
    click.echo(metrics.comparison_table(results))
    save(metrics.comparison_sheet(content, style, results, cell=cell), out)
    click.echo(f"wrote {out}")
    if stop.asked:
        sys.exit(INTERRUPTED)
    if any(result.problem for result in results):
        sys.exit(SOME_FAILED)
