from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.errors import ConfigError
from stylemix.losses import LocalContrast
from stylemix.losses.objective import Objective
from stylemix.losses.positions import spread_positions
from stylemix.plugins import check_table


def maps(seed: int, side: int = 9, n: int = 2) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        "image": torch.rand(n, 3, side, side, generator=random),
        "a": torch.randn(n, 4, side, side + 2, generator=random),
    }


def test_it_is_the_equation():
    out, ref = maps(1), maps(2)
    term = LocalContrast(layers=("a",), places=3, temperature=0.5)
    rows, columns = spread_positions(3, 9, 11, margin=1)
    wanted = []
    for y, c in zip(out["a"].numpy(), ref["a"].numpy(), strict=True):
        pairs = []
        for r, k in zip(rows.tolist(), columns.tolist(), strict=True):
            for v in (-1, 0, 1):
                for h in (-1, 0, 1):
                    if v or h:
                        each = [x[:, r + v, k + h] - x[:, r, k] for x in (y, c)]
                        pairs.append([d / np.linalg.norm(d) for d in each])
        loss = [
            -np.log(np.exp(d @ c / 0.5) / sum(np.exp(d @ other / 0.5) for _, other in pairs))
            for d, c in pairs
        ]
        wanted.append(np.mean(loss))
    np.testing.assert_allclose(term(out, term.prepare(ref)), wanted, rtol=1e-5)


def test_offset_and_factor_cost_nothing():
    out = maps(1)
    term = LocalContrast(layers=("a",))
    changed = {**out, "a": 3 * out["a"] + torch.randn(2, 4, 1, 1)}
    torch.testing.assert_close(
        term(changed, term.prepare(out)), term(out, term.prepare(out)), rtol=1e-3, atol=1e-4
    )


def test_the_photograph_itself_costs_least():
    out = maps(1)
    term = LocalContrast(layers=("a",))
    own = term(out, term.prepare(out))
    noisy = term({**out, "a": out["a"] + maps(5)["a"]}, term.prepare(out))
    assert (own < noisy).all()
    assert (noisy < term(maps(7), term.prepare(out))).all()


def test_flat_maps_have_a_finite_gradient():
    flat = torch.zeros(1, 4, 5, 5, requires_grad=True)
    term = LocalContrast(layers=("a",))
    image = torch.rand(1, 3, 5, 5)
    term({"image": image, "a": flat}, term.prepare({"image": image, "a": flat})).sum().backward()
    assert torch.isfinite(flat.grad).all()


def test_small_maps_are_refused_by_name():
    term = LocalContrast(layers=("a",))
    image = torch.rand(1, 3, 8, 8)
    with pytest.raises(ConfigError, match="3 x 3"):
        term.prepare({"image": image, "a": image[:, :, :2]})


def test_it_is_known_by_name():
    objective = Objective(
        {"x": {"name": "local-contrast", "layers": ["a"]}}, lambda image, layers: {"a": image}
    )
    image = torch.rand(1, 3, 8, 8, requires_grad=True)
    objective(image, objective.prepare(torch.rand(1, 3, 8, 8), image))["x"].backward()
    assert image.grad.abs().sum() > 0


@pytest.mark.parametrize("options", [{"places": 0}, {"temperature": 0}, {"temperature": True}])
def test_nonsense_is_refused(options):
    with pytest.raises(ConfigError, match=rf"^loss\.{next(iter(options))} must be"):
        check_table(LocalContrast, options, "loss")
