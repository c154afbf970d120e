"""AdaIN against its equation, and the suite that every injection passes."""

from __future__ import annotations

import torch
from stylemix_adain import AdaIN
from torch import Tensor

from stylemix import Site, StyleMix
from stylemix.plugins import registry
from stylemix.stylizers import build
from stylemix.testing import injection_suite

test_adain = injection_suite("adain")

SITE = Site("bottleneck", "map", 6, 4)


def _features(seed: int, n: int = 1, height: int = 12, width: int = 9) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    scale = torch.rand(1, 6, 1, 1, generator=generator) * 3 + 0.7
    shift = torch.randn(1, 6, 1, 1, generator=generator)
    return torch.randn(n, 6, height, width, generator=generator) * scale + shift


def _adain(x: Tensor, s: Tensor) -> Tensor:
    adain = AdaIN(SITE, {"site": 6})
    return adain(x, adain.prepare({"site": s}))


def test_output_has_the_statistics_of_the_style() -> None:
    x, s = _features(1), _features(2, height=7, width=20)
    y = _adain(x, s)
    assert (y.mean((2, 3)) - s.mean((2, 3))).abs().max() < 1e-4
    assert (y.std((2, 3), correction=0) - s.std((2, 3), correction=0)).abs().max() < 1e-4
    # The test would be empty if the content had had those statistics already.
    assert (x.mean((2, 3)) - s.mean((2, 3))).abs().max() > 0.5


def test_output_is_the_equation_written_out() -> None:
    x, s = _features(1), _features(2)
    expected = torch.empty_like(x)
    for c in range(6):
        a, b = x[0, c].double(), s[0, c].double()
        deviation = ((a - a.mean()) ** 2).mean().sqrt()
        target = ((b - b.mean()) ** 2).mean().sqrt()
        expected[0, c] = ((a - a.mean()) / deviation * target + b.mean()).float()
    assert torch.allclose(_adain(x, s), expected, atol=1e-3)


def test_a_map_as_its_own_style_is_left_alone() -> None:
    x = _features(3, n=2)
    assert torch.allclose(_adain(x, x), x, atol=1e-4)


def test_places_of_the_style_do_not_matter() -> None:
    x, s = _features(1), _features(2)
    order = torch.randperm(12 * 9, generator=torch.Generator().manual_seed(0))
    shuffled = s.flatten(2)[:, :, order].reshape_as(s)
    assert torch.allclose(_adain(x, s), _adain(x, shuffled), atol=1e-5)


def test_scale_and_shift_of_the_content_do_not_matter() -> None:
    x, s = _features(1), _features(2)
    assert torch.allclose(_adain(x, s), _adain(5 * x - 3, s), atol=1e-4)


def test_flat_channels_stay_finite() -> None:
    x = torch.zeros(1, 6, 8, 8)
    y = _adain(x, _features(2))
    assert torch.isfinite(y).all()
    assert (y - _features(2).mean((2, 3), keepdim=True)).abs().max() < 1e-4


def test_between_encoder_and_decoder_the_paintings_statistics_stand() -> None:
    torch.manual_seed(0)
    model = build(dict(registry("presets").get("adain"))).eval()
    random = torch.Generator().manual_seed(1)
    x, s = (torch.rand(1, 3, 64, 64, generator=random) for _ in range(2))
    s = 0.3 * s + 0.5
    with torch.no_grad():
        mix = StyleMix.single(model.prepare(s))
        encode, sites, _ = model.generator.stages

        def deep(packed: Tensor) -> Tensor:
            return sites.packing.unpack(packed)["relu3_3"]

        y = deep(sites(encode(x, mix), mix))
        wanted = model.generator.features(s)["relu3_3"]
        alone = deep(sites(encode(x, mix), StyleMix.single(model.prepare(x))))
        plain = deep(encode(x, mix))
    live = plain.std((0, 2, 3)) > 0.05  # nearly dead channels have no deviation to give
    assert int(live.sum()) > 16
    for f in (lambda a: a.mean((0, 2, 3)), lambda a: a.std((0, 2, 3), correction=0)):
        # The root of the epsilon, 0.003, is what a channel that is dead in the painting gets.
        torch.testing.assert_close(f(y)[live], f(wanted)[live], rtol=1e-2, atol=4e-3)
    torch.testing.assert_close(alone, plain, rtol=1e-3, atol=1e-4)  # alpha = 0
