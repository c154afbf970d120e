from __future__ import annotations

import pytest
import torch
from helpers import picture, tiny_model
from training_cases import config

from stylemix.errors import ConfigError
from stylemix.injections.style import StyleMix
from stylemix.training import Trainer
from stylemix.training.model.shifted import (
    BORDER,
    NOISE,
    SHIFT,
    last_rows,
    shift_error,
    shift_photographs,
)

SIDE = 40


def wide(count=2):
    return torch.cat(
        [0.2 + 0.6 * picture(i, SIDE + 2 * SHIFT, SIDE + 2 * SHIFT) for i in range(count)]
    )


@pytest.mark.parametrize("shift", [(0, 0), (SHIFT, -SHIFT), (-1, 2)])
def test_photographs_are_moved_and_slightly_noisy(shift):
    given = wide(8)
    places = torch.randint(512, (8, 2), generator=torch.Generator().manual_seed(0))
    shifted = shift_photographs(given, SIDE, torch.tensor(shift), places)
    top, left = (SHIFT + s for s in shift)
    noise = shifted.images - given[:, :, top : top + SIDE, left : left + SIDE]
    assert float(noise.mean()) == pytest.approx(0, abs=NOISE / 50)
    assert float(noise.std()) == pytest.approx(NOISE, rel=0.02)
    assert not torch.equal(noise[0], noise[1])  # no two at one place of the field


@pytest.mark.parametrize("shift", [(0, 0), (SHIFT, -SHIFT), (-1, 2)])
def test_a_picture_that_moves_along_has_no_error(shift):
    given = wide()
    top, left = (SHIFT + s for s in shift)
    middle = given[:, :, SHIFT : SHIFT + SIDE, SHIFT : SHIFT + SIDE]
    moved = given[:, :, top : top + SIDE, left : left + SIDE]
    found = shift_error(moved, middle, torch.tensor(shift))
    assert float(found) == 0
    if any(shift):
        assert float(shift_error(middle, middle, torch.tensor(shift))) > 1e-5
    inner = (..., slice(BORDER, -BORDER), slice(BORDER, -BORDER))
    by_hand = shift_error(moved + 0.1, middle, torch.tensor(shift))
    assert float(by_hand) == pytest.approx(0.01, rel=1e-4)
    changed = moved + 1.0
    changed[inner] -= 1.0
    assert float(shift_error(changed, middle, torch.tensor(shift))) < 1e-12


def test_the_last_rows_of_a_mixture_make_the_last_pictures():
    model = tiny_model()
    content = torch.cat([picture(i, 16, 16) for i in range(3)])
    styles = [model.prepare(torch.cat([picture(10 * k + i) for i in range(3)])) for k in (1, 2)]
    weight = torch.tensor([0.2, 0.5, 1.0]).view(-1, 1, 1, 1)
    mix = StyleMix(tuple(styles), (weight, 1 - weight), (8, 4))
    with torch.no_grad():
        whole = model(content, mix)
        torch.testing.assert_close(model(content[1:], last_rows(mix, 2)), whole[1:])


def test_it_is_an_option_of_a_phase(tmp_path):
    phase = {"crop": 32, "batch": 4, "style_crop": [16], "identity": 0.25, "partial": 0.3}
    told = []
    trainer = Trainer(
        config(
            tmp_path,
            schedule={"steps": 2},
            phases=[{**phase, "shifted": 0.5, "weights": {"shift": 5.0}}],
        ),
        watch=lambda step, losses: told.append((step, losses)),
    )
    trainer.run()
    assert [step for step, _ in told] == [1, 2]
    assert all(losses["shift"] > 0 for _, losses in told)
    with pytest.raises(ConfigError, match=r"phases\[0\]\.weights: no loss term.*'shift'"):
        Trainer(config(tmp_path, output="b", phases=[{**phase, "weights": {"shift": 5.0}}]))
    with pytest.raises(ConfigError, match="'shift' is the label of"):
        terms = {"terms": {"shift": {"name": "tv", "weight": 1.0}}}
        Trainer(config(tmp_path, output="c", losses={"features": "thin", **terms}))
    with pytest.raises(ConfigError, match=r"phases\[0\]\.shifted needs a crop of 32"):
        config(tmp_path, phases=[{**phase, "crop": 16, "shifted": 0.5}])
    with pytest.raises(ConfigError, match=r"phases\[0\]\.shifted must be a number >= 0 and <= 1"):
        config(tmp_path, phases=[{**phase, "shifted": 1.5}])
