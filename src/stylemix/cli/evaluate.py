"""``stylemix evaluate``: figures that say how well a model does."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from stylemix.cli.errors import EXIT_CODES

if TYPE_CHECKING:
    from stylemix.metrics import Method, Report

SHEET_ROWS = 12


@click.command(epilog=EXIT_CODES)
@click.option("--content", required=True, metavar="DIR", help="Folder of photographs.")
@click.option("--style", required=True, metavar="DIR", help="Folder of paintings.")
@click.option("-m", "--model", default="film", show_default=True, metavar="NAME|FOLDER|OWNER/NAME",
              help="As for `stylemix stylize`.")
@click.option("--size", type=click.IntRange(min=64), default=384, show_default=True, metavar="N",
              help="Short side of all pictures in pixels; figures compare at one size only.")
@click.option("-s", "--strength", type=float, default=1.0, show_default=True,
              help="As for `stylemix stylize`.")
@click.option("--features", type=click.Choice(["vgg16", "thin"]), default="vgg16",
              show_default=True,
              help="The network that measures. thin ships with stylemix and needs no download, "
                   "but its figures compare only with each other.")
@click.option("--vgg", metavar="FILE",
              help="safetensors file with the weights of --features.  [default: torchvision's]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N",
              help="Take only N photographs and N paintings, the first by name.")
@click.option("--baseline", "baselines", multiple=True, type=click.Choice(["copy", "color"]),
              help="Measure also: copy, the photograph as it is; color, the photograph in the "
                   "painting's colours. Once for each.")
@click.option("--json", "json_file", metavar="FILE", help="Write settings and all figures.")
@click.option("--csv", "csv_file", metavar="FILE", help="Write a line for each pair.")
@click.option("--sheet", "sheet_file", metavar="FILE.png",
              help=f"Write a contact sheet of the model's pictures, of the first {SHEET_ROWS} "
                   "photographs.")
@click.option("--device", metavar="D", help="As for `stylemix stylize`.")
def evaluate(
    content: str, style: str, model: str, size: int, strength: float, features: str,
    vgg: str | None, limit: int | None, baselines: tuple[str, ...], json_file: str | None,
    csv_file: str | None, sheet_file: str | None, device: str | None,
) -> None:
    """Measure a model on a folder of photographs and a folder of paintings.

    Each photograph is dealt up to four paintings. The table has the mean and its 95 % interval of
    content loss, style loss, style retrieval (does the result look more like its own painting
    than like the others?), palette distance, and faults such as checkerboards. Baselines have
    tables of their own; with --json or --csv each is written beside FILE, to FILE-copy.json and
    the like.

    \b
    Examples:
      stylemix evaluate --content photos --style paintings
      stylemix evaluate --content photos --style paintings --model ./my-model \\
          --baseline copy --baseline color --json figures.json --sheet sheet.png
      stylemix evaluate --content photos --style paintings --features thin --limit 8
    """  # noqa: D301 (click wants the character \b)
    from stylemix.cli import contents as found

    photographs = found.pictures_in(content)[:limit]
    paintings = found.pictures_in(style)[:limit]
    for file in (json_file, csv_file, sheet_file):
        if file is not None:
            found.check_file(file, [*photographs, *paintings])
    if sheet_file is not None:
        found.check_target(sheet_file)

    import stylemix
    from stylemix import metrics
    from stylemix.stylizers.mixing import check_strength

    check_strength(strength)
    stylizer = stylemix.load(model, device=device)
    methods: dict[str, Method] = {"": metrics.stylizer_method(stylizer, strength=strength)}
    methods |= {name: getattr(metrics.baselines, name) for name in dict.fromkeys(baselines)}
    results: dict[tuple[int, int], Any] = {}
    for name, method in methods.items():
        def keep(i: int, j: int, picture: Any, name: str = name) -> None:
            if sheet_file is not None and not name and i < SHEET_ROWS:
                results[i, j] = _small(picture)

        report = _measure(method, photographs, paintings, size=size, features=features,
                          weights=vgg, on_result=keep)
        click.echo(f"{name or model}: {len(report.records)} pairs")
        click.echo(report.table() + "\n")
        if json_file is not None:
            report.to_json(_beside(json_file, name))
        if csv_file is not None:
            report.to_csv(_beside(csv_file, name))
    if sheet_file is not None:
        columns = sorted({j for _, j in results})
        metrics.contact_sheet(
            photographs[:SHEET_ROWS], [paintings[j] for j in columns],
            {(i, columns.index(j)): picture for (i, j), picture in results.items()}, sheet_file,
        )


def _measure(method: Method, photographs: Any, paintings: Any, **options: Any) -> Report:
    from tqdm import tqdm

    from stylemix.metrics import evaluate_pairs

    with closing(tqdm(unit="pair", file=sys.stderr, disable=None, leave=False)) as bar:
        def progress(done: int, total: int) -> None:
            if bar.total != total:
                bar.reset(total)
            bar.update(done - bar.n)

        return evaluate_pairs(method, photographs, paintings, progress=progress, **options)


def _beside(file: str, name: str) -> str:
    from pathlib import Path

    path = Path(file)
    return str(path.with_name(f"{path.stem}-{name}{path.suffix}")) if name else file


def _small(picture: Any) -> Any:
    """Shrink a picture to what a contact sheet shows, so that many fit into memory."""
    from PIL import ImageOps

    return ImageOps.contain(picture, (384, 384))
