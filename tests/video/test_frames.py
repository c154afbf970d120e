from __future__ import annotations

import threading

import numpy as np
import pytest
from PIL import Image
from video_clips import panning, texture

import stylemix
from stylemix.errors import ConfigError

PAINTING = texture(40, 40, 7)


def test_without_steadiness_each_frame_is_what_stylize_draws(model):
    pictures = panning(3)
    found = list(stylemix.stylize_frames(iter(pictures), PAINTING, model=model, steady=0))
    for one, picture in zip(found, pictures, strict=True):
        alone = stylemix.stylize(picture, PAINTING, model=model)
        assert np.array_equal(np.asarray(one), np.asarray(alone))


def test_options_mean_what_they_mean_for_a_picture(model):
    pictures = panning(2)
    options = {"strength": 0.5, "size": 40, "weights": [1, 3], "preserve_color": True}
    paintings = [PAINTING, texture(40, 40, 8)]
    found = list(stylemix.stylize_frames(pictures, paintings, model=model, steady=0, **options))
    alone = stylemix.stylize(pictures[1], paintings, model=model, **options)
    assert found[1].size == alone.size == (40, 30)
    assert np.array_equal(np.asarray(found[1]), np.asarray(alone))


def test_frames_of_any_kind_keep_their_transparency(model):
    alpha = np.full((48, 64), 77, np.uint8)
    pictures = [Image.fromarray(np.dstack([p, alpha])) for p in panning(3)]
    found = list(stylemix.stylize_frames(pictures, PAINTING, model=model))
    assert all(f.mode == "RGBA" and f.getpixel((3, 3))[3] == 77 for f in found)


def test_frames_are_taken_as_they_are_needed(model):
    taken = []
    before = set(threading.enumerate())

    def frames():
        for n, picture in enumerate(panning(60, right=1, down=1)):
            taken.append(n)
            yield picture

    found = stylemix.stylize_frames(frames(), PAINTING, model=model)
    for _ in range(3):
        next(found)
    found.close()
    assert len(taken) < 15
    assert set(threading.enumerate()) <= before


def test_frames_of_two_sizes_are_refused(model):
    first, second = panning(2)
    found = stylemix.stylize_frames([first, second[:40]], PAINTING, model=model)
    with pytest.raises(ConfigError, match="frame 1 has 64 x 40 pixels, the first 64 x 48"):
        list(found)


@pytest.mark.parametrize("options", [{"steady": 0}, {}, {"size": 40}])
def test_hidden_colors_of_frames_change_nothing(model, options):
    alpha = np.zeros((48, 64), np.uint8)
    alpha[10:40, 12:50] = 255
    results = []
    for hidden in (0, 255):
        shown = [np.where(alpha[..., None] > 0, p, np.uint8(hidden)) for p in panning(3)]
        frames = [np.dstack([p, alpha]) for p in shown]
        found = stylemix.stylize_frames(frames, PAINTING, model=model, **options)
        results.append([np.asarray(f).astype(int) for f in found])
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one[..., 3], other[..., 3])
        assert np.abs((one - other)[..., :3] * one[..., 3:]).max() <= 255


def test_masks_that_are_black_for_a_while_are_not_warned_of(model, tmp_path, recwarn):
    masks = tmp_path / "masks"
    masks.mkdir()
    for number, level in enumerate((0, 255, 0)):
        Image.new("L", (64, 48), level).save(masks / f"{number}.png")
    pictures = panning(3)
    found = list(stylemix.stylize_frames(pictures, PAINTING, model=model, masks=[str(masks)]))
    assert np.array_equal(np.asarray(found[0]), pictures[0])
    assert not np.array_equal(np.asarray(found[1]), pictures[1])
    assert not [w for w in recwarn.list if "mask" in str(w.message)]


def test_the_runtime_draws_what_it_draws_of_a_picture(model):
    pytest.importorskip("openvino", reason="compiles a network's pass")
    pictures = panning(6)
    passes = []
    handle = model.generator.register_forward_hook(lambda *_: passes.append(1))
    counted = {}
    try:
        for runtime in ("openvino", "torch"):
            passes.clear()
            found = list(
                stylemix.stylize_frames(pictures, PAINTING, model=model, steady=0, runtime=runtime)
            )
            counted[runtime] = len(passes)
            alone = stylemix.stylize(pictures[5], PAINTING, model=model, runtime=runtime)
            assert np.array_equal(np.asarray(found[5]), np.asarray(alone))
    finally:
        handle.remove()
    assert counted["torch"] == 6
    assert counted["openvino"] <= 2  # compiling traces the pass


def test_wrong_arguments_are_refused_before_the_first_frame(model):
    with pytest.raises(ConfigError, match=r"stylemix\.stylize_video reads 'in\.mp4'"):
        stylemix.stylize_frames("in.mp4", PAINTING, model=model)
    with pytest.raises(ConfigError, match="fps must be a number above 0"):
        stylemix.stylize_frames(panning(2), PAINTING, model=model, fps=0)
