"""The program in docs/export.md, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stylemix
from stylemix.export import export

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
ROOT = Path(__file__).parents[2]


def test_the_guides_program_draws_what_stylemix_draws(tmp_path):
    photo, one, two = (
        ROOT / "examples" / name
        for name in ("photos/cat.jpg", "paintings/broken-guitar.jpg", "paintings/dotted-river.jpg")
    )
    for source, name in ((photo, "photo"), (one, "painting"), (two, "other")):
        with Image.open(source) as image:
            image.thumbnail((300, 201))
            image.convert("RGB").save(tmp_path / f"{name}.png")
    model = stylemix.load("film", runtime="torch", device="cpu")
    export(model, tmp_path / "film-onnx", "onnx", name="film")
    text = (ROOT / "docs" / "export.md").read_text("utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len([line for line in program.splitlines() if line.strip()]) <= 22
    (tmp_path / "program.py").write_text(program.replace(".jpg", ".png"))
    # Without stylemix or PyTorch: they can't be imported there.
    blocker = "import sys\nfor name in ('torch', 'stylemix'): sys.modules[name] = None\n"
    (tmp_path / "sitecustomize.py").write_text(blocker)
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    paintings = [tmp_path / "painting.png", tmp_path / "other.png"]
    wanted = model.stylize(tmp_path / "photo.png", paintings, weights=[0.7, 0.3])
    with Image.open(tmp_path / "out.png") as found:
        difference = np.asarray(found, float) - np.asarray(wanted, float)
    assert np.abs(difference).mean() < 0.1
    plain = np.asarray(model.stylize(tmp_path / "photo.png", paintings[0]), float)
    assert np.abs(plain - np.asarray(wanted, float)).mean() > 1
