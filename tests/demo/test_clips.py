from __future__ import annotations

import shutil
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("av", reason="videos need PyAV")
from video_clips import panning, write_clip

from stylemix.demo.clips import FIRST, check_length, most_frames, read_clip
from stylemix.demo.limits import Limits
from stylemix.errors import StylemixError, VideoError


def refused(path, limits: Limits | None = None) -> str:
    """Give the message of a refusal, which may not tell where the file lies."""
    with pytest.raises(VideoError) as caught:
        read_clip(str(path), limits or Limits())
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


def test_a_good_clip_tells_size_frames_and_its_first_one(tmp_path):
    pictures = panning()
    found = read_clip(str(write_clip(tmp_path / "a.mp4", pictures, sound="aac")), Limits())
    assert (found.size, found.frames) == ((64, 48), 10)
    assert np.abs(np.asarray(found.first, float) - pictures[0]).mean() < 4


def test_a_turned_clip_of_oblong_pixels_is_measured_as_players_show_it(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", panning(2), rotation=90, aspect=Fraction(3, 2))
    assert read_clip(str(clip), Limits()).size == (48, 96)


def test_the_first_frame_is_kept_small(tmp_path):
    wide = np.zeros((4, 2 * FIRST, 3), np.uint8)
    found = read_clip(str(write_clip(tmp_path / "a.mp4", [wide, wide])), Limits())
    assert found.size == (2 * FIRST, 4)
    assert found.first.size == (FIRST, 2)


@pytest.mark.parametrize(
    "limits, message",
    [
        ({"max_file_bytes": 1000}, "more than the limit of 0.0 MB"),
        ({"max_clip_pixels": 64 * 48 - 1}, "64 x 48 pixels = 0.0 megapixels"),
        ({"max_clip_seconds": 1}, "lasts 2 s, more than the limit of 1 s"),
    ],
)
def test_what_is_too_large_is_refused(tmp_path, limits, message):
    clip = write_clip(tmp_path / "a.mp4", panning(3), [0, 400, 1500])
    assert message in refused(clip, Limits(**limits))


def test_oblong_pixels_are_no_way_around_the_bound(tmp_path):
    """A small frame whose pixels are said to be wide becomes a large one."""
    clip = write_clip(tmp_path / "a.mp4", panning(2), aspect=Fraction(20, 1))
    assert "1280 x 48 pixels" in refused(clip, Limits(max_clip_pixels=64 * 48))


@pytest.mark.parametrize("content", [b"", b"no video", b"v=0\nm=video 5004 RTP/AVP 96\n"])
def test_what_is_no_video(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert refused(path).startswith("the clip is no video that can be read")


def test_a_playlist_doesn_t_lead_to_other_files(tmp_path):
    """FFmpeg would follow it, whatever its name."""
    (tmp_path / "secret").mkdir()
    write_clip(tmp_path / "secret" / "other.mp4", panning())
    playlist = tmp_path / "a.mp4"
    playlist.write_text("ffconcat version 1.0\nfile secret/other.mp4\n")
    assert refused(playlist).startswith("the clip is no video that can be read")


def test_other_kinds_of_files_are_refused_by_name(tmp_path):
    clip = write_clip(tmp_path / "a.mp4", panning(2))
    shutil.copy(clip, tmp_path / "a.gif")
    assert ".mp4, .m4v" in refused(tmp_path / "a.gif")


def test_sound_alone_and_a_file_that_is_gone(tmp_path):
    import av

    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 48000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert refused(tmp_path / "a.mp4").startswith("the clip has no video, only audio")
    assert "upload it again" in refused(tmp_path / "gone.mp4")


def test_frames_times_pixels_are_bounded():
    limits = Limits(max_clip_work=1000, max_clip_seconds=2)
    assert most_frames((10, 5), limits) == 20
    check_length(20, (10, 5), limits)
    with pytest.raises(StylemixError, match=r"21 frames of 10 x 5 .* at most 20 frames"):
        check_length(21, (10, 5), limits)
    # However small they are.
    assert most_frames((1, 1), limits) == 240
