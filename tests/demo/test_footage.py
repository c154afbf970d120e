from __future__ import annotations

import asyncio
import shutil

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")
pytest.importorskip("cv2", reason="videos need OpenCV")
from video_clips import packets, panning, read_clip, write_clip

import stylemix
from stylemix.demo.footage import Footage, owner
from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.demo.video_controls import Asked
from stylemix.errors import Cancelled, VideoError
from stylemix.types import ProgressEvent


@pytest.fixture
def footage(files, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    service = Service({"tiny": files.models[0]}, Limits(), Uploads(cache), cache)
    yield Footage(service)
    service.jobs.close()


@pytest.fixture
def asked(footage, files):
    cache = footage.service.folder
    clip = write_clip(cache / "Lake side.mp4", panning(), sound="aac")
    painting = shutil.copy(files.paintings[0], cache / "waves.png")
    return Asked(footage.open(str(clip)), str(painting), "tiny", "torch", 0.8, False, 0.5, (64, 48))


def nothing(event: ProgressEvent) -> None:
    """Ignore progress."""


def folders(footage) -> list[str]:
    return [f.name for f in footage.service.folder.iterdir() if f.is_dir()]


def test_a_video_is_what_stylize_video_makes_of_it(footage, asked, files, tmp_path):
    seen = []
    made = asyncio.run(footage.paint(asked, "a", seen.append))
    assert made.path.endswith("/lake-side-waves.mp4")
    same = stylemix.stylize_video(
        asked.clip.path, asked.painting, tmp_path / "same.mp4", model=files.models[0],
        runtime="torch", strength=0.8, steady=0.5,
    )  # fmt: skip
    for one, other in zip(read_clip(made.path)[0], read_clip(same.path)[0], strict=True):
        assert np.abs(one.astype(float) - other).mean() < 1
    assert packets(made.path, "audio") == packets(asked.clip.path, "audio")
    assert (made.frames, made.total, made.damaged) == (10, 10, 0)
    assert "64 × 48 pixels · Model · 10 frames · " in made.line("Model")
    assert [e.done for e in seen if e.make_picture] == list(range(1, 11))
    with Image.open(made.poster) as poster:
        first = np.asarray(poster.convert("RGB"), float)
    assert np.abs(first - read_clip(made.path)[0][0]).mean() < 12


def test_the_first_frame_is_that_of_the_video(footage, asked):
    preview = asyncio.run(footage.preview(asked))
    made = asyncio.run(footage.paint(asked, "a", nothing))
    with Image.open(preview.after) as image, Image.open(made.poster) as poster:
        assert image.size == preview.size == (64, 48)
        assert np.array_equal(np.asarray(image), np.asarray(poster))
    with Image.open(preview.before) as image:
        assert np.abs(np.asarray(image, float) - panning(1)[0]).mean() < 8


def test_stopping_keeps_the_part_that_is_done(footage, asked):
    def progress(event: ProgressEvent) -> None:
        if event.done == 4:
            footage.stop("a")

    made = asyncio.run(footage.paint(asked, "a", progress))
    pictures, _ = read_clip(made.path)
    assert 4 <= len(pictures) == made.frames < 10
    assert made.total == 10
    assert f"stopped after {made.frames} of 10" in made.line("Model")
    # The next one isn't stopped by it.
    assert asyncio.run(footage.paint(asked, "a", nothing)).frames == 10


def test_whoever_leaves_keeps_nothing(footage, asked):
    def progress(event: ProgressEvent) -> None:
        if event.done == 4:
            footage.leave("a")

    with pytest.raises(Cancelled):
        asyncio.run(footage.paint(asked, "a", progress))
    footage.service.jobs.close()
    assert folders(footage) == []


def test_pictures_of_the_session_are_stopped_apart(footage, asked):
    def progress(event: ProgressEvent) -> None:
        footage.service.jobs.stop("a")

    assert asyncio.run(footage.paint(asked, "a", progress)).frames == 10
    assert owner("a") != owner("b")


def test_a_clip_that_is_longer_than_it_says_is_stopped(footage, asked):
    footage.service.limits = Limits(max_clip_work=5 * 64 * 48)
    with pytest.raises(VideoError, match="the clip has more than 5 frames"):
        asyncio.run(footage.paint(asked, "a", nothing))
    assert folders(footage) == []


def test_messages_tell_no_paths(footage, asked):
    (footage.service.folder / "Lake side.mp4").write_bytes(b"overwritten")
    with pytest.raises(VideoError) as caught:
        asyncio.run(footage.paint(asked, "a", nothing))
    assert str(caught.value).startswith("the clip is no video")
    assert str(footage.service.folder) not in str(caught.value)


def test_what_can_t_be_written_is_told(footage, asked, monkeypatch):
    from stylemix.video import movie

    def full(self, frame):
        with self._explaining():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(movie.MovieWriter, "write", full)
    with pytest.raises(VideoError, match=r"^the server can't write the video"):
        asyncio.run(footage.paint(asked, "a", nothing))


def test_seconds_are_learned(footage, asked):
    assert footage.seconds(asked) is None
    asyncio.run(footage.preview(asked))
    guessed = footage.seconds(asked)
    assert guessed > 0
    made = asyncio.run(footage.paint(asked, "a", nothing))
    assert footage.seconds(asked) == pytest.approx(made.seconds, rel=0.01)


def test_a_clip_is_checked_once(footage, asked):
    assert footage.open(asked.clip.path) is asked.clip
