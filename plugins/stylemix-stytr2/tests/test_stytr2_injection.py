"""The suite that every injection passes, and what is special about this one."""

from __future__ import annotations

import pytest
import torch
from stylemix_stytr2 import StyTr2
from torch import Tensor

from stylemix import Site
from stylemix.errors import ConfigError
from stylemix.plugins import check_table
from stylemix.testing import injection_suite

test_stytr2 = injection_suite("stytr2")
test_stytr2_with_few_keys = injection_suite("stytr2", keys=8, layers=1, heads=2)

SITE = Site("tokens", "map", 8, 4)


def _injection(**options: int | float) -> StyTr2:
    torch.manual_seed(0)
    return StyTr2(SITE, {"site": 8}, **options).double().eval()  # type: ignore[arg-type]


def _map(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_places_of_the_style_have_no_order() -> None:
    injection = _injection()
    x, s = _map(1, 1, 8, 5, 6), _map(2, 1, 8, 4, 7)
    order = torch.randperm(28, generator=torch.Generator().manual_seed(0))
    shuffled = s.flatten(2)[:, :, order].reshape(1, 8, 7, 4)
    one, other = (injection(x, injection.prepare({"site": t})) for t in (s, shuffled))
    assert torch.allclose(one, other, atol=1e-10)
    assert not torch.allclose(
        one, injection(x, injection.prepare({"site": _map(3, 1, 8, 4, 7)})), atol=1e-3
    )


def test_places_of_the_content_have_an_order() -> None:
    injection = _injection(grid=2)
    x = _map(1, 1, 8, 5, 6)
    style = injection.prepare({"site": _map(2, 1, 8, 4, 7)})
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0))
    shuffled = x.flatten(2)[:, :, order].reshape_as(x)
    out = injection(x, style).flatten(2)[:, :, order].reshape_as(x)
    # Without positions the two would be equal.
    assert (injection(shuffled, style) - out).abs().max() > 1e-3


@pytest.mark.parametrize("height, width", [(1, 9), (9, 1), (3, 8), (7, 7)])
def test_maps_need_not_be_square(height: int, width: int) -> None:
    injection = _injection()
    x = _map(1, 2, 8, height, width)
    assert injection(x, injection.prepare({"site": _map(2, 1, 8, width, height)})).shape == x.shape


def test_of_a_large_map_the_same_sample_is_attended_to_every_time() -> None:
    few, all_ = _injection(keys=10), _injection(keys=42)
    assert few.prepare({"site": _map(2, 1, 8, 6, 7)}).shape == (1, 10, 8)
    assert all_.prepare({"site": _map(2, 1, 8, 6, 7)}).shape == (1, 42, 8)
    # Where all places are alike, a sample says as much as the whole.
    flat = torch.ones(1, 8, 6, 7, dtype=torch.float64) * _map(4, 1, 8, 1, 1)
    x = flat + 0 * _map(1, 1, 8, 6, 7)
    one, other = (i(x, i.prepare({"site": flat})) for i in (few, all_))
    assert torch.allclose(one, other, atol=1e-10)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"heads": 3}, "divide the 8 channels"),
        ({"layers": 0}, "layers must be a whole number >= 1, got 0"),
        ({"keys": 2.5}, "keys must be a whole number"),
        ({"dropout": 1.0}, "dropout must be a number >= 0 and below 1"),
    ],
)
def test_values_that_make_no_sense_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _injection(**check_table(StyTr2, options, "stytr2"))
