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
from typing import Any

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
from stylemix.optimization.picture_loss import PictureLoss, gram_objective
from stylemix.optimization.targets import regions, style_grams
from stylemix.stylizers.refining import forward_share, refine_recipe


@dataclass(frozen=True)
class Variant:
    """One way to optimise.

    Attributes:
        name: in the table.
        steps: 0 gives the start itself.
        features: network that the optimisation looks through.
        start: share of the forward pass in the starting picture; the photograph is the rest.
            None is what ``refine`` takes.
        changed: what is otherwise than in the recipe of ``refine``.
    """

    name: str
    steps: int
    features: str = "thin"
    start: float | None = None
    changed: Callable[[Recipe], Recipe] = lambda recipe: recipe

    @property
    def share(self) -> float:
        """Share of the forward pass in the starting picture."""
        if self.start is not None:
            return self.start
        return forward_share(self.steps, self.features)

    @property
    def recipe(self) -> Recipe:
        """How the picture is optimized."""
        return self.changed(refine_recipe(max(1, self.steps), self.features))


def descending(**options: Any) -> Callable[[Recipe], Recipe]:
    """Return a change of a recipe's descent."""
    return lambda recipe: replace(recipe, descent=replace(recipe.descent, **options))


def plain(recipe: Recipe) -> Recipe:
    """Return a recipe with the losses of Gatys et al., whatever network looks."""
    return replace(recipe, loss=gram_objective)


def variants() -> Iterator[Variant]:
    """Return what is compared: the chosen recipe, and each choice changed by itself."""
    coarse = ((0.5, 0.5), (1.0, 0.5))
    yield Variant("photograph", 0, start=0.0)
    yield Variant("forward pass", 0, start=1.0)
    for steps in (1, 5, 10, 25, 40):
        yield Variant(f"refine {steps}", steps)
    yield Variant("refine 50", 50)
    yield Variant("refine 65", 65)
    yield Variant("from their mean", 50, start=0.5)
    yield Variant("from the forward pass", 25, start=1.0)
    yield Variant("from the photograph", 25, start=0.0)
    for name, factor in (("half", 0.5), ("twice", 2.0)):
        yield Variant(
            f"{name} the style weight",
            25,
            changed=lambda r, factor=factor: replace(r, style_weight=factor * r.style_weight),
        )
    yield Variant("one canvas layer", 25, changed=lambda r: replace(r, layers=1))
    yield Variant("the rate of many steps", 25, changed=descending(rate=Descent.rate))
    yield Variant("seen one way, style weight fixed", 40, changed=plain)
    # Its line search needs a loss that stays the same.
    yield Variant("L-BFGS", 25, changed=lambda r: descending(optimizer="lbfgs")(plain(r)))
    yield Variant("coarse to fine", 25, changed=lambda r: replace(r, sizes=coarse))
    yield Variant("VGG-16, 30 steps", 30, "vgg16")
    yield Variant("VGG-16, 30 steps, from the forward pass", 30, "vgg16", 1.0)
    yield Variant(
        "VGG-16, 30 steps, L-BFGS",
        30,
        "vgg16",
        changed=descending(optimizer="lbfgs"),
    )


def nyquist(image: Image.Image) -> float:
    """Return a picture's mean power above 0.9 of the Nyquist frequency along either axis."""
    gray = luma(to_float(read(image).pixels)[0].double())[0]
    height, width = gray.shape
    window = torch.hann_window(height)[:, None] * torch.hann_window(width)
    power = torch.fft.fft2((gray - gray.mean()) * window).abs().square()
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
        if variant.share:
            key = (id(photo), id(painting))
            if key not in forwards:
                forwards[key] = to_float(read(model.stylize(photo, painting)).pixels)
            start = torch.lerp(content, forwards[key], variant.share)
        if not variant.steps:
            return to_pil(start[0])
        task = Task(content, start, [style], [torch.ones(1, 1, 1, 1)])
        return to_pil(optimize(task, extractor, variant.recipe, variant.steps)[0][0])

    return run


def gigaflop(extractor: FeatureExtractor, steps: int, size: int) -> float:
    """Count the arithmetic of the steps for a picture of size x 4/3 size."""
    image = torch.rand(1, 3, size, size * 4 // 3)
    goal = PictureLoss(
        extractor,
        image,
        [style_grams(extractor, image)],
        regions([torch.ones(1, 1, 1, 1)]),
        style_weight=1.0,
    )
    with FlopCounterMode(display=False) as counter:
        goal(image)
    return steps * counter.get_total_flops() / 1e9


def arguments() -> argparse.Namespace:
    """Read the command line."""
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
    return parser.parse_args()


def measure(
    variant: Variant,
    run: Callable[[Image.Image, Image.Image], Image.Image],
    extractor: FeatureExtractor,
    contents: list[Path],
    paintings: list[Path],
    pairs: list[tuple[int, int]],
    levels: list[float],
    options: argparse.Namespace,
) -> str:
    """Run one variant on all pairs; return its row of the table.

    Args:
        variant: what is measured.
        run: its method.
        extractor: its feature network.
        contents: photographs.
        paintings: those of the pairs first, then others to find one's own among.
        pairs: numbers of photograph and painting.
        levels: each photograph's own power near the Nyquist frequency.
        options: of the command line.
    """
    noise: list[float] = []
    used_cpu: list[float] = []
    results: dict[tuple[int, int], Image.Image] = {}

    def timed(photo: Image.Image, painting: Image.Image) -> Image.Image:
        begin = time.process_time()
        out = run(photo, painting)
        used_cpu.append(time.process_time() - begin)
        return out

    def keep(i: int, j: int, out: Image.Image) -> None:
        noise.append(nyquist(out) / levels[i])
        results[i, j] = out

    report = evaluate_pairs(
        timed,
        contents,
        paintings,
        pairs=pairs,
        size=options.size,
        weights=options.vgg16,
        stability=False,
        device="cpu",
        on_result=keep,
    )
    if options.sheet:
        Path(options.sheet).mkdir(exist_ok=True)
        contact_sheet(
            contents,
            paintings[: len(pairs)],
            results,
            Path(options.sheet) / f"{variant.name.replace(' ', '-')}.jpg",
        )
    mean = {k: v["mean"] for k, v in report.summary.items()}
    flop = gigaflop(extractor, variant.steps, options.size) if variant.steps else 0.0
    return (
        f"| {variant.name} | {mean['content_loss']:.3f} | {mean['style_loss']:.3f} | "
        f"{mean['top1']:.2f} | {sum(noise) / len(noise):.2f} | {mean['checkerboard']:.0f} | "
        f"{100 * mean['saturation_over']:+.1f} % | {mean['seconds']:.1f} | "
        f"{sum(used_cpu) / len(used_cpu):.1f} | {flop:.0f} |"
    )


def main() -> None:
    """Measure and print a Markdown table."""
    options = arguments()
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
        run = method(variant, model, extractor)
        print(
            measure(
                variant,
                run,
                extractor,
                contents,
                [paintings[j] for j in used],
                dealt,
                levels,
                options,
            ),
            flush=True,
        )
    # Kibibytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit:.0f} MiB")


if __name__ == "__main__":
    main()
