from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.losses.style import GRAM_LAYERS
from stylemix.training.features.objective import feature_errors, gram_errors, grams, relative


def maps(seed):
    chance = torch.Generator().manual_seed(seed)
    return {
        layer: torch.randn(2, 3 + i, 4, 5, generator=chance) for i, layer in enumerate(GRAM_LAYERS)
    }


def test_errors_are_the_defined_ones():
    found, wanted = maps(0), maps(1)
    features, styles = feature_errors(found, wanted), gram_errors(found, wanted)
    for layer in GRAM_LAYERS:
        f, t = found[layer].numpy(), wanted[layer].numpy()
        want = ((f - t) ** 2).sum() / (t**2).sum()
        assert float(features[layer]) == pytest.approx(want, rel=1e-5)
        each = []
        for a, b in zip(f, t, strict=True):
            ga, gb = (np.einsum("chw,dhw->cd", x, x) / 20 for x in (a, b))
            each.append(np.linalg.norm(ga - gb) / np.linalg.norm(gb))
        assert float(styles[layer]) == pytest.approx(np.mean(each), rel=1e-4)


def test_equal_maps_have_no_error_and_a_finite_gradient():
    x = torch.randn(1, 3, 4, 4, requires_grad=True)
    error = relative(grams(x), grams(x.detach())).sum()
    error.backward()
    assert float(error) < 2e-4
    assert torch.isfinite(x.grad).all()


def test_bfloat16_products_are_close():
    x = torch.randn(2, 6, 20, 20)
    exact, rough = grams(x), grams(x, torch.bfloat16)
    assert rough.dtype == torch.float32
    assert 0 < float((rough - exact).norm() / exact.norm()) < 0.02
