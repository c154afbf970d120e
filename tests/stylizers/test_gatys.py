from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import picture, tiny_model

import stylemix
from stylemix.errors import Cancelled, ConfigError, WeightsError
from stylemix.stylizers import Gatys, build

PHOTO = (picture(1, 60, 81)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
ONE, TWO = picture(2, 64, 64)[0], picture(3, 60, 70)[0]


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


@pytest.fixture(scope="module")
def gatys():
    return stylemix.load("gatys")


def test_it_is_used_by_name_and_lists_itself(gatys):
    (info,) = [m for m in stylemix.models() if m.name == "gatys"]
    assert info.kind == "method"
    assert info.description
    out = stylemix.stylize(PHOTO, ONE, model="gatys", refine=2)
    assert out.size == (81, 60)
    assert (array(out) == array(gatys.stylize(PHOTO, ONE, refine=2))).all()


def test_the_style_loss_of_the_picture_falls(gatys):
    from stylemix.optimization import feature_extractor
    from stylemix.optimization.targets import style_grams

    extractor = feature_extractor("thin")
    wanted = style_grams(extractor, ONE[None])

    def loss(rgb):
        image = torch.from_numpy(np.array(rgb)).permute(2, 0, 1)[None] / 255
        found = style_grams(extractor, image)
        return sum(float((found[k] - wanted[k]).norm() / wanted[k].norm()) for k in wanted)

    losses = [loss(PHOTO), *(loss(gatys.stylize(PHOTO, ONE, refine=n)) for n in (8, 30))]
    assert losses == sorted(losses, reverse=True)
    assert losses[2] < 0.6 * losses[0]


def test_strength(gatys):
    assert (array(gatys.stylize(PHOTO, ONE, strength=0)) == PHOTO).all()
    assert np.abs(array(gatys.stylize(PHOTO, ONE, strength=1e-4, refine=8)) - PHOTO).max() <= 1
    moved = [
        np.abs(array(gatys.stylize(PHOTO, ONE, strength=s, refine=8)) - PHOTO).mean()
        for s in (0.2, 0.5, 1.0)
    ]
    assert moved == sorted(moved)


def test_masks_hold_the_rest_of_the_photograph(gatys):
    left = np.zeros((60, 81), np.uint8)
    left[:, :40] = 255
    out = array(gatys.stylize(PHOTO, ONE, masks=[left], refine=6))
    assert (out[:, 40:] == PHOTO[:, 40:]).all()
    assert np.abs(out[:, :40] - PHOTO[:, :40]).mean() > 2
    both = array(gatys.stylize(PHOTO, [ONE, TWO], masks=[left, 255 - left], refine=6))
    swapped = array(gatys.stylize(PHOTO, [TWO, ONE], masks=[left, 255 - left], refine=6))
    assert np.abs(both - swapped).mean() > 2


def test_weights_mix(gatys):
    one = array(gatys.stylize(PHOTO, ONE, refine=6))
    first = array(gatys.stylize(PHOTO, [ONE, TWO], weights=[1, 0], refine=6))
    assert np.abs(first - one).max() <= 1
    assert np.abs(array(gatys.stylize(PHOTO, [ONE, TWO], refine=6)) - one).mean() > 0.5


def test_color_size_alpha_and_encoded_styles(gatys):
    rgba = np.dstack([PHOTO, np.arange(81, dtype=np.uint8)[None].repeat(60, 0)])
    style = gatys.encode(ONE)
    out = gatys.stylize(rgba, style, refine=3, preserve_color=True)
    assert out.mode == "RGBA"
    assert (np.asarray(out)[..., 3] == rgba[..., 3]).all()
    assert max(gatys.stylize(PHOTO, style, refine=2, size=40).size) == 40
    plain, kept = (
        array(gatys.stylize(PHOTO, ONE, refine=6, preserve_color=k)) for k in (False, True)
    )

    def chroma(x):
        return (x[..., 0] - x[..., 1]) - (PHOTO[..., 0].astype(int) - PHOTO[..., 1])

    assert np.abs(chroma(kept)).mean() < 0.5 * np.abs(chroma(plain)).mean()
    # A style that a model encoded holds the painting too.
    there = gatys.stylize(PHOTO, tiny_model().encode(ONE), refine=2)
    assert (array(there) == array(gatys.stylize(PHOTO, ONE, refine=2))).all()


def test_cancelling_hands_over_the_picture_so_far(gatys):
    pictures = []

    def watch(event):
        assert event.total == 9
        pictures.append(event.picture())
        if event.done == 4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough") as caught:
        gatys.stylize(PHOTO, ONE, refine=9, progress=watch)
    assert len(pictures) == 4
    assert (array(caught.value.picture) == array(pictures[-1])).all()
    assert np.abs(array(caught.value.picture) - PHOTO).mean() > 1


def test_lbfgs_and_configuration():
    model = Gatys(optimizer="lbfgs", steps=5, coarse_to_fine=False)
    again = build(model.config)
    assert again.config == model.config
    out = array(again.stylize(PHOTO, ONE))
    assert (out == array(model.stylize(PHOTO, ONE))).all()
    assert np.abs(out - PHOTO).mean() > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": "thick"}, "did you mean 'thin'"),
        ({"optimizer": "sgd"}, "adam, lbfgs"),
        ({"steps": 0}, "steps"),
        ({"steps": -3}, "steps"),
        ({"style_weight": 0}, "style_weight"),
        ({"rate": float("nan")}, "rate"),
        ({"step": 3}, "did you mean 'steps'"),
    ],
)
def test_bad_configurations(options, message):
    with pytest.raises(ConfigError, match=message):
        build({"stylizer": "gatys", **options})


def test_bad_arguments(gatys):
    for options, message in (
        ({"refine": -1}, "refine"),
        ({"refine": 1.5}, "refine"),
        ({"refine_features": "vgg"}, "thin, vgg16"),
        ({"tile": 3}, "tile"),
    ):
        with pytest.raises(ConfigError, match=message):
            gatys.stylize(PHOTO, ONE, **options)


def test_vgg16_without_weights_is_one_clear_error(gatys, tmp_path, monkeypatch):
    monkeypatch.setenv("STYLEMIX_VGG16", str(tmp_path / "no.safetensors"))
    with pytest.raises(WeightsError, match=r"no\.safetensors"):
        gatys.stylize(PHOTO, ONE, refine=1, refine_features="vgg16")


def test_palette_is_the_painting_in_other_colours(gatys):
    from stylemix.stylizers.refining import recolored

    found = array(gatys.stylize(PHOTO, ONE, palette=TWO, refine=6))
    by_hand = array(gatys.stylize(PHOTO, recolored(ONE, TWO), refine=6))
    assert np.abs(found - by_hand).max() <= 1
    assert np.abs(found - array(gatys.stylize(PHOTO, ONE, refine=6))).mean() > 2
