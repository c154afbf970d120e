from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylemix.images import to_pil
from stylemix.metrics.baselines import color, copy, transfer_color


def statistics(image):
    colors = image.reshape(3, -1).double().numpy()
    return colors.mean(1), np.cov(colors, bias=True)


@given(st.integers(0, 100), st.integers(101, 200))
def test_the_result_has_the_paintings_mean_and_covariance(a, b):
    content, painting = picture(a, 24, 30)[0], picture(b, 20, 26)[0]
    mean, cov = statistics(transfer_color(content, painting))
    wanted_mean, wanted_cov = statistics(painting)
    np.testing.assert_allclose(mean, wanted_mean, atol=1e-5)
    np.testing.assert_allclose(cov, wanted_cov, atol=1e-5)


def test_the_map_is_the_optimal_one():
    content, painting = picture(1)[0], picture(2)[0]
    (mean_c, cov_c), (mean_s, cov_s) = statistics(content), statistics(painting)
    root = scipy.linalg.sqrtm(cov_c).real
    inverse = np.linalg.inv(root)
    matrix = inverse @ scipy.linalg.sqrtm(root @ cov_s @ root).real @ inverse
    wanted = matrix @ (content.reshape(3, -1).double().numpy() - mean_c[:, None]) + mean_s[:, None]
    np.testing.assert_allclose(transfer_color(content, painting).reshape(3, -1), wanted, atol=1e-4)


def test_own_colours_stay():
    content = picture(3)[0]
    torch.testing.assert_close(transfer_color(content, content), content, atol=1e-5, rtol=0)


def test_flat_and_grey_photographs_stay_finite():
    painting = picture(4)[0]
    flat = transfer_color(torch.full((3, 8, 8), 0.4), painting)
    torch.testing.assert_close(flat.mean((1, 2)), painting.mean((1, 2)), atol=1e-5, rtol=0)
    assert flat.std() < 1
    grey = transfer_color(picture(5)[0][:1].repeat(3, 1, 1), painting)
    assert bool(grey.isfinite().all())
    assert grey.abs().max() < 3


def test_methods_give_pictures_of_the_photographs_size():
    content, painting = to_pil(picture(6, 20, 30)[0]), to_pil(picture(7, 16, 16)[0])
    assert np.array_equal(np.asarray(copy(content, painting)), np.asarray(content))
    found = color(content, painting)
    assert isinstance(found, Image.Image)
    assert found.size == (30, 20)
    assert np.asarray(found).mean((0, 1)) == pytest.approx(np.asarray(painting).mean((0, 1)), abs=6)
