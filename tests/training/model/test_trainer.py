from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import odd_defaults, tiny_config, tiny_model
from PIL import Image
from safetensors.torch import load_file, save_file
from training_cases import (
    assert_same,
    config,
    drawn,
    photograph,
    raw,
    table,
    weights,
    write_shard,
)

import stylemix
from stylemix import checkpoint
from stylemix.backbones import InceptionMixed6e
from stylemix.errors import CheckpointError, ConfigError, DataError, UnknownNameError
from stylemix.training import TrainConfig, Trainer

STEADY = {"warmup": 0, "cosine": False}


def total_loss(trainer):
    """Average the loss over batches that don't depend on the training."""
    from stylemix.training.model.batch_losses import BatchLosses
    from stylemix.training.model.batches import Batches

    step = BatchLosses(trainer.model, trainer.objective, torch.float32)
    batches = Batches(
        trainer.photographs,
        trainer.batches.paintings,
        trainer.bank,
        maps=trainer.batches.maps,
        seed=1234,
    )
    phase = trainer.config.phases[0]
    with torch.no_grad():
        return (
            sum(
                float(trainer.objective.total(step(drawn(batches, phase, n, 4 * n, 4 * n))))
                for n in range(8)
            )
            / 8
        )


@pytest.mark.parametrize("bank", [0, 2])
def test_loss_falls(tmp_path, bank):
    trainer = Trainer(
        config(
            tmp_path,
            data={"bank": bank},
            schedule={"steps": 150},
            optimizer={"lr": 5e-3, "warmup": 5, "ema": 0.9},
            model=tiny_config(width=8),
        )
    )
    before = total_loss(trainer)
    trainer.run()
    assert total_loss(trainer) < 0.7 * before
    assert (trainer.session.step, trainer.session.seen, trainer.seen_styles) == (150, 600, 600)
    assert trainer.done == 1.0


def test_checkpoint_is_a_model_that_stylizes(tmp_path):
    folder = Trainer(config(tmp_path, description="Small, for a test.")).run()
    assert folder == tmp_path / "model"
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "training",
    ]
    model = stylemix.load(folder, device="cpu")
    found = [
        np.asarray(stylemix.stylize(photograph(1), photograph(n), model=model)) for n in (100, 101)
    ]
    assert found[0].shape == (32, 40, 3)
    assert (found[0] != found[1]).any()
    record = checkpoint.read_config(folder)["training"]
    assert (record["steps"], record["photographs_seen"]) == (8, 32)
    assert (record["precision"], record["hardware"]) == ("float32", "1 x cpu")
    assert "Small, for a test." in (folder / "README.md").read_text()


def test_tar_shards_train_like_folders(tmp_path):
    Trainer(config(tmp_path)).run()
    for kind in ("photos", "paintings"):
        write_shard(
            tmp_path / f"{kind}.tar", {p.name: p.read_bytes() for p in (tmp_path / kind).iterdir()}
        )
    Trainer(
        config(tmp_path, output="other", data={"content": ["photos.tar"], "style": ["*tings.tar"]})
    ).run()
    assert_same(weights(tmp_path / "model"), weights(tmp_path / "other"))


def test_defaults_of_the_caller_change_nothing(tmp_path):
    Trainer(config(tmp_path, output="a", schedule={"steps": 2})).run()
    with odd_defaults():
        Trainer(config(tmp_path, output="b", schedule={"steps": 2})).run()
    assert_same(weights(tmp_path / "a"), weights(tmp_path / "b"))


def test_seed_decides(tmp_path):
    for output, seed in (("a", 1), ("b", 1), ("c", 2)):
        Trainer(config(tmp_path, output=output, seed=seed, schedule={"steps": 2})).run()
    assert_same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    first, other = weights(tmp_path / "a"), weights(tmp_path / "c")
    assert any(not torch.equal(first[k], other[k]) for k in first)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"bank": 2}},
        {"model": tiny_config({"name": "film"}, {"name": "patch", "feature": "relu3_3"})},
        {
            "phases": [
                {
                    "crop": 16,
                    "batch": 4,
                    "style_crop": [16, 24],
                    "identity": 0.0,
                    "per_style": 2,
                    "zoom": 2.0,
                }
            ]
        },
    ],
    ids=["bank", "patch", "per_style"],
)
def test_longer_schedule_goes_on_as_if_never_stopped(tmp_path, changes):
    changes = {"optimizer": STEADY, **changes}
    Trainer(config(tmp_path, schedule={"steps": 3}, **changes)).run()
    again = Trainer(config(tmp_path, schedule={"steps": 7}, **changes))
    assert again.session.step == 3
    again.run()
    Trainer(config(tmp_path, output="straight", schedule={"steps": 7}, **changes)).run()
    assert_same(weights(tmp_path / "model"), weights(tmp_path / "straight"))
    assert_same(raw(tmp_path / "model"), raw(tmp_path / "straight"))


def test_finished_run_does_nothing_more(tmp_path):
    Trainer(config(tmp_path)).run()
    before = weights(tmp_path / "model")
    again = Trainer(config(tmp_path))
    again.run()
    assert again.session.step == 8
    assert_same(weights(tmp_path / "model"), before)


def test_paintings_must_divide_among_processes(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    with pytest.raises(ConfigError, match=r"phases\[0\]: 4 paintings.*3 processes"):
        Trainer(config(tmp_path))


@pytest.mark.parametrize("train", ["encoder", "generator"])
def test_frozen_part_stays_bit_equal(tmp_path, train):
    trainer = Trainer(
        config(
            tmp_path,
            optimizer={"ema": 0.0},
            phases=[{"crop": 16, "batch": 2, "style_crop": [16], "train": train}],
        )
    )
    before = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    trainer.run()
    after = weights(tmp_path / "model")
    for name, value in before.items():
        inside = "encoder" if name.startswith("encoder.") else "generator"
        if inside != train:
            assert torch.equal(after[name], value), name
    moved = {n for n in trainer.session.descent.trainable if not torch.equal(after[n], before[n])}
    assert moved
    assert all(n.startswith("encoder.") == (train == "encoder") for n in moved)


def test_later_phase_freezes_what_the_first_one_trained(tmp_path):
    phase = {"crop": 16, "batch": 2, "style_crop": [16]}
    changes = {"optimizer": {**STEADY, "ema": 0.0}}
    Trainer(config(tmp_path, output="half", schedule={"steps": 3}, phases=[phase], **changes)).run()
    Trainer(
        config(
            tmp_path,
            schedule={"steps": 6},
            phases=[phase, {**phase, "train": "encoder"}],
            **changes,
        )
    ).run()
    half, whole = weights(tmp_path / "half"), weights(tmp_path / "model")
    assert all(torch.equal(half[k], whole[k]) for k in half if k.startswith("generator."))
    assert any(not torch.equal(half[k], whole[k]) for k in half if k.startswith("encoder."))


def test_weights_of_a_phase_count(tmp_path):
    phase = {"crop": 16, "batch": 2, "style_crop": [16], "identity": 0.0}
    for output, own in (("a", {}), ("b", {"style": 4.0}), ("c", {"style": 0.0})):
        Trainer(
            config(
                tmp_path, output=output, schedule={"steps": 2}, phases=[{**phase, "weights": own}]
            )
        ).run()
    a, b, c = (weights(tmp_path / o) for o in "abc")
    assert_same(a, b)  # 4 is the preset's own weight
    assert any(not torch.equal(a[k], c[k]) for k in a)


def test_other_configuration_is_refused_by_name(tmp_path):
    Trainer(config(tmp_path, schedule={"steps": 1})).run()
    changed = config(
        tmp_path,
        seed=1,
        optimizer={"lr": 1e-4, "clip": 2.0},
        data={"limit": 2},
        model=tiny_config(width=5),
    )
    with pytest.raises(ConfigError) as caught:
        Trainer(changed)
    for name in ("seed", "optimizer.lr", "optimizer.clip", "data.limit", "model"):
        assert name in str(caught.value)
    for name in ("optimizer.ema", "schedule", "phases", "losses"):
        assert name not in str(caught.value)
    assert "restart" in str(caught.value)


def test_restart_begins_afresh(tmp_path):
    Trainer(config(tmp_path, schedule={"steps": 2})).run()
    trainer = Trainer(config(tmp_path, seed=1, schedule={"steps": 3}), restart=True)
    assert trainer.session.step == 0
    assert not trainer.session.state_file.exists()  # killed now, the old run doesn't come back
    trainer.run()
    Trainer(config(tmp_path, output="fresh", seed=1, schedule={"steps": 3})).run()
    assert_same(weights(tmp_path / "model"), weights(tmp_path / "fresh"))


def test_damaged_state_is_reported(tmp_path):
    Trainer(config(tmp_path, schedule={"steps": 1})).run()
    state = tmp_path / "model" / "training" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="damaged"):
        Trainer(config(tmp_path))


def test_damaged_bank_is_made_again(tmp_path):
    changes = {"data": {"bank": 1}, "optimizer": STEADY}
    Trainer(config(tmp_path, schedule={"steps": 2}, **changes)).run()
    path = tmp_path / "model" / "training" / "bank.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:99])
    Trainer(config(tmp_path, schedule={"steps": 4}, **changes)).run()
    assert load_file(path).keys() == {
        "crops",
        "statistics",
        *(f"{k}.style/{n}" for k in ("target", "scale") for n in range(4)),
    }
    assert path.stat().st_size == len(whole)


def test_init_from_a_checkpoint(tmp_path):
    other = tiny_model(seed=5)
    checkpoint.save(other, tmp_path / "start")
    trainer = Trainer(config(tmp_path, init="start"))
    assert_same(dict(trainer.model.state_dict()), dict(other.state_dict()))
    assert_same(dict(trainer.averaged().state_dict()), dict(other.state_dict()))
    # the size at which paintings are encoded is no property of the weights
    trainer = Trainer(config(tmp_path, init="start", model={**tiny_config(), "style_size": 48}))
    assert_same(dict(trainer.model.state_dict()), dict(other.state_dict()))
    assert trainer.averaged().config["style_size"] == 48
    checkpoint.save(tiny_model(width=5), tmp_path / "start")
    with pytest.raises(CheckpointError, match="another shape"):
        Trainer(config(tmp_path, init="start"))
    with pytest.raises(CheckpointError, match="no stylemix checkpoint"):
        Trainer(config(tmp_path, init="nowhere"))


def test_average_is_that_of_a_hand_computation(tmp_path):
    changes = {"optimizer": {**STEADY, "lr": 1e-2, "ema": 0.19}}
    trainer = Trainer(config(tmp_path, schedule={"steps": 1}, **changes))
    wanted = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    for step, decay in enumerate([1 / 10, 2 / 11, 0.19, 0.19]):  # young averages forget faster
        trainer = Trainer(config(tmp_path, schedule={"steps": step + 1}, **changes))
        trainer.run()
        now = trainer.model.state_dict()
        wanted = {k: decay * v + (1 - decay) * now[k] for k, v in wanted.items()}
        saved = weights(tmp_path / "model")
        for name, value in wanted.items():
            assert torch.allclose(saved[name], value, rtol=1e-5, atol=1e-6), (step, name)
    assert any(not torch.allclose(saved[k], now[k], rtol=1e-3, atol=1e-4) for k in now)


def test_sample_sheets_and_tensorboard(tmp_path):
    Trainer(
        config(tmp_path, schedule={"steps": 10}, runtime={"sample_every": 5, "tensorboard": True})
    ).run()
    training = tmp_path / "model" / "training"
    assert sorted(p.name for p in (training / "samples").iterdir()) == [
        "0000005.jpg",
        "0000010.jpg",
    ]
    with Image.open(training / "samples" / "0000010.jpg") as image:
        assert image.size == (5 * 32, 5 * 32)
    assert list((training / "tensorboard").glob("events.out.tfevents.*"))


def test_paper_preset_trains_both_phases_with_inception(tmp_path):
    torch.manual_seed(0)
    save_file(InceptionMixed6e().state_dict(), tmp_path / "inception.safetensors")
    small = table(tmp_path)
    model = {
        **tiny_config({"name": "film", "residual": False, "sites": ["block*"]}),
        "encoder": {"name": "inception", "dim": 4},
    }
    phase = {"crop": 16, "batch": 2, "style_crop": [16, 32], "identity": 0.0}
    found = TrainConfig.from_table(
        {
            "preset": "paper",
            "output": "model",
            "model": model,
            "data": small["data"],
            "runtime": small["runtime"],
            "encoder_weights": "inception.safetensors",
            "losses": {"features": "thin"},
            "schedule": {"epochs": 1},
            "phases": [{**phase, "share": 0.6}, {**phase, "share": 0.4, "train": "encoder"}],
        },
        tmp_path,
    )
    trainer = Trainer(found)
    start = {k: v.clone() for k, v in trainer.model.state_dict().items()}
    given = load_file(tmp_path / "inception.safetensors")
    assert all(torch.equal(start[f"encoder.trunk.{k}"], v) for k, v in given.items())
    trainer.run()
    assert trainer.session.step == 3  # 6 photographs in batches of 2
    after = weights(tmp_path / "model")
    assert all(torch.isfinite(v).all() for v in after.values())
    for part in ("encoder.trunk.Mixed_6e", "encoder.linear", "generator"):
        assert any(not torch.equal(after[k], start[k]) for k in after if k.startswith(part)), part


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"losses": {"preset": "balancd"}}, ConfigError, r"losses\.preset.*'balanced'"),
        ({"losses": {"features": "vgg"}}, ConfigError, "thin, vgg16"),
        ({"losses": {"terms": {"style": {"wieght": 1}}}}, ConfigError, "wieght.*"),
        ({"losses": {"terms": {"new": {"weight": 1.0}}}}, ConfigError, "new must be a table with"),
        (
            {"phases": [{"weights": {"stile": 1.0}}]},
            ConfigError,
            r"phases\[0\]\.weights.*'stile'.*'style'",
        ),
        ({"model": "flim"}, UnknownNameError, "'film'"),
        ({"data": {"style": ["nowhere"]}}, DataError, r"data\.style.*nowhere"),
        ({"data": {"content": []}}, DataError, r"data\.content"),
        ({"runtime": {"device": "banana"}}, ConfigError, r"runtime\.device"),
        ({"output": "photos/0.jpg/model"}, CheckpointError, "output"),
    ],
)
def test_wrong_plans_are_refused_before_training(tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        Trainer(config(tmp_path, **changes))
