from __future__ import annotations

import asyncio
import shutil
from types import SimpleNamespace

import pytest

pytest.importorskip("gradio", reason="the demo needs Gradio: pip install 'stylemix[demo]'")
pytest.importorskip("cv2", reason="videos need OpenCV")
import gradio
from PIL import Image
from video_clips import panning, write_clip

from stylemix.demo.filming import MOST, NAMES, Filming, Screen, ready, remembered, row_of, told
from stylemix.demo.footage import Footage
from stylemix.demo.limits import Limits
from stylemix.demo.service import Service
from stylemix.demo.uploads import Uploads
from stylemix.types import ProgressEvent

WHO = SimpleNamespace(session_hash="a")


@pytest.fixture
def filming(files, tmp_path):
    service = Service({"tiny": files.models[0]}, Limits(), Uploads(tmp_path), tmp_path)
    yield Filming(Footage(service))
    service.jobs.close()


@pytest.fixture
def controls(files, tmp_path):
    clip = write_clip(tmp_path / "lake.mp4", panning())
    painting = shutil.copy(files.paintings[0], tmp_path / "waves.png")
    given = {
        "clip": {"path": str(clip)},
        "painting": {"path": str(painting)},
        "strength": 1.0,
        "preserve_color": False,
        "size": "256",
        "steady": 0.7,
        "model": "tiny",
        "runtime": "torch",
    }
    return [given[name] for name in NAMES]


def frame(done: int, total: int) -> ProgressEvent:
    return ProgressEvent(done, total, lambda: Image.new("RGB", (4, 4)))


@pytest.mark.parametrize(
    "event, pace, expected, known, words, share",
    [
        (ProgressEvent(0, 1), None, None, True, "Starting…", None),
        (ProgressEvent(0, 1), None, 40, True, "Starting, about 40 s in all", None),
        (frame(1, 50), None, 40, True, "Frame 1 of 50", 0.02),
        (frame(10, 50), 0.5, 40, True, "Frame 10 of 50, about 20 s left", 0.2),
        (frame(10, 10), 0.5, None, False, "Frame 10", None),
    ],
)
def test_progress_is_honest(event, pace, expected, known, words, share):
    assert told(event, pace, expected, known) == (words, share)


def test_what_a_screen_leaves_out_stays_on_the_page():
    values = Screen(line="x").values()
    assert values[1] == "x"
    assert all(value == gradio.skip() for k, value in enumerate(values) if k != 1)
    assert ready().go.interactive and not ready().cancel.interactive


def test_a_video_from_the_button_to_the_player(filming, controls):
    async def main():
        return [v async for v in filming.paint(WHO, *controls, [])]

    first, *_, last = (Screen(*values) for values in asyncio.run(main()))
    assert "Waiting" in first.line and not first.go.interactive and first.cancel.interactive
    assert "<video controls" in last.picture and "10 frames" in last.line
    assert last.download.interactive and "lake-waves.mp4" in str(last.download.value)
    assert len(last.kept) == 1
    again = Screen(*filming.show(SimpleNamespace(index=0), last.kept))
    assert again.picture == last.picture
    gone = Screen(*filming.show(SimpleNamespace(index=1), last.kept))
    assert "no longer on the server" in gone.line


def test_a_mistake_is_told_and_the_buttons_wait_again(filming, controls):
    async def main():
        return [v async for v in filming.paint(WHO, None, *controls[1:], [])]

    (only,) = (Screen(*values) for values in asyncio.run(main()))
    assert "There is no clip yet" in only.line
    assert only.go.interactive


def test_first_frames_keep_away_while_a_video_is_painted(filming, controls):
    async def main():
        painted = []
        shown = []
        async for values in filming.paint(WHO, *controls, []):
            painted.append(values)
            shown += [v async for v in filming.first(WHO, *controls)]
        others = [v async for v in filming.first(SimpleNamespace(session_hash="b"), *controls)]
        return shown, others

    shown, others = asyncio.run(main())
    assert shown == []
    assert "frame.webp" in others[-1][0]


def test_a_first_frame_that_is_late_leaves_the_video_alone(filming, controls):
    async def main():
        late = filming.first(WHO, *controls)
        await anext(late)  # it is at work
        painted = [v async for v in filming.paint(WHO, *controls, [])]
        return painted, [v async for v in late]

    painted, late = asyncio.run(main())
    assert "<video" in painted[-1][0]
    assert late == []


def test_no_clip_shows_nothing(filming, controls):
    async def main():
        return [v async for v in filming.first(WHO, None, *controls[1:])]

    (only,) = (Screen(*values) for values in asyncio.run(main()))
    assert only.picture == "" and "Choose a clip" in only.line
    assert not only.download.interactive


def test_a_first_frame_is_no_video_to_download(filming, controls):
    async def main():
        return [v async for v in filming.first(WHO, *controls)]

    *_, last = (Screen(*values) for values in asyncio.run(main()))
    assert "The first frame" in last.line and not last.download.interactive


def test_only_videos_whose_files_are_there_are_remembered(tmp_path):
    for name in ("a.mp4", "a.webp"):
        (tmp_path / name).touch()
    entry = {"path": str(tmp_path / "a.mp4"), "poster": str(tmp_path / "a.webp")}
    gone = {**entry, "path": str(tmp_path / "b.mp4")}
    assert remembered([entry, gone]) == [entry]
    assert remembered("anything") == []
    assert row_of([entry]).count("<button") == 1
    assert row_of([]) == ""
    assert MOST > 1
