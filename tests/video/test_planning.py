from __future__ import annotations

import pytest
from video_clips import texture

from stylemix import stylize_frames
from stylemix.errors import ConfigError
from stylemix.stylizers import Options
from stylemix.video.planning import make_plan, options_of

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
        ({"runtime": "abacus"}, "abacus"),
    ],
)
def test_arguments_are_checked_before_any_frame_is_taken(model, options, message):
    def frames():
        raise AssertionError("a frame was taken")
        yield

    style = options.pop("style", PAINTING)
    with pytest.raises(ConfigError, match=message):
        stylize_frames(frames(), style, model=model, **options)


def test_the_runtime_is_asked_for_or_that_of_the_model(model):
    pytest.importorskip("openvino", reason="compiles a network's pass")

    def planned(loaded, runtime):
        plan = make_plan(
            PAINTING, Options(), model=loaded, device=None, runtime=runtime, steady=0.0
        )
        return plan.stylizer.runtime

    assert planned(model.using("openvino"), None) == "openvino"
    assert planned(model.using("openvino"), "torch") == "torch"
    assert planned(model.using("torch"), "openvino") == "openvino"
    assert planned("film", None) == "auto"
    assert planned("film", "torch") == "torch"


def test_keywords_that_do_not_exist_are_told_by_their_names():
    assert options_of({"strength": 0.5}).strength == 0.5
    with pytest.raises(TypeError, match="no option 'strenght'; did you mean 'strength'"):
        options_of({"strenght": 0.5})
