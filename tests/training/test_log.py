from __future__ import annotations

import sys

import pytest
import torch
from PIL import Image

from stylemix.errors import ConfigError
from stylemix.training.log import TrainingLog, check_tensorboard


def test_samples_become_files(tmp_path):
    report = TrainingLog(tmp_path, tensorboard=False, progress=False, done=0.0)
    report.samples(12, torch.full((3, 20, 30), 90, dtype=torch.uint8))
    report.close()
    with Image.open(tmp_path / "samples" / "0000012.jpg") as image:
        assert image.size == (30, 20)
    assert not (tmp_path / "tensorboard").exists()


def test_bar_shows_losses_and_speed(tmp_path, capsys):
    report = TrainingLog(tmp_path, tensorboard=False, progress=True, done=0.25)
    assert report.bar.n == 25
    report.step(1, 0.5, {"style": 2.0, "tv": 0.5}, 1e-3, images=8, seconds=2.0)
    assert report.bar.n == 50
    # smoothed over steps: 0.98 * 2 + 0.02 * 3
    report.step(2, 0.75, {"style": 3.0, "tv": 0.5}, 1e-3, images=8, seconds=2.0)
    report.bar.refresh()
    report.close()
    shown = capsys.readouterr().err
    assert "style=2.02" in shown
    assert "tv=0.5" in shown
    assert "images/s=4" in shown
    assert "step=2" in shown
    assert "75%" in shown


def test_tensorboard_files_hold_every_loss(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    report = TrainingLog(tmp_path, tensorboard=True, progress=False, done=0.0)
    for number in range(1, 21):
        report.step(number, number / 20, {"style": number / 2, "tv": 1.0}, 1e-3, 4, 0.5)
    report.samples(20, torch.full((3, 8, 8), 90, dtype=torch.uint8))
    report.close()
    found = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert set(found.Tags()["scalars"]) == {"loss/style", "loss/tv", "images/s", "learning rate"}
    assert [(e.step, e.value) for e in found.Scalars("loss/style")] == [(10, 5.0), (20, 10.0)]
    assert found.Scalars("images/s")[0].value == 8.0
    assert abs(found.Scalars("learning rate")[0].value - 1e-3) < 1e-8
    assert found.Images("samples")[0].step == 20


def test_a_missing_tensorboard_is_told(monkeypatch):
    check_tensorboard()
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ConfigError, match="TensorBoard isn't installed: pip install "):
        check_tensorboard()
