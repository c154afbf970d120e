"""docs/training/teach_encoder.py: another encoder for a trained FiLM model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import load_script, picture
from PIL import Image

import stylemix
from stylemix import checkpoint
from stylemix.stylizers import build

SCRIPT = Path(__file__).parents[2] / "docs" / "training" / "teach_encoder.py"


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


def teacher():
    torch.manual_seed(0)
    model = build(
        {
            "stylizer": "feed_forward",
            "generator": {"name": "johnson", "width": 4, "blocks": 1},
            "encoder": {"name": "thin"},
            "injections": [{"name": "film"}],
            "style_size": 64,
        }
    ).eval()
    model.encoder.initialize()
    model.encoder.calibrate(torch.cat([picture(n, 64, 64) for n in range(6)]))
    return model


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> tuple[Path, Path]:
    """Photographs and paintings of a gradient between two colors each, forty of both."""
    made = tmp_path_factory.mktemp("pictures")
    for kind, seed in (("photographs", 50), ("paintings", 100)):
        (made / kind).mkdir()
        for number in range(40):
            random = np.random.default_rng(seed + number)
            ramp = np.linspace(0, 1, 100)[None, :, None] * np.ones((96, 1, 1))
            values = ramp * random.random(3) + (1 - ramp) * random.random(3)
            Image.fromarray((values * 255).astype(np.uint8)).save(made / kind / f"{number}.png")
    return made / "photographs", made / "paintings"


def test_the_generator_is_taken_over_and_draws_alike_for_the_same_modulations(script):
    old = teacher()
    new = script.started(old, "thin", None)
    assert new.config["injections"] == [{"name": "film", "residual": False}]
    code = torch.randn(5, 128)
    wanted = script.modulations(old, code)
    # With the same code, ridge regression has the layers of FiLM give the same scales and shifts.
    many = torch.randn(400, 128)
    script.ridge(new, many, script.modulations(old, many), 1e-9)
    found = script.modulations(new, code)
    assert list(found) == list(wanted)
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], rtol=1e-3, atol=1e-3)
    photo = picture(3, 48, 48)
    from stylemix.injections.style import StyleMix

    with torch.no_grad():
        a, b = (
            m(photo, StyleMix.single(m.prepare(None, {"embedding": code[:1]}))) for m in (old, new)
        )
    torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)


def test_the_ridge_is_the_one_of_the_equation(script):
    model = teacher()
    random = np.random.default_rng(0)
    z = random.normal(size=(50, 128)) + 1
    wanted = {n: torch.randn(50, f.linear.out_features) for n, f in script.films(model).items()}
    script.ridge(model, torch.from_numpy(z), wanted, 0.3)
    name, film = next(iter(script.films(model).items()))
    centered = z - z.mean(0)
    # The same as least squares with rows sqrt(l) I added.
    amount = 0.3 * np.square(centered).sum(0).mean()
    rows = np.vstack([centered, np.sqrt(amount) * np.eye(128)])
    goal = wanted[name].double().numpy()
    goals = np.vstack([goal - goal.mean(0), np.zeros((128, goal.shape[1]))])
    weight, *_ = np.linalg.lstsq(rows, goals, rcond=None)
    np.testing.assert_allclose(film.linear.weight.detach().numpy(), weight.T, atol=1e-5)
    shift = goal.mean(0) - z.mean(0) @ weight
    np.testing.assert_allclose(film.linear.bias.detach().numpy(), shift, atol=1e-4)


def test_teaching_explains_more_and_writes_a_model(script, folders, tmp_path):
    checkpoint.save(teacher(), tmp_path / "teacher")
    script.main(
        [
            *map(str, folders),
            str(tmp_path / "out"),
            f"--from={tmp_path / 'teacher'}",
            "--encoder=thin",
            "--steps=150",
            "--crop",
            "48",
            "64",
            "--batch=4",
            "--ridge=1",
            "--rate=3e-4",
        ]
    )
    record = json.loads((tmp_path / "out" / "config.json").read_text())["training"]
    assert record["paintings"] == record["photographs"] == 40
    assert record["curve"][-1]["step"] == 150
    fitted, taught = (
        np.mean(list(record[k].values())) for k in ("explained_by_ridge", "explained")
    )
    assert record["curve"][-1]["explained"] == pytest.approx(taught, abs=1e-3)
    assert taught > fitted
    model = stylemix.load(tmp_path / "out", device="cpu", runtime="torch")
    old = stylemix.load(tmp_path / "teacher", device="cpu", runtime="torch")
    kept = "generator.stages.2.block.first.conv.weight"
    assert torch.equal(model.state_dict()[kept], old.state_dict()[kept])


def test_no_held_out_painting_is_learned_from(script, folders):
    crops = script.Crops([torch.zeros(3, 80, 80, dtype=torch.uint8) for _ in range(25)], "cpu")
    looks = script.Looks(teacher(), crops, crops, 0.5)
    assert looks.held == [0, 10, 20]
    assert not set(looks.held) & set(looks.kept)
    many = script.Looks(teacher(), [None] * 2001, crops, 0.5)
    assert len(many.held) == 96 and many.held[-1] > 1980
    images, wanted = looks.draw(8, 64, 1.2, torch.Generator().manual_seed(0))
    assert images.shape == (8, 3, 64, 64)
    assert {len(goal) for goal in wanted.values()} == {8}
