from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from stylemix.ops import (
    ContentCovariance,
    ContentMoments,
    binomial,
    covariance,
    is_large,
    measured_as,
    moments,
    total_variation,
)
from stylemix.ops.ops import standardize


def test_moments_normalise_like_instance_norm():
    x = torch.randn(2, 3, 6, 7)
    mean, std = moments(x)
    torch.testing.assert_close((x - mean) / std, F.instance_norm(x, eps=1e-5), atol=1e-5, rtol=0)


def test_moments_of_half_precision_are_measured_in_float32():
    x = (torch.randn(1, 2, 64, 64) + 300).to(torch.bfloat16)
    mean, _ = moments(x)
    assert mean.dtype == torch.float32
    want = x.double().mean((0, 2, 3)).float()
    torch.testing.assert_close(mean.flatten(), want, rtol=1e-5, atol=0)


def test_content_moments_measure_and_normalize():
    module, x = ContentMoments(eps=0.5), torch.randn(1, 2, 4, 4)
    mean, std = module(x)
    torch.testing.assert_close((mean, std), moments(x, eps=0.5))
    torch.testing.assert_close(module.normalize(x), (x - mean) / std)
    assert module.normalize(x.half()).dtype == torch.float16


def large_map(seed: int = 0) -> torch.Tensor:
    """Features of stride 4 of a picture of 736 x 720 pixels."""
    random = torch.Generator().manual_seed(seed)
    return torch.randn(2, 3, 184, 180, generator=random) * 3 + torch.arange(3.0).view(3, 1, 1)


def test_of_a_large_picture_places_sixteen_pixels_apart_are_measured():
    x = large_map()
    mean, std = ContentMoments(1e-3, stride=4)(x)
    places = x.numpy()[:, :, 2::4, 2::4]
    assert places.shape == (2, 3, 46, 45)
    np.testing.assert_allclose(mean.numpy()[..., 0, 0], places.mean((2, 3)), atol=1e-5)
    wanted = np.sqrt(places.var((2, 3)) + 1e-3)
    np.testing.assert_allclose(std.numpy()[..., 0, 0], wanted, rtol=1e-5)
    # Not the same as all places', but near to it: two thousand are a fiftieth of a deviation.
    every, _ = ContentMoments(1e-3)(x)
    assert 0 < (mean - every).abs().max() < 0.1 * 3


@pytest.mark.parametrize(
    ("stride", "height", "width"),
    [(None, 184, 180), (4, 176, 180), (16, 300, 300), (32, 64, 64)],
    ids=["of unknown stride", "small", "coarse", "coarser"],
)
def test_of_other_maps_all_places_are_measured(stride, height, width):
    x = torch.rand(1, 2, height, width)
    assert ContentMoments(stride=stride).sampled(x) is x


def test_any_picture_can_be_measured_as_a_large_or_a_small_one():
    measure, small, large = ContentMoments(stride=4), torch.rand(1, 2, 12, 20), large_map()
    with measured_as(large=True):
        assert is_large(1, 1)
        assert torch.equal(measure.sampled(small), small[:, :, 2::4, 2::4])
        with measured_as(large=False):
            assert measure.sampled(large) is large
    assert measure.sampled(small) is small
    assert measure.sampled(large).shape == (2, 3, 46, 45)
    with pytest.raises(KeyError), measured_as(large=True):
        raise KeyError
    assert not is_large(723, 725) and is_large(724, 725)


def test_while_gradients_are_taken_all_places_count():
    x = large_map().requires_grad_()
    measure = ContentMoments(stride=4)
    torch.testing.assert_close(measure(x)[0], x.mean((2, 3), keepdim=True))
    measure(x)[1].sum().backward()
    assert (x.grad != 0).all()
    with torch.no_grad():
        assert not torch.equal(measure(x.detach())[0], measure(x)[0])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 183), st.integers(1, 179))
def test_the_pieces_of_a_map_are_measured_at_the_places_of_the_whole(row, column):
    x, measure = large_map()[:1, :1], ContentMoments(stride=4)
    whole = measure.sampled(x)
    rows = [
        torch.cat(
            [
                measure.sampled(x[:, :, top:bottom, left:right], (184, 180), (top, left))
                for left, right in ((0, column), (column, 180))
            ],
            dim=3,
        )
        for top, bottom in ((0, row), (row, 184))
    ]
    assert torch.equal(torch.cat(rows, dim=2), whole)


def test_total_variation_of_a_ramp():
    ramp = torch.arange(4.0).view(1, 1, 1, 4).expand(1, 3, 4, 4)
    assert total_variation(ramp) == pytest.approx(1.0)


def test_covariance_is_numpys_and_has_a_gradient():
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64, requires_grad=True)
    mean, matrix = covariance(x)
    for m, c, one in zip(mean, matrix, x.detach().flatten(2).numpy(), strict=True):
        np.testing.assert_allclose(m.detach().flatten(), one.mean(1))
        np.testing.assert_allclose(c.detach(), np.cov(one, bias=True))
    assert torch.autograd.gradcheck(lambda y: covariance(y)[1], (x,))


def test_content_covariance_measures_and_centers():
    x = torch.randn(1, 3, 8, 8)
    module = ContentCovariance()
    mean, matrix = module(x)
    assert matrix.dtype == torch.float64
    torch.testing.assert_close(
        torch.diagonal(matrix, dim1=1, dim2=2).sqrt().float(), moments(x, eps=0)[1].flatten(1)
    )
    torch.testing.assert_close(module.normalize(x), x - mean.float())


def test_binomial_equals_the_convolution_inside():
    x = torch.rand(1, 1, 7, 9)
    kernel = torch.outer(torch.tensor([1.0, 2, 1]), torch.tensor([1.0, 2, 1]))[None, None] / 16
    torch.testing.assert_close(binomial(x)[..., 1:-1, 1:-1], F.conv2d(x, kernel))
    torch.testing.assert_close(
        binomial(torch.full((1, 3, 4, 4), 0.3)), torch.full((1, 3, 4, 4), 0.3)
    )


def test_binomial_removes_what_alternates_and_mirrors_edges():
    x = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    rows = torch.tensor([1.0, -1, 1, -1, 1], dtype=torch.float64)[:, None]
    alternating = rows.expand(1, 1, 5, 6)
    torch.testing.assert_close(binomial(alternating), torch.zeros_like(alternating))
    mirrored = F.pad(x, (1, 1, 1, 1), mode="reflect").numpy()
    vertical = (mirrored[:, :, :-2] + 2 * mirrored[:, :, 1:-1] + mirrored[:, :, 2:]) / 4
    both = (vertical[..., :-2] + 2 * vertical[..., 1:-1] + vertical[..., 2:]) / 4
    np.testing.assert_allclose(binomial(x), both)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 2e-5), (torch.bfloat16, 2e-2)], ids=str
)
@pytest.mark.parametrize("order", [torch.contiguous_format, torch.channels_last], ids=str)
def test_standardize_is_the_map_over_its_moments_in_value_and_gradient(dtype, tolerance, order):
    generator = torch.Generator().manual_seed(0)
    x = 2 + 3 * torch.randn(2, 4, 9, 7, generator=generator)
    x = x.to(dtype).to(memory_format=order)
    weight = torch.randn(x.shape, generator=generator).to(dtype)
    found, exact = x.clone().requires_grad_(), x.double().requires_grad_()
    value = standardize(found)
    mean, std = moments(exact)
    wanted = (exact - mean) / std
    assert value.dtype == dtype
    assert value.is_contiguous(memory_format=order)
    (value * weight).sum().backward()
    (wanted * weight.double()).sum().backward()
    assert found.grad.dtype == dtype
    torch.testing.assert_close(value.double(), wanted, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(found.grad.double(), exact.grad, rtol=tolerance, atol=tolerance)


def test_standardize_of_a_flat_map_is_zero():
    x = torch.full((1, 2, 4, 4), 5.0, requires_grad=True)
    y = standardize(x)
    y.sum().backward()
    assert float(y.detach().abs().max()) < 1e-3
    assert torch.isfinite(x.grad).all()
