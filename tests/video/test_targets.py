from __future__ import annotations

import os

import pytest

from stylemix.errors import ConfigError, VideoError
from stylemix.video.targets import check_target, is_folder


def test_names_without_ending_are_folders(tmp_path):
    (tmp_path / "x.mp4").mkdir()
    assert is_folder(tmp_path / "frames") and is_folder(f"{tmp_path}/a.b/")
    assert is_folder(tmp_path / "x.mp4") and not is_folder(tmp_path / "y.mp4")


def test_a_file_has_a_container_and_a_folder_none(tmp_path):
    container, codec, quality = check_target(tmp_path / "a.webm", "in", None, 30, resume=True)
    assert (container, codec.standard, quality) == ("webm", "vp9", 30)
    assert check_target(tmp_path / "frames", "in", None, None, resume=True) is None


@pytest.mark.parametrize("name", ["a.gif", "a.webp"])
def test_animations_are_written_in_one_piece(tmp_path, name):
    with pytest.raises(ConfigError, match=f"{name[1:]} files are written in one piece"):
        check_target(tmp_path / name, "in", None, None, resume=True)
    assert check_target(tmp_path / name, "in", None, None, resume=False) is not None


@pytest.mark.parametrize("codec, crf", [("h264", None), (None, 18)])
def test_a_folder_has_no_codec(tmp_path, codec, crf):
    with pytest.raises(ConfigError, match="a folder gets PNG files"):
        check_target(tmp_path, "in", codec, crf, resume=False)


def test_what_is_read_is_not_overwritten(tmp_path):
    source = tmp_path / "in.mp4"
    source.touch()
    (tmp_path / "link.mp4").symlink_to(source)
    for target in (source, tmp_path / "link.mp4"):
        with pytest.raises(VideoError, match="is read and would be overwritten"):
            check_target(target, str(source), None, None, resume=False)
    with pytest.raises(VideoError, match="is read and would be overwritten"):
        check_target(tmp_path, str(tmp_path), None, None, resume=False)


def test_folders_that_are_missing_or_closed_are_told(tmp_path):
    with pytest.raises(VideoError, match="doesn't exist: create it first"):
        check_target(tmp_path / "no" / "a.mp4", "in", None, None, resume=False)
    if os.geteuid() != 0:  # who may write everywhere
        tmp_path.chmod(0o500)
        with pytest.raises(VideoError, match="you may not write to"):
            check_target(tmp_path / "a.mp4", "in", None, None, resume=False)
