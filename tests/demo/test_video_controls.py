from __future__ import annotations

import shutil

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")
pytest.importorskip("av", reason="videos need PyAV")
from video_clips import panning, write_clip

from stylemix.demo.clips import read_clip
from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.demo.video_controls import read_asked, side_choices, video_models
from stylemix.errors import ConfigError, PictureError, StylemixError, VideoError

GOOD = {
    "strength": 0.8,
    "preserve_color": True,
    "size": "256",
    "steady": 0.5,
    "model": "tiny",
    "runtime": "torch",
}


@pytest.fixture
def service(files, tmp_path):
    models = {"tiny": files.models[0], "gatys": "gatys", "night": "johnson-swirling-night"}
    made = Service(models, Limits(), Uploads(tmp_path / "cache"), tmp_path / "cache")
    yield made
    made.jobs.close()


@pytest.fixture
def given(files, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    clip = write_clip(cache / "a.mp4", panning())
    painting = shutil.copy(files.paintings[0], cache / "painting.png")
    return {**GOOD, "clip": {"path": str(clip)}, "painting": {"path": str(painting)}}


def read(service: Service, controls: dict):
    return read_asked(service, lambda path: read_clip(path, service.limits), **controls)


def test_good_controls(service, given):
    asked = read(service, given)
    assert (asked.model, asked.runtime, asked.steady) == ("tiny", "torch", 0.5)
    # A clip is never enlarged.
    assert asked.size == (64, 48)
    assert asked.options == {"strength": 0.8, "preserve_color": True, "size": 64}


@pytest.mark.parametrize(
    "wrong, error, message",
    [
        ({"clip": None}, VideoError, "there is no clip yet"),
        ({"clip": {"path": "/etc/passwd"}}, PictureError, "the clip is no uploaded file"),
        ({"clip": {"url": "http://example.org/a.mp4"}}, PictureError, "the clip is no uploaded"),
        ({"painting": None}, PictureError, "there is no painting yet"),
        ({"painting": {"path": "/etc/passwd"}}, PictureError, "the painting is no uploaded file"),
        ({"strength": 2.1}, ConfigError, "strength must be"),
        ({"strength": float("nan")}, ConfigError, "strength must be"),
        ({"steady": 0.96}, ConfigError, "steady must be"),
        ({"size": "100000"}, ConfigError, "size must be one of"),
        ({"model": "gatys"}, ConfigError, "model must be one of"),
        ({"runtime": "abacus"}, ConfigError, "runtime must be one of"),
    ],
)
def test_wrong_controls(service, given, wrong, error, message):
    with pytest.raises(error, match=message):
        read(service, {**given, **wrong})


def test_too_much_work(service, given):
    service.limits = Limits(max_clip_work=9 * 64 * 48)
    with pytest.raises(StylemixError, match="10 frames of 64 x 48 pixels would take too long"):
        read(service, given)


def test_models_that_optimize_are_not_offered(service):
    assert [name for _, name in video_models(service)] == ["tiny", "night"]
    service.models = {"gatys": "gatys"}
    with pytest.raises(ConfigError, match="one pass"):
        read(service, {**GOOD, "clip": None, "painting": None})


def test_a_model_of_one_style_needs_no_painting(service, given):
    asked = read(service, {**given, "model": "night", "painting": None})
    assert asked.painting is None


def test_sizes_are_bounded_by_the_server_s():
    assert [value for _, value in side_choices(Limits(max_side=512))] == ["256", "384", "512"]
