"""Evaluate a method on pairs of photographs and paintings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor

from stylemix.backbones import feature_net
from stylemix.errors import ConfigError
from stylemix.images import Picture, read, resize, to_float, to_pil
from stylemix.metrics import artefacts, palette, perceptual, retrieval
from stylemix.metrics.edges import correlation, edge_map
from stylemix.metrics.methods import Method, StylizerMethod
from stylemix.metrics.pairs import check_pairs, deal_pairs
from stylemix.metrics.report import Report
from stylemix.metrics.sets import Sets
from stylemix.metrics.strength import check_strengths, curve, psnr
from stylemix.ops.placement import place
from stylemix.types import Progress, ProgressEvent

_COLORS = 65_536
"""Pixels of a picture that its palette is taken from; more change the distance by less than
a thousandth and take long to sort."""


@dataclass
class _Paintings:
    """What is known of all paintings before the first pair."""

    images: list[Image.Image]
    looks: perceptual.Description
    palettes: list[Tensor]


@dataclass
class _Photograph:
    """What is known of one photograph while its pairs are done."""

    image: Image.Image
    rgb: Tensor
    looks: perceptual.Description
    edges: Tensor
    levels: artefacts.Levels
    identity: float | None = None


def evaluate_pairs(
    method: Method,
    contents: Sequence[Picture],
    styles: Sequence[Picture],
    *,
    pairs: Sequence[tuple[int, int]] | None = None,
    size: int = 384,
    features: str = "vgg16",
    weights: str | Path | None = None,
    sets: Sets | None = None,
    strengths: Sequence[float] = (),
    stability: bool = True,
    on_result: Callable[[int, int, Image.Image], None] | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> Report:
    """Stylise pairs of photographs and paintings, and measure the results.

    Photographs and paintings are resized first so that their short side has ``size`` pixels; the
    method and all measures see those. Retrieval ranks a result's own painting among all of
    ``styles``. Figures compare only at one ``size``, one feature network and one set of
    paintings.

    Each record holds: ``content_loss`` and ``style_loss`` (normalised) and their raw forms;
    ``rank``, ``top1`` and ``top5`` by Gram cosine; ``palette`` (sliced Wasserstein distance of
    order 1 to the painting's colours) and ``palette_w2`` (order 2); ``edges`` (correlation with
    the photograph's); ``checkerboard``, ``blobs``, ``saturation`` and ``border`` with, ending in
    ``_alarm``, 1 where they are faults; their ``_over`` forms, the level minus the photograph's;
    ``shift_psnr``; ``identity_psnr``, how well the photograph comes back when it is its own style
    (the network's own work, without the exact copy that strength 0 gives); and ``seconds`` of the
    method.

    Args:
        method: from (photograph, painting), both PIL, to a PIL image of the photograph's size;
            see :func:`stylizer_method` and the baselines.
        contents: photographs.
        styles: paintings.
        pairs: indices (content, style); None deals each photograph 4 paintings, see
            :func:`deal_pairs`.
        size: pixels of the short sides, at least 64.
        features: ``"vgg16"``, or ``"thin"`` for the small network that ships with stylemix,
            whose figures compare only with its own kind.
        weights: of the feature network; see :func:`stylemix.backbones.feature_net`.
        sets: further networks, and what they say of results and paintings as sets: see
            :class:`stylemix.metrics.sets.Sets`. Fréchet distances are strongly biased for less
            than some thousand pairs: compare only equal numbers of them.
        strengths: rising numbers; each pair is also stylised at each of them, and the record says
            how content and style loss go (:func:`stylemix.metrics.strength.curve`). For methods
            with :meth:`StylizerMethod.at` only.
        stability: stylise each photograph a second time, shifted by one pixel, and once with
            itself.
        on_result: called with (content index, style index, result).
        progress: is told the pairs done and their total.
        seed: of the pairing, the palette's directions and the intervals.

    Returns:
        The report, its records in the order of ``pairs``.

    Raises:
        PictureError: a picture can't be read.
        ConfigError: no pictures, a pair out of range, or a result of another size.
        WeightsError: the feature network's weights can't be had.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 64:
        raise ConfigError(f"size must be a whole number of pixels >= 64, got {size!r}")
    if not contents or not styles:
        raise ConfigError("an evaluation needs at least one photograph and one painting")
    wanted = (
        deal_pairs(len(contents), len(styles), seed=seed)
        if pairs is None
        else check_pairs(pairs, len(contents), len(styles))
    )
    if strengths:
        strengths = check_strengths(strengths)
        if not isinstance(method, StylizerMethod):
            raise ConfigError("only a stylizer's strength can be measured; leave strengths out")
    net = place(feature_net(features, weights), "cpu")
    sets = sets if sets is not None else Sets()
    known = _look_at_paintings(styles, size, net, sets, seed)
    names = (
        [_name(p, i) for i, p in enumerate(contents)],
        [_name(p, i) for i, p in enumerate(styles)],
    )
    records: dict[int, dict[str, Any]] = {}
    # Photograph by photograph, so that only one photograph's maps are held at a time.
    order = sorted(range(len(wanted)), key=lambda k: wanted[k][0])
    current, photograph = -1, None
    for done, k in enumerate(order):
        if progress is not None:
            progress(ProgressEvent(done, len(order)))
        i, j = wanted[k]
        if i != current or photograph is None:
            current, photograph = i, _look_at_photograph(contents[i], size, net)
        begin = time.perf_counter()
        result = method(photograph.image, known.images[j])
        seconds = time.perf_counter() - begin
        if result.size != photograph.image.size:
            raise ConfigError(
                f"the method gave a picture of {result.size} for a photograph of "
                f"{photograph.image.size}; it must keep the size"
            )
        if on_result is not None:
            on_result(i, j, result)
        output = to_float(read(result).pixels)[0]
        looks = perceptual.describe(output, net)
        record = {
            "content": names[0][i],
            "style": names[1][j],
            **_fidelity(output, looks, photograph, known, j, seed),
            **_faults(output, photograph),
        }
        record |= sets.look(k, output, photograph.rgb, j)
        if stability:
            record["shift_psnr"] = _shift(method, photograph, known.images[j], output)
            if getattr(method, "any_painting", True):
                record["identity_psnr"] = _identity(method, photograph)
        if strengths:
            assert isinstance(method, StylizerMethod)
            record |= curve(strengths, _losses_at(method, photograph, known, j, net))
        records[k] = {**record, "seconds": seconds}
    if progress is not None:
        progress(ProgressEvent(len(order), len(order)))
    means: dict[str, float] = {
        name: sum(r[name] for r in records.values()) / len(records)
        for name in ("content_loss", "lpips")
        if name in records[0]
    }
    facts: dict[str, float] = {
        **getattr(method, "facts", {}),
        **sets.facts([j for _, j in wanted], means),
    }
    settings = {
        "size": size,
        "features": features,
        "seed": seed,
        "photographs": len(contents),
        "paintings": len(styles),
        "pairs": len(wanted),
    }
    return Report([records[k] for k in range(len(wanted))], facts, settings)


def _load(picture: Picture, size: int) -> tuple[Image.Image, Tensor]:
    rgb = resize(read(picture, to_srgb=True).pixels, short_side=size)
    image = to_pil(rgb)
    return image, to_float(read(image).pixels)[0]


def _look_at_paintings(
    styles: Sequence[Picture], size: int, net: Any, sets: Sets, seed: int
) -> _Paintings:
    images, looks, palettes, tensors = [], [], [], []
    for style in styles:
        image, rgb = _load(style, size)
        images.append(image)
        looks.append(perceptual.describe(rgb, net, content=False))
        palettes.append(palette.project(rgb, seed=seed, pixels=_COLORS))
        if sets.nets:
            tensors.append(rgb)
    sets.look_at_paintings(tensors)
    return _Paintings(images, perceptual.join(looks), palettes)


def _look_at_photograph(picture: Picture, size: int, net: Any) -> _Photograph:
    image, rgb = _load(picture, size)
    return _Photograph(
        image, rgb, perceptual.describe(rgb, net), edge_map(rgb), artefacts.measure(rgb)
    )


def _identity(method: Method, photograph: _Photograph) -> float:
    """Give how well a photograph comes back when it is its own style, once for its pairs."""
    if photograph.identity is None:
        again = method(photograph.image, photograph.image)
        photograph.identity = psnr(to_float(read(again).pixels)[0], photograph.rgb)
    return photograph.identity


def _losses_at(
    method: StylizerMethod, photograph: _Photograph, known: _Paintings, j: int, net: Any
) -> Callable[[float], tuple[float, float]]:
    own = _own(known, j)

    def losses(strength: float) -> tuple[float, float]:
        result = method.at(strength, photograph.image, known.images[j])
        looks = perceptual.describe(to_float(read(result).pixels)[0], net)
        return (
            float(perceptual.content_loss(looks, photograph.looks)),
            float(perceptual.style_loss(looks, own)),
        )

    return losses


def _own(known: _Paintings, j: int) -> perceptual.Description:
    return perceptual.Description(None, tuple(g[j : j + 1] for g in known.looks.grams))


def _fidelity(
    output: Tensor,
    looks: perceptual.Description,
    photograph: _Photograph,
    known: _Paintings,
    j: int,
    seed: int,
) -> dict[str, float]:
    own = _own(known, j)
    colors = palette.project(output, seed=seed, pixels=_COLORS)
    return {
        "content_loss": float(perceptual.content_loss(looks, photograph.looks)),
        "style_loss": float(perceptual.style_loss(looks, own)),
        "raw_content": float(perceptual.raw_content_loss(looks, photograph.looks)),
        "raw_style": float(perceptual.raw_style_loss(looks, own)),
        **retrieval.rank_record("", retrieval.gram_cosine(looks, known.looks), j),
        "palette": palette.sliced(colors, known.palettes[j]),
        "palette_w2": palette.sliced(colors, known.palettes[j], order=2),
        "edges": correlation(edge_map(output), photograph.edges),
    }


def _faults(output: Tensor, photograph: _Photograph) -> dict[str, float]:
    levels = artefacts.measure(output)
    own = asdict(photograph.levels)
    found: dict[str, float] = {}
    for name, raised in artefacts.alarms(levels, photograph.levels).items():
        level = asdict(levels)[name]
        found |= {name: level, f"{name}_over": level - own[name], f"{name}_alarm": float(raised)}
    return found


def _shift(method: Method, photograph: _Photograph, painting: Image.Image, output: Tensor) -> float:
    def render(rgb: Tensor) -> Tensor:
        return to_float(read(method(to_pil(rgb), painting)).pixels)[0]

    return artefacts.shift_stability(render, photograph.rgb, result=output)


def _name(picture: Picture, index: int) -> str:
    if isinstance(picture, str | Path):
        return Path(picture).name
    return str(index)
