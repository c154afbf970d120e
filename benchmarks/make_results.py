"""Turn what ``stylemix evaluate --json`` wrote into the tables of docs/results.md.

    python benchmarks/make_results.py results/film*.json results/concat*.json

Each file is one model (or baseline) on one set of paintings, ``FILE.json`` and, written beside it,
``FILE-seen.json``, ``FILE-copy.json`` and so on. The tables replace what stands between the two
marks in docs/results.md; the words around them are written by hand. ``--print`` only prints them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parent.parent / "docs" / "results.md"
MARKS = ("<!-- figures: benchmarks/make_results.py -->", "<!-- end of figures -->")

# Column title, metric, digits, factor.
QUALITY = (
    ("content", "content_loss", 3, 1.0),
    ("style", "style_loss", 3, 1.0),
    ("top-1", "top1", 2, 1.0),
    ("top-5", "top5", 2, 1.0),
    ("top-1, Inception", "inception_top1", 2, 1.0),
    ("palette", "palette", 3, 1.0),
    ("edges", "edges", 2, 1.0),
    ("FID (Mixed_6e)", "fid_mixed6e", 1, 1.0),
    ("KID x 1000", "kid_mixed6e", 1, 1000.0),
    ("ArtFID proxy", "artfid_proxy", 1, 1.0),
    ("LPIPS", "lpips", 3, 1.0),
    ("FID (ArtInception)", "fid_art", 1, 1.0),
    ("ArtFID", "artfid", 1, 1.0),
)
COST = (
    ("seconds", "seconds", 2, 1.0),
    ("peak MiB", "peak_mib", 0, 1.0),
    ("parameters, M", "parameters", 2, 1e-6),
    ("file, MB", "file_bytes", 1, 1e-6),
)
FAULTS = (
    ("checkerboard", "checkerboard_alarm", 1, 100.0),
    ("blobs", "blobs_alarm", 1, 100.0),
    ("saturation", "saturation_alarm", 1, 100.0),
    ("border", "border_alarm", 1, 100.0),
    ("shift, dB", "shift_psnr", 1, 1.0),
    ("identity, dB", "identity_psnr", 1, 1.0),
    ("rows of dabs", "regularity", 2, 1.0),
    ("above the painting's", "regularity_over", 2, 1.0),
    ("halo", "halo", 3, 1.0),
)


def name_of(settings: dict[str, Any]) -> str:
    """Return a model's name; of a folder its last part."""
    name = Path(str(settings["model"])).name
    strength = settings.get("strength", 1.0)
    return name if strength == 1.0 else f"{name}, strength {strength:g}"


def cell(summary: dict[str, Any], metric: str, digits: int, factor: float) -> str:
    """Return a mean with its interval, or nothing where it wasn't measured."""
    found = summary.get(metric)
    if found is None:
        return ""
    mean = f"{found['mean'] * factor:,.{digits}f}"
    if "low" not in found or metric == "seconds":
        return mean
    return f"{mean} ({found['low'] * factor:,.{digits}f} to {found['high'] * factor:,.{digits}f})"


def table(
    reports: Sequence[dict[str, Any]], columns: Sequence[tuple[str, str, int, float]]
) -> list[str]:
    """Return a table, one line per report; columns that nobody measured are left out."""
    shown = [c for c in columns if any(c[1] in r["summary"] for r in reports)]
    lines = ["| | " + " | ".join(c[0] for c in shown) + " |", "| --- |" + " --- |" * len(shown)]
    lines += [
        "| "
        + " | ".join([name_of(r["settings"]), *(cell(r["summary"], *c[1:]) for c in shown)])
        + " |"
        for r in reports
    ]
    return lines


def strength_table(reports: Sequence[dict[str, Any]]) -> list[str]:
    """Return content and style loss along the strengths, for the models that were asked."""
    asked = [r for r in reports if "content_rises" in r["summary"]]
    if not asked:
        return []
    steps = sorted(
        {
            float(k.split("_at_")[1])
            for r in asked
            for k in r["summary"]
            if k.startswith("content_at_")
        }
    )
    lines = [
        "| content / style at strength | "
        + " | ".join(f"{s:g}" for s in steps)
        + " | content rises | style falls |",
        "| --- |" + " --- |" * (len(steps) + 2),
    ]
    for r in asked:
        found = r["summary"]
        values = [
            f"{found[f'content_at_{s:g}']['mean']:.2f} / {found[f'style_at_{s:g}']['mean']:.2f}"
            if f"content_at_{s:g}" in found
            else ""
            for s in steps
        ]
        shares = [
            f"{100 * found[k]['mean']:.1f} % of pairs" for k in ("content_rises", "style_falls")
        ]
        lines.append("| " + " | ".join([name_of(r["settings"]), *values, *shares]) + " |")
    return lines


def command(report: dict[str, Any]) -> str:
    """Return the command that measures a model's line, with words for the folders."""
    settings, summary = report["settings"], report["summary"]
    parts = [
        "stylemix evaluate --content PHOTOGRAPHS --style PAINTINGS",
        f"--model {Path(str(settings['model'])).name}",
        f"--size {settings['size']}",
    ]
    if settings.get("strength", 1.0) != 1.0:
        parts.append(f"--strength {settings['strength']:g}")
    if settings["features"] != "vgg16":
        parts.append(f"--features {settings['features']}")
    steps = [k.split("_at_")[1] for k in summary if k.startswith("content_at_")]
    if steps:
        parts.append("--strengths " + ",".join(steps))
    for metric, option in (
        ("fid_mixed6e", "--inception FILE"),
        ("fid_art", "--art-inception FILE"),
        ("lpips", "--lpips FILE"),
        ("peak_mib", "--memory"),
    ):
        if metric in summary:
            parts.append(option)
    return " ".join(parts)


def document(reports: Sequence[dict[str, Any]]) -> str:
    """Return all tables as Markdown."""
    lines: list[str] = []
    for kind in ("unseen", "seen"):
        chosen = [r for r in reports if r["settings"].get("set", "unseen") == kind]
        if not chosen:
            continue
        lines += [
            "### Paintings "
            + {"unseen": "set aside from the training", "seen": "of the training"}[kind],
            "",
        ]
        keys = ("photographs", "paintings", "pairs", "size", "features")
        for key in dict.fromkeys(tuple(r["settings"][k] for k in keys) for r in chosen):
            same = [r for r in chosen if tuple(r["settings"][k] for k in keys) == key]
            photographs, paintings, pairs, size, features = key
            network = {
                "vgg16": "VGG-16",
                "thin": "the small network of stylemix (figures compare with each other only)",
            }[features]
            lines += [
                f"{photographs} photographs, {paintings} paintings, {pairs} pairs, short "
                f"side {size} pixels, losses through {network}; means, and in brackets 95 % "
                "bootstrap intervals over pairs.",
                "",
                *table(same, QUALITY),
                "",
                *table(same, COST),
                "",
                "Faults, per cent of pictures above the gate and the photograph's own level; "
                "stability under a shift of one pixel; how well a photograph comes back "
                "through the network when it is its own style; how regularly strokes lie where "
                "the photograph is flat, and how much more so than in the painting; and a glow "
                "beside strong edges, as a share of the range of luminance:",
                "",
                *table(same, FAULTS),
                "",
            ]
            if steps := strength_table(same):
                lines += [*steps, ""]
    models = [
        r
        for r in reports
        if r["settings"].get("set", "unseen") == "unseen"
        and r["settings"]["model"] not in ("copy", "color", "gatys")
    ]
    lines += [
        "Measured by (for baselines add `--baseline copy --baseline color --baseline gatys`, "
        "for paintings of the training `--seen FOLDER`; `--json FILE` writes what "
        "`benchmarks/make_results.py` reads):",
        "",
        "```bash",
        *dict.fromkeys(command(r) for r in models),
        "```",
    ]
    return "\n".join(lines)


def main() -> None:
    """Read the files and write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, help="what evaluate --json wrote")
    parser.add_argument("--print", action="store_true", help="print the tables, write nothing")
    options = parser.parse_args()
    text = document([json.loads(file.read_text("utf-8")) for file in options.files])
    if options.print:
        print(text)
        return
    before, _, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    _, found, after = rest.partition(MARKS[1])
    if not found:
        raise SystemExit(f"{DOCUMENT} lacks the marks {MARKS[0]} and {MARKS[1]}")
    DOCUMENT.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{after}", "utf-8")
    print(f"wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
