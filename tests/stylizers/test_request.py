"""What is asked of a stylizer, read; and the result with what the photograph brings."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from stylemix.errors import ConfigError, PictureError
from stylemix.images import luma
from stylemix.stylizers import Options
from stylemix.stylizers.request import listed, read_request

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
    photo.info["icc_profile"] = b"0" * 16 + b"RGB " + b"0" * 16 + b"acsp"
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
    with pytest.raises(PictureError, match="long side of 1000000 pixels"):
        read_request(PHOTO, 1, Options(size=1_000_000))


def test_one_style_several_or_none_are_a_list():
    assert listed("a") == listed(["a"]) == listed(("a",)) == ["a"]
    assert listed(None) == listed([]) == []
