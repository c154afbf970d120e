from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.errors import ConfigError
from stylemix.losses import RelaxedEarthMover
from stylemix.losses.objective import Objective
from stylemix.losses.positions import spread_positions
from stylemix.plugins import check_table


def maps(seed: int, height: int = 6, width: int = 5, n: int = 2) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        "image": torch.rand(n, 3, 8, 8, generator=random),
        "a": torch.randn(n, 4, height, width, generator=random),
        "b": torch.randn(n, 3, height, height, generator=random),
    }


def np_distance(y: np.ndarray, s: np.ndarray) -> float:
    """Give the distance of two lists of vectors, pair by pair."""
    cost = [[1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) for b in s] for a in y]
    nearest = [min(row) for row in cost], [min(column) for column in zip(*cost, strict=True)]
    return max(np.mean(nearest[0]), np.mean(nearest[1]))


@pytest.mark.parametrize("places", [7, 256])
def test_it_is_the_equation(places):
    """Of maps of different sizes, so that numbers of places differ as well."""
    out, ref = maps(1), maps(2, 9, 4)
    term = RelaxedEarthMover(layers=("a", "b"), places=places)
    wanted = np.zeros(2)
    for layer in "ab":
        lists = []
        for x in (out[layer], ref[layer]):
            rows, columns = spread_positions(places, *x.shape[-2:])
            lists.append(x[:, :, rows, columns].transpose(1, 2).numpy())
        wanted += [np_distance(y, s) / 2 for y, s in zip(*lists, strict=True)]
    np.testing.assert_allclose(term(out, term.prepare(ref)), wanted, rtol=1e-5)


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 5))
def test_it_is_symmetric_and_lies_between_0_and_2(seed, height, width):
    out, ref = maps(seed), maps(seed + 1, height, width)
    term = RelaxedEarthMover(layers=("a",))
    there, back = term(out, term.prepare(ref)), term(ref, term.prepare(out))
    torch.testing.assert_close(there, back)
    assert (there > 0).all()
    assert (there <= 2 + 1e-5).all()


def test_equal_sets_have_no_distance_and_opposite_ones_the_largest():
    out = maps(3)
    term = RelaxedEarthMover(layers=("a",))
    assert term(out, term.prepare(out)).abs().max() < 1e-6
    louder = {**out, "a": 7 * out["a"]}  # a cosine doesn't see length
    assert term(louder, term.prepare(out)).abs().max() < 1e-6
    one = {**out, "a": out["a"][:, :, :1, :1]}
    torch.testing.assert_close(
        term({**one, "a": -one["a"]}, term.prepare(one)), torch.full((2,), 2.0)
    )


def test_places_have_no_order_where_all_are_taken():
    out, ref = maps(1), maps(2)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0))
    mixed = {**out, "a": out["a"].flatten(2)[..., order].view_as(out["a"])}
    term = RelaxedEarthMover(layers=("a",), places=30)
    torch.testing.assert_close(term(mixed, term.prepare(ref)), term(out, term.prepare(ref)))


def test_what_one_picture_lacks_counts_in_both_directions():
    """A painting of two directions isn't met by an output of one, nor the other way round."""
    two = torch.zeros(1, 2, 2, 2)
    two[:, 0, 0], two[:, 1, 1] = 1, 1
    one = torch.zeros(1, 2, 2, 2)
    one[:, 0] = 1
    image = torch.rand(1, 3, 4, 4)
    term = RelaxedEarthMover(layers=("a",))
    for y, s in ((one, two), (two, one)):
        assert float(term({"image": image, "a": y}, term.prepare({"image": image, "a": s}))) == 0.5


def test_the_gradient_pulls_towards_the_painting():
    out, ref = maps(1), maps(2)
    term = RelaxedEarthMover(layers=("a",))
    target = term.prepare(ref)
    x = out["a"].clone().requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.05)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = term({**out, "a": x}, target).sum()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.3 * losses[0]


def test_the_gradient_is_that_of_finite_differences():
    out, ref = maps(1, 3, 3, 1), maps(2, 3, 2, 1)
    term = RelaxedEarthMover(layers=("a",))
    target = term.prepare(ref)
    x = out["a"].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(term({**out, "a": x}, target).sum(), x)
    step = 1e-3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(5))
    rise = term({**out, "a": out["a"] + step}, target) - term({**out, "a": out["a"] - step}, target)
    torch.testing.assert_close(rise.sum() / 2, (gradient * step).sum(), rtol=2e-2, atol=1e-6)


def test_flat_maps_have_a_finite_gradient():
    flat = torch.zeros(1, 4, 5, 5, requires_grad=True)
    term = RelaxedEarthMover(layers=("a",))
    image = torch.rand(1, 3, 5, 5)
    term({"image": image, "a": flat}, term.prepare({"image": image, "a": flat})).sum().backward()
    assert torch.isfinite(flat.grad).all()


def test_one_painting_serves_several_photographs():
    term = RelaxedEarthMover(layers=("a",))
    four = maps(1, n=4)
    pair = maps(2, 4, 4)
    each = {k: v.repeat_interleave(2, dim=0) for k, v in pair.items()}
    torch.testing.assert_close(term(four, term.prepare(pair)), term(four, term.prepare(each)))


def test_it_is_known_by_name():
    objective = Objective(
        {"x": {"name": "remd", "layers": ["a"]}}, lambda image, layers: {"a": image}
    )
    image = torch.rand(1, 3, 8, 8, requires_grad=True)
    objective(image, objective.prepare(image, torch.rand(1, 3, 8, 8)))["x"].backward()
    assert image.grad.abs().sum() > 0


@pytest.mark.parametrize("places", [0, -3, 2.5, True])
def test_nonsense_is_refused(places):
    with pytest.raises(ConfigError, match=r"^loss\.places must be a whole number >= 1"):
        check_table(RelaxedEarthMover, {"places": places}, "loss")
