from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from stylemix.backbones import FEATURES
from stylemix.demo.controls import (
    CONTROLS,
    feature_choices,
    read_order,
    refine_choices,
    runtime_choices,
    scale_choices,
    size_choices,
    tile_choices,
)
from stylemix.demo.limits import FEATURE_COST, Limits
from stylemix.errors import ConfigError, PictureError
from stylemix.runtime import RUNTIMES
from stylemix.stylizers import Options


def ask(files, **changes):
    given = {
        "photo": files.photo,
        "paintings": [files.paintings[0], None, files.paintings[2], None],
        "palette": None,
        "layers": [],
        "limits": Limits(),
        "own_style": False,
    }
    values = {
        **{f"weight_{k}": weight for k, weight in enumerate((1.0, 1.1, 1.2, 1.3), 1)},
        "strength": 0.7,
        "preserve_color": False,
        "size": "512",
        "scale": "0.5",
        "tile": "256",
        "refine": 25,
        "refine_features": "vgg16",
        "runtime": "torch",
    }
    for name, value in changes.items():
        if name == "weights":
            values |= {f"weight_{k}": weight for k, weight in enumerate(value, 1)}
        else:
            (given if name in given else values)[name] = value
    return read_order(values=values, **given)


def test_values_arrive_under_the_library_s_names(files):
    order = ask(files)
    assert order.photo == files.photo
    assert order.paintings == (files.paintings[0], files.paintings[2])
    assert order.labels == ("painting 1", "painting 3")
    assert vars(order.options) == {
        "strength": 0.7,
        "weights": (pytest.approx(1 / 1.2), 1.0),
        "masks": None,
        "preserve_color": False,
        "palette": None,
        "size": 512,
        "scale": 0.5,
        "tile": 256,
        "refine": 25,
        "refine_features": "vgg16",
    }
    assert ask(files, preserve_color=True).options.preserve_color
    assert ask(files, palette=files.other_photo).options.palette == files.other_photo
    assert order.runtime == "torch"
    assert order.size == (512, 384)
    assert order.pixels == 512 * 384
    assert ask(files, size="original").pixels == 96 * 72


def test_every_option_has_a_control():
    """An option that the demo forgets would keep its default for good."""
    names = {field.name for field in dataclasses.fields(Options)}
    read = {name for name, control in CONTROLS.items() if control.read is not None}
    assert read <= names
    # Regions are the masks, and there is a weight for each painting.
    others = names - read - {"masks", "weights"}
    assert others == {"palette"} <= set(CONTROLS)


def test_messages_speak_of_pictures_not_of_paths(files):
    order = ask(files, palette=files.other_photo)
    text = f"{files.paintings[2]!r} and {files.photo} and {files.other_photo}"
    assert order.in_users_words(text) == "painting 3 and the photograph and the palette's painting"


def test_choices_stand_for_the_library_s_none_and_zero(files):
    assert ask(files, size="original").options.size is None
    assert ask(files, scale="pixels").options.scale is None
    assert ask(files, tile="automatic").options.tile is None
    assert ask(files, tile="never").options.tile == 0


def test_every_choice_offered_can_be_used(files):
    limits = Limits(max_side=1024)
    sizes = [value for _, value in size_choices(limits)]
    assert "1024" in sizes
    assert "1536" not in sizes
    for size in sizes:
        ask(files, size=size, limits=limits)
    for _, scale in scale_choices():
        ask(files, scale=scale)
    for _, tile in tile_choices():
        ask(files, tile=tile)
    for _, steps in refine_choices():
        ask(files, refine=steps)
    runtimes = [value for _, value in runtime_choices()]
    assert runtimes[:2] == ["auto", "torch"]
    assert set(runtimes) <= set(RUNTIMES)
    for name in runtimes:
        ask(files, runtime=name)
    features = [value for _, value in feature_choices()]
    assert features == list(FEATURES) == list(FEATURE_COST)
    for name in features:
        ask(files, refine_features=name)


def test_masks_follow_the_paintings_in_use(files):
    layer = np.zeros((1, 2, 4), np.uint8)
    layer[0, 1] = (0xF2, 0xB7, 0x05, 255)
    masks = ask(files, layers=[Image.fromarray(layer)]).options.masks
    assert [np.asarray(m).tolist() for m in masks] == [[[0, 0]], [[0, 255]]]


def test_a_model_with_a_style_of_its_own_needs_no_painting(files):
    request = ask(files, paintings=[None] * 4, own_style=True)
    assert request.paintings == request.labels == ()
    assert request.options.weights is None
    assert request.options.masks is None
    layer = np.zeros((1, 2, 4), np.uint8)
    layer[0, 1] = (0xE4, 0x57, 0x2E, 255)
    (mask,) = ask(
        files, paintings=[None] * 4, own_style=True, layers=[Image.fromarray(layer)]
    ).options.masks
    assert np.asarray(mask).tolist() == [[0, 255]]
    # Paintings that are there all the same are for refining.
    assert ask(files, own_style=True).paintings == ask(files).paintings


@pytest.mark.parametrize(
    "changes, error, words",
    [
        ({"photo": None}, PictureError, "no photograph"),
        ({"paintings": [None] * 4}, PictureError, "no painting"),
        ({"strength": 2.1}, ConfigError, "2.0"),
        ({"strength": -0.1}, ConfigError, "strength"),
        ({"strength": float("nan")}, ConfigError, "strength"),
        ({"strength": "high"}, ConfigError, "strength"),
        ({"strength": None}, ConfigError, "strength"),
        ({"weights": ("much", 1, 1, 1)}, ConfigError, "weight 1"),
        ({"weights": (1, 1, float("inf"), 1)}, ConfigError, "weight 3"),
        ({"size": "huge"}, ConfigError, "size"),
        ({"size": "-3"}, ConfigError, "size"),
        ({"size": "99999"}, ConfigError, "size"),
        ({"size": None}, ConfigError, "size"),
        ({"tile": "1"}, ConfigError, "tile"),
        ({"tile": ["256"]}, ConfigError, "tile"),
        ({"refine": 101}, ConfigError, "refine must be a number between 0 and 100"),
        ({"refine": 0.5}, ConfigError, "refine must be a whole number"),
        ({"refine": None}, ConfigError, "refine"),
        ({"refine_features": "vgg19"}, ConfigError, "refine_features must be one of thin, vgg16"),
        ({"palette": "/nowhere.png"}, PictureError, "the palette's painting"),
        ({"size": "4096", "limits": Limits(max_pixels=10_000_000)}, PictureError, "the result"),
        ({"size": "original", "limits": Limits(max_pixels=50)}, PictureError, "the result"),
        ({"limits": Limits(max_decoded=50)}, PictureError, "the photograph"),
        ({"runtime": "abacus"}, ConfigError, "runtime must be one of auto, torch"),
    ],
)
def test_what_is_refused(files, changes, error, words):
    with pytest.raises(error, match=words):
        ask(files, **changes)


def test_a_painting_that_is_no_picture_is_named(files, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    with pytest.raises(PictureError, match="painting 3"):
        ask(files, paintings=[files.paintings[0], None, str(bad), None])
