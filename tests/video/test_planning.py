from __future__ import annotations

import pytest
from video_clips import texture

from stylemix import stylize_frames
from stylemix.errors import ConfigError

PAINTING = texture(40, 40, 7)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"steady": 1}, "steady must be a number from 0"),
        ({"steady": -0.1}, "steady must be a number from 0"),
        ({"steady": "much"}, "steady must be a number from 0"),
        ({"masks": [PAINTING, PAINTING]}, r"1 style\(s\) need a list of 1 mask"),
        ({"style": {0: PAINTING, 1: PAINTING}, "masks": [PAINTING] * 2}, "masks belong to styles"),
        ({"style": None}, "give at least one painting"),
    ],
)
def test_arguments_are_checked_before_any_frame_is_taken(model, options, message):
    def frames():
        raise AssertionError("a frame was taken")
        yield

    style = options.pop("style", PAINTING)
    with pytest.raises(ConfigError, match=message):
        stylize_frames(frames(), style, model=model, **options)
