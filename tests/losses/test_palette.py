from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from stylemix.errors import ConfigError
from stylemix.losses import Palette
from stylemix.plugins import check_table

torch.manual_seed(0)
OUT, REF = ({"image": torch.rand(2, 3, 6, 5)} for _ in range(2))


def test_palette_is_the_sliced_distance_of_order_one():
    term = Palette(directions=5, quantiles=4096, shrink=1)
    a, b = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16) ** 2
    found = term({"image": a}, term.prepare({"image": b}))
    axes = term.axes.numpy()
    want = np.mean(
        [
            wasserstein_distance(
                axes[i] @ a[0].flatten(1).numpy(), axes[i] @ b[0].flatten(1).numpy()
            )
            for i in range(5)
        ]
    )
    np.testing.assert_allclose(found, [want], rtol=5e-3)


def test_palette_does_not_see_where_colours_lie():
    term = Palette(shrink=1)
    image = torch.rand(2, 3, 12, 12)
    mixed = image.flatten(2)[..., torch.randperm(144)].view_as(image)
    assert term({"image": mixed}, term.prepare({"image": image})).max() < 1e-6
    assert term({"image": image + 0.1}, term.prepare({"image": image})).min() > 0.05


def test_palette_pulls_colours_towards_the_painting():
    term = Palette()
    image = torch.full((1, 3, 16, 16), 0.2, requires_grad=True)
    term({"image": image}, term.prepare({"image": torch.full((1, 3, 8, 8), 0.9)})).sum().backward()
    assert image.grad.max() < 0


def test_palette_is_measured_in_float32_under_autocast():
    term = Palette()
    target = term.prepare(REF)
    with torch.autocast("cpu", torch.bfloat16):
        found = term(OUT, target)
    torch.testing.assert_close(found, term(OUT, target), rtol=0, atol=0)


@pytest.mark.parametrize(
    "options", [{"directions": 2}, {"quantiles": 1}, {"shrink": 0}, {"shrink": True}]
)
def test_palette_refuses_nonsense(options):
    with pytest.raises(ConfigError, match=rf"^loss\.{next(iter(options))} must be"):
        check_table(Palette, options, "loss")
