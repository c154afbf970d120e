"""``stylemix dataset``: a data set and paintings in, a stylised data set out."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from stylemix.cli.bars import progress_bar
from stylemix.cli.errors import EXIT_CODES, INTERRUPTED, SOME_FAILED
from stylemix.cli.options import device_option, model_option, runtime_option

if TYPE_CHECKING:
    from stylemix.types import ProgressEvent


class Range(click.ParamType):
    """A number, or two with dots between them, such as ``0.5..1``."""

    name = "range"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Return least and most."""
        if not isinstance(value, str):
            return value, value
        try:
            low, dots, high = value.partition("..")
            return float(low), float(high if dots else low)
        except ValueError:
            self.fail(f"{value!r} must be a number, or two such as 0.5..1", param, ctx)


@click.command(epilog=EXIT_CODES)
@click.argument("source")
@click.argument("paintings")
@click.option(
    "-o",
    "--output",
    "out",
    metavar="OUT",
    required=True,
    help="The folder or address to write to: empty, not there yet, or begun by the same command.",
)
@click.option(
    "--to",
    type=click.Choice(["folder", "shards", "parquet"]),
    help="Layout of OUT.  [default: that of SOURCE]",
)
@model_option
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Decides, with a sample's name and the copy's number, its paintings and strength.",
)
@click.option(
    "--per-image",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Results for each picture.",
)
@click.option(
    "-s",
    "--strength",
    type=Range(),
    default=1.0,
    show_default=True,
    metavar="X|X..Y",
    help="1 is the strength the model was trained for, 0 the picture; of a range each result's is "
    "drawn. Below 1 a picture takes two passes.",
)
@click.option(
    "--paintings-per-image",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Paintings that each result mixes, in equal parts.",
)
@click.option(
    "--keep-original",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    metavar="P",
    help="Probability that a result is the picture itself.",
)
@click.option(
    "--size",
    type=click.IntRange(min=1),
    metavar="N",
    help="Short side of the results in pixels.  [default: the picture's]",
)
@click.option(
    "--crop",
    type=click.IntRange(min=1),
    metavar="N",
    help="Side of the square that is then cut out of the middle.",
)
@click.option(
    "--format",
    type=click.Choice(["jpeg", "png", "webp"]),
    default="jpeg",
    show_default=True,
    help="Of the pictures.",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    default=95,
    show_default=True,
    metavar="N",
    help="Of JPEG and WebP.",
)
@click.option(
    "--shard-size",
    type=click.IntRange(min=1),
    default=500,
    show_default=True,
    metavar="N",
    help="Results in a shard; in a folder, results that are finished together.",
)
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    metavar="N",
    help="Pictures of one size that pass the network together.  [default: 16 on a GPU, else 1]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    metavar="N",
    help="Processes, each computing in one thread.  [default: one for each core]",
)
@click.option(
    "--ray",
    is_flag=False,
    flag_value="",
    metavar="[ADDRESS]",
    help="Work on this Ray cluster; without ADDRESS on the one that RAY_ADDRESS names, or on a Ray "
    "of this machine (stylemix's extra ray).",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first sample that can't be read.")
@device_option
@runtime_option
def dataset(source: str, paintings: str, out: str, **options: Any) -> None:
    """Stylize the data set SOURCE in the styles of PAINTINGS, for training.

    SOURCE is a folder of pictures (class folders, perhaps below train and val), tar shards
    (WebDataset) or Parquet files (Hugging Face datasets): a folder, a file, a pattern in quotes,
    or an address such as s3://bucket/set. So is PAINTINGS. Labels, splits, names and other columns
    or files stay as they are.

    Kill it whenever you like: the same command goes on, also with another number of workers, and
    OUT is the same to the last byte. Samples that can't be read are in OUT/failures.jsonl.

    \b
    Examples:
      stylemix dataset imagenet/ paintings/ -o stylised/ --size 256 --crop 224
      stylemix dataset 'shards/train-*.tar' paintings/ -o out/ --strength 0.5..1
      stylemix dataset photos/ paintings/ -o out/ --to parquet --per-image 4
      stylemix dataset s3://bucket/set s3://bucket/paintings -o s3://bucket/out \\
          --ray ray://head:10001
    """  # noqa: D301 (click wants the character \b)
    from stylemix.dataset import stylize_dataset

    done = total = 0
    with closing(progress_bar("picture")) as bar:

        def progress(event: ProgressEvent) -> None:
            nonlocal done, total
            if not total:
                bar.initial = event.done  # what earlier runs made says nothing of the speed
            done, total = event.done, event.total
            bar.total = total
            bar.update(done - bar.n)

        try:
            report = stylize_dataset(source, paintings, out, progress=progress, **options)
        except KeyboardInterrupt:
            bar.close()
            click.echo(
                f"Interrupted: {done} of {total} pictures were drawn; the same command goes on.",
                err=True,
            )
            sys.exit(INTERRUPTED)
    if report.left_out:
        names = ", ".join(report.left_out[:5]) + (" ..." if len(report.left_out) > 5 else "")
        click.echo(f"left out, no place in this layout: {names}", err=True)
    click.echo(f"wrote {report.results} pictures to {report.out}")
    if report.failed:
        click.echo(f"{report.failed} samples failed: see failures.jsonl there", err=True)
        sys.exit(SOME_FAILED)
