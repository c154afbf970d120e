"""The public calls on the model that ships with stylemix."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import stylemix

EXAMPLES = Path(__file__).parent.parent / "examples"


def array(image):
    return np.asarray(image, dtype=np.float32) / 255


@pytest.fixture(scope="module")
def files():
    photo = sorted((EXAMPLES / "photos").glob("*.jpg"))[0]
    return photo, sorted((EXAMPLES / "paintings").glob("*.*"))


def test_different_paintings_give_clearly_different_pictures(files):
    photo, styles = files
    outs = [array(stylemix.stylize(photo, s, size=160)) for s in styles[:4]]
    for i, a in enumerate(outs):
        for b in outs[:i]:
            assert np.abs(a - b).mean() > 0.05


def test_the_painting_s_palette_arrives(files):
    """The stylised picture's mean colour is nearer to its own painting's than to the others'."""
    photo, styles = files
    means = np.stack([array(stylemix.stylize(s, s, strength=0)).mean((0, 1)) for s in styles])
    right = 0
    for number, style in enumerate(styles):
        mean = array(stylemix.stylize(photo, style, size=160)).mean((0, 1))
        right += int(np.abs(means - mean).sum(1).argmin() == number)
    assert right >= 0.6 * len(styles)


def test_load_and_encode(files):
    photo, styles = files
    model = stylemix.load("film")
    style = model.encode(styles[0])
    by_style = stylemix.stylize(photo, style, model=model, size=96)
    assert (array(by_style) == array(stylemix.stylize(photo, styles[0], size=96))).all()


def test_tensors_in_picture_out():
    out = stylemix.stylize(torch.rand(3, 40, 40), torch.rand(3, 50, 50))
    assert out.size == (40, 40)


PROGRAM = """
import resource, sys
import stylemix
from PIL import Image

picture = Image.radial_gradient("L").convert("RGB")
model = stylemix.load("film", runtime=sys.argv[1])
model.stylize(picture, picture, size=96)
pages = int(open("/proc/self/statm").read().split()[0])
room = pages * resource.getpagesize() + 2**28
resource.setrlimit(resource.RLIMIT_AS, (room, room))
for size in (int(side) for side in sys.argv[2:]):
    try:
        print(model.stylize(picture, picture, size=size, tile=0).size)
    except Exception as problem:
        print(type(problem).__name__, problem)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs limits of Linux")
@pytest.mark.parametrize("runtime", ["torch", "auto"])
def test_where_memory_is_lacking_the_error_says_what_to_do(runtime):
    """Whoever reports it: torch, OpenVINO (which gave the former picture), NumPy or Pillow."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, runtime, "1600", "6000", "96"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
    )
    *large, small = done.stdout.splitlines()
    assert len(large) == 2, done.stderr
    for line in large:
        assert line.startswith("MemoryLimitError the memory is full: give a smaller tile")
    assert small == "(96, 96)"  # nothing is spoiled by it
