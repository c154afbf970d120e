"""docs/training/prune.py: a faster model of a trained one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import load_script, picture

from stylemix import checkpoint
from stylemix.stylizers import build

SCRIPT = Path(__file__).parents[2] / "docs" / "training" / "prune.py"


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


def lean(expansion: float = 2):
    torch.manual_seed(0)
    return build(
        {
            "stylizer": "feed_forward",
            "generator": {"name": "lean", "width": 12, "blocks": 2, "expansion": expansion},
            "encoder": {"name": "thin"},
            "injections": [{"name": "film"}],
            "style_size": 64,
        }
    ).eval()


def lost(weights: np.ndarray, features: np.ndarray, kept: list[int]) -> float:
    """Fit the products anew by least squares on the features themselves."""
    wanted = weights @ features
    fitted, *_ = np.linalg.lstsq(features[kept].T, wanted.T, rcond=None)
    return float(np.square(wanted.T - features[kept].T @ fitted).sum())


def test_the_features_that_stay_are_fitted_by_least_squares(script):
    random = np.random.default_rng(0)
    features = random.normal(size=(10, 4)) @ random.normal(size=(4, 200))
    features += 0.3 * random.normal(size=features.shape)
    weights = random.normal(size=(3, 10))
    covariance = torch.from_numpy(features @ features.T)
    kept, mixed = script.chosen(torch.from_numpy(weights), covariance, 5)
    assert kept.tolist() == sorted(set(kept.tolist())) and len(kept) == 5
    error = np.square(weights @ features - mixed.numpy() @ features[kept]).sum()
    np.testing.assert_allclose(error, lost(weights, features, kept.tolist()), rtol=1e-3)
    # Nearly the best of some random choices.
    others = [
        lost(weights, features, random.choice(10, 5, replace=False).tolist()) for _ in range(40)
    ]
    assert error < np.quantile(others, 0.1)


def test_the_first_to_go_is_the_one_that_costs_least(script):
    random = np.random.default_rng(1)
    features = random.normal(size=(6, 6)) @ random.normal(size=(6, 100))
    weights = random.normal(size=(2, 6))
    kept, _ = script.chosen(torch.from_numpy(weights), torch.from_numpy(features @ features.T), 5)
    costs = [lost(weights, features, [k for k in range(6) if k != out]) for out in range(6)]
    assert set(range(6)) - set(kept.tolist()) == {int(np.argmin(costs))}


@torch.no_grad()
def test_channels_that_say_the_same_twice_go_without_a_trace(script):
    teacher, student = lean(2), lean(1)
    for block in teacher.generator.stages[2:4]:
        for part in (block.expand.weight, block.expand.bias):
            part[12:] = 0.5 * part[:12]
    photographs = torch.cat([picture(k, 48, 48) for k in range(4)])
    codes = torch.cat([teacher.encoder(picture(k, 40, 40))["embedding"] for k in range(5)])
    script.prune(teacher, student, photographs, codes)
    mix = script._mix
    torch.testing.assert_close(
        student(photographs, mix(student, codes[:4])),
        teacher(photographs, mix(teacher, codes[:4])),
        atol=2e-3,
        rtol=0,
    )


def test_what_is_left_learns_the_teachers_pictures(script, folders, tmp_path, capsys):
    checkpoint.save(lean(2), tmp_path / "teacher")
    numbers = {"expansion": 0.5, "steps": 60, "crop": 32, "batch": 2, "save": 60}
    options = [part for name, value in numbers.items() for part in (f"--{name}", str(value))]
    teacher = ["--from", str(tmp_path / "teacher")]
    script.main([*map(str, folders), str(tmp_path / "made"), *teacher, *options])
    errors = [float(line.split()[2]) for line in capsys.readouterr().out.splitlines()]
    assert errors[-1] < errors[0]
    made = checkpoint.load(tmp_path / "made")
    assert made.generator.stages[2].expand.out_channels == 6
    for name, value in lean(2).encoder.state_dict().items():
        assert torch.equal(value, made.encoder.state_dict()[name]), name
