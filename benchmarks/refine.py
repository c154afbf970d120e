"""Compare ways to optimise a picture: the table of docs/refine.md.

    python benchmarks/refine.py PHOTOGRAPHS PAINTINGS --vgg16 vgg16_features.safetensors

Every variant is judged by ``stylemix.metrics`` with the real VGG-16, whatever network it looks
through itself. Times are those of this process on this machine, CPU seconds beside them because
other work may run; GFLOP are counted, for one picture.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import stylemix
from stylemix.images import read, resize, to_float, to_pil
from stylemix.images.color import luma
from stylemix.metrics import contact_sheet, evaluate_pairs
from stylemix.optimization import (
    Descent,
    FeatureExtractor,
    Recipe,
    Task,
    feature_extractor,
    optimize,
)
from stylemix.optimization.objective import Objective
from stylemix.optimization.targets import regions, style_grams
from stylemix.stylizers.refining import FORWARD_SHARE, REFINE


@dataclass(frozen=True)
class Variant:
    """One way to optimise.

    Attributes:
        name: in the table.
        steps: 0 gives the start itself.
        features: network that the optimisation looks through.
        start: share of the forward pass in the starting picture; the photograph is the rest.
        recipe: the other numbers.
    """

    name: str
    steps: int
    features: str = "thin"
    start: float = FORWARD_SHARE
    recipe: Recipe = REFINE


def variants() -> Iterator[Variant]:
    """Give what is compared: the chosen recipe, and each choice changed by itself."""
    coarse = ((0.5, 0.5), (1.0, 0.5))
    yield Variant("photograph", 0, start=0.0)
    yield Variant("forward pass", 0, start=1.0)
    yield Variant("refine 25", 25)
    yield Variant("refine 50", 50)
    yield Variant("refine 65", 65)
    yield Variant("from their mean", 50, start=0.5)
    yield Variant("from the forward pass", 25, start=1.0)
    yield Variant("from the photograph", 25, start=0.0)
    yield Variant(
        "half the style weight", 25, recipe=replace(REFINE, style_weight=REFINE.style_weight / 2)
    )
    yield Variant(
        "twice the style weight", 25, recipe=replace(REFINE, style_weight=REFINE.style_weight * 2)
    )
    yield Variant("one canvas layer", 25, recipe=replace(REFINE, layers=1))
    yield Variant(
        "half the rate", 25, recipe=replace(REFINE, descent=Descent(rate=REFINE.descent.rate / 2))
    )
    yield Variant("L-BFGS", 25, recipe=replace(REFINE, descent=Descent(optimizer="lbfgs")))
    yield Variant("coarse to fine", 25, recipe=replace(REFINE, sizes=coarse))
    yield Variant("VGG-16, 30 steps", 30, "vgg16")
    yield Variant("VGG-16, 30 steps, from the forward pass", 30, "vgg16", 1.0)
    yield Variant(
        "VGG-16, 30 steps, L-BFGS",
        30,
        "vgg16",
        recipe=replace(REFINE, descent=Descent(optimizer="lbfgs")),
    )


def nyquist(image: Image.Image) -> float:
    """Give a picture's mean power above 0.9 of the Nyquist frequency along either axis."""
    grey = luma(to_float(read(image).pixels)[0].double())[0]
    height, width = grey.shape
    window = torch.hann_window(height)[:, None] * torch.hann_window(width)
    power = torch.fft.fft2((grey - grey.mean()) * window).abs().square()
    high = (
        torch.maximum(
            torch.fft.fftfreq(height).abs()[:, None], torch.fft.fftfreq(width).abs()[None]
        )
        > 0.45
    )
    return float(power[high].mean())


def method(
    variant: Variant, model: stylemix.Stylizer, extractor: FeatureExtractor
) -> Callable[[Image.Image, Image.Image], Image.Image]:
    """Make a method that ``evaluate_pairs`` can call."""
    forwards: dict[tuple[int, int], Tensor] = {}

    def run(photo: Image.Image, painting: Image.Image) -> Image.Image:
        content, style = (to_float(read(p).pixels) for p in (photo, painting))
        start = content
        if variant.start:
            key = (id(photo), id(painting))
            if key not in forwards:
                forwards[key] = to_float(read(model.stylize(photo, painting)).pixels)
            start = torch.lerp(content, forwards[key], variant.start)
        if not variant.steps:
            return to_pil(start[0])
        task = Task(content, start, [style], [torch.ones(1, 1, 1, 1)])
        return to_pil(optimize(task, extractor, variant.recipe, variant.steps)[0][0])

    return run


def gigaflop(extractor: FeatureExtractor, steps: int, size: int) -> float:
    """Count the arithmetic of the steps for a picture of size x 4/3 size."""
    image = torch.rand(1, 3, size, size * 4 // 3)
    goal = Objective(
        extractor,
        image,
        [style_grams(extractor, image)],
        regions([torch.ones(1, 1, 1, 1)]),
        style_weight=1.0,
    )
    with FlopCounterMode(display=False) as counter:
        goal(image)
    return steps * counter.get_total_flops() / 1e9


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photographs", type=Path)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--model", default="film", help="name or folder of the first pass")
    parser.add_argument(
        "--vgg16",
        help="VGG-16's weights; default: the file that STYLEMIX_VGG16 "
        "names, else torchvision's download",
    )
    parser.add_argument(
        "--pairs",
        type=int,
        nargs="+",
        metavar="I",
        default=[31, 12, 20, 10, 2, 27, 36, 18, 12, 7, 39, 26],
        help="numbers of a photograph and a painting, pair by pair",
    )
    parser.add_argument("--size", type=int, default=384, help="short side in pixels")
    parser.add_argument(
        "--others",
        type=int,
        default=20,
        help="paintings among which each result has to find its own",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="variants to run")
    parser.add_argument("--sheet", help="folder for a contact sheet of each variant")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    photographs, paintings = (
        sorted(p for p in folder.iterdir() if p.is_file())
        for folder in (options.photographs, options.paintings)
    )
    pairs = list(zip(options.pairs[::2], options.pairs[1::2], strict=True))
    used = list(dict.fromkeys([j for _, j in pairs]))
    used += [j for j in range(len(paintings)) if j not in used][: options.others - len(used)]
    shown = list(dict.fromkeys([i for i, _ in pairs]))
    dealt = [(shown.index(i), used.index(j)) for i, j in pairs]
    contents = [photographs[i] for i in shown]
    levels = [nyquist(to_pil(resize(read(p).pixels, short_side=options.size))) for p in contents]
    model = stylemix.load(options.model, device="cpu")
    print(
        "| variant | content | style | top-1 | Nyquist | checkerboard | saturation | s | CPU s "
        "| GFLOP |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    extractors: dict[str, FeatureExtractor] = {}
    for variant in variants():
        if options.only and variant.name not in options.only:
            continue
        if variant.features not in extractors:
            extractors[variant.features] = feature_extractor(
                variant.features, options.vgg16 if variant.features == "vgg16" else None
            )
        extractor = extractors[variant.features]
        noise: list[float] = []
        used_cpu: list[float] = []
        results: dict[tuple[int, int], Image.Image] = {}
        run = method(variant, model, extractor)

        def timed(
            photo: Image.Image,
            painting: Image.Image,
            run: Callable[[Image.Image, Image.Image], Image.Image] = run,
            used_cpu: list[float] = used_cpu,
        ) -> Image.Image:
            begin = time.process_time()
            out = run(photo, painting)
            used_cpu.append(time.process_time() - begin)
            return out

        def keep(
            i: int,
            j: int,
            out: Image.Image,
            noise: list[float] = noise,
            results: dict[tuple[int, int], Image.Image] = results,
        ) -> None:
            noise.append(nyquist(out) / levels[i])
            results[i, j] = out

        report = evaluate_pairs(
            timed,
            contents,
            [paintings[j] for j in used],
            pairs=dealt,
            size=options.size,
            weights=options.vgg16,
            stability=False,
            on_result=keep,
        )
        mean = {k: v["mean"] for k, v in report.summary.items()}
        flop = gigaflop(extractor, variant.steps, options.size) if variant.steps else 0.0
        print(
            f"| {variant.name} | {mean['content_loss']:.3f} | {mean['style_loss']:.3f} | "
            f"{mean['top1']:.2f} | {sum(noise) / len(noise):.2f} | {mean['checkerboard']:.0f} | "
            f"{100 * mean['saturation_over']:+.1f} % | {mean['seconds']:.1f} | "
            f"{sum(used_cpu) / len(used_cpu):.1f} | {flop:.0f} |",
            flush=True,
        )
        if options.sheet:
            Path(options.sheet).mkdir(exist_ok=True)
            contact_sheet(
                contents,
                [paintings[j] for j in used[: len(pairs)]],
                results,
                Path(options.sheet) / f"{variant.name.replace(' ', '-')}.jpg",
            )
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit:.0f} MiB")


if __name__ == "__main__":
    main()
