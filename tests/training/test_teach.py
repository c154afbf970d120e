"""docs/training/teach.py: a model that draws what another one draws."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers import load_script, picture, tiny_config

from stylemix import checkpoint
from stylemix.stylizers import build

SCRIPT = Path(__file__).parents[2] / "docs" / "training" / "teach.py"


@pytest.fixture(scope="module")
def script():
    return load_script(SCRIPT)


@pytest.fixture
def run(script, folders, tmp_path, capsys):
    """Return what teaches one tiny model by another and gives the errors that it prints."""
    for name, seed in (("teacher", 0), ("student", 1)):
        torch.manual_seed(seed)
        checkpoint.save(build(tiny_config({"name": "film"})), tmp_path / name)
    numbers = {"steps": 60, "crop": 32, "batch": 2, "save": 20}
    options = [part for name, value in numbers.items() for part in (f"--{name}", str(value))]
    for name in ("teacher", "student"):
        options += [f"--{name}", str(tmp_path / name)]

    def teach(output: str) -> list[float]:
        script.main([*map(str, folders), str(tmp_path / output), *options])
        lines = capsys.readouterr().out.splitlines()
        return [float(line.split()[1]) for line in lines]

    return teach


def test_teaching_comes_nearer(script, run, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "AVERAGE", 0.9)  # of 60 steps
    errors = run("made")
    assert errors[-1] < errors[0]
    teacher, before, after = (checkpoint.load(tmp_path / n) for n in ("teacher", "student", "made"))
    content, style = picture(50, 48, 48), picture(60, 48, 48)
    with torch.no_grad():
        wanted, old, new = (
            model(content, script.StyleMix.single(model.prepare(style)))
            for model in (teacher, before, after)
        )
    assert (new - wanted).square().mean() < 0.8 * (old - wanted).square().mean()


def test_it_goes_on_where_it_stopped(script, run, tmp_path, monkeypatch):
    run("whole")
    save = script.save

    def save_and_stop(*given: object) -> None:
        save(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(script, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run("resumed")
    run("resumed")
    whole, resumed = (checkpoint.load(tmp_path / name) for name in ("whole", "resumed"))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_the_distance_of_a_picture_from_itself_is_nothing(script):
    net, drawn = script.feature_net("thin"), picture(3, 40, 48)
    assert [float(part) for part in script.distance(net, drawn, drawn)] == [0, 0]


def test_the_distance_is_relative_to_the_teachers_features(script):
    net, drawn, wanted = script.feature_net("thin"), picture(3, 40, 48), picture(4, 40, 48)
    pixels, features = script.distance(net, drawn, wanted)
    found, goal = net(drawn), net(wanted)
    shares = [float((found[k] - goal[k]).norm() ** 2 / goal[k].norm() ** 2) for k in goal]
    assert float(features) == pytest.approx(sum(shares) / len(shares), rel=1e-4)
    assert float(pixels) == pytest.approx(float((drawn - wanted).pow(2).mean()), rel=1e-5)


def test_crops_are_parts_of_the_pictures(script):
    pictures = [(picture(k, 40, 50)[0] * 255).byte() for k in range(3)]
    small = torch.zeros(3, 20, 50, dtype=torch.uint8)
    found = list(script.crops([*pictures, small], 24, 8, torch.Generator().manual_seed(0)))
    parts = {
        bytes(turned[:, top : top + 24, left : left + 24].contiguous().numpy())
        for whole in pictures
        for turned in (whole, whole.flip(2))
        for top in range(17)
        for left in range(27)
    }
    assert len(found) == 8
    assert all(bytes((crop * 255).round().byte().contiguous().numpy()) in parts for crop in found)


def test_an_optimization_can_not_be_taught(script, folders, tmp_path):
    with pytest.raises(SystemExit, match="gatys doesn't draw in one pass"):
        script.main([*map(str, folders), str(tmp_path / "made"), "--student", "gatys"])
