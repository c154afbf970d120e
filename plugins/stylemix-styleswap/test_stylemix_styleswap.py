"""Style swap against brute force, and the suite that every injection passes."""

from __future__ import annotations

import numpy as np
import pytest
import stylemix_styleswap
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from stylemix_styleswap import StyleSwap
from torch import Tensor

from stylemix import Site
from stylemix.errors import ConfigError
from stylemix.plugins import check_table
from stylemix.testing import injection_suite

test_styleswap = injection_suite("styleswap")
test_single_places = injection_suite("styleswap", size=1)
test_matched_moments = injection_suite("styleswap", match_moments=True)

C = 4
SITE = Site("relu3_1", "map", C, 4)


def _features(seed: int, height: int = 6, width: int = 6, n: int = 1) -> Tensor:
    return torch.randn(n, C, height, width, generator=torch.Generator().manual_seed(seed))


def _swap(x: Tensor, s: Tensor, **options: int) -> Tensor:
    swap = StyleSwap(SITE, {"site": C}, **check_table(StyleSwap, options, "styleswap"))
    return swap(x, swap.prepare({"site": s}))


def _brute_force(x: np.ndarray, s: np.ndarray, size: int) -> np.ndarray:
    """The definition with loops: x [C, h, w] from patches of s [C, h', w']."""

    def places(a: np.ndarray) -> list[tuple[int, int]]:
        return [(i, j) for i in range(a.shape[1] - size + 1) for j in range(a.shape[2] - size + 1)]

    def patch(a: np.ndarray, at: tuple[int, int]) -> np.ndarray:
        return a[:, at[0] : at[0] + size, at[1] : at[1] + size]

    total, covered = np.zeros_like(x), np.zeros(x.shape[1:])
    for at in places(x):
        scores = [
            (patch(x, at) * patch(s, q)).sum() / np.linalg.norm(patch(s, q)) for q in places(s)
        ]
        best = patch(s, places(s)[int(np.argmax(scores))])
        total[:, at[0] : at[0] + size, at[1] : at[1] + size] += best
        covered[at[0] : at[0] + size, at[1] : at[1] + size] += 1
    return total / covered


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.sampled_from([1, 3, 5]), st.integers(5, 8), st.integers(5, 8))
def test_equals_brute_force(seed: int, size: int, height: int, width: int) -> None:
    x, s = _features(seed, height, width), _features(seed + 1, 6, 7)
    wanted = _brute_force(x[0].double().numpy(), s[0].double().numpy(), size)
    np.testing.assert_allclose(_swap(x, s, size=size)[0], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("similarities", [1, 40, 300])
def test_chunks_change_nothing(similarities: int, monkeypatch: pytest.MonkeyPatch) -> None:
    x, s = _features(1, 9, 7, n=2), _features(2, 6, 8)
    whole = _swap(x, s)
    monkeypatch.setattr(stylemix_styleswap, "SIMILARITIES", similarities)
    torch.testing.assert_close(_swap(x, s), whole)


def test_no_more_similarities_are_held_at_once_than_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four times the pixels take four times as many chunks, not larger ones."""
    seen: list[int] = []
    plain = torch.Tensor.argmax

    def watch(self: Tensor, *arguments: int) -> Tensor:
        seen.append(self.numel())
        return plain(self, *arguments)

    monkeypatch.setattr(torch.Tensor, "argmax", watch)
    monkeypatch.setattr(stylemix_styleswap, "SIMILARITIES", 5000)
    for side in (16, 32, 64):
        seen.clear()
        _swap(_features(1, side, side), _features(2, 10, 10))
        assert max(seen) <= 5000
        assert sum(seen) == 64 * (side - 2) ** 2


def test_a_map_as_its_own_style_is_left_alone() -> None:
    x = _features(3, 7, 9)
    torch.testing.assert_close(_swap(x, x), x)


@pytest.mark.parametrize("scale", [1e-3, 0.5, 200.0])
def test_the_contents_scale_does_not_matter(scale: float) -> None:
    x, s = _features(1), _features(2)
    torch.testing.assert_close(_swap(scale * x, s), _swap(x, s))


def test_the_styles_scale_changes_no_choice() -> None:
    x, s = _features(1), _features(2)
    torch.testing.assert_close(_swap(x, 7 * s), 7 * _swap(x, s))


def test_a_style_of_one_repeated_patch_fills_the_map() -> None:
    colour = torch.tensor([1.0, -2.0, 0.5, 3.0]).view(1, C, 1, 1)
    y = _swap(_features(1, 8, 5), colour.expand(1, C, 6, 6))
    torch.testing.assert_close(y, colour.expand_as(y))


def test_at_the_border_fewer_patches_are_averaged() -> None:
    """A corner is covered by one patch, so it is a raw style value; the middle by nine."""
    x, s = _features(1, 6, 6), _features(2, 6, 6)
    y = _swap(x, s)
    for row, column in ((0, 0), (0, 5), (5, 0), (5, 5)):
        values = s[0, :, row // 5 * 2 : row // 5 * 2 + 4, column // 5 * 2 : column // 5 * 2 + 4]
        assert (values.flatten(1) - y[0, :, row, column, None]).abs().amax(0).min() < 1e-6
    middle = (s[0].flatten(1) - y[0, :, 3, 3, None]).abs().amax(0).min()
    assert middle > 1e-3


def test_sampled_patches_are_patches_of_the_style() -> None:
    swap = StyleSwap(SITE, {"site": C}, patches=5)
    s = _features(2, 9, 9)
    (found,) = swap.prepare({"site": s})
    assert found.shape == (1, C, 9, 5)
    every = torch.nn.functional.unfold(s, 3).reshape(C * 9, -1)
    for patch in found[0].reshape(C * 9, 5).T:
        assert (every - patch[:, None]).abs().amax(0).min() == 0


def test_means_of_patches_get_the_paintings_contrast_back() -> None:
    x, s = _features(1, 12, 12), 3 * _features(2, 12, 11) + 1
    plain, matched = _swap(x, s), _swap(x, s, match_moments=True)
    wanted = s.std((2, 3), correction=0)
    assert (plain.std((2, 3), correction=0) < 0.8 * wanted).all()
    torch.testing.assert_close(matched.std((2, 3), correction=0), wanted, rtol=1e-3, atol=0)
    torch.testing.assert_close(matched.mean((2, 3)), s.mean((2, 3)), rtol=0, atol=1e-3)
    for one, other in zip(plain[0].flatten(1), matched[0].flatten(1), strict=True):
        assert torch.corrcoef(torch.stack([one, other]))[0, 1] > 1 - 1e-6


@pytest.mark.parametrize("options", [{"size": 2}, {"size": 0}, {"patches": 0}, {"size": "3"}])
def test_bad_options(options: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="styleswap"):
        check_table(StyleSwap, options, "styleswap")
