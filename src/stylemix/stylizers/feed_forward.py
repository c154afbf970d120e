"""Generator, encoder and injections: one pass of a network makes the picture."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import torch
from torch import Tensor

from stylemix.errors import ConfigError, UnknownNameError
from stylemix.generators import Generator, Injected, pad_to_multiple
from stylemix.images import Picture, example_pictures, resize, to_float
from stylemix.injections.style import Style, StyleMix
from stylemix.ops.defaults import drawing
from stylemix.plugins import at_least, registry
from stylemix.plugins.registries import suggest
from stylemix.runtime import Sample, check_runtime, draw_with
from stylemix.runtime.keys import stamp
from stylemix.stylizers.attaching import attach
from stylemix.stylizers.base import Stylizer
from stylemix.stylizers.calibrating import calibration_pairs
from stylemix.stylizers.evaluating import Lock
from stylemix.stylizers.progress import part_of
from stylemix.stylizers.refining import read_painting, recolored
from stylemix.stylizers.regions import draw_in_regions, in_regions
from stylemix.stylizers.rendering import add_error, beyond, render
from stylemix.stylizers.request import Request
from stylemix.types import Progress, Spec, StyleCode


class FeedForward(Stylizer):
    """The paper's system ``y = G(x_c, e(x_s))``.

    Args:
        generator: its spec.
        encoder: its spec.
        injections: specs; each may carry ``"sites"``, glob patterns of site names.
        style_size: paintings are shrunk to this short side, in pixels, before encoding.
    """

    def __init__(
        self,
        *,
        generator: Spec,
        encoder: Spec,
        injections: Sequence[Spec],
        style_size: Annotated[int, at_least(8)] = 256,
    ) -> None:
        super().__init__()
        self.config = {
            "stylizer": "feed_forward",
            "generator": dict(generator),
            "encoder": dict(encoder),
            "injections": [dict(spec) for spec in injections],
            "style_size": style_size,
        }
        self.style_size = style_size
        self.encoder = registry("encoders").build(encoder, path="encoder")
        used: set[int] = set()
        self.generator: Generator = registry("generators").build(
            generator,
            lambda site: attach(site, injections, self.encoder.channels, used),
            path="generator",
        )
        for number, spec in enumerate(injections):
            if number not in used:
                raise ConfigError(
                    f"the injection {spec.get('name')!r} finds no site in this generator; sites: "
                    + ", ".join(s.name for s in self.generator.sites)
                )
        self._injected = [m for m in self.generator.modules() if isinstance(m, Injected)]
        self.needs_style = any(len(m) for m in self._injected)
        self.styles = self.encoder.styles
        self._fingerprint: tuple[object, str] | None = None
        # One picture at a time: two at once would take the memory of two.
        self._lock = Lock()

    def using(self, runtime: str) -> FeedForward:
        """Return this model drawing in another runtime; see :meth:`Stylizer.using`."""
        check_runtime(runtime, self.device)
        if runtime == self.runtime:
            return self
        other = copy.copy(self)
        other.runtime = runtime
        return other

    def train(self, mode: bool = True) -> FeedForward:
        """Switch between training and evaluation; the weights may change now."""
        # A captured training step changes them without a trace.
        self._fingerprint = None
        return super().train(mode)

    @property
    def fingerprint(self) -> str:
        """Tells models apart: equal for equal configuration and weights, of one type.

        Computed once, and anew when the weights have changed.
        """
        known = self._fingerprint  # another thread may forget it meanwhile
        if torch.compiler.is_compiling():  # a trace has no values to look at
            return known[1] if known is not None else ""
        now = stamp(self)
        if known is None or known[0] != now:
            digest = hashlib.sha256(json.dumps(self.config, sort_keys=True).encode())
            for name, tensor in self.state_dict().items():
                total = tensor.double().sum().item()
                digest.update(f"{name}:{tensor.dtype}:{total:.9e}".encode())
            known = self._fingerprint = (now, digest.hexdigest()[:16])
        return known[1]

    @property
    def needs(self) -> set[str]:
        """Names of the style code that the injections read."""
        return {n for i in self._injected for _, m in i.attached() for n in m.needs}

    @property
    def palette_sites(self) -> tuple[str, ...]:
        """Keys of ``Style.prepared`` that depend on the palette code alone; none in most models."""
        return tuple(
            f"{i.site.name}/{name}"
            for i in self._injected
            for name, m in i.attached()
            if m.needs == ("palette",)
        )

    def code(self, image: Tensor) -> StyleCode:
        """Encode pictures [N, 3, H, W] in [0, 1]."""
        return self.encoder(image)

    def prepare(self, image: Tensor | None, code: StyleCode | None = None) -> Style:
        """Prepare pictures [N, 3, H, W] in [0, 1] for every site; differentiable.

        Args:
            image: the paintings; None where only their code is known.
            code: their code, when it is known already.

        Raises:
            ConfigError: an injection looks at the painting itself, and there is none.
        """
        own: Mapping[str, Tensor] = {}
        needs = self.needs
        if image is None and (code is None or "site" in needs):
            raise ConfigError(
                "this model looks at the painting itself; give the painting instead of a name"
            )
        if "site" in needs:
            assert image is not None
            image_padded = pad_to_multiple(
                image, self.generator.multiple_of, self.generator.minimum_size
            )
            own = self.generator.features(image_padded)
        if code is None and needs - {"site"}:
            assert image is not None
            code = self.code(image)
        prepared: dict[str, Any] = {}
        for injected in self._injected:
            site = injected.site.name
            for name, injection in injected.attached():
                if "site" in injection.needs and site not in own:
                    raise ConfigError(
                        f"the injection {name!r} needs the style's own features at "
                        f"{site!r}, which this generator doesn't have; it has them "
                        f"at {', '.join(own)}"
                    )
                given = {
                    n: own[site] if n == "site" else code[n]  # type: ignore[index]
                    for n in injection.needs
                }
                prepared[f"{site}/{name}"] = injection.prepare(given)
        return Style(prepared, "" if self.training else self.fingerprint)

    def forward(self, content: Tensor, mix: StyleMix) -> Tensor:
        """Stylize [B, 3, H, W] in [0, 1], height and width multiples of ``generator.multiple_of``.

        Returns:
            [B, 3, H, W] in [0, 1].
        """
        return self.generator(content, mix)

    def encode(self, style: Picture) -> Style:
        """Encode one painting; see :meth:`Stylizer.encode`."""
        # Whoever trains with the style later needs tensors that autograd takes.
        with torch.inference_mode(False), torch.no_grad(), drawing():
            return self._read_and_encode(style)

    def _read_and_encode(self, style: Picture) -> Style:
        if isinstance(style, str) and self.styles:
            if style in self.styles:
                index = torch.tensor([self.styles.index(style)])
                return self.prepare(None, self.encoder.rows(index))
            if not Path(style).exists():
                raise UnknownNameError(
                    f"this model has no style {style!r}{suggest(style, self.styles)} (it has: "
                    f"{', '.join(self.styles)})"
                )
        painting = read_painting(style)
        return replace(self.encode_pixels(painting), painting=painting)

    def own_style(self) -> Style:
        """Return the style of a model that needs no painting; see :meth:`Stylizer.own_style`."""
        return super().own_style() if self.needs_style else Style({}, self.fingerprint)

    def encode_pixels(self, pixels: Tensor) -> Style:
        """Encode a picture [3, h, w], or N of one size, without keeping it.

        Args:
            pixels: [3, h, w] or [N, 3, h, w], uint8 or float in [0, 1].
        """
        if min(pixels.shape[-2:]) > self.style_size:
            pixels = resize(pixels, short_side=self.style_size)
        return self.prepare(to_float(pixels).to(self.device, self.dtype))

    @torch.inference_mode()
    def match_colors(self, styles: Sequence[Style], request: Request) -> list[Style]:
        """Return the styles in the colors that were asked for.

        ``palette`` takes the palette code of that painting where the model has one
        (:attr:`palette_sites`), and ``preserve_color`` the photograph's own; other models are
        given the paintings in the wanted colors, as an optimization is.
        """
        options = request.options
        if options.palette is None and not (options.preserve_color and self.palette_sites):
            return list(styles)
        if not self.needs_style or not self.encoder.any_painting:
            raise ConfigError(
                "palette: this model's colors belong to its own styles; leave palette out, or take "
                "a model for any painting, such as film"
            )
        if not self.palette_sites:
            return super().match_colors(styles, request)
        if options.palette is None:
            colors = self.encode_pixels(request.content.pixels)
            return [self._with_palette(s, colors, s.painting) for s in styles]
        colors = self._encoded(options.palette)
        return [
            self._with_palette(
                s,
                colors,
                None
                if s.painting is None or colors.painting is None
                else recolored(s.painting, colors),
            )
            for s in styles
        ]

    def _with_palette(self, style: Style, colors: Style, painting: Tensor | None) -> Style:
        """Return a style with the palette code of another, and the painting that shows both."""
        prepared = {**style.prepared, **{k: colors.prepared[k] for k in self.palette_sites}}
        return Style(prepared, style.fingerprint, painting)

    @torch.inference_mode()
    def draw(self, request: Request, styles: Sequence[Style]) -> Tensor:
        """Draw the photograph by a pass of the network, or two where strength isn't 1.

        With masks, by as many for each region (:func:`draw_in_regions`).

        Returns:
            [3, H, W] of the photograph's type.
        """
        if in_regions(request):
            return draw_in_regions(request, styles, self.draw)
        content, rest = request.content.pixels, request.content_weight
        tile, progress = request.options.tile, request.progress
        if bool((rest < -1e-6).any()):
            return self._draw_twice(request, styles)
        if not bool(rest.abs().max() > 1e-6):
            mix = StyleMix(tuple(styles), request.style_weights)
            return self.render(content, mix, tile, progress)
        if not self.needs_style or not self.encoder.any_painting:
            # The photograph can't be one more style of such a model: it is laid over the result.
            total = torch.stack(request.style_weights).sum(0).clamp_min(1e-12)
            mix = StyleMix(tuple(styles), tuple(w / total for w in request.style_weights))
            out = self.render(content, mix, tile, progress)
            return add_error(out, content, out, rest)
        itself = self.encode_pixels(content)
        mix = StyleMix((*styles, itself), (*request.style_weights, rest))
        out = self.render(content, mix, tile, part_of(progress, 0, 2))
        # The network alone gives the photograph back only roughly; what it misses is added in
        # the content's share, so that strength 0 is the photograph itself.
        again = self.render(content, StyleMix.single(itself), tile, part_of(progress, 1, 2))
        return add_error(out, content, again, rest.clamp(0, 1))

    @torch.inference_mode()
    def _samples(self) -> list[Sample]:
        """Return what int8 is calibrated with: the example pictures, each in the style of one."""
        unit = self.generator.multiple_of
        return [
            (
                content[..., : content.shape[2] // unit * unit, : content.shape[3] // unit * unit],
                self.prepare(painting if self.needs_style else None),
            )
            for content, painting in calibration_pairs(example_pictures(), self.style_size)
        ]

    def _draw_twice(self, request: Request, styles: Sequence[Style]) -> Tensor:
        """Draw over the picture of strength 1, as far as strength exceeds 1.

        A mixture with a negative share of the photograph would leave what the network has learned,
        and ends in one flat color; a painted picture painted again gets more of the same strokes.
        """
        once = request.over(request.content.pixels)
        progress = request.progress
        first = self.draw(replace(once, progress=part_of(progress, 0, 2)), styles)
        again = replace(request.over(first), progress=part_of(progress, 1, 2))
        return beyond(first, self.draw(again, styles), (-request.content_weight).clamp_min(0))

    def render(
        self,
        content: Tensor,
        mix: StyleMix,
        tile: int | None = None,
        progress: Progress | None = None,
    ) -> Tensor:
        """Run the network on a picture of any size, whole or in tiles.

        Every picture that the model draws comes from here: another runtime of the network takes
        the place of this method.

        Args:
            content: [3, H, W], uint8, or float in [0, 1].
            mix: weights of the picture's size, or constant.
            tile: side of a tile in pixels; 0 never tiles, None decides by size.
            progress: is told the tiles done and their total.

        Returns:
            [3, H, W] of the type of ``content``, on the CPU.
        """
        with self._lock:
            draw = draw_with(self.generator, self.runtime, self._samples)
            return render(self.generator, content, mix, tile, progress, draw)
