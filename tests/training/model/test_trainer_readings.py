"""When the trainer reads losses: to tell them, to stop at one that isn't finite, and in between."""

from __future__ import annotations

import sys

import pytest
import torch
from helpers import picture
from training_cases import assert_same, config, raw, weights

from stylemix.errors import ConfigError
from stylemix.training import Trainer
from stylemix.training.state import load_state

STEADY = {"warmup": 0, "cosine": False}


@pytest.mark.parametrize("clip", [0.0, 1.0])
@pytest.mark.parametrize("every", [1, 3, 100])
def test_a_training_that_diverges_keeps_the_last_finite_weights_and_names_the_step(
    tmp_path, clip, every
):
    changes = {"optimizer": {**STEADY, "clip": clip}, "data": {"bank": 1}}
    Trainer(config(tmp_path, output="before", schedule={"steps": 4}, **changes)).run()

    trainer = Trainer(config(tmp_path, schedule={"steps": 9}, **changes))
    trainer.every = every
    draw = trainer.batches.draw

    def spoilt(phase, step, seen, seen_styles):
        draws = draw(phase, step, seen, seen_styles)
        if step == 4:
            draws.tensors["share"].fill_(float("nan"))
        return draws

    trainer.batches.draw = spoilt
    with pytest.raises(ConfigError, match=r"infinite at step 4; "):
        trainer.run()
    state, record = load_state(trainer.session.state_file)
    wanted, _ = load_state(tmp_path / "before" / "training" / "state.safetensors")
    assert_same(state, wanted)
    assert (record["step"], record["seen"], record["seen_styles"]) == (4, 16, 16)
    assert_same(weights(tmp_path / "model"), weights(tmp_path / "before"))
    # It goes on from there.
    again = Trainer(config(tmp_path, schedule={"steps": 9}, **changes))
    again.run()
    Trainer(config(tmp_path, output="straight", schedule={"steps": 9}, **changes)).run()
    assert_same(raw(tmp_path / "model"), raw(tmp_path / "straight"))


def test_losses_are_read_every_few_steps_only(tmp_path):
    told = []
    trainer = Trainer(
        config(tmp_path, schedule={"steps": 7}),
        watch=lambda step, losses: told.append((step, set(losses))),
    )
    trainer.every = 3
    trainer.run()
    labels = {"content", "style", "tv", "identity"}
    assert told == [(3, labels), (6, labels)]


def test_further_pictures_come_in_between_two_phases(tmp_path):
    def pictures(count, first):
        return [(picture(first + i)[0] * 255).to(torch.uint8) for i in range(count)]

    asked = []

    def given():
        asked.append(len(asked))
        if len(asked) == 3:
            return None
        return pictures(3 * len(asked), 0), pictures(2 * len(asked), 50)

    phase = {"crop": 16, "batch": 4, "style_crop": [16]}
    trainer = Trainer(
        config(
            tmp_path,
            data={"content": [], "style": [], "bank": 1},
            schedule={"steps": 3},
            phases=[phase, {**phase, "zoom": 1.5}, {**phase, "zoom": 2.0}],
        ),
        pictures=given,
    )
    assert (len(trainer.photographs), len(trainer.bank)) == (3, 2)
    trainer.run()
    assert asked == [0, 1, 2]
    assert (len(trainer.photographs), len(trainer.bank), trainer.session.epoch) == (6, 4, 6)


def test_infinite_loss_stops_with_the_weights_of_before(tmp_path):
    trainer = Trainer(
        config(
            tmp_path,
            losses={
                "features": "thin",
                "terms": {"style": {"weight": 1e38}, "content": {"weight": 1e38}},
            },
        )
    )
    with pytest.raises(ConfigError, match=r"infinite at step 0"):
        trainer.run()
    assert all(torch.isfinite(v).all() for v in weights(tmp_path / "model").values())
    assert load_state(trainer.session.state_file)[1]["step"] == 0


def test_sheets_of_samples_in_the_data_folder_are_no_photographs(tmp_path):
    inside = config(
        tmp_path, output="photos/model", schedule={"steps": 4}, runtime={"sample_every": 2}
    )
    first = Trainer(inside)
    first.run()
    assert list((tmp_path / "photos" / "model" / "training" / "samples").glob("*.jpg"))
    again = Trainer(inside)
    assert len(again.photographs) == len(first.photographs)


def test_a_missing_tensorboard_is_noticed_before_pictures_are_read(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    wanted = config(tmp_path, runtime={"tensorboard": True}, data={"content": ["nowhere"]})
    with pytest.raises(ConfigError, match="TensorBoard isn't installed"):
        Trainer(wanted)
