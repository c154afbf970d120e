"""``stylemix video``: a video and paintings in, a video out."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from stylemix.cli.bars import progress_bar
from stylemix.cli.errors import EXIT_CODES, INTERRUPTED
from stylemix.cli.options import (
    check_masks,
    device_option,
    drawing_options,
    model_option,
    runtime_option,
)
from stylemix.cli.paths import refuse_missing
from stylemix.cli.stopping import stopping
from stylemix.video.parsing import interval, seconds
from stylemix.video.targets import check_target

if TYPE_CHECKING:
    from stylemix.types import ProgressEvent


class Dated(click.ParamType):
    """A time and a painting, such as ``0:12=ink.jpg``."""

    name = "time=painting"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return time and painting."""
        if not isinstance(value, str):
            return tuple(value)
        time, mark, painting = value.partition("=")
        if not mark or not time or not painting:
            self.fail(f"{value!r} must be a time and a painting, such as 0:12=ink.jpg", param, ctx)
        return time, painting


@click.command(epilog=EXIT_CODES)
@click.argument("content", metavar="VIDEO")
@click.argument("styles", metavar="[STYLE ...]", nargs=-1)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    required=True,
    help="The file to write (.mp4, .mov, .mkv, .webm, .gif, .webp), or a folder for numbered "
    "PNG files.",
)
@model_option
@click.option(
    "--steady",
    type=click.FloatRange(0, 0.95),
    default=0.7,
    show_default=True,
    help="How much frames follow the ones before: 0 draws each by itself, and flickers.",
)
@click.option("--start", metavar="TIME", default="0", help="Begin here, such as 12.5 or 1:30.")
@click.option("--end", metavar="TIME", help="End here.  [default: the video's end]")
@click.option(
    "--fps",
    type=click.FloatRange(0, 1000, min_open=True),
    metavar="N",
    help="Frames per second of the result, evenly spaced.  [default: the times that they have]",
)
@click.option(
    "--codec",
    type=click.Choice(["h264", "h265", "vp9", "av1", "prores"]),
    help="How to encode.  [default: h264; vp9 in .webm]",
)
@click.option(
    "--crf",
    type=click.IntRange(0, 63),
    metavar="N",
    help="Quality: smaller is better and larger.  [default: 18 for h264]",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Work in pieces, so that the same command goes on after a kill or Ctrl-C.",
)
@click.option("--audio/--no-audio", default=True, show_default=True, help="Keep the sound.")
@click.option(
    "--style-at",
    "dated",
    type=Dated(),
    multiple=True,
    metavar="TIME=PAINTING",
    help="Instead of STYLE: a painting from a time on, into which the one before turns.",
)
@drawing_options("video", masks="a picture or a video")
@device_option
@runtime_option
def video(
    content: str,
    styles: tuple[str, ...],
    out: str,
    dated: tuple[tuple[str, str], ...],
    masks: tuple[str, ...] | None,
    **options: Any,
) -> None:
    """Render VIDEO in the style of one or several paintings.

    VIDEO is a video file, an animated GIF or WebP, or a folder of numbered pictures. Needs PyAV
    and OpenCV, stylemix's extra "video".

    Frames keep their times; sound is copied. Ctrl-C keeps the frames that are done in a playable
    file NAME.partial.ENDING; OUT itself is only ever a complete video. With --resume, the same
    command goes on after a kill, and ends in the same frames.

    \b
    Examples:
      stylemix video in.mp4 painting.jpg -o out.mp4
      stylemix video in.mp4 painting.jpg --start 1:30 --end 1:45 --size 640 -o out.mp4
      stylemix video in.mp4 --style-at 0=day.jpg --style-at 0:12=night.jpg -o out.mp4
      stylemix video in.mov waves.png ink.png --mask sky.mp4 --mask ground.mp4 -o out.webm
      stylemix video cat.gif painting.jpg -o painted.gif
      stylemix video frames/ painting.jpg --fps 24 -o out.mp4
      stylemix video long.mp4 painting.jpg -o out.mp4 --resume
    """  # noqa: D301 (click wants the character \b)
    if styles and dated:
        raise click.UsageError("give either STYLE or --style-at, not both")
    count = max(1, len(styles))
    check_masks(masks, count)
    file = out if os.path.splitext(out)[1] else "."  # a folder is made where it is missing
    refuse_missing(content, [*styles, *(painting for _, painting in dated)], masks or (), file)
    _check(content, out, dated, options)

    import stylemix
    from stylemix.errors import Cancelled

    given: Any = dict(dated) if dated else list(styles)
    with closing(progress_bar("frame")) as bar, stopping() as stop:

        def progress(event: ProgressEvent) -> None:
            bar.total = event.total
            bar.update(event.done - bar.n)
            if stop.asked:
                raise Cancelled(f"stopped after {event.done} of about {event.total} frames")

        try:
            report = stylemix.stylize_video(
                content,
                given or None,
                out,
                masks=list(masks) if masks else None,
                progress=progress,
                **options,
            )
        except Cancelled as stopped:
            bar.close()
            click.echo(f"Interrupted: {stopped}.", err=True)
            sys.exit(INTERRUPTED)
    scenes = f", {report.scenes} scenes" if report.scenes > 1 else ""
    click.echo(f"wrote {report.path} ({report.frames} frames{scenes})")


def _check(
    content: str, out: str, dated: tuple[tuple[str, str], ...], options: dict[str, Any]
) -> None:
    """Refuse what is wrong by itself, before anything slow is imported."""
    interval(options["start"], options["end"])
    if len({seconds(time, "a style's time") for time, _ in dated}) < len(dated):
        raise click.UsageError("two --style-at options have the same time")
    check_target(out, content, options["codec"], options["crf"], resume=options["resume"])
