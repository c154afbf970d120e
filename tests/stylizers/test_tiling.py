from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiling_parts import CHANNELS, Recentre, Rotate, Thirds
from torch import Tensor, nn

from stylemix.errors import Cancelled, ConfigError, MemoryLimitError, StylemixError
from stylemix.generators.base import Injected, pad_to_multiple
from stylemix.generators.grain import Grain
from stylemix.generators.johnson import Johnson
from stylemix.injections.concat import Concat
from stylemix.injections.film import FiLM
from stylemix.injections.patch import Patch
from stylemix.injections.style import Style, StyleMix
from stylemix.ops import ContentMoments
from stylemix.stylizers.tiling import render_tiled


def attach(*kinds):
    def give(site):
        found = {}
        for kind in kinds:
            named = site.name.startswith("block") or kind in (Patch, Recentre, Rotate)
            if site.slot in kind.slots and named:
                found[kind.__name__.lower()] = kind(site, CHANNELS)
        return found

    return give


def johnson(*kinds):
    torch.manual_seed(3)
    generator = Johnson(attach(*kinds), width=4, blocks=1).eval()
    for module in generator.modules():
        if isinstance(module, FiLM):
            nn.init.normal_(module.linear.weight, std=0.5)
    return generator


def style_of(generator, seed):
    random = torch.Generator().manual_seed(seed)
    code = {
        "embedding": torch.randn(1, 5, generator=random),
        "map": torch.randn(1, 6, 5, 4, generator=random),
    }
    dtype = next(generator.parameters()).dtype
    code = {name: values.to(dtype) for name, values in code.items()}
    prepared = {
        f"{injected.site.name}/{name}": injection.prepare(code)
        for injected in generator.modules()
        if isinstance(injected, Injected)
        for name, injection in injected.injections.items()
    }
    return Style(prepared, "test")


def photograph(height, width):
    """Something with structure everywhere and very different left and right halves."""
    y = torch.linspace(0, 1, height)[:, None]
    x = torch.linspace(0, 1, width)[None, :]
    random = torch.Generator().manual_seed(height * 1000 + width)
    noise = torch.rand(3, height, width, generator=random)
    base = torch.stack([x.expand(height, width), (x * y), (1 - y).expand(height, width)])
    return (0.7 * base + 0.3 * noise * x).clamp(0, 1)


def mixture(generator, height, width, kind):
    styles = tuple(style_of(generator, seed) for seed in (1, 2))
    if kind == "single":
        return StyleMix.single(styles[0])
    if kind == "strength":
        weight = torch.full((1, 1, 1, 1), 0.7)
    else:
        mask = torch.linspace(0, 1, height)[:, None] * torch.linspace(1, 0, width)[None, :]
        weight = mask.round(decimals=1)[None, None]
    return StyleMix(styles, (weight, 1 - weight))


def untiled(generator, content: Tensor, mix: StyleMix) -> Tensor:
    sizes = (generator.multiple_of, generator.minimum_size)
    weights = tuple(w if w.numel() == 1 else pad_to_multiple(w, *sizes) for w in mix.weights)
    height, width = content.shape[-2:]
    with torch.inference_mode():
        whole = generator(pad_to_multiple(content[None], *sizes), replace(mix, weights=weights))
    return whole[0, :, :height, :width]


def difference(generator, content, mix, tile):
    tiled = render_tiled(generator, content, mix, tile)
    assert tiled.shape == content.shape
    return (tiled - untiled(generator, content, mix)).abs().max().item()


def hooks(generator):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in generator.modules())


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    height=st.integers(1, 90),
    width=st.integers(1, 90),
    tile=st.integers(4, 70),
    kind=st.sampled_from(["single", "strength", "masks"]),
)
def test_equals_the_untiled_picture_at_any_size(height, width, tile, kind):
    # Double precision: a picture of a few pixels is so flat that its normalisations amplify
    # the rounding errors of single precision a hundred thousand times, tiled or not.
    generator = johnson(FiLM).double()
    mix = mixture(generator, height, width, kind)
    assert difference(generator, photograph(height, width).double(), mix, tile) < 1e-6


@pytest.mark.parametrize(
    "kinds", [(), (FiLM,), (Concat,), (Patch,), (Recentre,), (FiLM, Patch), (Rotate,)]
)
@pytest.mark.parametrize("kind", ["single", "masks"])
def test_equals_the_untiled_picture_with_every_kind_of_injection(kinds, kind):
    generator = johnson(*kinds)
    mix = mixture(generator, 75, 102, kind)
    assert difference(generator, photograph(75, 102), mix, 24) < 1e-5


@pytest.mark.parametrize("kind", ["single", "masks"])
def test_grain_lies_where_it_lies_in_the_untiled_picture(kind):
    torch.manual_seed(0)
    generator = Johnson(attach(FiLM), width=4, blocks=2, grain=True)
    for module in generator.modules():
        if isinstance(module, Grain):
            nn.init.normal_(module.amount)
    mix = mixture(generator, 75, 102, kind)
    content = photograph(75, 102)
    assert difference(generator, content, mix, 24) < 1e-5
    moved = replace(mix, origin=(40, 8))
    assert difference(generator, content, moved, 24) < 1e-5
    a, b = (untiled(generator, content, m) for m in (mix, moved))
    assert (a - b).abs().max() > 0.01


@settings(max_examples=15, deadline=None, derandomize=True)
@given(height=st.integers(1, 50), width=st.integers(1, 50), tile=st.integers(1, 40))
def test_any_strides_and_a_tight_halo(height, width, tile):
    torch.manual_seed(0)
    generator = Thirds(attach(Recentre)).double()
    mix = mixture(generator, height, width, "masks")
    assert difference(generator, photograph(height, width).double(), mix, tile) < 1e-6


@pytest.mark.parametrize("tile", [200, 512])
def test_a_large_picture_is_measured_at_the_same_places_in_tiles(tile):
    generator = johnson(FiLM)
    content = torch.rand(3, 743, 717, generator=torch.Generator().manual_seed(1))
    mix = StyleMix.single(style_of(generator, 2))
    padded = pad_to_multiple(content[None], generator.multiple_of, generator.minimum_size)
    with torch.inference_mode():
        wanted = generator(padded, mix)[0, :, :743, :717]
        found = render_tiled(generator, content, mix, tile)
        for module in generator.modules():
            if isinstance(module, ContentMoments):
                module.stride = None
        every = generator(padded, mix)[0, :, :743, :717]
    assert (found - wanted).abs().max() < 1e-4
    assert (found - every).abs().max() > 1e-3


def test_the_halo_is_needed():
    torch.manual_seed(0)
    generator = Thirds(attach(Recentre), halo=0)
    mix = mixture(generator, 48, 48, "single")
    assert difference(generator, photograph(48, 48), mix, 12) > 1e-2


def test_statistics_of_the_whole_picture_are_needed():
    generator = johnson(FiLM)
    mix = mixture(generator, 64, 128, "single")
    content = photograph(64, 128)
    whole = untiled(generator, content, mix)
    alone = torch.cat([untiled(generator, half, mix) for half in content.split(64, dim=2)], dim=2)
    assert (alone - whole)[:, :, :48].abs().max() > 0.05
    assert difference(generator, content, mix, 64) < 1e-5


def test_no_step_at_the_edges_of_tiles():
    generator = johnson(FiLM)
    mix = mixture(generator, 96, 96, "masks")
    content = photograph(96, 96)
    tiled = render_tiled(generator, content, mix, 32)
    excess = tiled.diff(dim=2) - untiled(generator, content, mix).diff(dim=2)
    assert excess[:, :, [31, 63]].abs().max() < 1e-5


def test_eight_bits_in_and_out():
    generator = johnson(FiLM)
    mix = mixture(generator, 50, 61, "masks")
    content = photograph(50, 61).mul(255).round().to(torch.uint8)
    tiled = render_tiled(generator, content, mix, 20)
    expected = untiled(generator, content / 255, mix).mul(255).round()
    assert tiled.dtype == torch.uint8
    assert (tiled.float() - expected).abs().max() <= 1
    assert (tiled.float() != expected).float().mean() < 1e-3


def test_progress_counts_every_tile_of_every_pass():
    generator = johnson(FiLM)
    calls = []
    mix = mixture(generator, 64, 96, "masks")
    render_tiled(
        generator, photograph(64, 96), mix, 32, progress=lambda e: calls.append((e.done, e.total))
    )
    # Statistics and one more: three in the first stage, two in the block, three in the last.
    passes = 4 + 1 + 3 + 4
    total = passes * 6
    assert calls == [(done, total) for done in range(1, total + 1)]


@pytest.mark.parametrize("stop", [1, 20, 71])
def test_a_cancelled_rendering_leaves_nothing_behind(stop):
    generator = johnson(FiLM)
    mix = mixture(generator, 64, 96, "single")
    content = photograph(64, 96)
    before = untiled(generator, content, mix)

    def progress(event):
        if event.done == stop:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"):
        render_tiled(generator, content, mix, 32, progress=progress)
    assert hooks(generator) == 0
    assert torch.equal(untiled(generator, content, mix), before)
    render_tiled(generator, content, mix, 32)
    assert hooks(generator) == 0


def test_another_thread_can_use_the_generator_meanwhile():
    generator = johnson(FiLM)
    mix = mixture(generator, 64, 64, "single")
    other = photograph(32, 40)
    expected = untiled(generator, other, mix)
    results = []

    def progress(event):
        thread = threading.Thread(target=lambda: results.append(untiled(generator, other, mix)))
        thread.start()
        thread.join()

    content = photograph(64, 64)
    tiled = render_tiled(generator, content, mix, 32, progress=progress)
    assert len(results) == 12 * 4
    assert all(torch.equal(result, expected) for result in results)
    assert (tiled - untiled(generator, content, mix)).abs().max() < 1e-5


class Everywhere(FiLM):
    """Adds the mean of the content's largest values, which no tile knows of."""

    tileable = False

    def forward(self, x, style):
        return super().forward(x, style) + x.amax((2, 3), keepdim=True).mean()


@pytest.mark.parametrize("size", [(64, 64), (75, 50)])
def test_an_injection_that_sees_all_of_the_content_is_given_all_of_it(size):
    generator = johnson(Everywhere)
    mix = mixture(generator, *size, "two")
    assert difference(generator, photograph(*size), mix, 16) < 1e-5
    # In tiles it would give something else.
    generator = johnson(type("Denied", (Everywhere,), {"tileable": True}))
    assert difference(generator, photograph(*size), mixture(generator, *size, "two"), 16) > 1e-3


def test_only_the_stage_that_has_to_be_whole_is_kept_whole():
    generator = johnson(Everywhere)
    sizes = [set() for _ in generator.stages]
    for stage, seen in zip(generator.stages, sizes, strict=True):
        stage.register_forward_pre_hook(
            lambda module, args, seen=seen: seen.add(args[0].shape[-1] * module.stride_in)
        )
    calls = []
    render_tiled(
        generator,
        photograph(32, 160),
        mixture(generator, 32, 160, "single"),
        16,
        progress=lambda e: calls.append((e.done, e.total)),
    )
    whole = [any(isinstance(m, Everywhere) for m in s.modules()) for s in generator.stages]
    assert {*whole} == {True, False}
    for alone, seen in zip(whole, sizes, strict=True):
        # The first call of each measures on a small piece.
        assert (160 in seen) == alone
    assert calls == [(n, calls[0][1]) for n in range(1, calls[0][1] + 1)]


@pytest.mark.parametrize(
    "problem",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_where_memory_is_too_small_for_the_whole_map_a_smaller_size_is_asked_for(problem):
    class Huge(Everywhere):
        def forward(self, x, style):
            if x.shape[-1] > 20:
                raise problem
            return super().forward(x, style)

    generator = johnson(Huge)
    with pytest.raises(MemoryLimitError, match="Huge.*96 x 160 pixels; give a smaller size"):
        render_tiled(generator, photograph(160, 96), mixture(generator, 160, 96, "single"), 32)


def test_other_errors_of_such_an_injection_are_its_own():
    class Faulty(Everywhere):
        def forward(self, x, style):
            raise RuntimeError("a fault of mine")

    generator = johnson(Faulty)
    with pytest.raises(RuntimeError, match="a fault of mine"):
        render_tiled(generator, photograph(32, 32), mixture(generator, 32, 32, "single"), 16)


def test_refuses_statistics_that_only_some_tiles_ask_for():
    class Moody(Recentre):
        def forward(self, x, style):
            return x if x.shape[-1] < 10 else super().forward(x, style)

    generator = johnson(Moody)
    mix = mixture(generator, 64, 64, "single")
    with pytest.raises(StylemixError, match="ContentMoments whatever the content is"):
        render_tiled(generator, photograph(64, 64), mix, 16)
    assert hooks(generator) == 0


def test_refuses_tiles_without_pixels():
    generator = johnson(FiLM)
    with pytest.raises(ConfigError, match="positive number of pixels, got 0"):
        render_tiled(generator, photograph(32, 32), mixture(generator, 32, 32, "single"), 0)
