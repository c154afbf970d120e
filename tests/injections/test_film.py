"""FiLM against the definition of Perez et al. (2018) and against affine instance norm."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from stylemix.errors import ConfigError
from stylemix.injections import FiLM
from stylemix.types import Site

SITE = Site("s", "norm", 5, 4)


def film(**options):
    torch.manual_seed(0)
    return FiLM(SITE, {"embedding": 7}, **options)


def test_equation():
    for residual in (True, False):
        module = film(residual=residual)
        z, x = torch.randn(2, 7), torch.randn(2, 5, 3, 4)
        linear = z @ module.linear.weight.T + module.linear.bias
        gamma, beta = linear[:, :5] + (1 if residual else 0), linear[:, 5:]
        want = gamma[:, :, None, None] * x + beta[:, :, None, None]
        torch.testing.assert_close(module(x, module.prepare({"embedding": z})), want)


def test_zero_prediction_changes_nothing():
    module = film()
    torch.nn.init.zeros_(module.linear.weight)
    x = torch.randn(1, 5, 4, 4)
    torch.testing.assert_close(module(x, module.prepare({"embedding": torch.randn(1, 7)})), x)


def test_on_a_normalised_map_it_is_affine_instance_norm():
    module = film()
    z, raw = torch.randn(1, 7), torch.randn(1, 5, 8, 8)
    gamma, beta = module.prepare({"embedding": z})
    want = F.instance_norm(raw, weight=gamma.flatten(), bias=beta.flatten())
    torch.testing.assert_close(module(F.instance_norm(raw), (gamma, beta)), want, atol=1e-5, rtol=0)


def test_output_moments_are_gamma_and_beta():
    module = film()
    gamma, beta = module.prepare({"embedding": torch.randn(1, 7)})
    out = module(F.instance_norm(torch.randn(1, 5, 32, 32)), (gamma, beta))
    torch.testing.assert_close(out.mean((2, 3)), beta.flatten(1), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        out.std((2, 3), correction=0), gamma.abs().flatten(1), atol=1e-4, rtol=0
    )


def test_it_reads_the_code_that_it_is_told_to():
    torch.manual_seed(0)
    module = FiLM(SITE, {"embedding": 7, "palette": 3, "relu1_2": 16}, code="palette")
    assert module.needs == ("palette",)
    z, x = torch.randn(2, 3), torch.randn(2, 5, 3, 4)
    linear = (z @ module.linear.weight.T)[:, :, None, None]
    torch.testing.assert_close(
        module(x, module.prepare({"palette": z})), (1 + linear[:, :5]) * x + linear[:, 5:]
    )


@pytest.mark.parametrize("code", ["palette", "relu1_2", "colour"])
def test_a_code_that_is_no_vector_of_the_encoder_is_refused(code):
    with pytest.raises(ConfigError, match="it gives: embedding"):
        FiLM(SITE, {"embedding": 7, "relu1_2": 16}, code=code)
