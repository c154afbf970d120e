"""Real distillations of a few steps."""

from __future__ import annotations

import json

import pytest
import torch
from distillation_cases import config
from helpers import odd_defaults
from safetensors.torch import load_file

from stylemix.backbones import feature_net
from stylemix.errors import CheckpointError, ConfigError, DataError, WeightsError
from stylemix.training.features import Distiller
from stylemix.training.state import load_state


def test_errors_fall_and_the_file_is_a_feature_network(folder, teacher):
    changes = {"start": "random", "schedule": {"steps": 40}, "walk": {"walkers": 0}}
    distiller = Distiller(config(folder, teacher, **changes))
    before = distiller.measure()
    file = distiller.run()
    record = json.loads((folder / "thin.json").read_text())
    assert record["figures"]["feature"] < 0.8 * before["feature"]
    assert record["figures"] == distiller.measure()
    assert record["steps"] == 40
    assert record["pictures_seen"] == 80
    assert record["pictures"] == {"photographs": 4, "paintings": 4, "tested": [4, 4]}
    net = feature_net("thin", file)
    assert net.channels["relu4_3"] == 6
    assert load_file(file)["features.0.weight"].dtype == torch.float16


def test_defaults_of_the_caller_change_nothing(folder, teacher):
    plain = load_file(Distiller(config(folder, teacher)).run())
    with odd_defaults():
        again = load_file(Distiller(config(folder, teacher), restart=True).run())
    assert again.keys() == plain.keys()
    assert not [name for name in plain if not torch.equal(again[name], plain[name])]


@pytest.mark.parametrize("walk", [{"walkers": 0}, {"walkers": 2, "batch": 1}])
def test_an_epoch_draws_as_many_photographs_as_there_are(folder, teacher, walk):
    distiller = Distiller(config(folder, teacher, schedule={"epochs": 2}, walk=walk))
    distiller.run()
    assert len(distiller.inputs.photographs) == 4
    assert distiller.session.step * (distiller.config.batch // 2) == 2 * 4


def test_the_teachers_scale_and_channels_are_the_beginning(folder, teacher):
    distiller = Distiller(config(folder, teacher, start="teacher"))
    images = distiller.inputs.cut(
        distiller.inputs.photographs, 8, distiller.inputs.stream("tested", 0)
    )
    with torch.no_grad():
        wanted, found = distiller._teach(images), distiller.net(images)
    for x in wanted.values():
        assert 0.5 < float(x.square().mean()) < 2
    # Two of 64 channels hold a good part of the first map already.
    assert float((found["relu1_2"] - wanted["relu1_2"]).square().mean()) < 0.5


def test_an_interrupted_run_resumes_bit_by_bit(folder, teacher, monkeypatch):
    steps = {"schedule": {"steps": 7}}
    Distiller(config(folder, teacher, output="whole.safetensors", **steps)).run()

    done = config(folder, teacher, **steps)
    first = Distiller(done)
    images = first._images

    def interrupted(step):
        if first.session.step == 3:
            raise KeyboardInterrupt
        return images(step)

    monkeypatch.setattr(first, "_images", interrupted)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = Distiller(done)
    assert second.session.step == 3
    second.run()
    ours, whole = (load_state(folder / f"{n}.state.safetensors") for n in ("thin", "whole"))
    assert ours[0].keys() == whole[0].keys()
    assert not [k for k in ours[0] if not torch.equal(ours[0][k], whole[0][k])]
    assert {**ours[1], "seconds": 0} == {**whole[1], "seconds": 0}


def test_another_configuration_does_not_go_on(folder, teacher):
    Distiller(config(folder, teacher, schedule={"steps": 1})).run()
    with pytest.raises(ConfigError, match=r"another walk\.life"):
        Distiller(config(folder, teacher, walk={"life": 9}))
    assert Distiller(config(folder, teacher, walk={"life": 9}), restart=True).session.step == 0
    assert Distiller(config(folder, teacher, schedule={"steps": 9})).session.step == 1


def test_what_is_missing_is_named(folder, teacher):
    with pytest.raises(WeightsError, match="no weights file"):
        Distiller(config(folder, folder / "none.safetensors"))
    with pytest.raises(DataError, match="test_style"):
        Distiller(config(folder, teacher, data={"test_style": []}))
    with pytest.raises(DataError, match="nowhere"):
        Distiller(config(folder, teacher, data={"content": ["nowhere"]}))
    (folder / "thin.state.safetensors").write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="damaged"):
        Distiller(config(folder, teacher))


def test_a_method_without_a_forward_pass_can_not_lead(folder, teacher):
    with pytest.raises(ConfigError, match=r"walk\.model = 'gatys'"):
        Distiller(config(folder, teacher, walk={"model": "gatys"}))


def test_walkers_may_begin_with_a_models_pass(folder, teacher):
    led = Distiller(config(folder, teacher, walk={"model": "film"}))
    alone = Distiller(config(folder, teacher, output="b.safetensors"))
    assert torch.equal(led.pool.content, alone.pool.content)
    assert not torch.equal(led.pool.image, alone.pool.image)
    led.run()
