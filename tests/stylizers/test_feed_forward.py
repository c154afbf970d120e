from __future__ import annotations

import itertools
import math
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import picture, tiny_config, tiny_model, tiny_palette_model

from stylemix.checkpoint.loading import load
from stylemix.errors import ConfigError, PictureError, UnknownNameError
from stylemix.images.color import luma
from stylemix.injections.style import StyleMix
from stylemix.runtime.leaves import flatten
from stylemix.stylizers import FeedForward, build
from stylemix.stylizers.refining import recolored

EXAMPLES = Path(__file__).parents[2] / "examples"


def array(image) -> np.ndarray:
    return np.asarray(image, dtype=np.int16)


PHOTO = (picture(1, 30, 45)[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
ONE, TWO = picture(2, 40, 40)[0], picture(3, 36, 50)[0]


def test_size_is_the_photographs_and_styles_differ(model):
    a, b = model.stylize(PHOTO, ONE), model.stylize(PHOTO, TWO)
    assert a.size == (45, 30)
    assert np.abs(array(a) - array(b)).mean() > 0.3


def test_strength_zero_is_the_photograph(model):
    assert (array(model.stylize(PHOTO, ONE, strength=0)) == PHOTO).all()


def test_a_tiny_strength_is_nearly_the_photograph(model):
    assert np.abs(array(model.stylize(PHOTO, ONE, strength=1e-4)) - PHOTO).max() <= 1


def test_every_strength_gives_another_picture(model):
    shots = [array(model.stylize(PHOTO, ONE, strength=s)) for s in (0, 0.5, 1, 1.5)]
    for a, b in itertools.pairwise(shots):
        assert np.abs(a - b).mean() > 0.3


def test_strength_above_one_paints_the_picture_again(model):
    full = array(model.stylize(PHOTO, ONE))
    again = array(model.stylize(full.astype(np.uint8), ONE))
    beyond = array(model.stylize(PHOTO, ONE, strength=1.25))
    assert np.abs(beyond - (full + 0.5 * (again - full))).max() <= 1
    assert np.abs(array(model.stylize(PHOTO, ONE, strength=1.5)) - again).max() <= 1
    mask = np.zeros((30, 45), np.uint8)
    mask[:, :20] = 255
    masked = array(model.stylize(PHOTO, ONE, strength=1.5, masks=[mask]))
    assert (masked[:, 24:] == PHOTO[:, 24:]).mean() > 0.98


def test_a_strong_style_does_not_end_in_one_color():
    """The temple under the swirling night became one flat blue at 1.5."""
    model = load("film")
    painting = model.encode(EXAMPLES / "paintings/swirling-night.jpg")
    photo = EXAMPLES / "photos/temple.jpg"
    once, more = (
        array(model.stylize(photo, painting, size=256, strength=s)).reshape(-1, 3) for s in (1, 1.5)
    )
    # Hues and contrast stay, edges grow.
    assert more.std(0).min() > 0.9 * once.std(0).min()
    assert np.abs(more.mean(0) - once.mean(0)).max() < 12
    edges = [np.abs(np.diff(p.reshape(-1, 256, 3), axis=1)).mean() for p in (once, more)]
    assert edges[1] > 1.05 * edges[0]


def test_unmasked_region_is_the_photograph(model):
    mask = np.zeros((30, 45), np.uint8)
    mask[:, :20] = 255
    out = array(model.stylize(PHOTO, ONE, masks=[mask]))
    assert (out[:, 24:] == PHOTO[:, 24:]).mean() > 0.98
    assert np.abs(out[:, :16] - PHOTO[:, :16]).mean() > 1


def test_weights_reach_the_single_styles(model):
    one = array(model.stylize(PHOTO, ONE))
    assert (array(model.stylize(PHOTO, [ONE, TWO], weights=[1, 0])) == one).all()
    half = array(model.stylize(PHOTO, [ONE, TWO]))
    assert np.abs(half - one).mean() > 0.1


def test_encoded_style_gives_the_same_picture(model):
    style = model.encode(ONE)
    assert (array(model.stylize(PHOTO, style)) == array(model.stylize(PHOTO, ONE))).all()


def test_a_foreign_style_is_refused(model):
    with pytest.raises(ConfigError, match="another model"):
        model.stylize(PHOTO, tiny_model(seed=5).encode(ONE))


def test_preserve_color_and_size(model):
    kept = model.stylize(PHOTO, ONE, preserve_color=True)
    assert np.abs(array(kept) - array(model.stylize(PHOTO, ONE))).mean() > 0.3
    assert max(model.stylize(PHOTO, ONE, size=64).size) == 64


def test_tiles_change_nothing(model):
    big = picture(4, 200, 150)[0]
    whole = array(model.stylize(big, ONE, tile=0, strength=0.7))
    tiled = array(model.stylize(big, ONE, tile=64, strength=0.7))
    assert np.abs(whole - tiled).max() <= 1


def test_progress_and_cancel(model):
    seen = []
    model.stylize(PHOTO, ONE, strength=0.5, progress=lambda e: seen.append((e.done, e.total)))
    assert seen[-1][0] == seen[-1][1]
    assert seen == sorted(seen)

    class Stop(Exception):
        pass

    def stop(event):
        raise Stop

    with pytest.raises(Stop):
        model.stylize(picture(4, 200, 150)[0], ONE, tile=64, progress=stop)
    again = array(model.stylize(PHOTO, ONE))
    assert (again == array(tiny_model().stylize(PHOTO, ONE))).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 7), (17, 16)])
def test_tiny_photographs(model, shape):
    assert model.stylize(np.full((*shape, 3), 99, np.uint8), ONE).size == shape[::-1]


def test_alpha_is_carried(model):
    rgba = np.dstack([PHOTO, np.arange(45, dtype=np.uint8)[None].repeat(30, 0)])
    out = model.stylize(rgba, ONE)
    assert out.mode == "RGBA"
    assert (np.asarray(out)[..., 3] == rgba[..., 3]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"style": []}, "empty"),
        ({"tile": 3}, "tile"),
        ({"size": 0}, "size"),
        ({"strength": -1}, "strength"),
        ({"weights": [1, 2]}, "1 weight"),
    ],
)
def test_bad_arguments(model, options, message):
    with pytest.raises(ConfigError, match=message):
        model.stylize(PHOTO, **{"style": ONE, **options})


def test_bad_pictures(model):
    with pytest.raises(PictureError):
        model.stylize(torch.full((3, 8, 8), float("nan")), ONE)
    with pytest.raises(PictureError):
        model.stylize(PHOTO, ONE, masks=[np.ones((10, 100), np.uint8)])


def test_config_round_trip():
    config = tiny_config({"name": "film", "residual": False, "sites": ["block*"]})
    model = build(config)
    assert model.config == config
    names = {k for k in model.state_dict() if "injections.film" in k}
    assert names and all("block" in k for k in names)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"genrator": {}}, ConfigError, "did you mean 'generator'"),
        ({"injections": []}, ConfigError, None),
        ({"injections": [{"name": "flim"}]}, UnknownNameError, "did you mean 'film'"),
        ({"injections": {"name": "film"}}, ConfigError, "list"),
        ({"injections": [{"name": "film", "sites": ["nowhere"]}]}, ConfigError, "finds no site"),
        ({"style_size": 2}, ConfigError, "style_size"),
        ({"stylizer": "magic"}, UnknownNameError, "feed_forward"),
    ],
)
def test_bad_configs(change, error, message):
    config = {**tiny_config(), **change}
    if change == {"injections": []}:
        assert isinstance(build(config), FeedForward)  # a network without style is legal
        return
    with pytest.raises(error, match=message):
        build(config)


@pytest.fixture(scope="module")
def two_codes():
    return tiny_palette_model()


def test_which_sites_read_the_palette(model, two_codes):
    assert two_codes.palette_sites == ("up2.norm/film", "output.norm/film")
    assert model.palette_sites == ()


def test_palette_exchanges_the_palette_code_and_nothing_else(two_codes):
    one, two = two_codes.encode(ONE), two_codes.encode(TWO)
    mixed = two_codes.stylize(PHOTO, one, palette=two)
    by_hand = FeedForward._with_palette(two_codes, one, two, None)
    for key, value in by_hand.prepared.items():
        source = two if key in two_codes.palette_sites else one
        assert all(torch.equal(a, b) for a, b in zip(value, source.prepared[key], strict=True))
    assert (array(mixed) == array(two_codes.stylize(PHOTO, by_hand))).all()
    assert (array(mixed) == array(two_codes.stylize(PHOTO, ONE, palette=TWO))).all()
    assert np.abs(array(mixed) - array(two_codes.stylize(PHOTO, one))).mean() > 0.3
    assert np.abs(array(mixed) - array(two_codes.stylize(PHOTO, two))).mean() > 0.3
    # A painting's own palette is nothing new.
    assert (
        array(two_codes.stylize(PHOTO, one, palette=one)) == array(two_codes.stylize(PHOTO, one))
    ).all()


def test_palette_of_a_model_without_the_code_recolours_the_paintings(model):
    found = array(model.stylize(PHOTO, ONE, palette=TWO))
    assert (found == array(model.stylize(PHOTO, recolored(ONE, TWO)))).all()
    assert (
        found == array(model.stylize(PHOTO, model.encode(ONE), palette=model.encode(TWO)))
    ).all()
    assert np.abs(found - array(model.stylize(PHOTO, ONE))).mean() > 0.3


@pytest.mark.parametrize("kind", ["model", "two_codes"])
def test_palette_goes_with_mixtures_masks_and_strength(kind, request):
    net = request.getfixturevalue(kind)
    three = picture(9, 40, 40)[0]
    one = array(net.stylize(PHOTO, ONE, palette=three))
    assert (array(net.stylize(PHOTO, [ONE, TWO], weights=[1, 0], palette=three)) == one).all()
    assert (array(net.stylize(PHOTO, ONE, palette=three, strength=0)) == PHOTO).all()
    shots = [array(net.stylize(PHOTO, ONE, palette=three, strength=s)) for s in (0, 0.5, 1)]
    for a, b in itertools.pairwise(shots):
        assert np.abs(a - b).mean() > 0.3
    mask = np.zeros((30, 45), np.uint8)
    mask[:, :20] = 255
    masked = array(net.stylize(PHOTO, ONE, palette=three, masks=[mask]))
    assert (masked[:, 24:] == PHOTO[:, 24:]).mean() > 0.98
    plain = array(net.stylize(PHOTO, ONE, masks=[mask]))
    assert np.abs(masked[:, :16] - plain[:, :16]).mean() > 0.1
    refined = array(net.stylize(PHOTO, ONE, palette=three, refine=2))
    assert np.abs(refined - array(net.stylize(PHOTO, ONE, refine=2))).mean() > 0.1


def test_preserve_color_draws_with_the_photographs_own_palette(two_codes):
    own = two_codes.stylize(PHOTO, ONE, palette=PHOTO)
    kept = two_codes.stylize(PHOTO, ONE, preserve_color=True)
    brightness = [luma(torch.from_numpy(array(p)).permute(2, 0, 1).float()) for p in (own, kept)]
    # The brightness is that of the pass with the photograph's palette, up to rounding.
    assert (brightness[0] - brightness[1]).abs().median() < 1
    found, content = (torch.from_numpy(x).permute(2, 0, 1).float() for x in (array(kept), PHOTO))
    chroma = [x - luma(x) for x in (found, content)]
    assert (chroma[0] - chroma[1]).abs().median() < 1


def test_bad_palettes(model, two_codes):
    with pytest.raises(ConfigError, match="one of the two"):
        model.stylize(PHOTO, ONE, palette=TWO, preserve_color=True)
    with pytest.raises(ConfigError, match="another model"):
        two_codes.stylize(PHOTO, ONE, palette=model.encode(TWO))
    with pytest.raises(PictureError):
        model.stylize(PHOTO, ONE, palette="nowhere.jpg")


TYPES = [(torch.float64, 0.01), (torch.float16, 0.6), (torch.bfloat16, 3.0)]
CALLS = {
    "whole": {},
    "mixture": {"style": [ONE, TWO], "weights": [2, 1]},
    "masks": {"style": [ONE, TWO], "masks": [picture(4, 30, 45)[0], picture(5, 30, 45)[0]]},
    "strength": {"strength": 0.5},
    "tiles": {"size": 150, "tile": 64},
    "palette": {"palette": TWO},
    "colors": {"preserve_color": True},
    "scale": {"size": 100, "scale": 16.0},
    "refine": {"refine": 2},
}


@pytest.mark.parametrize("dtype, most", TYPES)
@pytest.mark.parametrize(
    "make",
    [tiny_model, tiny_palette_model, lambda: tiny_model({"name": "patch"}, {"name": "concat"})],
    ids=["film", "palette", "patch and concat"],
)
def test_a_model_of_another_type_draws_the_same(make, dtype, most):
    exact, other = make(), make().to(dtype)
    assert exact.dtype == torch.float32 and other.dtype == dtype
    for name, call in CALLS.items():
        call = {"style": ONE, **call}
        difference = array(other.stylize(PHOTO, **call)) - array(exact.stylize(PHOTO, **call))
        # The first steps of an optimization go by the gradient's sign.
        assert np.abs(difference).mean() <= most + (1 if name == "refine" else 0), name
    encoded = other.encode(ONE)
    assert {t.dtype for t in flatten(encoded.prepared)} == {dtype}
    with pytest.raises(ConfigError, match="another model"):
        exact.stylize(PHOTO, encoded)


def test_no_picture_comes_of_values_that_are_no_numbers():
    for part in ("generator", "encoder"):
        model = tiny_model()
        with torch.no_grad():
            list(getattr(model, part).parameters())[-1].fill_(math.nan)
        for call in CALLS.values():
            with pytest.raises(PictureError, match="values that are no numbers"):
                model.stylize(PHOTO, **{"style": ONE, **call})


def test_encoded_styles_work_under_autograd():
    model = tiny_model()
    photo = picture(1).requires_grad_()
    with torch.inference_mode():
        within = model.encode(ONE)
    for style in (model.encode(ONE), within):
        model(photo, StyleMix.single(style)).mean().backward()
        first = next(model.generator.parameters())
        assert photo.grad is not None and first.grad is not None
        photo.grad = first.grad = None


def test_the_fingerprint_follows_the_weights_however_they_change():
    model = tiny_model()
    seen = [model.fingerprint]
    with torch.no_grad():
        next(model.generator.parameters()).mul_(2)
    seen.append(model.fingerprint)
    model.half()
    seen.append(model.fingerprint)
    model.load_state_dict(tiny_model(seed=3).state_dict())
    seen.append(model.fingerprint)
    model.load_state_dict(tiny_model().state_dict(), assign=True)
    assert len(set(seen)) == 4 and model.fingerprint == seen[0]


def test_the_fingerprint_is_there_while_another_thread_trains():
    model, done, found = tiny_model(), threading.Event(), set()

    def ask() -> None:
        while not done.is_set():
            found.add(model.fingerprint)

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(300):
        model.train()
        model.eval()
    done.set()
    asking.join()
    assert found == {model.fingerprint}
