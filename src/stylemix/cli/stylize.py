"""``stylemix stylize``: photographs and paintings in, pictures out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from stylemix.cli.errors import EXIT_CODES, INTERRUPTED, SOME_FAILED, explain
from stylemix.cli.paths import refuse_missing
from stylemix.cli.stopping import stopping

if TYPE_CHECKING:
    from stylemix.cli.contents import Job
    from stylemix.injections.style import Style
    from stylemix.stylizers import Options, Stylizer
    from stylemix.types import ProgressEvent


class Numbers(click.ParamType):
    """Numbers with commas between them, such as ``1,2.5``."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Return the numbers."""
        if not isinstance(value, str):
            return tuple(value)
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(
                f"{value!r} must be numbers with commas between them, such as 1,2.5", param, ctx
            )


@click.command(epilog=EXIT_CODES)
@click.argument("content")
@click.argument("styles", metavar="[STYLE ...]", nargs=-1)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    required=True,
    help="The picture to write (.png, .jpg, .webp, .tif), or the folder to write to.",
)
@click.option(
    "-m",
    "--model",
    default="film",
    show_default=True,
    metavar="NAME|FOLDER|OWNER/NAME",
    help="A model that `stylemix models` lists, a checkpoint folder, or a repository on "
    "the Hugging Face Hub.",
)
@click.option(
    "-s",
    "--strength",
    type=float,
    default=1.0,
    show_default=True,
    help="0 is the photograph, 1 the strength the model was trained for; more exaggerates.",
)
@click.option(
    "-w",
    "--weights",
    type=Numbers(),
    metavar="1,2,...",
    help="How much each style counts, with commas between; only their ratios matter.  "
    "[default: all equal]",
)
@click.option(
    "--mask",
    "masks",
    multiple=True,
    callback=lambda context, parameter, value: value or None,
    metavar="PNG",
    help="Where a style holds: white where it does. Once for each style, in their order.",
)
@click.option("--preserve-color", is_flag=True, help="Keep the photograph's colors.")
@click.option(
    "--palette",
    metavar="PAINTING",
    help="Take the colors from this painting and the strokes from STYLE.",
)
@click.option(
    "--size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Long side of the result in pixels.  [default: the photograph's]",
)
@click.option(
    "--scale",
    type=float,
    metavar="X",
    help="Size of the strokes relative to the picture, alike at every --size: 1 as the model "
    "draws 512 pixels, 2 twice as large, 0.5 half.  [default: one pass, strokes of a fixed "
    "size in pixels]",
)
@click.option(
    "--tile",
    type=click.IntRange(min=0),
    metavar="N",
    help="Side of the tiles that bound memory, in pixels, at least 64; 0 never tiles.  "
    "[default: tiles above 2 megapixels]",
)
@click.option(
    "--refine",
    "--steps",
    "refine",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Steps of optimization after the network's pass: slower, and nearer to the "
    "painting; 25 are a good start. For a method that is an optimization itself "
    "(gatys), its number of steps. Ctrl-C keeps the picture so far.",
)
@click.option(
    "--refine-features",
    type=click.Choice(["thin", "vgg16"]),
    help="The network whose features the optimization compares: the small one that ships with "
    "stylemix, or VGG-16, slower and better.  [default: thin]",
)
@click.option(
    "--device",
    metavar="D",
    help="Where to compute, such as cpu or cuda.  [default: a GPU when there is one]",
)
@click.option(
    "--runtime",
    type=click.Choice(["auto", "torch", "openvino"]),
    default="auto",
    show_default=True,
    help="What runs the network: OpenVINO is faster on CPUs, and auto takes it where it is "
    "installed (pip install 'stylemix[fast]').",
)
def stylize(
    content: str,
    styles: tuple[str, ...],
    out: str,
    model: str,
    device: str | None,
    runtime: str,
    **asked: Any,
) -> None:
    """Render CONTENT in the style of one or several paintings.

    STYLE is a picture of a painting, or for a model of named styles one of its names. A model that
    draws in one style of its own needs none.

    CONTENT is a photograph, a folder of photographs, or a pattern such as 'trip/*.jpg' (in
    quotes, or the shell takes it apart). For a folder or a pattern OUT is a folder, made if
    missing: each result keeps its photograph's file name. Photographs in formats that are not
    written (.bmp, .gif, .heic, ...) give a .png of the same name. Files that exist in OUT are
    replaced; a file that is read is never overwritten.

    \b
    Examples:
      stylemix stylize photo.jpg painting.jpg -o out.png
      stylemix stylize photo.jpg waves.png ink.png --weights 2,1 -o out.jpg
      stylemix stylize photo.jpg waves.png ink.png \\
          --mask sky.png --mask ground.png -o out.png
      stylemix stylize photo.jpg painting.jpg --strength 0.5 --preserve-color -o out.png
      stylemix stylize photo.jpg painting.jpg --palette other.jpg -o out.png
      stylemix stylize holiday/ painting.jpg --size 1024 -o holiday-painted/
      stylemix stylize print.jpg painting.jpg --scale 1 -o painted.jpg
      stylemix stylize 'holiday/**/*.jpg' painting.jpg -o holiday-painted/
      stylemix stylize photo.jpg painting.jpg --model ./my-checkpoint -o out.png
      stylemix stylize photo.jpg painting.jpg --refine 25 -o out.png
      stylemix stylize photo.jpg painting.jpg --model gatys --steps 300 -o out.png
    """  # noqa: D301 (click wants the character \b)
    count = max(1, len(styles))
    masks = asked["masks"] or ()
    if masks and len(masks) != count:
        raise click.UsageError(
            f"{count} style(s) need as many --mask options, in the styles' order; got {len(masks)}"
        )
    paintings = [*styles, *([asked["palette"]] if asked["palette"] else [])]
    refuse_missing(content, paintings, masks, out)

    from stylemix.cli import contents

    plan = contents.plan(content, out, [*paintings, *masks])
    if plan.left_out:
        click.echo(contents.describe_left_out(plan.left_out), err=True)

    import stylemix
    from stylemix.stylizers import Options

    # Every other option of the command is one of the library's, by the same name.
    options = Options(**asked)
    options.check_count(count)
    stylizer = stylemix.load(model, device=device, runtime=runtime)
    if stylizer.needs_style and not styles:
        raise click.UsageError(f"the model {model!r} needs a painting: give at least one STYLE")
    if styles and not stylizer.needs_style and not options.refine:
        click.echo(
            f"Note: the model {model!r} draws in a style of its own; STYLE isn't used.", err=True
        )
    encoded = [stylizer.encode(style) for style in styles]
    if options.palette is not None:
        options = replace(options, palette=stylizer.encode(asked["palette"]))
    if not plan.many:
        _one(plan.jobs[0], stylizer, encoded, options)
        return
    contents.make_folder(out)
    failures = _all(plan.jobs, stylizer, encoded, options)
    _summarize(plan.jobs, failures, out)
    if failures:
        sys.exit(SOME_FAILED)


def _one(job: Job, stylizer: Stylizer, styles: list[Style], options: Options) -> None:
    from stylemix.errors import Cancelled
    from stylemix.images import save

    optimizes = bool(options.refine) or stylizer.optimizes
    with closing(_bar("step" if optimizes else "tile")) as bar, stopping(optimizes) as stop:

        def progress(event: ProgressEvent) -> None:
            if bar.total != event.total:
                bar.total = event.total
                bar.refresh()  # a quick run ends before tqdm would draw by itself
            bar.update(event.done - bar.n)
            if stop.asked:
                raise Cancelled(f"stopped after {event.done} of {event.total} steps")

        try:
            picture = stylizer.stylize(str(job.content), styles, options, progress=progress)
        except Cancelled as stopped:
            if stopped.picture is None:
                raise KeyboardInterrupt from None
            picture = stopped.picture
            bar.close()
            click.echo(f"Interrupted: {stopped}; the picture so far is kept.", err=True)
    save(picture, job.target)
    click.echo(f"wrote {job.target} ({picture.width} x {picture.height})")
    if stop.asked:
        sys.exit(INTERRUPTED)


def _all(
    jobs: Sequence[Job], stylizer: Stylizer, styles: list[Style], options: Options
) -> list[tuple[str, str]]:
    """Stylize every photograph; return names and reasons of those that failed."""
    from stylemix.errors import ConfigError
    from stylemix.images import save

    failures: list[tuple[str, str]] = []
    with closing(_bar("picture", len(jobs))) as bar:
        for job in jobs:
            try:
                save(stylizer.stylize(str(job.content), styles, options), job.target)
            except ConfigError:
                raise  # an argument is wrong, for every picture alike
            # One bad picture, whatever happens with it, must not cost the others.
            except Exception as problem:
                failures.append((str(job.content), explain(problem)))
            bar.update()
    return failures


def _summarize(jobs: Sequence[Job], failures: list[tuple[str, str]], out: str) -> None:
    """Say how many pictures were written, and why others weren't."""
    from stylemix.cli.contents import FALLBACK

    as_png = sum(job.content.name != job.target.name for job in jobs)
    note = f" ({as_png} of other formats as {FALLBACK})" if as_png else ""
    click.echo(f"wrote {len(jobs) - len(failures)} of {len(jobs)} pictures to {out}{note}")
    if failures:
        click.echo(f"{len(failures)} failed:", err=True)
        for name, reason in failures:
            click.echo(f"  {name}: {reason}", err=True)


def _bar(unit: str, total: int | None = None) -> Any:
    from tqdm import tqdm

    # disable=None shows it on a terminal only.
    return tqdm(
        total=total, unit=unit, file=sys.stderr, disable=None, leave=False, dynamic_ncols=True
    )
