"""``--refine`` and ``--steps``: optimisation from the command line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image, dtype=np.int16)


def test_refine_is_what_it_is_in_python(invoke, model, draw, tmp_path):
    import stylemix

    photo, style = draw("photo.png", 1), draw("style.png", 2)
    done = invoke(
        "stylize", photo, style, "-o", tmp_path / "out.png", "--model", model, "--refine", 3
    )
    assert done.exit_code == 0, done.stderr
    wanted = stylemix.stylize(photo, style, model=model, refine=3)
    assert (pixels(tmp_path / "out.png") == np.asarray(wanted)).all()


def test_gatys_takes_steps(invoke, draw, tmp_path):
    photo, style = draw("photo.png", 1), draw("style.png", 2)
    outs = []
    for name in ("a", "b"):
        out = tmp_path / f"{name}.png"
        done = invoke("stylize", photo, style, "-o", out, "--model", "gatys", "--steps", 3)
        assert done.exit_code == 0, done.stderr
        outs.append(pixels(out))
    assert (outs[0] == outs[1]).all()
    assert np.abs(outs[0] - pixels(photo)).mean() > 0.5


@pytest.mark.parametrize("value", ["-1", "many", "2.5"])
def test_wrong_numbers(invoke, model, draw, tmp_path, value):
    done = invoke(
        "stylize",
        draw("photo.png", 1),
        draw("style.png", 2),
        "-o",
        tmp_path / "out.png",
        "--model",
        model,
        "--refine",
        value,
    )
    assert done.exit_code == 2
    assert "--refine" in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_vgg16_without_weights(invoke, model, draw, tmp_path, monkeypatch):
    monkeypatch.setenv("STYLEMIX_VGG16", str(tmp_path / "none.safetensors"))
    done = invoke(
        "stylize",
        draw("photo.png", 1),
        draw("style.png", 2),
        "-o",
        tmp_path / "out.png",
        "--model",
        model,
        "--refine",
        2,
        "--refine-features",
        "vgg16",
    )
    assert done.exit_code == 2
    assert "none.safetensors" in done.stderr
    assert not (tmp_path / "out.png").exists()


def test_a_picture_too_large_to_refine_is_listed_and_the_others_are_made(
    invoke, model, draw, tmp_path, monkeypatch
):
    """The feature network refuses more than 100 x 100 pixels, as a small GPU would."""
    from stylemix.backbones import FeatureNet

    forward = FeatureNet.forward

    def limited(self, image, layers):
        if image.shape[-1] * image.shape[-2] > 100 * 100:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, image, layers)

    monkeypatch.setattr(FeatureNet, "forward", limited)
    draw("in/a.png", 1, 40, 40)
    draw("in/b.png", 2, 300, 300)
    draw("in/c.png", 3, 40, 40)
    style, out = draw("style.png", 4, 40, 40), tmp_path / "out"
    done = invoke("stylize", tmp_path / "in", style, "-o", out, "-m", model, "--refine", 1)
    assert done.exit_code == 1
    assert sorted(p.name for p in out.iterdir()) == ["a.png", "c.png"]
    assert re.search(r"b\.png: the memory .* smaller size", done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_keeps_the_picture_so_far(environment, draw, tmp_path):
    photo, style, out = draw("photo.png", 1, 64, 64), draw("style.png", 2), tmp_path / "out.png"
    # The terminal's own way: a line tells that the first steps are done.
    code = (
        "import sys, stylemix.optimization.render as r\n"
        "from stylemix.cli import main\n"
        "plain = r.optimize_canvas\n"
        "def loud(canvas, goal, steps, how, report, **options):\n"
        "    def tell(step):\n"
        "        report(step)\n"
        "        if step.done == 3: print('third', flush=True)\n"
        "    return plain(canvas, goal, steps, how, tell, **options)\n"
        "r.optimize_canvas = loud\n"
        "main(sys.argv[1:])\n"
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            code,
            "stylize",
            photo,
            style,
            "-o",
            str(out),
            "--model",
            "gatys",
            "--steps",
            "1000000",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "third\n"
        process.send_signal(signal.SIGINT)
        _, problems = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 130
    assert re.search(r"Interrupted: stopped after \d+ of 1000000 steps; .* is kept", problems)
    assert np.abs(pixels(out) - pixels(photo)).mean() > 0.5
    assert not list(Path(tmp_path).glob(".*"))
