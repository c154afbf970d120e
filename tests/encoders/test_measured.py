"""What the measuring encoders share, on both of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture
from hypothesis import given
from hypothesis import strategies as st

from stylemix.encoders import TexturePaletteEncoder, ThinEncoder
from stylemix.encoders.measured import QUANTILES, enlarged, quantiles

KINDS = pytest.mark.parametrize("kind", [ThinEncoder, TexturePaletteEncoder])


@given(st.integers(0, 1000), st.integers(1, 70))
def test_quantiles_are_values_of_the_picture_in_order(seed, count):
    values = torch.rand(2, 3, count, generator=torch.Generator().manual_seed(seed))
    found = quantiles(values).view(2, 3, len(QUANTILES)).numpy()
    lower, higher = (
        np.quantile(values.numpy(), QUANTILES, axis=2, method=method)
        for method in ("lower", "higher")
    )
    moved = np.moveaxis(found, 2, 0)
    assert ((moved == lower) | (moved == higher)).all()
    assert (np.diff(found, axis=2) >= 0).all()


def test_quantiles_of_a_hundred_and_one_steps_are_their_shares():
    mixed = torch.randperm(101, generator=torch.Generator().manual_seed(0)) / 100
    torch.testing.assert_close(quantiles(mixed[None, None])[0], torch.tensor(QUANTILES))


@pytest.mark.parametrize(
    ("height", "width", "wanted"), [(3, 20, (8, 20)), (1, 1, (8, 8)), (8, 9, (8, 9))]
)
def test_small_pictures_are_enlarged_to_what_the_trunk_takes(height, width, wanted):
    image = picture(1, height, width)
    found = enlarged(image)
    assert found.shape[-2:] == wanted
    assert found.amin() >= image.amin() - 1e-6
    assert found.amax() <= image.amax() + 1e-6
    assert (found is image) == (wanted == (height, width))


@KINDS
def test_typical_values_are_those_of_all_paintings_at_once(kind):
    """Calibration looks at sixteen pictures at a time."""
    torch.manual_seed(0)
    encoder = kind()
    encoder.initialize()
    images = torch.cat([picture(seed, 16, 16) for seed in range(20)])
    encoder.calibrate(images)
    values = torch.cat([encoder.statistics(image[None]) for image in images]).numpy()
    np.testing.assert_allclose(encoder.typical_mean, values.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(encoder.typical_std, values.std(0).clip(1e-3), rtol=1e-3, atol=1e-5)


@KINDS
def test_statistics_embed_to_the_code_of_the_picture(kind):
    encoder = kind()
    code = encoder(picture(3, 30, 40))
    vectors = encoder.embed(encoder.statistics(picture(3, 30, 40)))
    assert vectors.keys() == {name for name in encoder.channels if not name.startswith("relu")}
    for name, vector in vectors.items():
        torch.testing.assert_close(vector, code[name])
