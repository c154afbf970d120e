from __future__ import annotations

import pytest
import torch

from stylemix.optimization.prior import prior


def test_values_inside_cost_nothing_but_variation():
    image = torch.full((1, 3, 4, 4), 0.5)
    assert prior(image, 1.0, 1000.0) == 0
    image[..., 2:] = 0.7
    assert float(prior(image, 2.0, 1000.0)) == pytest.approx(2 * 0.04 / 3)


def test_values_near_and_beyond_the_ends_are_pushed_inside():
    image = torch.tensor([-0.1, 0.005, 0.5, 1.0]).reshape(1, 1, 2, 2).requires_grad_()
    value = prior(image, 0.0, 4.0)
    assert value.item() == pytest.approx(0.115**2 + 0.01**2 + 0.015**2, rel=1e-4)
    (gradient,) = torch.autograd.grad(value, image)
    assert (gradient.flatten().sign() == torch.tensor([-1.0, -1, 0, 1])).all()
