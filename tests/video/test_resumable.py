from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("cv2")
import av
from PIL import Image
from video_clips import packets, panning, read_clip, texture, write_clip

import stylemix
from stylemix.errors import Cancelled, ConfigError, VideoError
from stylemix.types import ProgressEvent
from stylemix.video import resumable

PAINTING = texture(40, 40, 7)
TIMES = [0, 40, 60, 200, 240, 500, 520, 560, 600, 700]


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch):
    """Pieces of three frames, so that short clips have several."""
    for kind in (resumable.PiecesWriter, resumable.ResumableFolder):
        init = kind.__init__
        monkeypatch.setattr(
            kind, "__init__", lambda self, *a, init=init, **k: init(self, *a, **{"length": 3, **k})
        )


class Killed(Exception):
    """What a kill leaves behind, an unforeseen exception leaves too."""


def stop_at(number: int, problem: type[BaseException]) -> Any:
    def progress(event: ProgressEvent) -> None:
        if event.done == number:
            raise problem("stopped")

    return progress


def counts(told: list[int]) -> Any:
    return lambda event: told.append(event.done)


def duration(path: Path) -> Any:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        return stream.duration, stream.codec_context.codec_tag


@pytest.mark.parametrize(
    "name, codec",
    [
        ("a.mp4", "h264"),
        ("a.mp4", "h265"),
        ("a.mp4", "av1"),
        ("a.webm", "vp9"),
        ("a.mkv", "h264"),
        ("a.mov", "prores"),
    ],
)
@pytest.mark.filterwarnings("ignore:webm files hold no aac")
def test_a_killed_run_ends_in_the_same_video(model, tmp_path, name, codec):
    source = write_clip(tmp_path / "in.mp4", panning(), TIMES, sound="aac")
    found = {}
    for way in ("plain", "whole", "killed"):
        (tmp_path / way).mkdir()
        out = tmp_path / way / name
        options: dict[str, Any] = {"model": model, "codec": codec, "resume": way != "plain"}
        if way == "killed":
            for number in (2, 5, 8):
                with pytest.raises(Killed):
                    stylemix.stylize_video(
                        source, PAINTING, out, progress=stop_at(number, Killed), **options
                    )
                assert not out.exists()
        told: list[int] = []
        report = stylemix.stylize_video(source, PAINTING, out, progress=counts(told), **options)
        assert (report.frames, report.scenes) == (10, 1)
        assert told == list(range(7 if way == "killed" else 1, 11))
        assert [p.name for p in out.parent.iterdir()] == [name]
        found[way] = read_clip(out), duration(out), packets(out, "audio")
    (frames, times), *rest = found["whole"]
    (others, their_times), *their_rest = found["killed"]
    assert all(np.array_equal(a, b) for a, b in zip(frames, others, strict=True))
    assert (times, rest) == (their_times, their_rest)
    (plain, plain_times), *plain_rest = found["plain"]
    assert (plain_times, plain_rest) == (times, rest)
    for one, other in zip(plain, frames, strict=True):
        # Only where pieces begin does the encoder work differently; ProRes doesn't at all.
        limit = 0 if codec == "prores" else 12
        assert np.abs(one.astype(int) - other).mean() <= limit


def test_cancelling_keeps_every_frame(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), TIMES)
    plain = stylemix.stylize_video(
        source, PAINTING, tmp_path / "plain.mov", model=model, codec="prores"
    )
    out = tmp_path / "out.mov"
    options: dict[str, Any] = {"model": model, "codec": "prores", "resume": True}
    for number in (2, 7, 10):
        with pytest.raises(Cancelled, match=r"out\.mov\.resume', and the same command goes on"):
            stylemix.stylize_video(
                source, PAINTING, out, progress=stop_at(number, Cancelled), **options
            )
    told: list[int] = []
    report = stylemix.stylize_video(source, PAINTING, out, progress=counts(told), **options)
    assert told == []  # all was drawn; the pieces had to be joined
    assert report.frames == 10
    for one, other in zip(read_clip(plain.path)[0], read_clip(out)[0], strict=True):
        assert np.array_equal(one, other)


def test_frames_in_a_folder_go_on(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), TIMES)
    folders = [tmp_path / name for name in ("plain", "killed", "cancelled")]
    stylemix.stylize_video(source, PAINTING, folders[0], model=model)
    for folder, problem in ((folders[1], Killed), (folders[2], Cancelled)):
        for number in (2, 8):
            with pytest.raises(problem):
                stylemix.stylize_video(
                    source, PAINTING, folder, model=model, resume=True,
                    progress=stop_at(number, problem),
                )  # fmt: skip
        report = stylemix.stylize_video(source, PAINTING, folder, model=model, resume=True)
        assert report.frames == 10
    names = [sorted(p.name for p in folder.iterdir()) for folder in folders]
    assert names[0] == names[1] == names[2]
    for name in names[0]:
        first, *others = (np.asarray(Image.open(folder / name)) for folder in folders)
        assert all(np.array_equal(first, other) for other in others)


def test_frames_of_a_run_that_came_to_nothing_are_not_left_over(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning())
    short = write_clip(tmp_path / "short.mp4", panning(1))
    out = tmp_path / "out"
    with pytest.raises(Killed):
        stylemix.stylize_video(
            source, PAINTING, out, model=model, resume=True, progress=stop_at(2, Killed)
        )
    assert len(list(out.glob("*.png"))) == 2
    stylemix.stylize_video(short, PAINTING, out, model=model, resume=True)
    assert [p.name for p in out.iterdir()] == ["000001.png"]


def test_other_settings_do_not_go_on(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning())
    out = tmp_path / "out.mp4"
    with pytest.raises(Killed):
        stylemix.stylize_video(
            source, PAINTING, out, model=model, resume=True, progress=stop_at(5, Killed)
        )
    before = sorted((tmp_path / "out.mp4.resume").iterdir())
    for changed in ({"strength": 0.5}, {"crf": 30}, {"steady": 0.2}, {"end": 0.2}, {"size": 32}):
        with pytest.raises(ConfigError, match=r"out\.mp4\.resume' holds work with another video"):
            stylemix.stylize_video(source, PAINTING, out, model=model, resume=True, **changed)
    with pytest.raises(ConfigError, match="holds work with another video"):
        stylemix.stylize_video(source, texture(40, 40, 8), out, model=model, resume=True)
    assert sorted((tmp_path / "out.mp4.resume").iterdir()) == before
    stylemix.stylize_video(source, PAINTING, out, model=model, resume=True)
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["in.mp4", "out.mp4"]


def test_animations_are_refused(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(2))
    with pytest.raises(ConfigError, match=r"\.gif files are written in one piece"):
        stylemix.stylize_video(source, PAINTING, tmp_path / "a.gif", model=model, resume=True)
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]


def test_no_frames_leave_nothing(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(2), [0, 40])
    with pytest.raises((ConfigError, VideoError)):
        stylemix.stylize_video(
            source, PAINTING, tmp_path / "a.mp4", model=model, resume=True, start=9
        )
    assert [p.name for p in tmp_path.iterdir()] == ["in.mp4"]
