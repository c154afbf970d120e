"""Two codes: what each of them may and may not know."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from stylemix.backbones import BLOCK_ENDS
from stylemix.encoders.texture_palette import (
    QUANTILES,
    TexturePaletteEncoder,
    directions,
)
from stylemix.images.color import desaturate


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    made = TexturePaletteEncoder(dim=8, hidden=16, palette_dim=5, palette_hidden=12)
    made.initialize()
    made.calibrate(torch.cat([picture(s, 24, 24) for s in range(12)]))
    return made.eval()


def code(encoder, image):
    with torch.no_grad():
        return encoder(image)


def test_code_has_the_declared_channels(encoder):
    found = code(encoder, picture(1, 40, 56))
    assert {k: v.shape[1] for k, v in found.items()} == dict(encoder.channels)
    assert list(encoder.channels) == ["embedding", "palette", *BLOCK_ENDS]
    assert found["embedding"].shape == (1, 8)
    assert found["palette"].shape == (1, 5)


@given(st.integers(0, 1000))
def test_texture_sees_brightness_alone(encoder, seed):
    image = picture(seed, 24, 30)
    seen, drained = code(encoder, image), code(encoder, desaturate(image))
    torch.testing.assert_close(seen["embedding"], drained["embedding"], atol=1e-4, rtol=0)
    assert (seen["palette"] - drained["palette"]).abs().max() > 1e-3


@given(st.integers(0, 1000))
def test_palette_does_not_know_where_colours_lie(encoder, seed):
    image = picture(seed, 24, 30)
    order = torch.randperm(24 * 30, generator=torch.Generator().manual_seed(seed))
    shuffled = image.flatten(2)[:, :, order].view_as(image)
    seen, moved = code(encoder, image), code(encoder, shuffled)
    torch.testing.assert_close(seen["palette"], moved["palette"], atol=1e-5, rtol=0)
    assert (seen["embedding"] - moved["embedding"]).abs().max() > 1e-3


def test_palette_statistics_are_numpy_quantiles(encoder):
    image = picture(3, 17, 19)
    found = encoder.statistics(image)[0, encoder.texture_count :].view(13, len(QUANTILES))
    colors = image[0].flatten(1).numpy().astype(np.float64)
    wanted = np.stack(
        [
            np.quantile(colors.T @ d.numpy().astype(np.float64), QUANTILES, method="nearest")
            for d in directions()
        ]
    )
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_palette_knows_which_channels_go_together():
    """Red-green and yellow-black have the same channels one by one, and another covariance."""
    generator = torch.Generator().manual_seed(0)
    coin = torch.ones(400)
    coin[:200] = 0
    coin = coin[torch.randperm(400, generator=generator)].view(1, 1, 20, 20)
    zero = torch.zeros_like(coin)
    red_green = torch.cat([coin, 1 - coin, zero], 1)
    yellow_black = torch.cat([coin, coin, zero], 1)
    for channel in range(3):
        assert torch.equal(
            *(x[0, channel].flatten().sort().values for x in (red_green, yellow_black))
        )
    made = TexturePaletteEncoder(dim=4, hidden=4)
    a, b = made.statistics(red_green), made.statistics(yellow_black)
    assert (a - b)[0, made.texture_count :].abs().max() > 0.5


def test_directions_are_the_thirteen_neighbour_axes():
    d = directions()
    assert d.shape == (13, 3)
    torch.testing.assert_close(d.norm(dim=1), torch.ones(13))
    cosines = (d @ d.T).abs() - torch.eye(13)
    assert cosines.max() < 0.99
    # Variances along them determine every covariance matrix: the outer products span all six.
    products = torch.stack([torch.outer(v, v).flatten() for v in d])
    assert torch.linalg.matrix_rank(products) == 6


def test_a_large_picture_has_nearly_the_palette_of_all_its_pixels(encoder):
    image = picture(5, 300, 400)
    found = encoder.statistics(image)[0, encoder.texture_count :].view(13, -1)
    colors = (directions() @ image[0].flatten(1)).sort(1).values
    index = torch.tensor([round(q * (colors.shape[1] - 1)) for q in QUANTILES])
    torch.testing.assert_close(found, colors[:, index], atol=0.01, rtol=0)


def test_statistics_and_embed_are_the_code(encoder):
    image = picture(7, 30, 30)
    with torch.no_grad():
        parts = encoder.embed(encoder.statistics(image))
    whole = code(encoder, image)
    assert set(parts) == {"embedding", "palette"}
    for name, value in parts.items():
        assert torch.equal(value, whole[name])


def test_calibration_standardises_what_it_saw(encoder):
    images = torch.cat([picture(s, 24, 24) for s in range(12)])
    standard = (encoder.statistics(images) - encoder.typical_mean) / encoder.typical_std
    torch.testing.assert_close(standard.mean(0), torch.zeros_like(standard[0]), atol=1e-3, rtol=0)


def test_a_picture_of_one_pixel_has_a_finite_code(encoder):
    found = code(encoder, torch.full((1, 3, 1, 1), 0.5))
    assert torch.isfinite(found["embedding"]).all()
    assert torch.isfinite(found["palette"]).all()


def test_the_trunk_does_not_train(encoder):
    assert not any(p.requires_grad for p in encoder.trunk.parameters())
    assert sum(p.numel() for p in encoder.parameters() if p.requires_grad) > 0
