"""Generator, encoder and injections: one pass of a network makes the picture."""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from stylemix.errors import ConfigError, UnknownNameError
from stylemix.generators import Generator, Injected, pad_to_multiple
from stylemix.images import LoadedPicture, Picture, resize, to_float, to_pil
from stylemix.injections.style import Style, StyleMix
from stylemix.optimization import check_steps
from stylemix.plugins import registry
from stylemix.plugins.registries import suggest
from stylemix.runtime import check_runtime, draw_with
from stylemix.stylizers.attaching import attach
from stylemix.stylizers.base import Progress, Stylizer
from stylemix.stylizers.refining import (
    REFINE,
    REFINE_FEATURES,
    between,
    cached_space,
    keep,
    paint,
    painting_of,
    recolored,
    with_picture,
)
from stylemix.stylizers.rendering import add_error, render
from stylemix.stylizers.request import Request, as_list, make_request
from stylemix.types import Spec, StyleCode

KEYS = ("stylizer", "generator", "encoder", "injections", "style_size")


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
        generator: Spec,
        encoder: Spec,
        injections: Sequence[Spec],
        style_size: int = 256,
    ) -> None:
        super().__init__()
        if not isinstance(style_size, int) or style_size < 8:
            raise ConfigError(f"style_size must be a whole number >= 8, got {style_size!r}")
        self.config = {
            "stylizer": "feed_forward",
            "generator": dict(generator),
            "encoder": dict(encoder),
            "injections": [dict(spec) for spec in injections],
            "style_size": style_size,
        }
        self.style_size = style_size
        self.encoder = registry("encoders").build(encoder)
        used: set[int] = set()
        self.generator: Generator = registry("generators").build(
            generator, lambda site: attach(site, injections, self.encoder.channels, used)
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
        self._fingerprint: str | None = None
        # Tiled rendering freezes statistics inside the modules: one picture at a time.
        self._lock = threading.RLock()

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> FeedForward:
        """Build a model with fresh weights; see :meth:`Stylizer.from_config`."""
        for key in config:
            if key not in KEYS:
                raise ConfigError(
                    f"unknown key {key!r} in the model's configuration"
                    f"{suggest(key, KEYS)} (known: {', '.join(KEYS)})"
                )
        for key in ("generator", "encoder", "injections"):
            if key not in config:
                raise ConfigError(f"the model's configuration lacks {key!r}")
        injections = config["injections"]
        if isinstance(injections, Mapping | str):
            raise ConfigError('injections must be a list such as [{"name": "film"}]')
        return cls(
            config["generator"], config["encoder"], injections, config.get("style_size", 256)
        )

    def using(self, runtime: str) -> FeedForward:
        """Return this model drawing in another runtime; see :meth:`Stylizer.using`."""
        check_runtime(runtime, self.device)
        if runtime == self.runtime:
            return self
        other = copy.copy(self)
        other.runtime = runtime
        return other

    def train(self, mode: bool = True) -> FeedForward:
        """Switch between training and evaluation."""
        self._fingerprint = None
        return super().train(mode)

    @property
    def fingerprint(self) -> str:
        """Tells models apart: equal for equal configuration and weights."""
        if self._fingerprint is None:
            digest = hashlib.sha256(json.dumps(self.config, sort_keys=True).encode())
            for name, tensor in self.state_dict().items():
                digest.update(f"{name}:{tensor.double().sum().item():.9e}".encode())
            self._fingerprint = digest.hexdigest()[:16]
        return self._fingerprint

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
        """Stylise [B, 3, H, W] in [0, 1], height and width multiples of ``generator.multiple_of``.

        Returns:
            [B, 3, H, W] in [0, 1].
        """
        return self.generator(content, mix)

    @torch.inference_mode()
    def encode(self, style: Picture) -> Style:
        """Encode one painting; keep the result to use it for many photographs.

        Raises:
            PictureError: the painting can't be read or used.
            UnknownNameError: the model has no style of that name.
        """
        if isinstance(style, str) and self.styles:
            if style in self.styles:
                index = torch.tensor([self.styles.index(style)])
                return self.prepare(None, self.encoder.rows(index))
            if not Path(style).exists():
                raise UnknownNameError(
                    f"this model has no style {style!r}"
                    f"{suggest(style, self.styles)} (it has: "
                    f"{', '.join(self.styles)})"
                )
        rgb = keep(style)
        return replace(self._encode(LoadedPicture(rgb, None, None, "style")), painting=rgb)

    def own_style(self) -> Style:
        """Give the style of a model that needs no painting; see :meth:`Stylizer.own_style`."""
        return super().own_style() if self.needs_style else Style({}, self.fingerprint)

    def _encode(self, picture: LoadedPicture) -> Style:
        rgb = picture.rgb
        if min(rgb.shape[-2:]) > self.style_size:
            rgb = resize(rgb, short_side=self.style_size)
        return self.prepare(to_float(rgb).to(self.device))

    @torch.inference_mode()
    def stylize(
        self,
        content: Picture,
        style: Picture | Style | Sequence[Picture | Style] | None = None,
        *,
        strength: float = 1.0,
        weights: Sequence[float] | None = None,
        masks: Sequence[Picture] | None = None,
        preserve_color: bool = False,
        palette: Picture | Style | None = None,
        size: int | None = None,
        tile: int | None = None,
        refine: int = 0,
        refine_features: str | None = None,
        progress: Progress | None = None,
    ) -> Image.Image:
        """Stylise one photograph; see :func:`stylemix.stylize`.

        ``palette`` takes the palette code of that painting where the model has one
        (:attr:`palette_sites`), and ``preserve_color`` the photograph's own; other models are
        given the paintings in the wanted colours (:func:`recolored`), as an optimisation is.
        """
        styles = as_list(style, None if self.needs_style else self.own_style())
        steps = check_steps(refine)
        request = make_request(
            content,
            len(styles),
            strength=strength,
            weights=weights,
            masks=masks,
            preserve_color=preserve_color,
            palette=palette,
            size=size,
            tile=tile,
        )
        space = cached_space(refine_features or REFINE_FEATURES, self.device) if steps else None
        tell = with_picture(progress)

        def forward(done: int, total: int) -> None:
            # Of all work that is to come, the network's pass is none of the steps.
            now, of = (0, steps) if steps else (done, total)
            tell(now, of, lambda: to_pil(request.rgb))

        was_training = self.training
        self.eval()
        try:
            encoded = [self._own(s) if isinstance(s, Style) else self.encode(s) for s in styles]
            encoded = self._in_colors(encoded, request, palette)
            out = self._mix(
                request.rgb,
                encoded,
                request.parts,
                request.rest,
                tile,
                forward if progress is not None else None,
            )
        finally:
            self.train(was_training)
        if space is None or request.empty:
            return request.finish(out)
        start = between(out, request.rgb)
        return paint(
            request, start, [painting_of(s) for s in encoded], space, REFINE, steps, progress
        )

    def _in_colors(
        self, styles: list[Style], request: Request, palette: Picture | Style | None
    ) -> list[Style]:
        """Give the styles in the colours that were asked for."""
        if palette is None and not (request.preserve_color and self.palette_sites):
            return styles
        if not self.needs_style or not self.encoder.any_painting:
            raise ConfigError(
                "palette: this model's colours belong to its own styles; leave "
                "palette out, or take a model for any painting, such as film"
            )
        if not self.palette_sites:
            assert palette is not None
            return [self.encode(recolored(painting_of(s), palette)) for s in styles]
        if palette is None:
            colors = self._encode(LoadedPicture(request.rgb, None, None, "content"))
            return [self._exchange(s, colors, s.painting) for s in styles]
        colors = self._own(palette) if isinstance(palette, Style) else self.encode(palette)
        return [
            self._exchange(
                s,
                colors,
                None
                if s.painting is None or colors.painting is None
                else recolored(s.painting, colors),
            )
            for s in styles
        ]

    def _exchange(self, style: Style, colors: Style, painting: Tensor | None) -> Style:
        prepared = {**style.prepared, **{k: colors.prepared[k] for k in self.palette_sites}}
        return Style(prepared, style.fingerprint, painting)

    def _own(self, style: Style) -> Style:
        if style.fingerprint != self.fingerprint:
            raise ConfigError(
                "this style was encoded by another model; encode the painting again "
                "with model.encode(painting)"
            )
        return style

    def _mix(
        self,
        rgb: Tensor,
        styles: list[Style],
        parts: list[Tensor],
        rest: Tensor,
        tile: int | None,
        progress: Progress | None,
    ) -> Tensor:
        """Stylise a picture [3, H, W]; gives [3, H, W] of the same type."""
        if not any(bool(p.any()) for p in parts):
            return rgb  # strength 0, or masks that leave nothing
        if not bool(rest.abs().max() > 1e-6):
            return self.render(rgb, StyleMix(tuple(styles), tuple(parts)), tile, progress)
        if not self.needs_style or not self.encoder.any_painting:
            # The photograph can't be one more style of such a model: it is laid over the result.
            total = torch.stack(parts).sum(0).clamp_min(1e-12)
            mix = StyleMix(tuple(styles), tuple(p / total for p in parts))
            out = self.render(rgb, mix, tile, progress)
            return add_error(out, rgb, out, rest)
        itself = self._encode(LoadedPicture(rgb, None, None, "content"))
        mix = StyleMix((*styles, itself), (*parts, rest))
        if not bool((rest > 1e-6).any()):
            return self.render(rgb, mix, tile, progress)
        first = second = None
        if progress is not None:

            def first(done: int, total: int) -> None:
                progress(done, 2 * total)

            def second(done: int, total: int) -> None:
                progress(total + done, 2 * total)

        out = self.render(rgb, mix, tile, first)
        # The network alone gives the photograph back only roughly; what it misses is added in
        # the content's share, so that strength 0 and unmasked regions are the photograph itself.
        # Styles elsewhere in the picture shift its statistics, so unmasked regions also need the
        # last word of add_error.
        again = self.render(rgb, StyleMix.single(itself), tile, second)
        return add_error(out, rgb, again, rest.clamp(0, 1))

    def render(
        self, rgb: Tensor, mix: StyleMix, tile: int | None = None, progress: Progress | None = None
    ) -> Tensor:
        """Run the network on a picture of any size, whole or in tiles.

        Args:
            rgb: [3, H, W], uint8, or float in [0, 1].
            mix: weights of the picture's size, or constant.
            tile: side of a tile in pixels; 0 never tiles, None decides by size.
            progress: called with tiles done and their total.

        Returns:
            [3, H, W] of the type of ``rgb``, on the CPU.
        """
        with self._lock:
            draw = draw_with(self.generator, self.runtime)
            return render(self.generator, rgb, mix, tile, progress, draw)
