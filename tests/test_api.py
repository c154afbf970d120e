"""The public calls on the model that ships with stylemix."""

from __future__ import annotations

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
