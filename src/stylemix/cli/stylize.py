"""``stylemix stylize``: photographs and paintings in, pictures out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from stylemix.cli.bars import progress_bar
from stylemix.cli.errors import (
    EXIT_CODES,
    INTERRUPTED,
    SOME_FAILED,
    explain,
    list_failures,
    writes_no_more,
)
from stylemix.cli.options import (
    check_masks,
    device_option,
    drawing_options,
    model_option,
    runtime_option,
)
from stylemix.cli.paths import refuse_missing
from stylemix.cli.stopping import stopping

if TYPE_CHECKING:
    from stylemix.cli.contents import Job
    from stylemix.injections.style import Style
    from stylemix.stylizers import Options, Stylizer
    from stylemix.types import ProgressEvent


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
@model_option
@drawing_options("photograph", masks="a picture")
@device_option
@runtime_option
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
    written (.bmp, .gif, .avif, ...) give a .png of the same name; .heic needs the extra heic.
    Files that exist in OUT are replaced; a file that is read is never overwritten. Results
    keep the photograph's transparency and color profile.

    Ctrl-C while --refine works keeps the picture so far.

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
    check_masks(masks, count)
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
    failures, begun = _all(plan.jobs, stylizer, encoded, options)
    _summarize(plan.jobs, failures, begun, out)
    if failures:
        sys.exit(SOME_FAILED)


def _one(job: Job, stylizer: Stylizer, styles: list[Style], options: Options) -> None:
    from stylemix.errors import Cancelled
    from stylemix.images import save

    optimizes = bool(options.refine) or stylizer.optimizes
    with closing(progress_bar("step" if optimizes else "tile")) as bar, stopping(optimizes) as stop:

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
) -> tuple[list[tuple[str, str]], int]:
    """Stylize every photograph, as long as results can be written.

    Returns:
        Names and reasons of those that failed, and the number of those that were begun.
    """
    from stylemix.errors import ConfigError
    from stylemix.images import save

    failures: list[tuple[str, str]] = []
    begun = 0
    with closing(progress_bar("picture", len(jobs))) as bar:
        for job in jobs:
            begun += 1
            try:
                save(stylizer.stylize(str(job.content), styles, options), job.target)
            except ConfigError:
                raise  # an argument is wrong, for every picture alike
            # One bad picture, whatever happens with it, must not cost the others.
            except Exception as problem:
                failures.append((str(job.content), explain(problem)))
                if writes_no_more(problem, str(job.target.parent)):
                    break
            bar.update()
    return failures, begun


def _summarize(jobs: Sequence[Job], failures: list[tuple[str, str]], begun: int, out: str) -> None:
    """Say how many pictures were written, and why others weren't."""
    from stylemix.cli.contents import FALLBACK

    as_png = sum(job.content.name != job.target.name for job in jobs)
    note = f" ({as_png} of other formats as {FALLBACK})" if as_png else ""
    click.echo(f"wrote {begun - len(failures)} of {len(jobs)} pictures to {out}{note}")
    list_failures(failures)
    if begun < len(jobs):
        click.echo(
            f"{len(jobs) - begun} not begun, as nothing more can be written to {out}", err=True
        )
