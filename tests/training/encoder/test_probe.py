from __future__ import annotations

import torch

from stylemix.training.encoder.probe import RIDGE, probe_scores


def test_equals_weighted_ridge_regression_by_descent():
    """The closed form against its own objective, minimised by L-BFGS."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([0] * 9 + [1] * 3 + [2] * 4)
    x = torch.randn(16, 3, generator=generator, dtype=torch.float64) + labels[:, None]
    standard = (x - x.mean(0)) / x.std(0, correction=0)
    y = torch.nn.functional.one_hot(labels, 3).double()
    weight = 1 / (3 * y.sum(0)[labels])
    matrix = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [matrix, bias],
        max_iter=500,
        tolerance_grad=1e-12,
        tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )

    def loss():
        optimizer.zero_grad()
        error = (standard @ matrix + bias - y).square().sum(1)
        value = (weight * error).sum() + RIDGE * matrix.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    found = probe_scores(x, labels, x, 3)
    torch.testing.assert_close(found, (standard @ matrix + bias).detach(), atol=1e-6, rtol=0)


def test_separable_groups_are_told_apart_though_one_is_large():
    generator = torch.Generator().manual_seed(1)
    centres = torch.randn(3, 8, generator=generator) * 3
    labels = torch.tensor([0] * 300 + [1] * 5 + [2] * 5)
    known = centres[labels] + 0.3 * torch.randn(310, 8, generator=generator)
    asked = centres + 0.3 * torch.randn(3, 8, generator=generator)
    assert probe_scores(known, labels, asked, 3).argmax(1).tolist() == [0, 1, 2]


def test_a_constant_entry_does_no_harm():
    known = torch.cat([torch.randn(6, 2), torch.ones(6, 1)], dim=1)
    scores = probe_scores(known, torch.tensor([0, 1, 0, 1, 0, 1]), known, 2)
    assert torch.isfinite(scores).all()
