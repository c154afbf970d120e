"""The pictures that the command writes are those of stylemix.stylize."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylemix

POSIX = os.name == "posix"


def pixels(image: Image.Image | str | Path) -> np.ndarray:
    if not isinstance(image, Image.Image):
        with Image.open(image) as opened:
            return np.asarray(opened)
    return np.asarray(image)


def test_one_photograph_one_painting(invoke, model, draw, tmp_path):
    photo, painting, out = draw("a.png", 1), draw("s.png", 2), tmp_path / "out.png"
    result = invoke("stylize", photo, painting, "-o", out, "--model", model, "--device", "cpu")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"wrote {out} (40 x 32)\n"
    assert result.stderr == ""  # no bar where there is no terminal
    expected = pixels(stylemix.stylize(photo, painting, model=model))
    assert np.array_equal(pixels(out), expected)
    assert not np.array_equal(expected, pixels(photo))


@pytest.mark.parametrize(
    "options, same",
    [
        (["--strength", "0.4"], {"strength": 0.4}),
        (["--strength", "1.5"], {"strength": 1.5}),
        (["--preserve-color"], {"preserve_color": True}),
        (["--size", "24"], {"size": 24}),
        (["--scale", "16"], {"scale": 16}),
        (["--tile", "64", "--size", "150"], {"tile": 64, "size": 150}),
        (["--weights", "1,2.5"], {"weights": [1, 2.5]}),
    ],
)
def test_options_mean_what_they_mean_in_python(invoke, model, draw, tmp_path, options, same):
    photo, out = draw("a.png", 1), tmp_path / "out.png"
    paintings = [draw("s.png", 2), draw("t.png", 3)][: 2 if "--weights" in options else 1]
    result = invoke("stylize", photo, *paintings, "-o", out, "-m", model, *options)
    assert result.exit_code == 0, result.stderr
    expected = pixels(stylemix.stylize(photo, paintings, model=model, **same))
    plain = pixels(stylemix.stylize(photo, paintings, model=model))
    assert np.array_equal(pixels(out), expected)
    assert expected.shape != plain.shape or not np.array_equal(expected, plain)


def test_palette_is_the_python_argument(invoke, model, draw, tmp_path):
    photo, painting, other, out = (
        draw("a.png", 1),
        draw("s.png", 2),
        draw("t.png", 3),
        tmp_path / "out.png",
    )
    result = invoke("stylize", photo, painting, "-o", out, "-m", model, "--palette", other)
    assert result.exit_code == 0, result.stderr
    expected = pixels(stylemix.stylize(photo, painting, model=model, palette=other))
    assert np.array_equal(pixels(out), expected)
    assert not np.array_equal(expected, pixels(stylemix.stylize(photo, painting, model=model)))
    assert (
        invoke("stylize", photo, painting, "-o", other, "-m", model, "--palette", other).exit_code
        == 2
    )  # what is read is never overwritten


def test_masks_hold_for_their_style(invoke, model, draw, tmp_path):
    photo, paintings = draw("a.png", 1), [draw("s.png", 2), draw("t.png", 3)]
    out = tmp_path / "o.png"
    masks = []
    for name, left in (("left.png", True), ("right.png", False)):
        mask = Image.new("L", (40, 32), 0 if left else 255)
        mask.paste(255 if left else 0, (0, 0, 20, 32))
        mask.save(tmp_path / name)
        masks.append(str(tmp_path / name))
    result = invoke(
        "stylize", photo, *paintings, "--mask", masks[0], "--mask", masks[1], "-o", out, "-m", model
    )
    assert result.exit_code == 0, result.stderr
    made = pixels(out)
    expected = stylemix.stylize(photo, paintings, model=model, masks=masks)
    assert np.array_equal(made, pixels(expected))
    swapped = stylemix.stylize(photo, paintings, model=model, masks=masks[::-1])
    assert not np.array_equal(made, pixels(swapped))


def test_a_folder_with_good_and_bad_pictures(invoke, model, draw, tmp_path):
    photos = [draw("in/a.png", 1), draw("in/b.tif", 2, 24, 24)]
    bitmap, painting = draw("in/c.bmp", 4), draw("s.png", 3)
    (tmp_path / "in" / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    out = tmp_path / "new" / "out"
    result = invoke("stylize", tmp_path / "in", painting, "-o", out, "-m", model)
    assert result.exit_code == 1
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "b.tif", "c.png"]
    for content, name in (*zip(photos, ("a.png", "b.tif"), strict=True), (bitmap, "c.png")):
        expected = pixels(stylemix.stylize(content, painting, model=model))
        assert np.array_equal(pixels(out / name), expected)
    assert result.stdout == f"wrote 3 of 4 pictures to {out} (1 of other formats as .png)\n"
    lines = result.stderr.splitlines()
    assert lines[0] == "left out, no picture files: notes.txt"
    assert lines[1] == "1 failed:"
    assert lines[2].startswith(f"  {tmp_path / 'in' / 'cut.jpg'}: ")
    assert "cut.jpg" in lines[2].split(": ", 1)[1]
    assert len(lines) == 3


def test_a_pattern(invoke, model, draw, tmp_path):
    draw("in/a.png", 1)
    draw("in/deep/b.png", 2)
    out = tmp_path / "out"
    result = invoke("stylize", f"{tmp_path}/in/**/*.png", draw("s.png", 3), "-o", out, "-m", model)
    assert result.exit_code == 0, result.stderr
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "b.png"]
    assert result.stderr == ""


def test_every_failure_is_listed_where_nothing_can_be_written(invoke, model, draw, tmp_path):
    draw("in/a.png", 1)
    draw("in/b.png", 2)
    (tmp_path / "out" / "a.png").mkdir(parents=True)
    (tmp_path / "out" / "b.png").mkdir()
    result = invoke(
        "stylize", tmp_path / "in", draw("s.png", 3), "-o", tmp_path / "out", "-m", model
    )
    assert result.exit_code == 1
    assert "wrote 0 of 2" in result.stdout
    assert "2 failed:" in result.stderr
    assert "a.png" in result.stderr
    assert "b.png" in result.stderr


WRONG = {
    "missing photograph": (["nowhere.png", "s.png"], "nowhere.png"),
    "missing painting": (["a.png", "nowhere.png"], "nowhere.png"),
    "no picture": (["a.png", "notes.txt"], "notes.txt"),
    "web address": (["https://example.org/a.jpg", "s.png"], "'https://example.org/a.jpg' is a web"),
    "a model's file": (["a.png", "s.png", "-m", "x/model.safetensors"], "give the folder"),
    "unknown model": (["a.png", "s.png", "-m", "flim"], "flim"),
    "unknown device": (["a.png", "s.png", "--device", "warp"], "warp"),
    "negative strength": (["a.png", "s.png", "--strength", "-1"], "strength"),
    "strength that is no number": (["a.png", "s.png", "--strength", "nan"], "strength"),
    "weights of another number": (["a.png", "s.png", "--weights", "1,2"], "weight"),
    "weights that are no numbers": (["a.png", "s.png", "--weights", "1,x"], "commas"),
    "masks of another number": (["a.png", "s.png", "s.png", "--mask", "s.png"], "--mask"),
    "mask of another shape": (["a.png", "s.png", "--mask", "tall.png"], "tall.png"),
    "tile too small": (["a.png", "s.png", "--tile", "3"], "64"),
    "size zero": (["a.png", "s.png", "--size", "0"], "--size"),
    "no painting": (["a.png"], "STYLE"),
    "pattern without a match": (["*.webp", "s.png"], "webp"),
}


@pytest.mark.parametrize("arguments, said", WRONG.values(), ids=WRONG.keys())
def test_wrong_input_is_one_error_and_leaves_no_file(
    invoke, model, draw, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)
    draw("a.png", 1)
    draw("s.png", 2)
    draw("tall.png", 3, 90, 20)
    (tmp_path / "notes.txt").write_text("no picture")
    before = sorted(os.listdir(tmp_path))
    if "-m" not in arguments:
        arguments = [*arguments, "-m", model]
    result = invoke("stylize", *arguments, "-o", "out.png")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert sum(line.startswith("Error: ") for line in result.stderr.splitlines()) == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(os.listdir(tmp_path)) == before


def test_a_wrong_argument_stops_a_folder_at_once(invoke, model, draw, tmp_path):
    draw("in/a.png", 1)
    draw("in/b.png", 2)
    result = invoke(
        "stylize",
        tmp_path / "in",
        draw("s.png", 3),
        "-o",
        tmp_path / "out",
        "-m",
        model,
        "--tile",
        "5",
    )
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: tile")
    assert not (tmp_path / "out").exists()


def test_the_input_is_never_overwritten(invoke, model, draw, tmp_path):
    photo, painting = draw("a.png", 1), draw("s.png", 2)
    before = Path(photo).read_bytes(), Path(painting).read_bytes()
    for out in (photo, painting):
        result = invoke("stylize", photo, painting, "-o", out, "-m", model)
        assert result.exit_code == 2
        assert "overwritten" in result.stderr
    assert (Path(photo).read_bytes(), Path(painting).read_bytes()) == before


def test_debug_shows_where(invoke, model, draw, tmp_path):
    arguments = [
        "stylize",
        tmp_path / "no.png",
        draw("s.png", 2),
        "-o",
        tmp_path / "o.png",
        "-m",
        model,
    ]
    assert "Traceback" not in invoke(*arguments).stderr
    shown = invoke("--debug", *arguments)
    assert shown.exit_code == 2
    assert shown.stderr.startswith("Traceback")
    assert shown.stderr.splitlines()[-1].startswith("Error: ")


def test_a_damaged_checkpoint_in_a_process_of_its_own(command, model, draw, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    with open(broken / "model.safetensors", "r+b") as file:
        file.truncate(500)
    out = tmp_path / "out.png"
    done = command("stylize", draw("a.png", 1), draw("s.png", 2), "-o", out, "-m", broken)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "model.safetensors" in done.stderr
    assert not out.exists()


@pytest.mark.skipif(not POSIX, reason="needs POSIX signals")
def test_ctrl_c_ends_with_130_and_whole_pictures_only(environment, model, draw, tmp_path):
    draw("in/000.png", 0)
    for number in range(1, 400):
        shutil.copy(tmp_path / "in" / "000.png", tmp_path / "in" / f"{number:03d}.png")
    out = tmp_path / "out"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "stylemix",
            "stylize",
            str(tmp_path / "in"),
            draw("s.png", 3),
            "-o",
            str(out),
            "-m",
            model,
            "--size",
            "160",
            "--tile",
            "64",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        while process.poll() is None and not (out / "002.png").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=900)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert said == ("", "\nInterrupted.\n")
    made = sorted(p.name for p in out.iterdir())
    assert 3 <= len(made) < 400
    assert all(name.endswith(".png") and not name.startswith(".") for name in made)
    for name in made:
        assert pixels(out / name).shape == (128, 160, 3)


@pytest.mark.skipif(not POSIX, reason="needs a pseudo-terminal")
@pytest.mark.parametrize("many", [False, True])
def test_a_terminal_gets_a_bar(environment, model, draw, tmp_path, many):
    import fcntl
    import struct
    import termios

    photo = draw("in/a.png", 1)
    content, out = (tmp_path / "in", "out") if many else (photo, "out.png")
    main_end, terminal = os.openpty()
    os.set_blocking(main_end, False)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "stylemix",
                "stylize",
                content,
                draw("s.png", 3),
                "-o",
                tmp_path / out,
                "-m",
                model,
                "--size",
                "160",
                "--tile",
                "64",
            ],
            stdout=subprocess.PIPE,
            stderr=terminal,
            env=environment,
            timeout=900,
        )
        try:
            shown = os.read(main_end, 100_000).decode()
        except BlockingIOError:
            shown = ""
    finally:
        os.close(main_end)
        os.close(terminal)
    assert done.returncode == 0, shown
    assert ("picture" if many else "tile") in shown
    assert "%|" in shown


def test_a_full_disk_ends_a_folder_at_once(invoke, model, draw, tmp_path, monkeypatch):
    for seed in range(5):
        draw(f"in/{seed}.png", seed)
    out, synced = tmp_path / "out", []

    def fsync(number: int) -> None:
        synced.append(number)
        if len(synced) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fsync)
    result = invoke("stylize", tmp_path / "in", draw("s.png", 9), "-o", out, "-m", model)
    assert result.exit_code == 1
    assert [p.name for p in sorted(out.iterdir())] == ["0.png", "1.png"]
    assert result.stdout == f"wrote 2 of 5 pictures to {out}\n"
    lines = result.stderr.splitlines()
    assert lines[0] == "1 failed:"
    assert "2.png" in lines[1] and "free some space" in lines[1]
    assert lines[2] == f"2 not begun, as nothing more can be written to {out}"


FULL_DISK = """
mount -t tmpfs -o size=60k none {out} || exit 77
{python} -m stylemix stylize {photos} {painting} -o {out} -m {model}
code=$?
ls {out} | wc -l
exit $code
"""


def test_a_disk_that_is_really_full(model, draw, tmp_path, environment):
    if shutil.which("unshare") is None:
        pytest.skip("needs a file system of its own")
    for seed in range(8):
        draw(f"in/{seed}.png", seed, 96, 96)
    out = tmp_path / "out"
    out.mkdir()
    script = FULL_DISK.format(
        out=out, python=sys.executable, photos=tmp_path / "in", painting=draw("s.png", 9),
        model=model,
    )  # fmt: skip
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, env=environment
    )
    if done.returncode not in (0, 1):
        pytest.skip(f"no file system of one's own here: {done.stderr}")
    assert done.returncode == 1
    said, files = done.stdout.splitlines()
    assert int(files) >= 1 and said.startswith(f"wrote {files} of 8 pictures")
    assert "1 failed:" in done.stderr
    assert f"{7 - int(files)} not begun, as nothing more" in done.stderr
