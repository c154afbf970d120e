"""docs/training/take_decoder.py: a trained decoder in another model, wider or not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers import load_script

from stylemix.injections.style import StyleMix
from stylemix.stylizers import build

SCRIPT = Path(__file__).parents[2] / "docs" / "training" / "take_decoder.py"


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


def model_of(seed: int, **generator):
    torch.manual_seed(seed)
    return build(
        {
            "stylizer": "feed_forward",
            "generator": {"name": "vgg", **generator},
            "encoder": {"name": "none"},
            "injections": [],
            "style_size": 48,
        }
    ).eval()


@torch.no_grad()
def drawn(model) -> torch.Tensor:
    image = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(2))
    return model(image, StyleMix.single(model.prepare(image)))


def test_the_same_shape_draws_the_same_picture(script):
    trained, fresh = (model_of(seed, layers=["relu3_1"]) for seed in (0, 1))
    assert float((drawn(fresh) - drawn(trained)).abs().mean()) > 0.01
    fresh.load_state_dict(script.taken(fresh.state_dict(), trained.state_dict()))
    assert torch.equal(drawn(fresh), drawn(trained))


def test_a_wider_one_draws_the_same_picture_but_for_noise_and_what_joins(script, monkeypatch):
    trained = model_of(0, layers=["relu3_1"])
    wide = model_of(1, layers=["relu2_2", "relu3_1"], width=3)
    monkeypatch.setattr(script, "NOISE", 0.0)
    monkeypatch.setattr(script, "JOINING", 0.0)
    wide.load_state_dict(script.taken(wide.state_dict(), trained.state_dict()))
    torch.testing.assert_close(drawn(wide), drawn(trained), rtol=1e-4, atol=1e-5)


def test_noise_tells_copies_apart_and_what_joins_begins_small(script):
    trained = model_of(0, layers=["relu3_1"])
    wide = model_of(1, layers=["relu2_2", "relu3_1"], width=2)
    made = script.taken(wide.state_dict(), trained.state_dict())
    name = "generator.decoders.relu3_1.convolutions.relu2_2.weight"
    first, second = made[name].chunk(2)
    assert float((first - second).abs().mean()) > 0
    # 2 x 32 channels come from above, the last 32 from the layer itself.
    assert torch.equal(made[name][:, 64:], script.JOINING * wide.state_dict()[name][:, 64:])


def test_what_does_not_fit_is_refused(script):
    trained, other = (model_of(0, layers=[layer]) for layer in ("relu3_1", "relu2_1"))
    with pytest.raises(SystemExit, match="has 5 convolutions, the new one 3"):
        script.taken(other.state_dict(), trained.state_dict())
    wide = model_of(0, layers=["relu3_1"], width=2)
    with pytest.raises(SystemExit, match=r"weights \(64, 64, 3, 3\) don't fit into \(32, 64,"):
        script.taken(trained.state_dict(), wide.state_dict())
    with pytest.raises(SystemExit, match="generator vgg"):
        script.taken({}, {"stem.weight": torch.zeros(1)})
