from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from video_clips import packets, panning, read_clip, write_clip

import stylemix

pytest.importorskip("cv2", reason="videos need OpenCV")


def test_a_video_and_a_painting(invoke, model, draw, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), sound="aac")
    painting, out, same = draw("s.png", 2), tmp_path / "out.mp4", tmp_path / "same.mp4"
    result = invoke("video", source, painting, "-o", out, "-m", model, "--start", "0:00.08")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"wrote {out} (8 frames)\n"
    assert result.stderr == ""
    stylemix.stylize_video(source, painting, same, model=model, start=0.08)
    for one, other in zip(read_clip(out)[0], read_clip(same)[0], strict=True):
        assert np.array_equal(one, other)
    assert packets(out, "audio")


def test_options_reach_the_video(invoke, model, draw, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), sound="aac")
    out = tmp_path / "out.mkv"
    result = invoke(
        "video", source, "--style-at", f"0={draw('s.png', 2)}", "--style-at",
        f"0:00.2={draw('t.png', 3)}", "-o", out, "-m", model, "--fps", "10", "--size", "32",
        "--codec", "vp9", "--crf", "40", "--no-audio", "--steady", "0", "--preserve-color",
        "--scale", "8",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    pictures, times = read_clip(out)
    assert [round(t * 1000) for t in times] == [0, 100, 200, 300]
    assert pictures[0].shape == (24, 32, 3)


def test_the_runtime_is_handed_on(invoke, model, draw, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(2))
    painting = draw("s.png", 2)
    wrong = invoke("video", source, painting, "-o", tmp_path / "a.mp4", "--runtime", "abacus")
    assert wrong.exit_code == 2
    assert "'openvino-int8'" in wrong.stderr
    # Methods that optimize pixels have no pass that could be compiled.
    with_gatys = invoke(
        "video", source, painting, "-o", tmp_path / "a.mp4", "-m", "gatys", "--runtime", "openvino"
    )
    assert with_gatys.exit_code == 2
    assert "leave runtime out" in with_gatys.stderr
    plain = invoke(
        "video", source, painting, "-o", tmp_path / "b.mp4", "-m", model, "--runtime", "torch"
    )
    assert plain.exit_code == 0, plain.stderr


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["a.jpg", "--style-at", "0=b.jpg"], "give either STYLE or --style-at"),
        (["--style-at", "b.jpg"], "must be a time and a painting"),
        (["a.jpg", "--mask", "m.png", "--mask", "n.png"], "1 style(s) need as many --mask"),
        (["a.jpg", "--steady", "1"], "0<=x<=0.95"),
        (["a.jpg", "--start", "soon"], "start must be seconds"),
        (["a.jpg", "--start", "5", "--end", "3"], "end (3) must be later than start (5)"),
        (["--style-at", "5=a.jpg", "--style-at", "0:05=a.jpg"], "have the same time"),
        (["a.jpg", "--codec", "vp9", "-o", "a.mov"], "hold h264 or h265 or prores, not 'vp9'"),
        (["a.jpg", "--resume", "-o", "a.gif"], "which can't be resumed"),
    ],
)
def test_wrong_arguments(invoke, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    for name in ("in.mp4", "a.jpg"):
        (tmp_path / name).touch()
    result = invoke("video", "in.mp4", "-o", "out.mp4", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_still_picture_is_refused(invoke, draw, tmp_path):
    result = invoke("video", draw("a.png", 1), draw("s.png", 2), "-o", tmp_path / "out.mp4")
    assert result.exit_code == 2
    assert "use `stylemix stylize`" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_keeps_a_playable_part(environment, model, draw, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(40, 1, 1) * 25)
    out = tmp_path / "out.mp4"
    command = [
        sys.executable, "-m", "stylemix", "video", str(source), draw("s.png", 2), "-o", str(out),
        "-m", model, "--size", "256",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 600
    while not any(f.name.endswith(".part") for f in tmp_path.iterdir()):
        assert process.poll() is None and time.monotonic() < deadline, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "what was done is in" in said
    assert {f.name for f in tmp_path.iterdir()} == {"in.mp4", "s.png", "out.partial.mp4"}
    assert 1 <= len(read_clip(tmp_path / "out.partial.mp4")[0]) < 1000


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_a_killed_run_goes_on(environment, command, invoke, model, draw, tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(60, 1, 1) * 2, sound="aac")
    out, whole = tmp_path / "out.mp4", tmp_path / "whole.mp4"
    arguments = ["video", str(source), draw("s.png", 2), "-m", model, "--resume", "-o"]
    process = subprocess.Popen(
        [sys.executable, "-m", "stylemix", *arguments, str(out)],
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    )
    state = tmp_path / "out.mp4.resume" / "state.npz"
    deadline = time.monotonic() + 300
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert state.exists() and not out.exists()
    changed = invoke(*arguments, out, "--strength", "0.5")
    assert changed.exit_code == 2
    assert "delete the folder to begin anew" in changed.stderr
    # In processes of their own, as the killed one: another number of threads adds up differently.
    for target in (out, whole):
        result = command(*arguments, target)
        assert result.returncode == 0, result.stderr
        assert result.stdout.startswith(f"wrote {target} (120 frames")
    assert sorted(p.name for p in tmp_path.glob("*.mp4*")) == ["in.mp4", "out.mp4", "whole.mp4"]
    (frames, times), (others, same_times) = read_clip(whole), read_clip(out)
    assert times == same_times
    assert all(np.array_equal(one, other) for one, other in zip(frames, others, strict=True))
    assert packets(out, "audio") == packets(whole, "audio")
