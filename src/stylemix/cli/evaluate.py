"""``stylemix evaluate``: figures that say how well a model does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from stylemix.cli.errors import EXIT_CODES, SOME_FAILED, list_failures
from stylemix.cli.options import (
    Numbers,
    device_option,
    model_option,
    refine_options,
    runtime_option,
    scale_option,
    strength_option,
)
from stylemix.errors import missing_file

if TYPE_CHECKING:
    from stylemix.metrics import Method, Report
    from stylemix.stylizers import Stylizer
    from stylemix.types import ProgressEvent

SHEET_ROWS = 12
VIDEO_FRAMES = 50


BASELINES = ("copy", "color", "gatys")


@click.command(epilog=EXIT_CODES)
@click.option("--content", required=True, metavar="DIR", help="Folder of photographs.")
@click.option(
    "--style", required=True, metavar="DIR", help="Folder of paintings that no training saw."
)
@click.option(
    "--seen",
    metavar="DIR",
    help="Folder of paintings that were in the training: measured apart, with the same "
    "photographs.",
)
@model_option
@click.option(
    "--size",
    type=click.IntRange(min=64),
    default=384,
    show_default=True,
    metavar="N",
    help="Short side of all pictures in pixels; figures compare at one size only.",
)
@strength_option("photograph")
@click.option(
    "--strengths",
    type=Numbers(),
    metavar="0,0.25,...",
    help="Stylize each pair at each of these too, and say on how many pairs the distance "
    "to the photograph rises and the style loss falls all along.",
)
@scale_option
@refine_options
@click.option(
    "--sizes",
    is_flag=True,
    help="Stylize each pair also at 512 and 2048 pixels, and measure how alike the two are when "
    "brought to one size, and how sharp the large one is.",
)
@click.option(
    "--features",
    type=click.Choice(["vgg16", "thin"]),
    default="vgg16",
    show_default=True,
    help="The network that measures. thin ships with stylemix and needs no download, "
    "but its figures compare only with each other.",
)
@click.option(
    "--vgg",
    metavar="FILE",
    help="safetensors file with the weights of --features.  [default: for thin the one "
    "that ships, for vgg16 the one that STYLEMIX_VGG16 names, else torchvision's "
    "download]",
)
@click.option(
    "--inception",
    metavar="FILE",
    help="ImageNet weights of Inception-v3 (safetensors or .pth, torchvision's names): "
    "adds a second style retrieval, FID and KID in its middle layer, and "
    "artfid_proxy.",
)
@click.option(
    "--art-inception",
    metavar="FILE",
    help="The network of the canonical ArtFID, as its authors offer it: adds fid_art, "
    "and with --lpips artfid.",
)
@click.option(
    "--lpips",
    multiple=True,
    metavar="FILE",
    help="Weights of LPIPS: torchvision's AlexNet and the linear weights, once for each "
    "file. Adds lpips.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="Take only N photographs and N paintings, the first by name.",
)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    type=click.Choice(BASELINES),
    help="Measure also: copy, the photograph as it is; color, the photograph in the "
    "painting's colors; gatys, 200 steps of optimization (slow). Once for each.",
)
@click.option(
    "--memory",
    is_flag=True,
    help="Measure also the peak memory of a process that stylizes one picture.",
)
@click.option(
    "--video",
    "videos",
    multiple=True,
    metavar="FILE",
    help=f"Measure also the warping error of the first {VIDEO_FRAMES} frames of a video of one "
    "scene in the style of the first painting, frame by frame and steadied. Once for each.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write settings and all figures.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write a line for each pair.")
@click.option(
    "--sheet",
    "sheet_file",
    metavar="FILE.png",
    help=f"Write a contact sheet of the model's pictures, of the first {SHEET_ROWS} photographs.",
)
@device_option
@runtime_option
def evaluate(
    content: str,
    style: str,
    seen: str | None,
    model: str,
    size: int,
    strength: float,
    strengths: tuple[float, ...] | None,
    scale: float | None,
    refine: int,
    refine_features: str | None,
    sizes: bool,
    features: str,
    vgg: str | None,
    inception: str | None,
    art_inception: str | None,
    lpips: tuple[str, ...],
    limit: int | None,
    baselines: tuple[str, ...],
    memory: bool,
    videos: tuple[str, ...],
    json_file: str | None,
    csv_file: str | None,
    sheet_file: str | None,
    device: str | None,
    runtime: str,
) -> None:
    """Measure a model on a folder of photographs and a folder of paintings.

    Each photograph is dealt up to four paintings. The table has the mean and its 95 % interval of
    content loss, style loss, style retrieval (does the result look more like its own painting
    than like the others?), palette distance, and faults such as checkerboards. Baselines and seen
    paintings have tables of their own; with --json or --csv each is written beside FILE, to
    FILE-copy.json, FILE-seen.json and the like.

    \b
    Examples:
      stylemix evaluate --content photos --style paintings
      stylemix evaluate --content photos --style paintings --model ./my-model \\
          --baseline copy --baseline color --json figures.json --sheet sheet.png
      stylemix evaluate --content photos --style paintings --seen training-paintings \\
          --strengths 0,0.25,0.5,0.75,1 --inception inception_v3.pth
      stylemix evaluate --content photos --style paintings --features thin --limit 8
      stylemix evaluate --content photos --style paintings --video clip.mp4
    """  # noqa: D301 (click wants the character \b)
    from stylemix.cli import contents as found

    photographs, unseen, known = (
        found.pictures_in(folder)[:limit] if folder is not None else []
        for folder in (content, style, seen)
    )
    _check_files((json_file, csv_file), sheet_file, [*photographs, *unseen, *known, *videos])

    import stylemix
    from stylemix import metrics
    from stylemix.metrics.strength import check_strengths
    from stylemix.stylizers import Options

    options = Options(strength, scale=scale, refine=refine, refine_features=refine_features)
    if strengths is not None:
        check_strengths(strengths)
    stylizer = stylemix.load(model, device=device, runtime=runtime)
    sets = metrics.Sets(inception, art_inception, lpips, device)
    own = metrics.stylizer_method(stylizer, options, _folder(model))
    if memory:
        own.facts["peak_mib"] = metrics.peak_memory(model, size)
    results: dict[tuple[int, int], Any] = {}
    failures: list[tuple[str, str]] = []

    def keep(i: int, j: int, picture: Any) -> None:
        if sheet_file is not None and i < SHEET_ROWS:
            results[i, j] = _small(picture)

    for name in ("", "seen", *dict.fromkeys(baselines)):
        if name == "seen" and not known:
            continue
        method = _baseline(name, device) if name in BASELINES else own
        report = _measure(
            method,
            photographs,
            known if name == "seen" else unseen,
            size=size,
            features=features,
            weights=vgg,
            sets=sets,
            device=device,
            # Twice as many pictures would be optimized for it.
            stability=name != "gatys" and not refine,
            strengths=strengths or () if method is own else (),
            sizes=sizes and method is own,
            on_result=None if name else keep,
        )
        about: dict[str, Any] = {"model": name if name in BASELINES else model}
        about["set"] = "seen" if name == "seen" else "unseen"
        if method is own:
            about |= {"strength": strength, "scale": scale, "refine": refine, "runtime": runtime}
        click.echo(f"{name or model}: {len(report.records)} pairs")
        _write_report(report, about, name, json_file, csv_file)
        failures += report.failures
    if sheet_file is not None and results:
        _write_sheet(photographs, unseen, results, sheet_file)
    _measure_videos(videos, stylizer, unseen[0], size)
    if failures:
        sys.exit(SOME_FAILED)


def _check_files(files: Iterable[str | None], sheet: str | None, inputs: list[str]) -> None:
    """Refuse inputs that are missing and files that can't be written, before the measurements."""
    from stylemix.cli.contents import check_file, check_target

    for file in inputs:
        if not os.path.exists(file):
            raise missing_file(file)
    for file in filter(None, (*files, sheet)):
        check_file(file, inputs)
    if sheet is not None:
        check_target(sheet)


def _write_report(
    report: Report, about: dict[str, Any], name: str, json_file: str | None, csv_file: str | None
) -> None:
    """Print a report's table, and write its records beside the files that were asked for."""
    report = replace(report, settings={**about, **report.settings})
    click.echo(report.table() + "\n")
    list_failures(report.failures, "left out")
    if json_file is not None:
        report.to_json(_beside(json_file, name))
    if csv_file is not None:
        report.to_csv(_beside(csv_file, name))


def _baseline(name: str, device: str | None) -> Method:
    """Return what a model is compared with."""
    import stylemix
    from stylemix import metrics

    if name == "gatys":
        return metrics.stylizer_method(stylemix.load("gatys", device=device))
    method: Method = getattr(metrics.baselines, name)
    return method


def _write_sheet(
    photographs: list[str], paintings: list[str], results: dict[tuple[int, int], Any], file: str
) -> None:
    """Write the contact sheet of the pictures by their photograph's and painting's numbers."""
    from stylemix import metrics

    # Those that have a result can be read.
    rows, columns = (sorted({pair[side] for pair in results}) for side in (0, 1))
    metrics.contact_sheet(
        [photographs[i] for i in rows],
        [paintings[j] for j in columns],
        {(rows.index(i), columns.index(j)): picture for (i, j), picture in results.items()},
        file,
    )


def _folder(model: str) -> str | None:
    """Return the folder of a model's files; None for a method, which has none."""
    from stylemix.checkpoint.catalogue import methods, resolve

    return None if model in methods() else str(resolve(model))


def _measure(method: Method, photographs: Any, paintings: Any, **options: Any) -> Report:
    from tqdm import tqdm

    from stylemix.metrics import evaluate_pairs

    with closing(tqdm(unit="pair", file=sys.stderr, disable=None, leave=False)) as bar:

        def progress(event: ProgressEvent) -> None:
            if bar.total != event.total:
                bar.reset(event.total)
            bar.update(event.done - bar.n)

        return evaluate_pairs(method, photographs, paintings, progress=progress, **options)


def _measure_videos(videos: tuple[str, ...], stylizer: Stylizer, painting: str, size: int) -> None:
    if not videos:
        return
    from itertools import islice
    from pathlib import Path

    from stylemix.metrics.warping import measure_steadiness
    from stylemix.video.opening import open_source

    style = stylizer.encode(painting)
    click.echo(f"warping error in the style of {Path(painting).name}, grey levels of 255:")
    for file in videos:
        with open_source(file) as source:
            frames = [f.resized(size).rgb for f in islice(source.frames(), VIDEO_FRAMES)]
        found = measure_steadiness(frames, stylizer, style)
        click.echo(
            f"{Path(file).name}: itself {found.frames:.2f}, frame by frame {found.plain:.2f}, "
            f"steadied {found.steady:.2f} (ratio {found.ratio:.2f})"
        )


def _beside(file: str, name: str) -> str:
    from pathlib import Path

    path = Path(file)
    return str(path.with_name(f"{path.stem}-{name}{path.suffix}")) if name else file


def _small(picture: Any) -> Any:
    """Shrink a picture to what a contact sheet shows, so that many fit into memory."""
    from PIL import ImageOps

    return ImageOps.contain(picture, (384, 384))
