from __future__ import annotations

import numpy as np
import pytest
import torch

from stylemix.backbones import BLOCK_ENDS
from stylemix.training.features.objective import feature_errors, gram_errors


def maps(seed):
    chance = torch.Generator().manual_seed(seed)
    return {
        layer: torch.randn(2, 3 + i, 4, 5, generator=chance) for i, layer in enumerate(BLOCK_ENDS)
    }


def test_errors_are_the_defined_ones():
    found, wanted = maps(0), maps(1)
    features, styles = feature_errors(found, wanted), gram_errors(found, wanted)
    for layer in BLOCK_ENDS:
        f, t = found[layer].numpy(), wanted[layer].numpy()
        want = ((f - t) ** 2).sum() / (t**2).sum()
        assert float(features[layer]) == pytest.approx(want, rel=1e-5)
        each = []
        for a, b in zip(f, t, strict=True):
            ga, gb = (np.einsum("chw,dhw->cd", x, x) / 20 for x in (a, b))
            each.append(np.linalg.norm(ga - gb) / np.linalg.norm(gb))
        assert float(styles[layer]) == pytest.approx(np.mean(each), rel=1e-4)


def test_equal_maps_have_no_error_and_a_finite_gradient():
    x = {layer: torch.randn(1, 3, 4, 4, requires_grad=True) for layer in BLOCK_ENDS}
    errors = gram_errors(x, {k: v.detach() for k, v in x.items()})
    sum(errors.values()).backward()
    assert max(float(e.detach()) for e in errors.values()) < 2e-4
    assert all(torch.isfinite(v.grad).all() for v in x.values())


def test_bfloat16_products_are_close():
    found, wanted = maps(0), maps(1)
    exact, rough = (gram_errors(found, wanted, p) for p in (torch.float32, torch.bfloat16))
    for layer in BLOCK_ENDS:
        assert rough[layer].dtype == torch.float32
        assert 0 < abs(float(rough[layer] / exact[layer]) - 1) < 0.02
