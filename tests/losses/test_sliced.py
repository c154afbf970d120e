from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.losses import SlicedWasserstein
from stylemix.losses.objective import Objective
from stylemix.ops import unit_vectors
from stylemix.plugins import check_table


def maps(seed: int, side: int = 8, channels: int = 5, n: int = 2) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        "image": torch.rand(n, 3, side, side, generator=random),
        "a": torch.randn(n, channels, side, side, generator=random) * seed + seed,
    }


def test_it_is_the_squared_distance_of_sorted_projections():
    out, ref = maps(1), maps(2)
    term = SlicedWasserstein(layers=("a",), directions=7, quantiles=64)  # one a position
    axes = unit_vectors(7, 5).numpy()
    wanted = []
    for y, s in zip(out["a"].numpy(), ref["a"].numpy(), strict=True):
        sorts = [[np.sort(axis @ x.reshape(5, -1)) for axis in axes] for x in (y, s)]
        wanted.append(
            np.mean([np.square(a - b) for a, b in zip(*sorts, strict=True)])
            / np.mean(np.square(sorts[1]))
        )
    np.testing.assert_allclose(term(out, term.prepare(ref)), wanted, rtol=1e-4)


def test_places_and_size_do_not_matter():
    term = SlicedWasserstein(layers=("a",), directions=9, quantiles=16)
    out = maps(3)
    mixed = {**out, "a": out["a"].flatten(2)[..., torch.randperm(64)].view_as(out["a"])}
    assert term(mixed, term.prepare(out)).max() < 1e-8
    large = {**out, "a": out["a"].repeat(1, 1, 3, 3)}
    assert term(large, term.prepare(out)).max() < 2e-3  # quantiles between samples differ a little


@pytest.mark.parametrize("scale", [1e-2, 1e3])
def test_feature_scale_does_not_matter(scale):
    term = SlicedWasserstein(layers=("a",))
    scaled = [{**f, "a": f["a"] * scale} for f in (maps(1), maps(2))]
    torch.testing.assert_close(
        term(scaled[0], term.prepare(scaled[1])),
        term(maps(1), term.prepare(maps(2))),
        rtol=1e-4,
        atol=0,
    )


def test_it_sees_what_gram_matrices_do_not():
    """Two distributions of equal mean and variance, one with two values and one normal."""
    random = torch.Generator().manual_seed(0)
    normal = torch.randn(1, 1, 64, 64, generator=random)
    normal = (normal - normal.mean()) / normal.std(correction=0)
    two = torch.ones(1, 1, 64, 64)
    two[..., ::2] = -1
    image = torch.rand(1, 3, 4, 4)
    term = SlicedWasserstein(layers=("a",), directions=4)
    assert term({"image": image, "a": two}, term.prepare({"image": image, "a": normal})) > 0.1


def test_one_painting_serves_several_photographs():
    term = SlicedWasserstein(layers=("a",))
    one = {k: v[:1] for k, v in maps(2).items()}
    both = {k: v.expand(2, -1, -1, -1) for k, v in one.items()}
    torch.testing.assert_close(term(maps(1), term.prepare(one)), term(maps(1), term.prepare(both)))


def test_it_is_known_by_name():
    objective = Objective(
        {"x": {"name": "sliced", "layers": ["a"], "weight": 2.0}},
        lambda image, layers: {"a": image},
    )
    image = torch.rand(1, 3, 8, 8)
    assert float(objective(image, objective.prepare(image, image))["x"]) == 0


@pytest.mark.parametrize("options", [{"directions": 0}, {"quantiles": 1}, {"quantiles": 2.5}])
def test_nonsense_is_refused(options):
    with pytest.raises(ConfigError, match=rf"^loss\.{next(iter(options))} must be"):
        check_table(SlicedWasserstein, options, "loss")
