"""Evaluate a method on pairs of photographs and paintings."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from stylemix.backbones import FeatureNet, feature_net
from stylemix.errors import ConfigError, DataError
from stylemix.images import Picture, read, resize, to_float, to_pil
from stylemix.metrics import artifacts, palette, perceptual, retrieval
from stylemix.metrics.edges import correlation, edge_map
from stylemix.metrics.failures import noting
from stylemix.metrics.faults import faults, flat_faults
from stylemix.metrics.flat_regions import flat_blocks, regularity
from stylemix.metrics.methods import Method, StylizerMethod
from stylemix.metrics.pairs import check_pairs, deal_pairs
from stylemix.metrics.report import Report
from stylemix.metrics.sets import Sets
from stylemix.metrics.strength import check_strengths, curve, psnr
from stylemix.metrics.two_sizes import two_sizes
from stylemix.ops import has_float64, place, usable_device
from stylemix.ops.defaults import usual
from stylemix.types import Progress, ProgressEvent

_COLORS = 65_536
"""Pixels of a picture that its palette is taken from; more change the distance by less than
a thousandth and take long to sort."""


@dataclass
class _Photograph:
    """What is known of one photograph while its pairs are done."""

    source: Picture
    image: Image.Image
    rgb: Tensor
    description: perceptual.Description
    edges: Tensor
    levels: artifacts.Levels
    flat: Tensor
    identity: float | None = None


@usual()
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
    sizes: bool = False,
    device: str | torch.device | None = None,
    on_result: Callable[[int, int, Image.Image], None] | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> Report:
    """Stylise pairs of photographs and paintings, and measure the results.

    Photographs and paintings are resized first so that their short side has ``size`` pixels; the
    method and all measures see those. Retrieval ranks a result's own painting among all of
    ``styles``. Figures compare only at one ``size``, one feature network and one set of
    paintings.

    A picture that can't be read costs its own pairs, and a pair that fails costs itself: the report
    lists them.

    Each record holds: ``content_loss`` and ``style_loss`` (normalised) and their raw forms;
    ``rank``, ``top1`` and ``top5`` by Gram cosine; ``palette`` (sliced Wasserstein distance of
    order 1 to the painting's colours) and ``palette_w2`` (order 2); ``edges`` (correlation with
    the photograph's); ``checkerboard``, ``blobs``, ``saturation`` and ``border`` with, ending in
    ``_alarm``, 1 where they are faults; their ``_over`` forms, the level minus the photograph's;
    ``regularity`` of the strokes where the photograph is flat, ``regularity_over``, that minus the
    painting's own, and ``halo`` beside strong edges, all three where the photograph has such
    places; ``shift_psnr``; ``identity_psnr``, how well the photograph comes back when it is its own
    style (the network's own work, without the exact copy that strength 0 gives); and ``seconds``
    of the method.

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
        sizes: stylize each pair also at long sides of 512 and 2048 pixels, and compare the two
            (:func:`stylemix.metrics.two_sizes.two_sizes`).
        device: where the feature network and the measures of pixels run; None takes a GPU where
            there is one. ``sets`` and the method have devices of their own.
        on_result: called with (content index, style index, result).
        progress: is told the pairs done and their total.
        seed: of the pairing, the palette's directions and the intervals.

    Returns:
        The report, its records in the order of ``pairs``.

    Raises:
        DataError: no pair could be measured.
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
    where = usable_device(device)
    bench = _Bench(
        method,
        place(feature_net(features, weights), where),
        sets if sets is not None else Sets(device=where),
        size=size,
        seed=seed,
        strengths=strengths,
        stability=stability,
        sizes=sizes,
    )
    failures: list[tuple[str, str]] = []
    # By their numbers among those that can be read.
    places = {j: n for n, j in enumerate(bench.describe_paintings(styles, failures))}
    records: dict[int, dict[str, Any]] = {}
    # Photograph by photograph, so that only one photograph's maps are held at a time.
    order = sorted(range(len(wanted)), key=lambda k: wanted[k][0])
    current, photograph = -1, None
    for done, k in enumerate(order):
        if progress is not None:
            progress(ProgressEvent(done, len(order)))
        i, j = wanted[k]
        if i != current:
            current, photograph = i, None
            with noting(failures, _name(contents[i], i)):
                photograph = bench.describe_photograph(contents[i])
        if photograph is None or j not in places:
            continue
        names = {"content": _name(contents[i], i), "style": _name(styles[j], j)}
        with noting(failures, " in ".join(names.values())):
            result, record = bench.stylize(k, photograph, places[j])
            records[k] = {**names, **record}
        if k in records and on_result is not None:
            on_result(i, j, result)
    if progress is not None:
        progress(ProgressEvent(len(order), len(order)))
    if not records:
        what, reason = failures[0]
        raise DataError(f"no pair could be measured; the first failure is {what}: {reason}")
    settings = {
        "size": size,
        "features": features,
        "seed": seed,
        "photographs": len(contents),
        "paintings": len(styles),
        "pairs": len(records),
    }
    records = dict(sorted(records.items()))
    facts = bench.facts({k: places[wanted[k][1]] for k in records}, list(records.values()))
    return Report(list(records.values()), facts, settings, failures)


class _Bench:
    """What an evaluation measures with, and what it knows of all paintings.

    Args:
        method: what is measured.
        net: the feature network, on the device where pixels are measured too.
        sets: further networks.
        size: pixels of the short side that photographs and paintings are brought to.
        seed: of the palette's directions.
        strengths: to stylize each pair at besides; empty for none.
        stability: measure shifted photographs and identity pairs.
        sizes: compare each pair's results at two sizes.
    """

    def __init__(
        self,
        method: Method,
        net: FeatureNet,
        sets: Sets,
        *,
        size: int,
        seed: int,
        strengths: Sequence[float],
        stability: bool,
        sizes: bool,
    ) -> None:
        self.method, self.net, self.sets = method, net, sets
        self.size, self.seed = size, seed
        self.strengths, self.stability, self.sizes = strengths, stability, sizes
        device = next(net.parameters()).device
        # Some measures need float64.
        self.device = device if has_float64(device) else torch.device("cpu")

    def describe_paintings(
        self, styles: Sequence[Picture], failures: list[tuple[str, str]]
    ) -> list[int]:
        """Measure what is compared of all paintings, before the first pair.

        Args:
            styles: the paintings.
            failures: gets those that can't be read.

        Returns:
            The indices of the others, at least one.

        Raises:
            DataError: none can be read.
        """
        self.paintings: list[Image.Image] = []
        self.palettes: list[Tensor] = []
        self.regularities: list[float] = []
        described, tensors, kept = [], [], []
        for j, style in enumerate(styles):
            with noting(failures, _name(style, j)):
                image, rgb = self._load(style)
                described.append(perceptual.describe(rgb, self.net, content=False))
                self.paintings.append(image)
                self.regularities.append(regularity(rgb))
                self.palettes.append(palette.project(rgb, seed=self.seed, pixels=_COLORS))
                if self.sets.nets:
                    tensors.append(rgb)
                kept.append(j)
        if not kept:
            raise DataError(f"no painting can be read; the first, {': '.join(failures[0])}")
        self.described = perceptual.join(described)
        self.sets.extract_paintings(tensors)
        return kept

    def describe_photograph(self, picture: Picture) -> _Photograph:
        """Measure what is compared of a photograph, once for its pairs."""
        image, rgb = self._load(picture)
        description = perceptual.describe(rgb, self.net)
        edges, levels = edge_map(rgb), artifacts.measure(rgb)
        return _Photograph(picture, image, rgb, description, edges, levels, flat_blocks(rgb))

    def stylize(
        self, number: int, photograph: _Photograph, j: int
    ) -> tuple[Image.Image, dict[str, Any]]:
        """Stylize one pair.

        Args:
            number: of the pair.
            photograph: of the pair.
            j: the painting's number.

        Returns:
            The result, and what is measured of it.

        Raises:
            ConfigError: the result is of another size than the photograph.
            DataError: a measure is no number.
        """
        begin = time.perf_counter()
        result = self.method(photograph.image, self.paintings[j])
        seconds = time.perf_counter() - begin
        if result.size != photograph.image.size:
            raise ConfigError(
                f"the method gave a picture of {result.size} for a photograph of "
                f"{photograph.image.size}; it must keep the size"
            )
        output = self._pixels(result)
        record = self._fidelity(output, photograph, j) | faults(output, photograph.levels)
        record |= flat_faults(output, photograph.rgb, photograph.flat, self.regularities[j])
        record |= self.sets.extract(number, output, photograph.rgb, j)
        if self.stability:
            record["shift_psnr"] = self._shift(photograph, j, output)
            if getattr(self.method, "any_painting", True):
                record["identity_psnr"] = self._identity(photograph)
        if self.sizes:
            record |= self._two_sizes(photograph, j)
        if self.strengths:
            record |= curve(self.strengths, lambda strength: self._at(strength, photograph, j))
        for name, value in record.items():
            if not math.isfinite(value):
                raise DataError(f"its {name} is {value}")
        return result, {**record, "seconds": seconds}

    def facts(
        self, styles: Mapping[int, int], records: Sequence[dict[str, Any]]
    ) -> dict[str, float]:
        """Return the numbers about the method and about the whole set.

        Args:
            styles: the painting's number of each pair that was measured, by the pair's number.
            records: of each of these pairs.
        """
        means: dict[str, float] = {
            name: sum(r[name] for r in records) / len(records)
            for name in ("content_loss", "lpips")
            if name in records[0]
        }
        return {**getattr(self.method, "facts", {}), **self.sets.facts(styles, means)}

    def _load(self, picture: Picture) -> tuple[Image.Image, Tensor]:
        image = to_pil(resize(read(picture).pixels, short_side=self.size))
        return image, self._pixels(image)

    def _pixels(self, image: Image.Image) -> Tensor:
        """Return a picture as [3, H, W] in [0, 1], on the device."""
        return to_float(read(image).pixels)[0].to(self.device)

    def _own(self, j: int) -> perceptual.Description:
        return perceptual.Description(None, tuple(g[j : j + 1] for g in self.described.grams))

    def _fidelity(self, output: Tensor, photograph: _Photograph, j: int) -> dict[str, float]:
        own, seen = self._own(j), perceptual.describe(output, self.net)
        colors = palette.project(output, seed=self.seed, pixels=_COLORS)
        return {
            "content_loss": float(perceptual.content_loss(seen, photograph.description)),
            "style_loss": float(perceptual.style_loss(seen, own)),
            "raw_content": float(perceptual.raw_content_loss(seen, photograph.description)),
            "raw_style": float(perceptual.raw_style_loss(seen, own)),
            **retrieval.rank_record("", retrieval.gram_cosine(seen, self.described), j),
            "palette": palette.sliced(colors, self.palettes[j]),
            "palette_w2": palette.sliced(colors, self.palettes[j], order=2),
            "edges": correlation(edge_map(output), photograph.edges),
        }

    def _render(self, rgb: Tensor, j: int) -> Tensor:
        """Stylize a photograph [3, H, W] in [0, 1]."""
        return self._pixels(self.method(to_pil(rgb), self.paintings[j]))

    def _shift(self, photograph: _Photograph, j: int, output: Tensor) -> float:
        return artifacts.shift_stability(
            lambda rgb: self._render(rgb, j), photograph.rgb, result=output
        )

    def _two_sizes(self, photograph: _Photograph, j: int) -> dict[str, float]:
        """Compare the results at two sizes, both made from the photograph as it was given."""
        rgb = to_float(read(photograph.source).pixels)[0].to(self.device)
        return two_sizes(lambda rgb: self._render(rgb, j), rgb, self.net)

    def _identity(self, photograph: _Photograph) -> float:
        """Measure how well a photograph comes back when it is its own style, once for its pairs."""
        if photograph.identity is None:
            again = self.method(photograph.image, photograph.image)
            photograph.identity = psnr(self._pixels(again), photograph.rgb)
        return photograph.identity

    def _at(self, strength: float, photograph: _Photograph, j: int) -> tuple[float, float]:
        """Measure content and style loss at another strength."""
        assert isinstance(self.method, StylizerMethod)
        result = self.method.at(strength, photograph.image, self.paintings[j])
        seen = perceptual.describe(self._pixels(result), self.net)
        return (
            float(perceptual.content_loss(seen, photograph.description)),
            float(perceptual.style_loss(seen, self._own(j))),
        )


def _name(picture: Picture, index: int) -> str:
    if isinstance(picture, str | Path):
        return Path(picture).name
    return str(index)
