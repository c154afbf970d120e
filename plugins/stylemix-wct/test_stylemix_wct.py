"""WCT against its equations, and the suite that every injection passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stylemix_wct import WCT
from torch import Tensor

import stylemix
from stylemix import Site, StyleMix
from stylemix.errors import ConfigError
from stylemix.plugins import check_table, registry
from stylemix.stylizers import build
from stylemix.testing import injection_suite

test_wct = injection_suite("wct")

C = 6
SITE = Site("relu3_3", "map", C, 4)


def _features(seed: int, n: int = 1, height: int = 12, width: int = 9, rank: int = C) -> Tensor:
    """Give correlated channels, float64 [n, C, height, width]."""
    random = torch.Generator().manual_seed(seed)
    sources = torch.randn(n, rank, height, width, generator=random, dtype=torch.float64)
    mixing = torch.randn(C, rank, generator=random, dtype=torch.float64)
    shift = 3 * torch.randn(C, 1, 1, generator=random, dtype=torch.float64)
    return torch.einsum("cr,nrhw->nchw", mixing, sources) + shift


def _wct(x: Tensor, s: Tensor, **options: float) -> Tensor:
    wct = WCT(SITE, {"site": C}, **options)
    return wct(x, wct.prepare({"site": s}))


def _cov(x: Tensor) -> np.ndarray:
    return np.cov(x[0].flatten(1).numpy(), bias=True)


def test_mean_and_covariance_are_those_of_the_style() -> None:
    x, s = _features(1), _features(2, height=20, width=7)
    y = _wct(x, s)
    np.testing.assert_allclose(y.mean((2, 3)), s.mean((2, 3)), atol=1e-6)
    np.testing.assert_allclose(_cov(y), _cov(s), atol=1e-6)
    assert np.abs(_cov(x) - _cov(s)).max() > 0.5  # or the test would be empty


def test_it_is_the_equation_written_out() -> None:
    x, s = _features(1), _features(2)

    def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
        values, vectors = np.linalg.eigh(matrix)
        return vectors @ np.diag(values**exponent) @ vectors.T

    flat = x[0].flatten(1).numpy()
    centred = flat - flat.mean(1, keepdims=True)
    style_mean = s[0].flatten(1).numpy().mean(1, keepdims=True)
    expected = power(_cov(s), 0.5) @ power(_cov(x), -0.5) @ centred + style_mean
    np.testing.assert_allclose(_wct(x, s)[0].flatten(1), expected, atol=1e-9)


def test_a_map_as_its_own_style_is_left_alone() -> None:
    x = _features(3, n=2)
    torch.testing.assert_close(_wct(x, x), x, rtol=1e-9, atol=1e-9)


def test_a_style_of_low_rank_gives_its_covariance_exactly() -> None:
    x, s = _features(1), _features(2, rank=2)
    y = _wct(x, s)
    np.testing.assert_allclose(_cov(y), _cov(s), atol=1e-6)
    assert np.linalg.matrix_rank(_cov(y), tol=1e-6) == 2


def test_a_content_of_low_rank_gives_the_styles_covariance_seen_through_its_span() -> None:
    """With P the projection onto the content's span, cov(y) = root(S) P root(S)."""
    x, s = _features(1, rank=3), _features(2)
    values, vectors = np.linalg.eigh(_cov(x))
    span = vectors[:, values > 1e-5 * values.max()]
    assert span.shape[1] == 3
    style_values, style_vectors = np.linalg.eigh(_cov(s))
    root = style_vectors @ np.diag(np.sqrt(style_values)) @ style_vectors.T
    np.testing.assert_allclose(_cov(_wct(x, s)), root @ span @ span.T @ root, atol=1e-6)


def test_with_uncorrelated_channels_it_is_adain() -> None:
    def uncorrelated(seed: int) -> Tensor:
        x = _features(seed)
        vectors = np.linalg.eigh(_cov(x))[1]
        return torch.einsum("cd,ndhw->nchw", torch.from_numpy(vectors.T.copy()), x)

    x, s = uncorrelated(1), uncorrelated(2)
    mean, std = x.mean((2, 3), keepdim=True), x.std((2, 3), correction=0, keepdim=True)
    style_mean, style_std = s.mean((2, 3), keepdim=True), s.std((2, 3), correction=0, keepdim=True)
    expected = (x - mean) / std * style_std + style_mean
    torch.testing.assert_close(_wct(x, s), expected, rtol=1e-6, atol=1e-6)


def test_a_ridge_would_cost_an_error_of_its_size() -> None:
    """What other implementations add to the diagonal, and this one doesn't."""
    x, s = _features(1), _features(2)
    exact = _wct(x, s)
    errors = []
    for ridge in (1e-3, 1e-4, 1e-5):
        values, vectors = np.linalg.eigh(_cov(x) + ridge * np.eye(C))
        whiten = vectors @ np.diag(values**-0.5) @ vectors.T
        values, vectors = np.linalg.eigh(_cov(s))
        root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
        flat = x[0].flatten(1).numpy()
        y = root @ whiten @ (flat - flat.mean(1, keepdims=True))
        y = y + s[0].flatten(1).numpy().mean(1, keepdims=True)
        errors.append(np.abs(y - exact[0].flatten(1).numpy()).max())
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(10, rel=0.1)


def test_directions_below_the_cut_stay_flat() -> None:
    x = _features(1)
    x[:, 0] = 5 + 1e-4 * (x[:, 0] - 5)  # a channel that is nearly dead
    free, cut = _wct(x, _features(2), cut=0.0), _wct(x, _features(2), cut=1e-2)
    assert np.linalg.matrix_rank(_cov(free), tol=1e-6) == C
    assert np.linalg.matrix_rank(_cov(cut), tol=1e-6) < C


@pytest.mark.parametrize("cut", [-0.1, 1, True, "small"])
def test_bad_options(cut: object) -> None:
    with pytest.raises(ConfigError, match=r"wct\.cut must be a number >= 0 and below 1"):
        check_table(WCT, {"cut": cut}, "wct")


def _tiny(layers: list[str]) -> stylemix.Stylizer:
    torch.manual_seed(0)
    config = dict(registry("presets").get("wct"))
    return build({**config, "generator": {"name": "vgg", "layers": layers, "cascade": True}}).eval()


def test_the_cascade_renders_in_tiles_what_it_renders_whole() -> None:
    model = _tiny(["relu3_3", "relu2_1", "relu1_1"])
    random = torch.Generator().manual_seed(4)
    content, painting = (
        torch.rand(3, 84, 104, generator=random),
        torch.rand(1, 3, 40, 48, generator=random),
    )
    with torch.no_grad():
        mix = StyleMix.single(model.prepare(painting))
        whole, tiled = (model.render(content, mix, tile) for tile in (0, 32))
    assert float((whole - tiled).abs().max()) < 1e-3


@pytest.mark.parametrize("layer", ["relu2_1", "relu1_1"])
def test_at_its_site_the_covariance_is_the_paintings(layer: str) -> None:
    model = _tiny([layer])
    random = torch.Generator().manual_seed(4)
    x, s = (torch.rand(1, 3, 48, 48, generator=random) for _ in range(2))
    with torch.no_grad():
        mix, own = StyleMix.single(model.prepare(s)), model.generator.features(s)[layer]
        encode, sites, _ = model.generator.stages
        y = sites(encode(x, mix), mix)
    wanted = _cov(own.double())
    np.testing.assert_allclose(_cov(y.double()), wanted, atol=1e-3 * np.abs(wanted).max())
