from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("cv2")
from video_clips import packets, panning, read_clip, texture, write_clip

import stylemix
from stylemix.errors import Cancelled, ConfigError, StylemixError
from stylemix.plugins.installing import install_line
from stylemix.types import ProgressEvent

PAINTING = texture(40, 40, 7)
TIMES = [0, 40, 60, 200, 240, 500, 520, 560, 600, 700]


def milliseconds(path: Path) -> list[int]:
    return [round(t * 1000) for t in read_clip(path)[1]]


def test_times_and_sound_are_kept_and_the_picture_is_the_model_s(model, tmp_path):
    pictures = panning()
    source = write_clip(tmp_path / "in.mp4", pictures, TIMES, sound="aac")
    out = tmp_path / "out.mp4"
    report = stylemix.stylize_video(source, PAINTING, out, model=model, steady=0, crf=2)
    assert (report.path, report.frames, report.damaged) == (out, 10, 0)
    assert milliseconds(out) == TIMES
    assert packets(out, "audio") == packets(source, "audio")
    decoded = read_clip(source)[0]
    expected = [np.asarray(stylemix.stylize(p, PAINTING, model=model)).astype(int) for p in decoded]
    found = read_clip(out)[0]
    errors = [np.abs(f - e).mean() for f, e in zip(found, expected, strict=True)]
    others = [np.abs(f - e).mean() for f, e in zip(found, expected[1:], strict=False)]
    assert max(errors) < 0.5 * min(others)  # each is the result of its own frame
    assert max(errors) < 12  # chroma at half the size


def test_silence_and_a_piece(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), sound="aac")
    report = stylemix.stylize_video(
        source, PAINTING, tmp_path / "a.mp4", model=model, start="0.08", end=0.26, audio=False
    )
    assert report.frames == 5
    assert milliseconds(report.path) == [0, 40, 80, 120, 160]
    assert packets(report.path, "video") and not _streams(report.path, "audio")


def _streams(path: Path, kind: str) -> list[object]:
    import av

    with av.open(str(path)) as file:
        return [s for s in file.streams if s.type == kind]


def test_another_frame_rate(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), TIMES)
    report = stylemix.stylize_video(source, PAINTING, tmp_path / "a.mp4", model=model, fps=10)
    assert milliseconds(report.path) == [0, 100, 200, 300, 400, 500, 600, 700]


def test_ntsc_rates_are_exact(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(4))
    report = stylemix.stylize_video(source, PAINTING, tmp_path / "a.mp4", model=model, fps=29.97)
    assert read_clip(report.path)[1][:3] == [Fraction(1001 * n, 30000) for n in range(3)]


def test_a_turned_video_of_oblong_pixels_becomes_what_is_shown(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(2), rotation=90, aspect=Fraction(3, 2))
    report = stylemix.stylize_video(source, PAINTING, tmp_path / "a.mp4", model=model)
    assert read_clip(report.path)[0][0].shape == (96, 48, 3)


def test_gif_to_webp_and_folder_to_folder(model, tmp_path):
    first, *rest = [Image.fromarray(p) for p in panning(4)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=[40, 90, 200, 60])
    report = stylemix.stylize_video(
        tmp_path / "a.gif", PAINTING, tmp_path / "b.webp", model=model, size=32
    )
    with Image.open(report.path) as image:
        durations = []
        for n in range(image.n_frames):
            image.seek(n)
            image.load()
            durations.append(image.info["duration"])
        assert image.size == (32, 24) and durations[:3] == [40, 90, 200]
    (tmp_path / "in").mkdir()
    for n, picture in enumerate(panning(3)):
        Image.fromarray(picture).save(tmp_path / "in" / f"{n}.png")
    report = stylemix.stylize_video(
        tmp_path / "in", PAINTING, tmp_path / "out", model=model, steady=0
    )
    expected = stylemix.stylize(panning(3)[2], PAINTING, model=model)
    with Image.open(tmp_path / "out" / "000003.png") as image:
        assert np.array_equal(np.asarray(image), np.asarray(expected))


def test_scenes_are_counted(model, tmp_path):
    pictures = [p // 3 for p in panning(4)] + [255 - p // 3 for p in panning(4, seed=3)]
    source = write_clip(tmp_path / "in.mp4", pictures)
    assert stylemix.stylize_video(source, PAINTING, tmp_path / "a.mp4", model=model).scenes == 2


def test_progress_counts_and_stopping_keeps_the_part(model, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), sound="aac")
    seen = []

    def progress(event: ProgressEvent) -> None:
        seen.append((event.done, event.total))
        assert event.picture().size == (64, 48)
        if event.done == 4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled, match=r"enough; what was done is in '.*out\.partial\.mp4'"):
        stylemix.stylize_video(
            source, PAINTING, tmp_path / "out.mp4", model=model, progress=progress
        )
    assert seen == [(1, 10), (2, 10), (3, 10), (4, 10)]
    assert sorted(f.name for f in tmp_path.iterdir()) == ["in.mp4", "out.partial.mp4"]
    assert milliseconds(tmp_path / "out.partial.mp4") == [0, 40, 80, 120]


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"start": 5}, ConfigError, "lies beyond the video's end, 0.40 seconds"),
        ({"start": 0.3, "end": "0.2"}, ConfigError, "must be later than start"),
        ({"fps": 0}, ConfigError, "fps must be a number above 0"),
        ({"strength": -1}, ConfigError, "strength"),
        ({"masks": ["missing.png"]}, StylemixError, "missing.png"),
        ({"steady": 2}, ConfigError, "steady"),
        ({"codec": "vp8"}, ConfigError, "mp4 files hold"),
    ],
)
def test_wrong_arguments_leave_no_file(model, tmp_path, options, error, message):
    source = write_clip(tmp_path / "in.mp4", panning())
    with pytest.raises(error, match=message):
        stylemix.stylize_video(source, PAINTING, tmp_path / "a.mp4", model=model, **options)
    assert [f.name for f in tmp_path.iterdir()] == ["in.mp4"]


def test_a_damaged_frame_is_told_and_its_neighbor_stands_there(model, tmp_path):
    source = write_clip(tmp_path / "a.avi", panning(), codec="png", pixels="rgb24")
    data = bytearray(source.read_bytes())
    begin = [n for n in range(len(data)) if data[n : n + 4] == b"\x89PNG"][4]
    data[begin + 400 : begin + 2000] = bytes(1600)
    source.write_bytes(data)
    with pytest.warns(UserWarning, match=r"1 damaged frame\(s\) .* the first at 0\.16 s"):
        report = stylemix.stylize_video(source, PAINTING, tmp_path / "out.mp4", model=model)
    assert report.damaged == 1
    assert milliseconds(report.path) == list(range(0, 400, 40))
    with pytest.warns(UserWarning, match=r"1 damaged frame\(s\)"):
        report = stylemix.stylize_video(source, PAINTING, tmp_path / "frames", model=model)
    assert (report.frames, len(list(report.path.iterdir()))) == (10, 10)


def test_without_the_extra_the_message_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['av'] = None\nimport stylemix\n"
        "stylemix.stylize_video('in.mp4', 'a.jpg', 'out.mp4')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert install_line("video") in done.stderr.splitlines()[-1]


def test_the_runtime_reaches_the_network(model, tmp_path):
    pytest.importorskip("openvino", reason="compiles a network's pass")
    source = write_clip(tmp_path / "in.mp4", panning(6))
    passes = []
    handle = model.generator.register_forward_hook(lambda *_: passes.append(1))
    counted = []
    try:
        for runtime in ("torch", "openvino"):
            passes.clear()
            stylemix.stylize_video(
                source, PAINTING, tmp_path / f"{runtime}.mp4", model=model, runtime=runtime
            )
            counted.append(len(passes))
    finally:
        handle.remove()
    assert counted[0] == 6
    assert counted[1] <= 2  # compiling traces the pass
