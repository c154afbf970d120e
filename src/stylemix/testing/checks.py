"""The properties that every injection mechanism has, one function each.

Each function takes an :class:`~stylemix.testing.InjectionCase`, returns nothing when the property
holds, and otherwise raises an ``AssertionError`` that says what is wrong and what to do.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stylemix.injections.style import Style, StyleMix
from stylemix.stylizers.feed_forward import FeedForward
from stylemix.testing.case import InjectionCase, difference, leaves, picture, require
from stylemix.testing.claims import (
    check_affine_claim,
    check_appends_constant_claim,
    check_content_gradient_claim,
    check_needs,
    check_options,
    check_self_identity_claim,
    check_source,
)

NULL_INJECTION = 1e-3
"""Smallest mean difference between the pictures of two styles, on a scale of 0 to 1."""

BFLOAT16 = 0.05
"""Largest mean error of bfloat16 relative to the features' mean size."""


def check_shape(case: InjectionCase) -> None:
    """The output has the shape, type and finiteness it must have, at odd sizes too."""
    injection = case.injection()
    prepared = case.prepare(injection, case.code(injection, 1))
    channels = injection.site.channels + injection.extra_channels
    for height, width in ((8, 8), (7, 11), (5, 2), (1, 3)):
        x = case.features(injection, 2, 2, height, width)
        y = injection(x, prepared)
        wanted = (2, channels, height, width)
        require(
            y.shape == wanted,
            f"for features {tuple(x.shape)} forward gave {tuple(y.shape)}; it has to give {wanted}",
        )
        require(y.dtype == x.dtype, f"forward gave {y.dtype} for features of {x.dtype}")
        require(
            torch.isfinite(y).all(),
            f"forward gave infinite or undefined values at {height} x {width}",
        )
    flat = torch.zeros(1, injection.site.channels, 8, 8)
    require(
        torch.isfinite(injection(flat, prepared)).all(),
        "forward gave infinite or undefined values for a flat map; add an epsilon before dividing",
    )
    size = (37, 29)
    image = case.stylizer().stylize(_pixels(picture(1, *size)), _pixels(picture(2)), tile=0)
    require(image.size == size[::-1], f"a picture of {size[::-1]} came out as {image.size}")


def check_two_styles_differ(case: InjectionCase) -> None:
    """Two styles give two pictures, at initialisation already (the null-injection test).

    A mechanism that is normalised away behind its site trains without complaint and does nothing.
    """
    stylizer = case.stylizer()
    content = picture(1)
    with torch.no_grad():
        one, two = (
            stylizer(content, StyleMix.single(case.style(stylizer, picture(s)))) for s in (2, 3)
        )
    found = float((one - two).abs().mean())
    require(
        found > NULL_INJECTION,
        f"two styles give pictures that differ by {found:.1e} on average (wanted: more than "
        f"{NULL_INJECTION}). Either the effect starts too small, or the normalisation behind "
        "the site removes it: it subtracts whatever is constant over a channel",
    )


def check_every_site_counts(case: InjectionCase) -> None:
    """The style matters at every site by default attached to, not only at some."""
    stylizer = case.stylizer().double()
    content = picture(1).double()
    with torch.no_grad():
        one, two = (case.style(stylizer, picture(s).double()) for s in (2, 3))
        usual = stylizer.generator(content, StyleMix.single(one))
        dead = []
        for key in case.attached(stylizer):
            changed = Style({**one.prepared, key: two.prepared[key]}, one.fingerprint)
            picture_now = stylizer.generator(content, StyleMix.single(changed))
            # In double precision rounding stays below 1e-12.
            if difference(picture_now, usual) < 1e-9:
                dead.append(key.split("/")[0])
    require(
        not dead,
        f"the style has no effect at the sites {', '.join(dead)}: a normalisation "
        "behind them removes it; narrow the class attribute 'sites' down",
    )


def check_gradients(case: InjectionCase) -> None:
    """Every parameter of the injection gets a gradient from the finished picture."""
    stylizer = case.stylizer().double().train()
    target = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(5)).double()
    for seed in (2, 3):
        style = case.style(stylizer, picture(seed).double())
        out = stylizer.generator(picture(1).double(), StyleMix.single(style))
        (out - target).square().mean().backward()
    named = [
        (f"{name} at {key.split('/')[0]}", p)
        for key, injection in case.attached(stylizer).items()
        for name, p in injection.named_parameters()
        if p.requires_grad
    ]
    sizes = {name: 0.0 if p.grad is None else float(p.grad.abs().max()) for name, p in named}
    require(all(np.isfinite(s) for s in sizes.values()), f"a gradient is not finite: {sizes}")
    # In double precision what is really zero comes out 1e-12 times smaller than the rest.
    whole = [
        float(p.grad.abs().max()) for p in stylizer.generator.parameters() if p.grad is not None
    ]
    floor = 1e-9 * max(whole, default=0.0)
    dead = [name for name, size in sizes.items() if size <= floor]
    require(
        not dead,
        "these parameters get no gradient, so they can't be learned: "
        f"{', '.join(dead)}; remove them (a bias in front of a normalisation does "
        "nothing) or wire them up",
    )


def check_prepare_ignores_content(case: InjectionCase) -> None:
    """``prepare`` depends on the style alone: what is cached equals what is fresh, bit for bit."""
    injection = case.injection()
    fresh = copy.deepcopy(injection)
    code = case.code(injection, 1, n=2)
    before = {name: value.clone() for name, value in code.items()}
    cached = case.prepare(injection, code)
    kept = [t.clone() for t in leaves(cached)]
    require(bool(kept), "prepare returned no tensor")
    require(
        all(t.shape[:1] == (2,) for t in kept),
        f"prepare gave tensors of the shapes {[tuple(t.shape) for t in kept]} for two styles; "
        "the first dimension has to be the styles'",
    )
    x = case.features(injection, 2, 2)
    untouched = x.clone()
    first = injection(x, cached)
    injection(case.features(injection, 3, 2, 5, 9), cached)
    for name, value in code.items():
        require(torch.equal(value, before[name]), f"prepare changed the code {name!r} in place")
    require(torch.equal(x, untouched), "forward changed the content features in place")
    require(
        all(map(torch.equal, leaves(cached), kept)), "forward changed the prepared style in place"
    )
    for again in (case.prepare(injection, code), case.prepare(fresh, code)):
        require(
            all(map(torch.equal, leaves(again), kept)),
            "prepare gave something else after forward had seen a content: it must depend on "
            "the style alone, as a prepared style is used for every picture",
        )
    require(
        torch.equal(injection(x, cached), first),
        "forward gave two results for the same features and style: it may not keep state",
    )


def check_weight_one(case: InjectionCase) -> None:
    """A style of weight one mixed with one of weight zero is the single style."""
    stylizer = case.stylizer()
    content = picture(1)
    with torch.no_grad():
        one, two = (case.style(stylizer, picture(s)) for s in (2, 3))
        alone = stylizer.generator(content, StyleMix.single(one))
        mixed = stylizer.generator(content, case.mix((one, 1.0), (two, 0.0)))
        swapped = stylizer.generator(content, case.mix((two, 0.0), (one, 1.0)))
    for found in (difference(mixed, alone), difference(swapped, alone)):
        require(
            found < 1e-5,
            f"weights 1 and 0 give another picture than the one style alone "
            f"(largest difference {found:.1e}); forward may not remember styles",
        )


def check_masks(case: InjectionCase) -> None:
    """With a left and a right mask each side is exactly what its style gives there."""
    injection = case.injection()
    x = case.features(injection, 1, 1, 8, 10)
    prepared = [case.prepare(injection, case.code(injection, s)) for s in (2, 3)]
    styles = [Style({"here": p}, "") for p in prepared]
    left = torch.zeros(8, 10)
    left[:, :6] = 1
    mixed = case.mix((styles[0], left), (styles[1], 1 - left)).at("here", injection, x)
    alone = [injection(x, p) for p in prepared]
    found = max(
        difference(mixed[..., :6], alone[0][..., :6]), difference(mixed[..., 6:], alone[1][..., 6:])
    )
    require(
        found < 1e-5,
        f"under masks a style gives something else than alone (largest "
        f"difference {found:.1e}); forward may not remember styles",
    )


def check_batches(case: InjectionCase) -> None:
    """A batch gives what its members give one by one, with one style or with one each."""
    injection = case.injection()
    x = case.features(injection, 1, 3)
    code = case.code(injection, 2, 3)
    paired = injection(x, case.prepare(injection, code))
    shared = injection(x, case.prepare(injection, {k: v[:1] for k, v in code.items()}))
    for i in range(3):
        one = x[i : i + 1]
        own = injection(one, case.prepare(injection, {k: v[i : i + 1] for k, v in code.items()}))
        first = injection(one, case.prepare(injection, {k: v[:1] for k, v in code.items()}))
        require(
            difference(paired[i : i + 1], own) < 1e-4,
            "three pictures with a style each give something else in a batch than one by one",
        )
        require(
            difference(shared[i : i + 1], first) < 1e-4,
            "three pictures with one style give something else in a batch than one by one",
        )


def check_strength_zero(case: InjectionCase) -> None:
    """Towards strength 0 a picture becomes that of the content as its own style."""
    stylizer = case.stylizer()
    content = picture(1, 40, 52)
    share = torch.full((1, 1, 1, 1), 1e-4)
    with torch.no_grad():
        itself, other = (case.style(stylizer, p) for p in (content, picture(2)))
        near = stylizer(content, StyleMix((other, itself), (share, 1 - share)))
        limit = stylizer(content, StyleMix.single(itself))
    error = float((near - limit).abs().max())
    require(error <= 0.02, f"strength 1e-4 changes the photograph by up to {error:.3f} of 1")


def check_save_and_load(case: InjectionCase) -> None:
    """A stylizer that was saved and loaded gives the same picture, exactly."""
    from stylemix import checkpoint

    stylizer = case.stylizer()
    # Something that initialisation alone couldn't give back.
    with torch.no_grad():
        for p in stylizer.parameters():
            p.add_(0.01 * torch.randn(p.shape, generator=torch.Generator().manual_seed(p.numel())))
    with tempfile.TemporaryDirectory() as folder:
        checkpoint.save(stylizer, Path(folder) / "model")
        loaded = checkpoint.load(Path(folder) / "model")
        assert isinstance(loaded, FeedForward)
    with torch.no_grad():
        before, after = (
            s(picture(1), StyleMix.single(case.style(s, picture(2))))
            for s in (stylizer, loaded.eval())
        )
    require(
        torch.equal(before, after),
        f"the loaded model gives another picture (largest difference "
        f"{difference(before, after):.1e}); keep tensors as parameters or buffers, and "
        "everything else as options",
    )


def check_reduced_precision(case: InjectionCase) -> None:
    """In bfloat16 the result is of that type and within tolerance of float32."""
    injection = case.injection()
    x, code = case.features(injection, 1), case.code(injection, 2)
    exact = injection(x, case.prepare(injection, code))
    low = copy.deepcopy(injection).to(torch.bfloat16)
    short = {k: v.to(torch.bfloat16) for k, v in code.items()}
    y = low(x.to(torch.bfloat16), case.prepare(low, short))
    require(
        y.dtype == torch.bfloat16,
        f"forward gave {y.dtype} for bfloat16 features; end with .to(x.dtype)",
    )
    error = float(((y.float() - exact).abs().mean() / exact.abs().mean()).detach())
    require(
        error < BFLOAT16,
        f"in bfloat16 the mean error is {error:.1%} of the features "
        f"(wanted: below {BFLOAT16:.0%}); take statistics in float32",
    )


class _Whole(nn.Module):
    def __init__(self, stylizer: FeedForward) -> None:
        super().__init__()
        self.stylizer = stylizer

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        return self.stylizer(content, StyleMix.single(self.stylizer.prepare(style)))


def check_export(case: InjectionCase) -> None:
    """The whole network goes through ``torch.export`` and gives the same picture after it."""
    whole = _Whole(case.stylizer())
    _ = whole.stylizer.fingerprint  # computed once from the weights, which a trace can't follow
    pictures = picture(1, 32, 32), picture(2, 32, 32)
    with torch.no_grad():
        try:
            exported = torch.export.export(whole, pictures, strict=False)
        # torch.export raises errors of many kinds, from many private modules.
        except Exception as problem:
            raise AssertionError(
                "torch.export can't follow the mechanism; avoid branches on the values of "
                f"tensors ({type(problem).__name__}: {problem})"
            ) from problem
        others = picture(3, 32, 32), picture(4, 32, 32)
        found = difference(exported.module()(*others), whole(*others))
    require(
        found < 1e-4, f"the exported network gives another picture (largest difference {found:.1e})"
    )


def check_tiles(case: InjectionCase) -> None:
    """A picture rendered in tiles equals the whole, unless ``tileable`` is False."""
    from stylemix.stylizers.tiling import render_tiled

    stylizer = case.stylizer()
    if not case.injection(stylizer).tileable:
        return
    content = picture(1, 68, 52)
    with torch.no_grad():
        one, two = (case.style(stylizer, picture(s)) for s in (2, 3))
        left = torch.zeros(68, 52)
        left[:, :30] = 1
        mix = case.mix((one, left), (two, 1 - left))
        whole = stylizer.generator(content, mix)[0]
        tiled = render_tiled(stylizer.generator, content[0], mix, 32)
    found = difference(tiled, whole)
    require(
        found < 1e-3,
        f"a tiled picture differs from the whole by {found:.1e}; take statistics "
        "of the content with a stylemix.ops.ContentMoments, or declare "
        "tileable = False",
    )


def _pixels(image: Tensor) -> Any:
    """Return a picture [1, 3, H, W] as an array [H, W, 3] of bytes."""
    return (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()


INJECTION_CHECKS: tuple[Callable[[InjectionCase], None], ...] = (
    check_shape,
    check_two_styles_differ,
    check_every_site_counts,
    check_gradients,
    check_prepare_ignores_content,
    check_weight_one,
    check_masks,
    check_self_identity_claim,
    check_content_gradient_claim,
    check_appends_constant_claim,
    check_affine_claim,
    check_batches,
    check_strength_zero,
    check_save_and_load,
    check_reduced_precision,
    check_export,
    check_needs,
    check_source,
    check_tiles,
    check_options,
)
"""Every check of an injection, in the order the suite runs them."""
