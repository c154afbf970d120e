from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from stylemix.metrics.edges import correlation, edge_map, edge_preservation


@pytest.mark.parametrize("sigma", [1.0, 2.0])
def test_edge_map_equals_scipy(sigma):
    image = picture(0, 40, 52)[0]
    red, green, blue = image.double().numpy()
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    smooth = ndimage.gaussian_filter(grey, sigma, mode="nearest", truncate=4)
    wanted = np.hypot(
        ndimage.sobel(smooth, 0, mode="nearest"), ndimage.sobel(smooth, 1, mode="nearest")
    )
    np.testing.assert_allclose(edge_map(image, sigma).numpy(), wanted, atol=2e-6)


@given(st.integers(0, 10_000))
def test_correlation_equals_numpy(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.random((6, 7)), rng.random((6, 7))
    wanted = np.corrcoef(a.ravel(), b.ravel())[0, 1]
    assert correlation(torch.tensor(a), torch.tensor(b)) == pytest.approx(wanted, abs=1e-10)


@given(st.integers(0, 100), st.floats(0.2, 1.0))
def test_contrast_brightness_and_negative_keep_edges(seed, gain):
    image = picture(seed, 40, 40)[0]
    assert edge_preservation(image, image) == pytest.approx(1)
    assert edge_preservation(image * gain + (1 - gain) / 2, image) == pytest.approx(1, abs=1e-4)
    assert edge_preservation(1 - image, image) == pytest.approx(1, abs=1e-4)


def test_other_pictures_and_flat_ones_keep_none():
    image = picture(0, 64, 64)[0]
    others = [edge_preservation(picture(seed, 64, 64)[0], image) for seed in range(1, 30)]
    assert abs(np.mean(others)) < 0.15
    assert edge_preservation(torch.full((3, 64, 64), 0.5), image) == 0


def test_fine_texture_counts_less_than_lost_outlines():
    generator = torch.Generator().manual_seed(0)
    image = torch.zeros(3, 64, 64)
    image[:, 20:44, 24:50] = 0.8
    textured = (image * 0.9 + 0.1 * torch.rand(3, 64, 64, generator=generator)).clamp(0, 1)
    assert edge_preservation(textured, image) > 0.95
    assert edge_preservation(image.roll(16, 2), image) < 0.7
