from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylemix.ops import gram, gram_error, gram_sum
from stylemix.ops.grams import _Products


def test_gram_equals_the_formula():
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    flat = x.numpy().reshape(2, 3, 20)
    want = np.einsum("bip,bjp->bij", flat, flat) / (3 * 4 * 5)
    np.testing.assert_allclose(gram(x).numpy(), want, rtol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 6))
def test_gram_is_symmetric_positive_and_blind_to_order(seed, height, width):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(1, 4, height, width, dtype=torch.float64, generator=generator)
    g = gram(x)
    torch.testing.assert_close(g, g.transpose(1, 2))
    assert torch.linalg.eigvalsh(g).min() > -1e-12
    order = torch.randperm(height * width, generator=generator)
    shuffled = x.flatten(2)[:, :, order].reshape(x.shape)
    torch.testing.assert_close(gram(shuffled), g)


@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last])
def test_gram_is_summed_in_float32_under_autocast(order):
    x = torch.rand(2, 8, 64, 64).to(torch.bfloat16).contiguous(memory_format=order)
    with torch.autocast("cpu", torch.bfloat16):
        g = gram(x)
    assert g.dtype == torch.float32
    torch.testing.assert_close(g, gram(x.double()).float(), rtol=1e-4, atol=0)


def test_gram_of_a_constant_map():
    assert gram(torch.full((1, 2, 3, 3), 2.0)) == pytest.approx(torch.full((1, 2, 2), 4.0 / 2))


def test_a_guided_gram_is_that_of_the_weighted_features():
    x = torch.randn(2, 5, 6, 7, dtype=torch.float64)
    t = torch.rand(2, 1, 6, 7, dtype=torch.float64)
    weighted = (x * t.sqrt()).flatten(2)  # T of the paper is sqrt(t)
    torch.testing.assert_close(gram_sum(x, t), weighted @ weighted.transpose(1, 2))
    torch.testing.assert_close(gram_sum(x, torch.ones(1, 1, 6, 7)), gram_sum(x))


def test_products_in_bfloat16_are_close():
    x = torch.randn(2, 6, 20, 20)
    exact, rough = gram_sum(x), gram_sum(x, precision=torch.bfloat16)
    assert rough.dtype == torch.float32
    assert 0 < float((rough - exact).norm() / exact.norm()) < 0.02


def test_the_error_is_relative_and_one_for_nothing():
    a, b = gram(torch.randn(3, 4, 5, 5)), gram(torch.randn(3, 4, 5, 5))
    want = np.linalg.norm(a - b, axis=(1, 2)) / np.linalg.norm(b, axis=(1, 2))
    np.testing.assert_allclose(gram_error(a, b), want, rtol=1e-5)
    torch.testing.assert_close(gram_error(5 * a, 5 * b), gram_error(a, b))
    torch.testing.assert_close(gram_error(torch.zeros_like(b), b), torch.ones(3))
    assert not gram_error(a, a).any()


def test_rounding_gives_equal_matrices_a_gradient():
    x = torch.randn(1, 3, 4, 4, requires_grad=True)
    error = gram_error(gram(x), gram(x.detach()), rounding=1e-8)
    (gradient,) = torch.autograd.grad(error.sum(), x)
    assert float(error.detach()) < 2e-4
    assert torch.isfinite(gradient).all()


def test_products_of_half_precision_maps_are_those_of_their_copies_in_float32():
    generator = torch.Generator().manual_seed(0)
    flat = torch.randn(2, 40, 5, generator=generator).bfloat16()
    weight = torch.randn(2, 5, 5, generator=generator)  # not symmetric
    found, exact = flat.clone().requires_grad_(), flat.float().requires_grad_()
    value, wanted = _Products.apply(found), torch.bmm(exact.transpose(1, 2), exact)
    assert value.dtype == torch.float32
    assert torch.equal(value, wanted)
    (value * weight).sum().backward()
    (wanted * weight).sum().backward()
    assert found.grad.dtype == torch.bfloat16
    # Two roundings to bfloat16's 8 bits, of sums of five products each.
    torch.testing.assert_close(found.grad.float(), exact.grad, rtol=2**-6, atol=2**-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_gram_in_half_precision_on_a_gpu_is_that_of_float32():
    x = torch.randn(2, 64, 32, 32, device="cuda").to(memory_format=torch.channels_last).bfloat16()
    torch.testing.assert_close(gram(x), gram(x.float()), rtol=1e-3, atol=1e-5)
