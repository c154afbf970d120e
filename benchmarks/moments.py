"""What becomes of a large picture whose moments are taken of places 16 pixels apart.

    python benchmarks/moments.py PHOTOGRAPHS PAINTINGS --sizes 900 1024 2048

Draws each photograph, in the style of one of the paintings, with the moments of all places and
with those of some (``stylemix.ops.ContentMoments``). Prints by size how far the two pictures are
from each other (PSNR: the least and the median), content and style loss of both through the thin
network that ships with stylemix, and for both how far the picture of a photograph without its
first row and column is from the picture without them (as ``shift`` of ``stylemix evaluate``).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

import torch
from torch import Tensor

import stylemix
from stylemix.backbones import FeatureNet, feature_net
from stylemix.images import read, to_float
from stylemix.metrics import perceptual
from stylemix.metrics.strength import psnr
from stylemix.ops import is_large, measured_as
from stylemix.stylizers import FeedForward

KINDS = {".jpg", ".jpeg", ".png", ".webp"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[900, 1024, 2048])
    parser.add_argument("--model", default="film")
    parser.add_argument("--limit", type=int, default=12, help="photographs at most")
    told = parser.parse_args(arguments)
    model = stylemix.load(told.model, device="cpu", runtime="torch")
    assert isinstance(model, FeedForward)
    net = feature_net("thin")
    photographs, paintings = (_files(folder) for folder in (told.photographs, told.paintings))
    print("all places / some")
    print("| longer side | pictures | PSNR, least | median | content | style | shift, dB |")
    print("|" + " --- |" * 7)
    for size in told.sizes:
        rows = []
        for number, photograph in enumerate(photographs[: told.limit]):
            content = to_float(read(photograph).resized(size).pixels)
            if is_large(*content.shape[2:]):
                painting = paintings[number % len(paintings)]
                rows.append(compare(model, content, painting, net))
        print(line(size, rows), flush=True)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in KINDS)


@torch.inference_mode()
def compare(
    model: FeedForward, content: Tensor, painting: Path, net: FeatureNet
) -> dict[str, float]:
    """Return the figures of one photograph [1, 3, H, W] in the style of one painting."""
    style = model.encode(painting)
    target = perceptual.describe(to_float(read(painting).resized(512).pixels), net)
    before = perceptual.describe(content, net)
    pictures, found = [], {}
    for name, large in (("all", False), ("some", True)):
        with measured_as(large=large):
            drawn = _drawn(model, content, style)
            moved = _drawn(model, content[:, :, 1:, 1:], style)
        seen = perceptual.describe(drawn, net)
        found[f"content, {name}"] = float(perceptual.content_loss(seen, before))
        found[f"style, {name}"] = float(perceptual.style_loss(seen, target))
        found[f"shift, {name}"] = psnr(drawn[:, :, 1:, 1:], moved)
        pictures.append(drawn)
    return {**found, "psnr": psnr(*pictures)}


def _drawn(model: FeedForward, content: Tensor, style: stylemix.Style) -> Tensor:
    return to_float(read(model.stylize(content[0], style)).pixels)


def line(size: int, rows: Sequence[dict[str, float]]) -> str:
    """Return one line of the table."""
    cells = [str(size), str(len(rows))]
    if rows:
        between = [row["psnr"] for row in rows]
        cells += [f"{min(between):.1f}", f"{median(between):.1f}"]
        for name, digits in (("content", 3), ("style", 3), ("shift", 1)):
            both = [mean(row[f"{name}, {which}"] for row in rows) for which in ("all", "some")]
            cells.append(" / ".join(f"{value:.{digits}f}" for value in both))
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
