from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture, tiny_model
from hypothesis import given, settings
from hypothesis import strategies as st

from stylemix.stylizers import draw_batch

MODELS = {
    "film": [{"name": "film"}],
    "film and patch": [{"name": "film"}, {"name": "patch", "sites": ["bottleneck"]}],
}


@pytest.mark.parametrize("injections", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("height, width", [(32, 32), (29, 45)])
@given(strengths=st.lists(st.sampled_from([0.0, 0.3, 1.0, 1.5]), min_size=1, max_size=4),
       count=st.integers(1, 2))  # fmt: skip
@settings(max_examples=6)
def test_each_picture_is_what_stylize_makes(injections, height, width, strengths, count):
    model = tiny_model(*injections)
    encoded = [model.encode(picture(i)[0]) for i in range(5)]
    styles = [[encoded[(i + k) % 5] for k in range(count)] for i in range(len(strengths))]
    photos = (
        torch.cat([picture(10 + i, height, width) for i in range(len(strengths))]) * 255
    ).byte()
    found = draw_batch(model, photos, styles, strengths)
    assert found.dtype == torch.uint8 and found.shape == photos.shape
    for i, strength in enumerate(strengths):
        expected = model.stylize(photos[i], styles[i], strength=strength)
        wanted = torch.from_numpy(np.array(expected)).permute(2, 0, 1)
        # Sums in another order may round a value to the next level.
        off = (found[i].int() - wanted.int()).abs()
        assert off.max() <= 2
        assert off.float().mean() < 0.05


def test_floats_stay_floats():
    model = tiny_model()
    styles = [[model.encode(picture(0)[0])], [model.encode(picture(1)[0])]]
    photos = torch.cat([picture(2), picture(3)])
    found = draw_batch(model, photos, styles, [1.0, 0.5])
    assert found.dtype == torch.float32
    both = torch.cat([draw_batch(model, photos[i : i + 1], [styles[i]], [s]) for i, s in
                      enumerate((1.0, 0.5))])  # fmt: skip
    assert torch.allclose(found, both, atol=1e-5)
    assert not torch.allclose(found[0], found[1], atol=1e-2)


@pytest.mark.parametrize("dtype, most", [(torch.float64, 1e-5), (torch.float16, 5e-3)])
def test_models_of_another_type_draw_the_same(dtype, most):
    photos = torch.cat([picture(2), picture(3)])
    found = []
    for model in (tiny_model(), tiny_model().to(dtype)):
        styles = [[model.encode(picture(0)[0])], [model.encode(picture(1)[0])]]
        found.append(draw_batch(model, photos, styles, [1.0, 0.5]))
    assert found[1].dtype == torch.float32
    assert (found[0] - found[1]).abs().mean() <= most
