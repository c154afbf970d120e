"""What is asked of a stylizer, read; and the result with what the photograph brings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from color_profiles import ADOBE, P3, SPACES, SRGB, converted, lab
from helpers import tiny_model, tiny_palette_model
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import stylemix
from stylemix.errors import ConfigError, PictureError
from stylemix.images import luma
from stylemix.stylizers import Options
from stylemix.stylizers.request import listed, read_request

EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTO = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)


def test_pixels_weights_and_size():
    options = Options(strength=0.5, weights=[1, 3], size=60)
    request = read_request(PHOTO, 2, options)
    assert request.content.size == (40, 60)
    assert request.content.alpha.shape == (40, 60)
    assert [float(w) for w in request.style_weights] == [0.125, 0.375]
    assert float(request.content_weight) == 0.5
    assert not request.empty
    assert request.options is options


@pytest.mark.parametrize(
    "options", [Options(strength=0), Options(masks=[Image.new("L", (30, 20))])]
)
@pytest.mark.filterwarnings("ignore:mask 1")
def test_empty_is_where_no_style_holds(options):
    assert read_request(PHOTO, 1, options).empty


def test_events_reach_whoever_listens():
    seen = []
    read_request(PHOTO, 1, Options(), seen.append).report(2, 5, lambda: "picture")
    (event,) = seen
    assert (event.done, event.total, event.picture()) == (2, 5, "picture")
    read_request(PHOTO, 1, Options()).report(1, 1)


@pytest.mark.parametrize("floats", [False, True])
def test_the_result_keeps_transparency_profile_and_colors(floats):
    photo = Image.fromarray(PHOTO)
    photo.info["icc_profile"] = SRGB
    drawn = torch.full((3, 20, 30), 0.5) if floats else torch.full((3, 20, 30), 128).byte()
    image = read_request(photo, 1, Options()).to_image(drawn)
    assert image.mode == "RGBA"
    assert image.info["icc_profile"] == photo.info["icc_profile"]
    array = np.asarray(image)
    assert (array[..., 3] == PHOTO[..., 3]).all()
    assert (array[..., :3] == 128).all()
    kept = np.array(read_request(photo, 1, Options(preserve_color=True)).to_image(drawn))
    found = torch.from_numpy(kept[..., :3]).permute(2, 0, 1).float()
    # The luma is that of what was drawn, but where a color at it would leave the range.
    assert (luma(found) - 128).abs().median() < 1
    assert np.abs(kept[..., :3].astype(int) - 128).mean() > 20


def test_what_is_refused():
    with pytest.raises(ConfigError, match="give at least one painting"):
        read_request(PHOTO, 0, Options())
    with pytest.raises(ConfigError, match="2 weight"):
        read_request(PHOTO, 2, Options(weights=[1]))
    with pytest.raises(PictureError, match="long side of 100000 pixels"):
        read_request(PHOTO, 1, Options(size=100_000))


def test_one_style_several_or_none_are_a_list():
    assert listed("a") == listed(["a"]) == listed(("a",)) == ["a"]
    assert listed(None) == listed([]) == []


def cut_out(hidden: str, seed: int, size: tuple[int, int] = (36, 44)) -> np.ndarray:
    """Give a picture with a visible middle of soft rim, and something hidden around it."""
    rng = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    around = np.hypot((y - height / 2) / height, (x - width / 2) / width)
    values = rng.integers(0, 256, (height, width, 4)).astype(np.uint8)
    values[..., 3] = (255 * np.clip(6 - 16 * around, 0, 1)).astype(np.uint8)
    fill = {
        "black": 0,
        "white": 255,
        "noise": rng.integers(0, 256, (height, width, 3)),
        "own": None,
    }
    if fill[hidden] is not None:
        values[..., :3] = np.where(values[..., 3:] > 0, values[..., :3], fill[hidden])
    return values


@pytest.mark.parametrize("role", ["photograph", "painting", "palette"])
@given(
    hidden=st.sampled_from(["black", "white", "noise"]),
    size=st.sampled_from([None, 25, 60]),
    keep=st.booleans(),
    scale=st.sampled_from([None, 16.0]),
    seed=st.integers(0, 9),
)
@settings(max_examples=12)
def test_what_is_hidden_changes_nothing_that_is_seen(role, hidden, size, keep, scale, seed):
    models = [tiny_model(), tiny_palette_model()] if role == "palette" else [tiny_model()]
    for model in models:
        results = []
        for kind in ("own", hidden):
            given_ = {name: cut_out("own", seed + 1) for name in ("photograph", "painting")}
            given_ |= {role: cut_out(kind, seed)}
            colors = {"palette": given_["palette"]} if role == "palette" else {}
            options = Options(
                size=size, scale=scale, preserve_color=keep and not colors, strength=0.7, **colors
            )
            drawn = model.stylize(given_["photograph"], given_["painting"], options)
            results.append(np.asarray(drawn).astype(int))
        assert np.array_equal(results[0][..., 3], results[1][..., 3])
        shown = results[0][..., 3:] / 255
        assert np.abs((results[0] - results[1])[..., :3] * shown).max() <= 1


def test_a_painting_is_judged_by_what_is_visible_of_it():
    model = stylemix.load("film", runtime="torch")
    rng = np.random.default_rng(3)
    photo = np.kron(rng.integers(0, 256, (6, 8, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    painting = np.kron(rng.integers(20, 120, (16, 16, 4)), np.ones((8, 8, 1))).astype(np.uint8)
    y, x = np.mgrid[0:128, 0:128]
    painting[..., 3] = np.where(np.hypot(y - 64, x - 64) < 60, 255, 0)
    whole = np.asarray(model.stylize(photo, painting[..., :3].copy())).astype(float)
    for around in (255, 0):
        framed = painting.copy()
        framed[painting[..., 3] == 0, :3] = around
        seen = np.asarray(model.stylize(photo, framed)).astype(float)
        flat = np.asarray(model.stylize(photo, framed[..., :3].copy())).astype(float)
        assert np.abs(seen - whole).mean() < 0.4 * np.abs(flat - whole).mean()


def test_one_photograph_in_five_color_spaces_gives_one_result():
    """Differences are dE76 in CIE Lab; sRGB and what it is stored as agree within 1.5."""
    # A real one: in smooth made ones the network sees little but what rounding to 8 bits leaves.
    with Image.open(EXAMPLES / "photos" / "cat.jpg") as opened:
        photo = opened.convert("RGB").resize((240, 160))
    painting = EXAMPLES / "paintings" / "swirling-night.jpg"
    model = stylemix.load("film", runtime="torch")
    for options in ({}, {"size": 160}, {"strength": 0.5, "preserve_color": True}):
        found = {}
        for name, icc in SPACES.items():
            stored = converted(photo, SRGB, icc)
            result = model.stylize(stored, painting, **options)
            assert result.info["icc_profile"] == icc
            found[name] = lab(converted(result, icc, SRGB))
        for name in SPACES:
            assert np.linalg.norm(found[name] - found["sRGB"], axis=-1).mean() < 1.5


@pytest.mark.parametrize("options", [{"strength": 0}, {"masks": [np.zeros((20, 30), bool)]}])
@pytest.mark.filterwarnings("ignore:mask 1")
def test_the_photograph_itself_comes_back_exactly(options):
    for icc in (None, P3, ADOBE):
        photo = Image.fromarray(PHOTO)
        photo.info |= {} if icc is None else {"icc_profile": icc}
        result = tiny_model().stylize(photo, PHOTO, **options)
        assert (np.asarray(result) == PHOTO).all()
        assert result.info.get("icc_profile") == icc


def test_outside_of_a_mask_stay_even_colors_that_srgb_lacks():
    vivid = np.zeros((20, 30, 3), np.uint8)
    vivid[..., 1] = 255
    photo = Image.fromarray(vivid)
    photo.info["icc_profile"] = P3
    mask = np.zeros((20, 30), bool)
    mask[:, :10] = True
    result = np.asarray(tiny_model().stylize(photo, PHOTO, masks=[mask]))
    assert (result[:, 10:] == [0, 255, 0]).all()
    assert (result[:, :10] != [0, 255, 0]).any(-1).all()


def test_drawing_over_leaves_out_what_exceeds_one():
    mask = np.zeros(PHOTO.shape[:2], np.uint8)
    mask[0] = 255
    request = read_request(PHOTO, 2, Options(weights=[3, 1], masks=[mask, mask], strength=1.5))
    drawn = torch.full_like(request.content.pixels, 7)
    again = request.over(drawn)
    assert torch.equal(again.content.pixels, drawn)
    assert again.content.alpha is request.content.alpha
    torch.testing.assert_close(again.style_weights[0][0, 0, 0], torch.full((PHOTO.shape[1],), 0.75))
    assert not again.style_weights[0][0, 0, 1:].any()
    torch.testing.assert_close(
        sum(again.style_weights) + again.content_weight, torch.ones_like(again.content_weight)
    )
    assert again.content_weight.min() >= 0
