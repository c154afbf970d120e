from __future__ import annotations

from fractions import Fraction

import pytest
from PIL import Image

pytest.importorskip("av")
from video_clips import panning, write_clip

from stylemix.errors import ConfigError, VideoError
from stylemix.video.animation import AnimationSource
from stylemix.video.container import ContainerSource
from stylemix.video.movie import MovieWriter
from stylemix.video.numbered import FolderSource, FolderWriter
from stylemix.video.opening import open_source, open_writer


def test_each_kind_of_source_is_known(tmp_path):
    first, second = (Image.fromarray(p) for p in panning(2))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second], duration=40)
    (tmp_path / "folder").mkdir()
    first.save(tmp_path / "folder" / "1.png")
    write_clip(tmp_path / "a.mp4", panning(2))
    assert isinstance(open_source(tmp_path / "a.gif"), AnimationSource)
    assert isinstance(open_source(tmp_path / "a.mp4"), ContainerSource)
    folder = open_source(tmp_path / "folder", Fraction(10))
    assert isinstance(folder, FolderSource) and folder.rate == 10


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.bmp"])
def test_a_still_picture_is_refused_with_a_hint(tmp_path, name):
    Image.fromarray(panning(1)[0]).save(tmp_path / name)
    with pytest.raises(VideoError, match="is a still picture: use `stylemix stylize`"):
        open_source(tmp_path / name)


def test_each_kind_of_target_is_known_and_nothing_is_overwritten(tmp_path):
    path = write_clip(tmp_path / "in.mp4", panning(2))
    options = {
        "codec": None, "crf": None, "rate": None, "audio": True, "start": Fraction(0), "end": None
    }  # fmt: skip
    with open_source(path) as source:
        assert isinstance(open_writer(tmp_path / "a.mp4", source, **options), MovieWriter)
        assert isinstance(open_writer(tmp_path / "frames", source, **options), FolderWriter)
        (tmp_path / "link.mp4").symlink_to(path)
        for name in ("in.mp4", "link.mp4"):
            with pytest.raises(VideoError, match="is read and would be overwritten"):
                open_writer(tmp_path / name, source, **options)
        with pytest.raises(VideoError, match="doesn't exist: create it first"):
            open_writer(tmp_path / "no" / "a.mp4", source, **options)
        with pytest.raises(ConfigError, match=".mp4 files hold"):
            open_writer(tmp_path / "a.mp4", source, **{**options, "codec": "prores"})
    assert {f.name for f in tmp_path.iterdir()} == {"in.mp4", "link.mp4", "frames"}


def test_a_folder_is_not_written_into_itself(tmp_path):
    Image.fromarray(panning(1)[0]).save(tmp_path / "1.png")
    with pytest.raises(VideoError, match="is read and would be overwritten"):
        open_writer(
            tmp_path, open_source(tmp_path), codec=None, crf=None, rate=None, audio=True,
            start=Fraction(0), end=None,
        )  # fmt: skip
